//! Takes away what Ymir put on the host and nobody asks for any more, if it still is as it was put there.

use super::{
    accounts,
    change::Change,
    data::{Confirmed, Held},
    fault::Fault,
    machine::{Access, Machine, NodeKind},
    programs::Call,
    record::{self, Trace},
    resource::{
        Resource, Unit, block, boot_arguments, connection_zone, container, firewall, fstab, key,
        libvirt, network_state, packages, sasl_login, section, setting, snat, swap, tuned_profile,
        virtual_gpu,
    },
};

/// What becomes of something that nobody asks for any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken away.
    Remove(Change),
    /// It is gone, or another one's by now: only the record forgets it.
    Forget,
    /// It stays, and this is why.
    Keep(String),
    /// It holds data and stays until the operator names it.
    Ask(Held),
    /// It is named, and something else is made of it: it goes when that has gone.
    Wait(String),
}

/// What would become of it, given what the operator has named; changes nothing.
pub fn judge(machine: &Machine, trace: &Trace, confirmed: &Confirmed) -> Result<Verdict, Fault> {
    match trace {
        Trace::Data { held } => judge_data(machine, held, confirmed),
        Trace::File { path, contents, original } => {
            judge_file(machine, path, contents, original.is_some())
        }
        Trace::Directory { path } => match machine.node(path)? {
            Some(node) if node.kind == NodeKind::Directory && machine.names(path)?.is_empty() => {
                Ok(remove(format!("remove the empty directory {path}")))
            }
            _ => Ok(Verdict::Forget),
        },
        Trace::Link { path, target } => match machine.node(path)? {
            Some(node) if node.kind == NodeKind::Link(target.clone()) => {
                Ok(remove(format!("remove the link {path}")))
            }
            _ => Ok(Verdict::Forget),
        },
        Trace::Download { path } => Ok(match machine.node(path)? {
            Some(_) => remove(format!("remove {path}")),
            None => Verdict::Forget,
        }),
        Trace::Line { path, lines } => judge_line(machine, path, lines),
        Trace::Block { path, marker, contents } => judge_block(machine, path, marker, contents),
        Trace::Setting { .. } => judge_setting(machine, trace),
        Trace::Section { path, name, contents, before } => {
            section::judge(machine, (path, name), contents, before.is_some())
        }
        Trace::Packages { names } => judge_packages(machine, names),
        Trace::User { name } => judge_user(machine, name),
        Trace::Group { name } => judge_group(machine, name),
        Trace::Key { user, key, file } => judge_key(machine, user, key, file.as_deref()),
        Trace::Unit { name } => {
            let changes = Resource::from(Unit::off(name.as_str())).look(machine)?;
            Ok(changes.into_iter().next().map_or(Verdict::Forget, Verdict::Remove))
        }
        Trace::Firewall { item } => firewall::judge(machine, item),
        Trace::TunedProfile { name, before } => {
            tuned_profile::judge(machine, name, before.as_deref())
        }
        Trace::Swap { made } => swap::judge(machine, made),
        Trace::SwapLine { path, line } => swap::judge_line(machine, path, line),
        Trace::Mask { name } => {
            let free = Unit { masked: Some(false), ..Unit::new(name.as_str()) };
            let changes = Resource::from(free).look(machine)?;
            Ok(changes.into_iter().next().map_or(Verdict::Forget, Verdict::Remove))
        }
        Trace::Container { engine, name } => container::judge(machine, *engine, name),
        Trace::LibvirtPool { name } => libvirt::judge_pool(machine, name),
        Trace::LibvirtNetwork { name } => libvirt::judge_network(machine, name),
        Trace::SaslLogin { user, file } => sasl_login::judge(machine, user, file.as_deref()),
        Trace::VirtualGpu { uuid, definition } => virtual_gpu::judge(machine, uuid, definition),
        Trace::BootArguments { arguments } => boot_arguments::judge(machine, arguments),
        Trace::Snat { rules } => snat::judge(machine, rules),
        Trace::NetworkParts { parts } => network_state::judge(machine, parts),
        Trace::ConnectionZone { device, zone } => connection_zone::judge(machine, device, zone),
    }
}

fn judge_data(machine: &Machine, held: &Held, confirmed: &Confirmed) -> Result<Verdict, Fault> {
    if !held.is_there(machine)? {
        return Ok(Verdict::Forget);
    }
    if !confirmed.has(held) {
        return Ok(Verdict::Ask(held.clone()));
    }
    Ok(match held.holder(machine)? {
        Some(holder) => {
            Verdict::Wait(format!("{} {} stays for now: {holder}", held.kind(), held.name()))
        }
        None => Verdict::Remove(held.removal()),
    })
}

