//! Arguments of `ethtool` as options of NetworkManager's: it sets them whenever it brings an interface up.

use std::collections::BTreeMap;

/// What `-K` calls features by shorter names.
const FEATURES: [(&str, &str); 11] = [
    ("gro", "feature-gro"),
    ("gso", "feature-gso"),
    ("lro", "feature-lro"),
    ("ntuple", "feature-ntuple"),
    ("rx", "feature-rx"),
    ("rxhash", "feature-rxhash"),
    ("rxvlan", "feature-rxvlan"),
    ("sg", "feature-sg"),
    ("tso", "feature-tso"),
    ("tx", "feature-tx"),
    ("txvlan", "feature-txvlan"),
];

const RINGS: [(&str, &str); 4] = [
    ("rx", "ring-rx"),
    ("rx-jumbo", "ring-rx-jumbo"),
    ("rx-mini", "ring-rx-mini"),
    ("tx", "ring-tx"),
];

const PAUSES: [(&str, &str); 3] =
    [("autoneg", "pause-autoneg"), ("rx", "pause-rx"), ("tx", "pause-tx")];

/// Several commands are divided by `;`, as in the files that they come from.
pub(super) fn section(words: &str) -> Result<String, String> {
    let mut options = BTreeMap::new();
    for command in words.split(';') {
        let words: Vec<&str> = command.split_whitespace().collect();
        match &words[..] {
            [] => {}
            [flag, _device, pairs @ ..] if pairs.len().is_multiple_of(2) => {
                for pair in pairs.chunks(2) {
                    options.extend([option(flag, pair[0], pair[1])?]);
                }
            }
            _ => return Err(format!("`{}` is no command of names and values", command.trim())),
        }
    }
    let lines = options.iter().map(|(name, value)| format!("{name}={value}\n"));
    Ok(format!("[ethtool]\n{}\n", lines.collect::<String>()))
}

fn option(flag: &str, name: &str, value: &str) -> Result<(String, String), String> {
    let known = |table: &[(&str, &str)]| {
        table.iter().find(|(short, _)| *short == name).map(|(_, long)| (*long).to_owned())
    };
    let option = match flag {
        "-G" | "--set-ring" => known(&RINGS).filter(|_| is_number(value)),
        "-A" | "--pause" => known(&PAUSES).filter(|_| is_switch(value)),
        "-C" | "--coalesce" if is_number(value) => Some(format!("coalesce-{name}")),
        "-C" | "--coalesce" => known(&[
            ("adaptive-rx", "coalesce-adaptive-rx"),
            ("adaptive-tx", "coalesce-adaptive-tx"),
        ]),
        "-K" | "--features" | "--offload" => known(&FEATURES)
            .or_else(|| Some(format!("feature-{name}")))
            .filter(|_| is_switch(value)),
        _ => None,
    };
    let option = option.ok_or_else(|| {
        format!(
            "NetworkManager has no option for `{flag} … {name} {value}`: it knows -G, -K, -A and -C"
        )
    })?;
    let value = match value {
        "on" if !option.starts_with("coalesce") => "true",
        "off" if !option.starts_with("coalesce") => "false",
        "on" => "1",
        "off" => "0",
        number => number,
    };
    Ok((option, value.to_owned()))
}

fn is_number(value: &str) -> bool {
    value.parse::<u32>().is_ok()
}

fn is_switch(value: &str) -> bool {
    value == "on" || value == "off"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_become_options() {
        let table = [
            ("-G ${DEVICE} rx 8192 tx 4096", "[ethtool]\nring-rx=8192\nring-tx=4096\n\n"),
            (
                "-K eth0 gro off tx-nocache-copy on; -A eth0 rx off",
                "[ethtool]\nfeature-gro=false\nfeature-tx-nocache-copy=true\npause-rx=false\n\n",
            ),
            (
                "-C eth0 adaptive-rx on rx-usecs 8",
                "[ethtool]\ncoalesce-adaptive-rx=1\ncoalesce-rx-usecs=8\n\n",
            ),
        ];
        for (words, expected) in table {
            assert_eq!(section(words).unwrap(), expected);
        }
        for words in ["-s eth0 speed 100", "-G eth0 rx", "-G eth0 rx many", "-K eth0 gro maybe"] {
            assert!(section(words).is_err(), "{words}");
        }
    }
}
