//! The columns of Bifrost's `baremetal.csv`, by their places.

use csv::StringRecord;

use super::{super::bmc::complete::prefixes, Row};
use crate::trouble::{Result, Trouble};

const MAC: usize = 0;
const USERNAME: usize = 1;
const PASSWORD: usize = 2;
const ADDRESS: usize = 3;
const UUID: usize = 9;
const NAME: usize = 10;
const DRIVER: usize = 16;

/// What becomes a property of the node.
const PROPERTIES: [(usize, &str); 3] = [(4, "cpus"), (5, "memory_mb"), (6, "local_gb")];

/// An IPMI message may have to pass one or two other controllers: where, and how that is called.
const BRIDGES: [(usize, &str, &str); 2] = [(12, "target", "single"), (14, "transit", "dual")];

/// Bifrost's driver for lines that name none.
const DEFAULT: &str = "ipmi";

/// The node of a line.
pub(super) fn row(record: &StringRecord) -> Result<Row> {
    if record.len() <= NAME {
        return Err(Trouble::refused(format!("a node has {} columns", record.len()))
            .because(format!("its name stands in the {}th column of Bifrost's format", NAME + 1))
            .hint("see docs/hardware.md for the columns, or let the first line name them"));
    }
    let cell = |at: usize| record.get(at).filter(|text| !text.is_empty()).map(str::to_owned);
    let driver = cell(DRIVER).unwrap_or_else(|| DEFAULT.into());
    let mut row = Row { name: cell(NAME).unwrap_or_default(), ..Row::default() };
    row.placement.uuid = cell(UUID);
    row.macs = cell(MAC).into_iter().collect();
    let prefix = prefixes(&driver).first().copied();
    let login = [(ADDRESS, "address"), (USERNAME, "username"), (PASSWORD, "password")];
    for (at, end) in login {
        let key = prefix.map(|prefix| format!("{prefix}_{end}"));
        row.driver_info.extend(key.zip(cell(at)));
    }
    if prefix == Some("ipmi") {
        for (at, kind, bridging) in BRIDGES {
            let (channel, address) = (cell(at), cell(at + 1));
            if channel.is_some() && address.is_some() {
                row.driver_info.insert("ipmi_bridging".into(), bridging.into());
            }
            let named = |end: &str| format!("ipmi_{kind}_{end}");
            row.driver_info.extend(channel.map(|value| (named("channel"), value)));
            row.driver_info.extend(address.map(|value| (named("address"), value)));
        }
    }
    row.properties.insert("cpu_arch".into(), "x86_64".into());
    let properties = PROPERTIES.into_iter();
    row.properties.extend(properties.filter_map(|(at, key)| Some((key.to_owned(), cell(at)?))));
    row.driver = Some(driver);
    Ok(row)
}
