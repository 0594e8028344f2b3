//! `ymir overcloud provision --reprovision`: looks which hosts run another image than they should, shows in which batches
//! they are rebuilt, asks, and does it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use super::{
    bare_metal::{agreed, confirmed, drivers, ironic, site},
    provision::Provision,
};
use crate::{
    ansible::Variables,
    cli::{execute::Session, exit::Exit, options::Context},
    drivers::ironic::{observed::Observed, running::Standing},
    event::Mode,
    model::{Host, Site},
    plan::{
        batches::{Candidate, Exhausted, Group, batches},
        reprovision,
    },
    report::write,
    resolve::downtime::{groups, max_down},
    trouble::{Result, Trouble},
};

const CONFIRM: &str = "confirm_reprovision";

/// Nodes by their hosts' names.
type Nodes = BTreeMap<String, Observed>;

pub(super) async fn execute(cx: &Context, given: &Provision) -> Result<Exit> {
    let session = Session::open(cx, reprovision::COMMAND)?;
    let variables = Arc::clone(&session.variables);
    let mut site = site(cx, &variables)?;
    let since = given.all.then_some(cx.given);
    if cx.options.list_tasks {
        // Without a look at the world each host may have to be rebuilt.
        let batches = split(&variables, given, &site.hosts, &Nodes::new())?;
        let drivers = drivers(cx, &session);
        return session.run(&reprovision::plan(&site, &batches, since), &drivers).await;
    }
    let nodes = look(cx, &variables, &site).await?;
    let mut lines = BTreeMap::new();
    let mut notes = Vec::new();
    site.hosts.retain(|host| match judged(host, nodes.get(&host.name), given.all) {
        Judged::Rebuild(line) => lines.insert(host.name.clone(), line).is_none(),
        Judged::Right => false,
        Judged::LeftOut(note) => {
            notes.push(note);
            false
        }
    });
    let batches = split(&variables, given, &site.hosts, &nodes)?;
    for note in &notes {
        write::stderr(&format!("note: {note}\n"));
    }
    if !batches.is_empty() {
        let shown = shown(&batches, &lines);
        let confirmed = confirmed(&variables, &site.hosts, CONFIRM)?;
        match cx.mode() {
            Mode::Apply if !confirmed => agreed(&shown, "reprovisioning", CONFIRM)?,
            _ => write::stderr(&shown),
        }
    }
    let drivers = drivers(cx, &session);
    session.run(&reprovision::plan(&site, &batches, since), &drivers).await
}

/// The nodes of all hosts of the groups that the site's hosts are in: one request for each Ironic.
async fn look(cx: &Context, variables: &Arc<Variables>, site: &Site) -> Result<Nodes> {
    let driver = ironic(cx, variables);
    let mut nodes = Nodes::new();
    let mut asked = BTreeSet::new();
    let hosts = variables.hosts();
    for host in &site.hosts {
        if !asked.insert(&host.ironic.url.value) {
            continue;
        }
        let seen = driver.nodes(&host.ironic).await?;
        let named = hosts.iter().filter_map(|name| Some((name.clone(), seen.node(name)?.clone())));
        nodes.extend(named);
    }
    Ok(nodes)
}

/// What is to be done about a host.
enum Judged {
    /// With the words for it.
    Rebuild(String),
    Right,
    LeftOut(String),
}

fn judged(host: &Host, node: Option<&Observed>, all: bool) -> Judged {
    let name = &host.name;
    let left_out = |why: String| Judged::LeftOut(format!("{name} is left out: {why}"));
    let Some(node) = node else {
        return left_out("Ironic has no node of this name".into());
    };
    if !node.can_be_rebuilt() {
        let state = node.provision_state.name();
        return left_out(format!(
            "it is `{state}`; `ymir overcloud provision` deploys hosts that are not in use"
        ));
    }
    let said = |reason: &Option<String>| {
        let said = reason.as_deref().filter(|reason| !reason.is_empty());
        said.unwrap_or("no reason is given").to_owned()
    };
    if node.maintenance {
        return left_out(format!("it is in maintenance: {}", said(&node.maintenance_reason)));
    }
    if node.protected {
        let reason = said(&node.protected_reason);
        return left_out(format!("somebody has protected it in Ironic: {reason}"));
    }
    let Standing { runs, wanted, differs } = Standing::of(name, &host.image, node);
    let wanted = match (&runs, &wanted.checksum) {
        (Some(runs), Some(checksum)) if runs.source == wanted.source => {
            format!("the build {}", short(checksum))
        }
        _ => wanted.source,
    };
    match runs {
        None if !all => {
            left_out("nothing says which image it runs; with --all it is rebuilt".into())
        }
        None => Judged::Rebuild(format!("an unknown image → {wanted}")),
        Some(runs) if differs.is_some() || node.is_down() => {
            Judged::Rebuild(format!("{} → {wanted}", runs.source))
        }
        Some(runs) if all => Judged::Rebuild(format!("{} again", runs.source)),
        Some(_) => Judged::Right,
    }
}

/// The beginning of a digest tells one build from another.
fn short(checksum: &str) -> &str {
    checksum.get(..19).unwrap_or(checksum)
}

fn split(
    variables: &Variables,
    given: &Provision,
    hosts: &[Host],
    nodes: &Nodes,
) -> Result<Vec<Vec<String>>> {
    let is_down = |name: &String| nodes.get(name).is_some_and(Observed::is_down);
    let mut candidates = Vec::new();
    for host in hosts {
        candidates.push(Candidate {
            host: host.name.clone(),
            groups: groups(variables, &host.name),
            limit: match given.max_down {
                Some(limit) => limit,
                None => max_down(variables, &host.name)?,
            },
            down: is_down(&host.name),
        });
    }
    let chosen: BTreeSet<&String> = hosts.iter().map(|host| &host.name).collect();
    let names: BTreeSet<&String> = candidates.iter().flat_map(|one| &one.groups).collect();
    let counted = names.into_iter().map(|name| {
        let members = variables.group(name).unwrap_or_default();
        let down = members.iter().filter(|host| !chosen.contains(host) && is_down(host)).count();
        (name.clone(), Group { size: members.len(), down })
    });
    batches(&candidates, &counted.collect()).map_err(refused)
}

fn refused(full: Exhausted) -> Trouble {
    let Exhausted { host, group, limit, down } = full;
    Trouble::refused(format!("{host}: it must not be taken down now"))
        .because(format!(
            "{down} of the group `{group}` are down already, and no more than {limit} may be"
        ))
        .hint("bring those up first; `ymir_reprovision_max_down` or `--max-down` allows more")
}

fn shown(batches: &[Vec<String>], lines: &BTreeMap<String, String>) -> String {
    let mut text = "These hosts go down and lose what is on their root disks; their other disks are left alone:\n".to_owned();
    for (number, batch) in batches.iter().enumerate() {
        for host in batch {
            let line = lines.get(host).map(String::as_str).unwrap_or_default();
            writeln!(text, "  batch {}: {host}  {line}", number + 1).expect("writing to a string");
        }
    }
    text
}
