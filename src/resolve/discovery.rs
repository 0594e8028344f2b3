//! `overcloud_group_*`: to which groups the hosts belong that Ironic knows.

use std::collections::BTreeMap;

use super::Reader;
use crate::{
    ansible::Variables,
    model::{discovery::Grouping, node::Ironic},
    trouble::Result,
};

/// Where an environment keeps the hosts that were discovered.
pub const FILE: &str = "inventory/overcloud";

/// The host whose variables say what a site has only one of.
const SITE: &str = "localhost";

/// The site's groups.
pub fn grouping(variables: &Variables) -> Result<Grouping> {
    let reader = Reader::new(variables, SITE);
    let map = reader.get::<BTreeMap<String, Vec<String>>>("overcloud_group_hosts_map")?;
    Ok(Grouping {
        groups: reader.need("overcloud_groups")?.value,
        map: map.map(|map| map.value).unwrap_or_default(),
        default: reader.need("overcloud_group_default")?.value,
    })
}

/// The Ironic that knows the hosts of the site.
pub fn ironic(variables: &Variables) -> Result<Ironic> {
    ironic_of(variables, SITE)
}

/// The Ironic that knows a host.
pub fn ironic_of(variables: &Variables, host: &str) -> Result<Ironic> {
    super::nodes::ironic(&Reader::new(variables, host))
}

/// Where inspection data is saved and how, as far as variables say it.
pub fn saved_as(variables: &Variables) -> Result<(Option<String>, Option<String>)> {
    let reader = Reader::new(variables, SITE);
    let text = |name| reader.get::<String>(name).map(|found| found.map(|found| found.value));
    Ok((text("output_dir")?, text("output_format")?))
}
