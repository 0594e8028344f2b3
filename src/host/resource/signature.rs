//! What a disk or file holds already: nothing is ever made on something that holds anything.

use crate::host::{fault::Fault, machine::Machine, programs::Call};

/// What `blkid` says where it recognises nothing.
const NOTHING: i32 = 2;

/// The kind of what is recognised on a device, such as `ext4`, `LVM2_member` or `a table of partitions (gpt)`.
pub(in crate::host) fn signature(machine: &Machine, device: &str) -> Result<Option<String>, Fault> {
    let call = Call::new("blkid", ["--probe", "--output", "export", device]);
    let said = machine.run(&call)?;
    if said.code == NOTHING {
        return Ok(None);
    }
    Ok(kind(&said.checked(&call)?.stdout))
}

fn kind(said: &str) -> Option<String> {
    let value = |name: &str| {
        let mut lines = said.lines().filter_map(|line| line.split_once('='));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    };
    value("TYPE").or_else(|| Some(format!("a table of partitions ({})", value("PTTYPE")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_blkid_recognises() {
        let table = [
            ("", None),
            ("DEVNAME=/dev/sdb\nUUID=1-2\nTYPE=ext4\nUSAGE=filesystem\n", Some("ext4")),
            ("DEVNAME=/dev/sdb\nPTUUID=1\nPTTYPE=gpt\n", Some("a table of partitions (gpt)")),
            ("DEVNAME=/dev/sdc\nTYPE=LVM2_member\nUSAGE=raid\n", Some("LVM2_member")),
        ];
        for (said, expected) in table {
            assert_eq!(kind(said).as_deref(), expected, "{said}");
        }
    }
}