/// What becomes of several that go together: packages that only need each other, and directories that hold nothing else.
pub fn judge_together(
    machine: &Machine,
    mut all: Vec<(&Trace, &mut Verdict)>,
) -> Result<(), Fault> {
    let mut names = Vec::new();
    let mut gone = Vec::new();
    for (trace, verdict) in &all {
        match (trace, verdict) {
            (Trace::Packages { names: more }, Verdict::Remove(_) | Verdict::Keep(_)) => {
                names.extend(more.iter().cloned());
            }
            (trace, Verdict::Remove(_)) => gone.extend(trace.path()),
            _ => {}
        }
    }
    let is_kept = |(trace, verdict): &(&Trace, &mut Verdict)| {
        matches!((trace, verdict), (Trace::Packages { .. }, Verdict::Keep(_)))
    };
    let unneeded = all.iter().any(is_kept) && packages::removes_only(machine, &names)?;
    for (trace, verdict) in &mut all {
        match (trace, &verdict) {
            (Trace::Packages { names }, Verdict::Keep(_)) if unneeded => {
                **verdict = remove(format!("remove the package {}", names.join(" ")));
            }
            (Trace::Directory { path }, Verdict::Forget) => {
                let names = machine.names(path)?;
                let goes = |name: &String| gone.contains(&format!("{path}/{name}").as_str());
                if !names.is_empty() && names.iter().all(goes) {
                    **verdict = remove(format!("remove the empty directory {path}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn remove(text: String) -> Verdict {
    Verdict::Remove(Change::new(text))
}

fn judge_file(
    machine: &Machine,
    path: &str,
    contents: &[String],
    restores: bool,
) -> Result<Verdict, Fault> {
    let Some(bytes) = machine.read(path)? else { return Ok(Verdict::Forget) };
    if !contents.contains(&record::digest(&bytes)) {
        return Ok(Verdict::Keep(format!("{path} was changed by somebody else and stays")));
    }
    let verb = if restores { "restore the earlier" } else { "remove" };
    Ok(remove(format!("{verb} {path}")))
}

fn judge_line(machine: &Machine, path: &str, lines: &[String]) -> Result<Verdict, Fault> {
    let text = machine.text(path)?.unwrap_or_default();
    let own = text.lines().find(|line| lines.iter().any(|own| own == line));
    Ok(own.map_or(Verdict::Forget, |line| {
        // What comes behind the name may be a secret.
        let name = line.split('=').next().unwrap_or_default();
        remove(format!("remove the line `{name}…` of {path}"))
    }))
}

fn judge_block(
    machine: &Machine,
    path: &str,
    marker: &str,
    contents: &[String],
) -> Result<Verdict, Fault> {
    let text = machine.text(path)?.unwrap_or_default();
    Ok(match block::between(&text, marker) {
        Some(found) if contents.contains(&record::digest(found.as_bytes())) => {
            let what = format!("remove the block `{marker}` of {path}");
            Verdict::Remove(Change::of_text(what, &text, &block::without(&text, marker)))
        }
        Some(_) => Verdict::Keep(format!(
            "the block `{marker}` of {path} was changed by somebody else and stays"
        )),
        None => Verdict::Forget,
    })
}

fn judge_key(
    machine: &Machine,
    user: &str,
    key: &str,
    file: Option<&str>,
) -> Result<Verdict, Fault> {
    let Some(account) = accounts::account(machine, user)? else { return Ok(Verdict::Forget) };
    let text = machine.text(&key::path(&account.home, file))?.unwrap_or_default();
    Ok(if text.lines().any(|line| line == key) {
        remove(format!("no longer let the key {} in as {user}", comment(key)))
    } else {
        Verdict::Forget
    })
}

/// Takes it away, after [`judge`] said so.
pub fn take_away(machine: &Machine, trace: &Trace) -> Result<(), Fault> {
    match trace {
        Trace::File { path, original, .. } => put_back(machine, path, original.as_deref()),
        Trace::Directory { path } => machine.remove_empty_directory(path).map(drop),
        Trace::Link { path, .. } | Trace::Download { path } => machine.remove(path),
        Trace::Line { path, lines } => take_lines_away(machine, path, lines),
        Trace::Block { path, marker, .. } => {
            let text = machine.text(path)?.unwrap_or_default();
            machine.write(path, block::without(&text, marker).as_bytes(), &Access::default())
        }
        Trace::Setting { path, section, name, before, .. } => {
            setting::put_back(machine, path, (section, name), before.as_deref())
        }
        Trace::Section { path, name, before, .. } => {
            section::take_away(machine, path, name, before.as_deref())
        }
        Trace::Packages { names } => packages::take_away(machine, names),
        Trace::User { name } => machine.must(&Call::new("userdel", [name.as_str()])).map(drop),
        Trace::Group { name } => machine.must(&Call::new("groupdel", [name.as_str()])).map(drop),
        Trace::Key { user, key, file } => take_key_away(machine, user, key, file.as_deref()),
        Trace::Unit { name } => {
            machine.must(&Call::new("systemctl", ["disable", "--now", name.as_str()])).map(drop)
        }
        Trace::Firewall { item } => firewall::take_away(machine, item),
        Trace::TunedProfile { before, .. } => {
            before.iter().try_for_each(|before| tuned_profile::choose(machine, before))
        }
        Trace::Swap { made } => swap::take_away(machine, made),
        Trace::SwapLine { path, line } => {
            swap::stop(machine, path)?;
            take_lines_away(machine, fstab::PATH, std::slice::from_ref(line))
        }
        Trace::Mask { name } => {
            machine.must(&Call::new("systemctl", ["unmask", name.as_str()])).map(drop)
        }
        Trace::Data { held } => held.take_away(machine),
        Trace::Container { engine, name } => container::take_away(machine, *engine, name),
        Trace::LibvirtPool { name } => libvirt::remove_pool(machine, name),
        Trace::LibvirtNetwork { name } => libvirt::remove_network(machine, name),
        Trace::SaslLogin { user, file } => {
            sasl_login::take_away(machine, user)?;
            file.as_deref().map_or(Ok(()), |file| take_own_away(machine, file))
        }
        Trace::VirtualGpu { uuid, definition } => virtual_gpu::take_away(machine, uuid, definition),
        Trace::BootArguments { arguments } => boot_arguments::take_away(machine, arguments),
        Trace::Snat { rules } => snat::take_away(machine, rules),
        Trace::NetworkParts { parts } => network_state::take_away(machine, parts),
        Trace::ConnectionZone { device, .. } => connection_zone::take_away(machine, device),
    }
}

/// What a file held before, or no file.
fn put_back(machine: &Machine, path: &str, original: Option<&str>) -> Result<(), Fault> {
    let earlier = match original {
        Some(digest) => record::original(machine, digest)?,
        None => None,
    };
    match earlier {
        Some(bytes) => machine.write(path, &bytes, &Access::default()),
        None => machine.remove(path),
    }
}

fn take_lines_away(machine: &Machine, path: &str, lines: &[String]) -> Result<(), Fault> {
    let text = machine.text(path)?.unwrap_or_default();
    let kept: String = text
        .split_inclusive('\n')
        .filter(|line| !lines.iter().any(|own| own == line.trim_end_matches('\n')))
        .collect();
    machine.write(path, kept.as_bytes(), &Access::default())
}

/// Takes it away unless somebody else changed it.
fn take_own_away(machine: &Machine, trace: &Trace) -> Result<(), Fault> {
    match judge(machine, trace, &Confirmed::default())? {
        Verdict::Remove(_) => take_away(machine, trace),
        _ => Ok(()),
    }
}

fn judge_setting(machine: &Machine, trace: &Trace) -> Result<Verdict, Fault> {
    let Trace::Setting { path, section, name, values, before } = trace else {
        return Ok(Verdict::Forget);
    };
    let now = setting::value(machine, path, section, name)?;
    Ok(match (now, before) {
        (None, _) => Verdict::Forget,
        (Some(now), _) if !values.contains(&now) => {
            Verdict::Keep(format!("`{name}` of {path} was changed by somebody else and stays"))
        }
        (Some(_), Some(_)) => {
            Verdict::Remove(Change::new(format!("restore the earlier `{name}` of {path}")))
        }
        (Some(_), None) => Verdict::Remove(Change::new(format!("remove `{name}` of {path}"))),
    })
}

fn judge_packages(machine: &Machine, names: &[String]) -> Result<Verdict, Fault> {
    let there = packages::states(machine, names)?;
    if !there.values().any(|state| *state == packages::State::Installed) {
        return Ok(Verdict::Forget);
    }
    let listed = names.join(" ");
    Ok(if packages::removes_only(machine, names)? {
        Verdict::Remove(Change::new(format!("remove the package {listed}")))
    } else {
        Verdict::Keep(format!("the package {listed} stays: others need it"))
    })
}

fn judge_user(machine: &Machine, name: &str) -> Result<Verdict, Fault> {
    Ok(match accounts::account(machine, name)? {
        Some(account) => remove(format!("remove the user {name}; its home {} stays", account.home)),
        None => Verdict::Forget,
    })
}

fn judge_group(machine: &Machine, name: &str) -> Result<Verdict, Fault> {
    let Some(group) = accounts::groups(machine)?.into_iter().find(|group| group.name == name)
    else {
        return Ok(Verdict::Forget);
    };
    Ok(if group.members.is_empty() {
        Verdict::Remove(Change::new(format!("remove the group {name}")))
    } else {
        Verdict::Keep(format!("the group {name} stays: {} are in it", group.members.join(", ")))
    })
}

fn take_key_away(
    machine: &Machine,
    user: &str,
    key: &str,
    file: Option<&str>,
) -> Result<(), Fault> {
    let Some(account) = accounts::account(machine, user)? else { return Ok(()) };
    let file = key::path(&account.home, file);
    let text = machine.text(&file)?.unwrap_or_default();
    let kept: String =
        text.split_inclusive('\n').filter(|line| line.trim_end_matches('\n') != key).collect();
    machine.write(&file, kept.as_bytes(), &Access::default())
}

fn comment(key: &str) -> &str {
    key.split_whitespace().last().unwrap_or_default()
}
