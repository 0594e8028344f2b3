//! Invariants over a whole site: what every host claims for itself alone, and image names that exist.

use std::collections::BTreeMap;

use super::{Host, Site};
use crate::{
    near::ranked,
    origin::Setting,
    trouble::{Result, Trouble},
};

/// Something that only one host may have: an address, a BMC, a MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub host: String,
    /// What kind of thing it is: `address`, `BMC`, `MAC`.
    pub kind: &'static str,
    pub value: String,
    pub setting: Setting,
}

/// Refuses a site in which two hosts claim the same, or in which a host's address or image cannot be. `images` are
/// the files of the images that the site defines.
pub fn check(site: &Site, images: &[String]) -> Result<()> {
    let mut troubles = twice(&site.claims);
    troubles.extend(site.hosts.iter().filter_map(outside));
    troubles.extend(site.hosts.iter().filter_map(|host| unknown_image(host, images)));
    match together(troubles) {
        Some(trouble) => Err(trouble),
        None => Ok(()),
    }
}

/// Refuses what two claim for themselves alone.
pub fn alone(claims: &[Claim]) -> Result<()> {
    together(twice(claims)).map_or(Ok(()), Err)
}

/// One trouble that tells all of them.
pub fn together(mut troubles: Vec<Trouble>) -> Option<Trouble> {
    if troubles.len() <= 1 {
        return troubles.pop();
    }
    let what = format!("the configuration has {} faults", troubles.len());
    let all = troubles.iter().fold(Trouble::refused(what), |all, one| {
        let settings =
            one.settings.iter().filter(|setting| !all.settings.contains(setting)).cloned();
        let hints = one.hints.iter().filter(|hint| !all.hints.contains(hint)).cloned();
        let (settings, hints): (Vec<_>, Vec<_>) = (settings.collect(), hints.collect());
        let all = settings.iter().fold(all.because(one), Trouble::set_by);
        hints.into_iter().fold(all, Trouble::hint)
    });
    Some(all)
}

fn twice(claims: &[Claim]) -> Vec<Trouble> {
    let mut by_value: BTreeMap<(&str, &str), Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        by_value.entry((claim.kind, &claim.value)).or_default().push(claim);
    }
    by_value.into_values().filter(|same| same.len() > 1).map(|same| clash(&same)).collect()
}

fn clash(same: &[&Claim]) -> Trouble {
    let first = same[0];
    let hosts: Vec<_> = same.iter().map(|claim| claim.host.as_str()).collect();
    let what = format!("{} have the same {} {}", hosts.join(" and "), first.kind, first.value);
    let mut settings: Vec<_> = same.iter().map(|claim| &claim.setting).collect();
    settings.dedup();
    let trouble = settings.into_iter().fold(Trouble::refused(what), Trouble::set_by);
    trouble.hint(format!("give each host its own {}", first.kind))
}

fn outside(host: &Host) -> Option<Trouble> {
    let admin = &host.admin;
    let (address, cidr) = (admin.address.value, admin.cidr.value);
    (!cidr.contains(&address)).then(|| {
        Trouble::refused(format!("{}: the address {address} is outside {cidr}", host.name))
            .because(format!("network {}", admin.network))
            .set_by(&admin.address.setting)
            .set_by(&admin.cidr.setting)
            .hint("correct the address or the network's range")
    })
}

fn unknown_image(host: &Host, images: &[String]) -> Option<Trouble> {
    let file = &host.image.file;
    // A site that names no images brings its own files; whether they are there shows when they are read.
    if images.is_empty() || file.value.contains("://") || images.contains(&file.value) {
        return None;
    }
    let near = ranked(&file.value, images.iter().map(String::as_str));
    let near: Vec<_> = near.into_iter().take(3).collect();
    Some(
        Trouble::refused(format!("{}: the site has no image `{}`", host.name, file.value))
            .set_by(&file.setting)
            .hint(format!("the nearest images of the site: {}", near.join(", ")))
            .hint("an image that is not built here is described in `ymir_host_images`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    fn claim(host: &str, value: &str, line: u32) -> Claim {
        let origin = Origin { file: "networks.yml".into(), line, column: 3 };
        let setting = Setting { variable: "net_ips".into(), origin };
        Claim { host: host.into(), kind: "address", value: value.into(), setting }
    }

    #[test]
    fn a_clash_names_both_hosts_and_both_places() {
        let claims =
            [claim("a", "10.0.0.1", 1), claim("b", "10.0.0.2", 2), claim("c", "10.0.0.1", 3)];
        let troubles = twice(&claims);
        assert_eq!(troubles.len(), 1);
        insta::assert_snapshot!(troubles[0], @"a and c have the same address 10.0.0.1");
        let lines: Vec<_> = troubles[0].settings.iter().map(|set| set.origin.line).collect();
        assert_eq!(lines, [1, 3]);
    }
}
