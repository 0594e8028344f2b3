//! Only the disk that is meant is written: a node with several disks has to have a root device hint.

use serde_json::Value;

use super::{client::Failure, observed::Observed, walk::Errand};
use crate::{
    model::node::Node,
    trouble::{Result, Trouble},
};

/// The ramdisk passes over smaller disks.
const SMALLEST: u64 = 4 << 30;

impl Errand<'_> {
    /// Refuses to have a node written whose root disk nobody has named though it has several.
    pub(super) async fn check_root_disk(&self, node: &Observed) -> Result<()> {
        // What was never inspected has no inventory to ask for.
        if has_hint(&node.properties) || node.inspection_finished_at.is_none() {
            return Ok(());
        }
        let told = |text: String| self.voice.progress(text);
        let path = format!("nodes/{}/inventory", node.uuid);
        let found = match self.session.client.get(&path, &told).await {
            Ok(found) => found,
            Err(Failure::Refused(refusal)) if refusal.status == 404 => return Ok(()),
            Err(failure) => {
                return Err(failure.while_trying(format!("{}: looking at its disks", self.host)));
            }
        };
        match several(&found) {
            Some(disks) => Err(ambiguous(self.host, &self.doing, self.node, &disks)),
            None => Ok(()),
        }
    }
}

/// What is said of a node with several disks whose root disk the ramdisk has chosen, if it is such a one.
pub(super) fn chosen(found: &Value) -> Option<String> {
    let serial = found["plugin_data"]["root_disk"]["serial"].as_str()?;
    let disks = several(found)?;
    let shown = disks.iter().map(|disk| described(disk)).collect::<Vec<_>>().join("; ");
    Some(format!(
        "it has {} disks, and the ramdisk chose the one with serial {serial} to be written: {shown}; if it is to be another one, set `root_device` in `ironic_properties`",
        disks.len()
    ))
}

fn has_hint<'a>(properties: impl IntoIterator<Item = (&'a String, &'a Value)>) -> bool {
    let hint = properties.into_iter().find(|(key, _)| *key == "root_device");
    hint.and_then(|(_, hint)| hint.as_object()).is_some_and(|hint| !hint.is_empty())
}

/// The disks that an image might be written to, if there are several.
fn several(found: &Value) -> Option<Vec<&Value>> {
    let disks = found["inventory"]["disks"].as_array()?;
    let large = |disk: &&Value| disk["size"].as_u64().is_some_and(|size| size >= SMALLEST);
    let disks: Vec<_> = disks.iter().filter(large).collect();
    (disks.len() > 1).then_some(disks)
}

fn ambiguous(host: &str, doing: &str, node: &Node, disks: &[&Value]) -> Trouble {
    let shown = disks.iter().map(|disk| described(disk)).collect::<Vec<_>>().join("; ");
    let trouble = Trouble::host(format!("{host}: {doing}")).because(format!(
        "it has {} disks, and no root device hint says which to write: {shown}",
        disks.len()
    ));
    if has_hint(&node.properties) {
        return trouble.hint(format!(
            "the site has a hint that Ironic does not know yet: run `ymir overcloud hardware register --limit {host}`"
        ));
    }
    let hint = disks.iter().find_map(|disk| hint(disk)).unwrap_or_else(|| "{serial: …}".into());
    trouble.hint(format!(
        "set `ironic_properties: {{root_device: {hint}}}` for {host}, and run `ymir overcloud hardware register --limit {host}`"
    ))
}

fn described(disk: &Value) -> String {
    let name = disk["name"].as_str().unwrap_or("a disk");
    let gib = disk["size"].as_u64().unwrap_or_default() >> 30;
    match disk["serial"].as_str() {
        Some(serial) => format!("{name} with {gib} GiB, serial {serial}"),
        None => format!("{name} with {gib} GiB"),
    }
}

/// A hint that means this disk alone.
fn hint(disk: &Value) -> Option<String> {
    let of = |key: &str| {
        Some(format!("{{{key}: \"{}\"}}", disk[key].as_str().filter(|text| !text.is_empty())?))
    };
    of("serial").or_else(|| of("wwn"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn small_disks_do_not_count() {
        let found = |sizes: &[u64]| {
            let disks = sizes.iter().map(|size| json!({ "name": "/dev/sda", "size": size << 30 }));
            json!({ "inventory": { "disks": disks.collect::<Vec<_>>() } })
        };
        let table: [(&[u64], usize); 4] =
            [(&[], 0), (&[100], 0), (&[100, 2], 0), (&[100, 2, 200], 2)];
        for (sizes, expected) in table {
            assert_eq!(
                several(&found(sizes)).map_or(0, |disks| disks.len()),
                expected,
                "{sizes:?}"
            );
        }
        assert_eq!(several(&Value::Null), None);
    }

    #[test]
    fn a_choice_among_several_disks_is_told() {
        let disk = |name: &str, serial: &str| json!({ "name": name, "size": 100u64 << 30, "serial": serial });
        let mut found = json!({
            "inventory": { "disks": [disk("/dev/sda", "A"), disk("/dev/sdb", "B")] },
            "plugin_data": { "root_disk": { "serial": "B" } },
        });
        insta::assert_snapshot!(chosen(&found).unwrap(), @"it has 2 disks, and the ramdisk chose the one with serial B to be written: /dev/sda with 100 GiB, serial A; /dev/sdb with 100 GiB, serial B; if it is to be another one, set `root_device` in `ironic_properties`");
        found["inventory"]["disks"].as_array_mut().unwrap().pop();
        assert_eq!(chosen(&found), None);
    }

    #[test]
    fn a_hint_is_no_empty_one() {
        let table = [
            (json!({}), false),
            (json!({ "root_device": {} }), false),
            (json!({ "root_device": { "serial": "a" } }), true),
        ];
        for (properties, expected) in table {
            assert_eq!(has_hint(properties.as_object().unwrap()), expected, "{properties}");
        }
    }
}
