//! `ymir why HOST …`

mod told;

use std::{sync::Arc, time::Duration};

use camino::Utf8PathBuf;
use futures::{StreamExt, stream};
use serde_json::json;

use super::{
    configuration::rendered,
    exit::Exit,
    options::{Context, Format},
    overcloud::bare_metal::owner,
};
use crate::{
    ansible::Variables,
    drivers::{
        bmc::AT_ONCE,
        ironic::{IronicDriver, client::Pace},
        signs::{self, Subject},
    },
    model::{Host, bmc::Bmc},
    report::write,
    resolve::{Reader, bmc::bmcs, hosts},
    trouble::{Result, Tell},
    why::{Story, story},
};

/// A question is not worth more waiting: an Ironic that does not answer is what is to be told.
const PACE: Pace = Pace { pause: Duration::from_secs(1), limit: Duration::from_secs(5) };

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Hosts of the overcloud, or patterns that select some
    #[arg(required = true, value_name = "HOST")]
    hosts: Vec<String>,
}

/// A host with what is needed to look at it.
struct Chosen {
    host: Host,
    bmc: Result<Bmc>,
    dhcp_log: Option<Utf8PathBuf>,
    http_log: Option<Utf8PathBuf>,
}

pub async fn execute(cx: &Context, args: &Args) -> Result<Exit> {
    cx.refuse_limit("the hosts are named after `why`")?;
    let variables = cx.variables()?;
    let chosen = chosen(&variables, &args.hosts)?;
    let stories = stories(cx, &variables, &chosen).await?;
    if cx.options.output == Format::Text {
        write::result(&stories.iter().map(told::story).collect::<Vec<_>>().join("\n"))?;
    } else {
        let data = serde_json::to_value(&stories).or_internal(|| "writing the result".into())?;
        write::result(&rendered(&json!({ "hosts": data }), cx.options.output)?)?;
    }
    Ok(Exit::Done)
}

/// The hosts that these patterns select; each must select some.
fn chosen(variables: &Variables, patterns: &[String]) -> Result<Vec<Chosen>> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for pattern in patterns {
        for host in hosts::site(variables, Some(pattern))?.hosts {
            if chosen.iter().all(|known| known.host.name != host.name) {
                chosen.push(look_up(variables, host)?);
            }
        }
    }
    Ok(chosen)
}

fn look_up(variables: &Variables, host: Host) -> Result<Chosen> {
    let reader = Reader::new(variables, &host.name);
    let path = |name: &str| Ok(reader.get::<Utf8PathBuf>(name)?.map(|found| found.value));
    let (dhcp_log, http_log) = (path("ymir_seed_dhcp_log")?, path("ymir_seed_http_log")?);
    let bmc = bmcs(variables, std::slice::from_ref(&host.name)).and_then(|mut found| {
        let none = || crate::trouble::Trouble::internal("a host lost its BMC");
        found.pop().map(|(_, bmc)| bmc).ok_or_else(none)
    });
    Ok(Chosen { host, bmc, dhcp_log, http_log })
}

async fn stories(
    cx: &Context,
    variables: &Arc<Variables>,
    chosen: &[Chosen],
) -> Result<Vec<Story>> {
    let ironic = IronicDriver::paced(Arc::clone(variables) as _, owner(cx), PACE);
    let (store, known_hosts) = (cx.store()?, hosts::known_hosts(variables));
    let (ironic, store, known_hosts) = (&ironic, &store, &*known_hosts);
    let looks = stream::iter(chosen).map(|chosen| {
        let Chosen { host, bmc, dhcp_log, http_log } = chosen;
        let subject = Subject { host, bmc, known_hosts, dhcp_log, http_log };
        async move { signs::look(subject, ironic, &**variables, store).await.map(story) }
    });
    let stories: Vec<_> = looks.buffered(AT_ONCE).collect().await;
    stories.into_iter().collect()
}
