//! `ymir overcloud host image list`: which images there are, how they came about, and who is meant to run them and does.

mod rows;
mod told;

use std::{collections::BTreeMap, sync::Arc};

use self::rows::{Host, Known, rows};
use super::{bare_metal, host_image};
use crate::{
    ansible::Variables,
    cli::{exit::Exit, options::Context},
    drivers::{
        image::listed::published,
        ironic::{observed::Observed, running::Standing},
    },
    plan::host_image::digests,
    report::{trouble::body, write},
    resolve::{Reader, hosts, images::images, nodes},
    trouble::Result,
};

pub(super) async fn execute(cx: &Context) -> Result<Exit> {
    let variables = cx.variables()?;
    let site = host_image::site(&variables);
    let images = images(&site, &cx.config_path()?)?;
    let url = site.get::<String>("ymir_image_url")?.map(|url| url.value).unwrap_or_default();
    let published = published(&images.path.value)?;
    let hosts = hosts(cx, &variables).await?;
    let known =
        Known { images: &images, digests: &digests(&images), published: &published, url: &url };
    let rows = rows(&known, &hosts);
    write::result(&told::result(&rows, &hosts, cx.options.output)?)?;
    Ok(Exit::Done)
}

/// What the hosts are meant to run and do run: one request for each Ironic. An Ironic that cannot be asked hides nothing
/// of what is known here.
async fn hosts(cx: &Context, variables: &Arc<Variables>) -> Result<Vec<Host>> {
    let Some(all) = variables.group(hosts::OVERCLOUD).filter(|all| !all.is_empty()) else {
        return Ok(Vec::new());
    };
    let names = match &cx.options.limit {
        Some(_) => hosts::selected(variables, cx.options.limit.as_deref())?,
        None => all,
    };
    let driver = bare_metal::ironic(cx, variables);
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for name in names {
        let reader = Reader::new(variables, &name);
        let image = hosts::image(&reader)?;
        let ironic = nodes::ironic(&reader)?;
        let url = ironic.url.value.clone();
        if !seen.contains_key(&url) {
            let nodes = driver.nodes(&ironic).await;
            if let Err(trouble) = &nodes {
                let text = format!("warning: {}\n{}", trouble.what, body(trouble, "  "));
                write::stderr(&format!("{}\n", text.trim_end()));
            }
            seen.insert(url.clone(), nodes.ok());
        }
        let nodes = seen.get(&url).and_then(Option::as_ref);
        let node: Option<&Observed> = nodes.and_then(|nodes| nodes.node(&name));
        let standing = node.map(|node| Standing::of(&name, &image, node));
        let runs = standing.filter(|_| node.is_some_and(Observed::can_be_rebuilt));
        found.push(Host {
            wanted: image.file.value.clone(),
            instance: node.and_then(|node| node.instance_uuid.clone()),
            asked: nodes.is_some(),
            runs: runs.and_then(|standing| standing.runs),
            name,
        });
    }
    Ok(found)
}
