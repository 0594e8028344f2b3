//! The system: its distribution, kernel, name, time, and what guards it.

use serde_json::{Map, Value, json};

use super::{Facts, number, put, said, text, value_of};
use crate::host::{
    concern::Host,
    facts::Family,
    fault::Fault,
    machine::{Machine, NodeKind},
};

/// How `date` is to print what the facts need.
const DATE: &str = "+%Y %m %d %H %M %S %s %N %A %u %U %Z %z %Y-%m-%dT%H:%M:%S";

pub(super) fn add(facts: &mut Facts, host: Host<'_>) -> Result<(), Fault> {
    let machine = host.machine;
    kernel(facts, host);
    distribution(facts, host);
    date(facts, machine);
    put(facts, "machine_id", text(machine, "/etc/machine-id"));
    put(facts, "fips", number(machine, "/proc/sys/crypto/fips_enabled") == Some(1));
    put(facts, "hostnqn", text(machine, "/etc/nvme/hostnqn"));
    let initiator = text(machine, "/etc/iscsi/initiatorname.iscsi");
    put(facts, "iscsi_iqn", value_of(&initiator, "InitiatorName").unwrap_or_default());
    put(facts, "service_mgr", text(machine, "/proc/1/comm"));
    let systemd = said(machine, "systemctl", &["--version"]);
    let mut lines = systemd.lines();
    let version = lines.next().and_then(|line| line.split(' ').nth(1)?.parse::<u32>().ok());
    if let (Some(version), Some(features)) = (version, lines.next()) {
        put(facts, "systemd", json!({ "version": version, "features": features }));
    }
    put(facts, "is_chroot", false);
    put(facts, "local", local(machine)?);
    guards(facts, machine);
    resolver(facts, machine);
    for kind in ["dsa", "rsa", "ecdsa", "ed25519"] {
        let key = text(machine, &format!("/etc/ssh/ssh_host_{kind}_key.pub"));
        let mut words = key.split_whitespace();
        if let (Some(name), Some(key)) = (words.next(), words.next()) {
            put(facts, &format!("ssh_host_key_{kind}_public"), key);
            put(facts, &format!("ssh_host_key_{kind}_public_keytype"), name);
        }
    }
    Ok(())
}

fn kernel(facts: &mut Facts, host: Host<'_>) {
    let own = host.facts;
    put(facts, "system", "Linux");
    put(facts, "kernel", own.kernel.as_str());
    put(facts, "kernel_version", text(host.machine, "/proc/sys/kernel/version"));
    for name in ["machine", "architecture", "userspace_architecture"] {
        put(facts, name, own.architecture.as_str());
    }
    put(facts, "userspace_bits", if cfg!(target_pointer_width = "64") { "64" } else { "32" });
    put(facts, "nodename", own.hostname.as_str());
    put(facts, "hostname", own.hostname.split('.').next().unwrap_or_default());
    let full = said(host.machine, "hostname", &["--fqdn"]);
    let full = Some(full.trim()).filter(|name| !name.is_empty()).unwrap_or(&own.hostname);
    put(facts, "fqdn", full);
    put(facts, "domain", full.split_once('.').map_or("", |(_, domain)| domain));
    let line = text(host.machine, "/proc/cmdline");
    let words = line.split_whitespace();
    let pair = |word: &str| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::from(value)),
        None => (word.to_owned(), Value::from(true)),
    };
    let line: Map<String, Value> = words.map(pair).collect();
    put(facts, "cmdline", line.clone());
    put(facts, "proc_cmdline", line);
    let loads = text(host.machine, "/proc/loadavg");
    let loads: Vec<f64> = loads.split(' ').filter_map(|word| word.parse().ok()).collect();
    if let [one, five, fifteen, ..] = loads[..] {
        put(facts, "loadavg", json!({ "1m": one, "5m": five, "15m": fifteen }));
    }
    let up = text(host.machine, "/proc/uptime");
    let up = up.split('.').next().and_then(|seconds| seconds.parse::<i64>().ok());
    put(facts, "uptime_seconds", up);
}

fn distribution(facts: &mut Facts, host: Host<'_>) {
    let machine = host.machine;
    let release = text(machine, "/etc/os-release");
    let name = |id: &str| match id {
        "debian" => "Debian".to_owned(),
        "ubuntu" => "Ubuntu".to_owned(),
        "rocky" => "Rocky".to_owned(),
        "centos" => "CentOS".to_owned(),
        "rhel" => "RedHat".to_owned(),
        "almalinux" => "AlmaLinux".to_owned(),
        other => other.to_owned(),
    };
    let name = name(&host.facts.distribution);
    // Debian keeps its minor version elsewhere.
    let debian = Some(text(machine, "/etc/debian_version"));
    let debian = debian.filter(|version| name == "Debian" && version.contains('.'));
    let version = debian.unwrap_or_else(|| host.facts.release.clone());
    let (major, minor) = version
        .split_once('.')
        .map_or((version.as_str(), None), |(major, minor)| (major, Some(minor)));
    let family = match host.facts.family {
        Family::Debian => "Debian",
        Family::RedHat => "RedHat",
    };
    let full = value_of(&release, "VERSION").unwrap_or_default();
    let in_brackets = full.split_once('(').and_then(|(_, rest)| rest.split(')').next());
    let codename = match (host.facts.codename.as_str(), name.as_str()) {
        ("", "CentOS") => "Stream",
        ("", _) => in_brackets.unwrap_or("NA"),
        (codename, _) => codename,
    };
    put(facts, "distribution_release", codename);
    put(facts, "distribution_major_version", major);
    if let Some(minor) = minor {
        put(facts, "distribution_minor_version", minor);
    }
    let lsb = json!({
        "id": name,
        "codename": codename,
        "description": value_of(&release, "PRETTY_NAME").unwrap_or_default(),
        "release": host.facts.release,
        "major_release": major,
    });
    let has_lsb = |path: &&str| machine.path(path).exists();
    let has_lsb = ["/usr/bin/lsb_release", "/etc/lsb-release"].iter().any(has_lsb);
    put(facts, "lsb", if has_lsb { lsb } else { json!({}) });
    put(facts, "distribution", name);
    put(facts, "distribution_version", version.as_str());
    put(facts, "distribution_file_variety", family);
    put(facts, "distribution_file_path", "/etc/os-release");
    put(facts, "distribution_file_parsed", true);
    put(facts, "os_family", family);
    let dnf = if machine.path("/usr/bin/dnf5").exists() { "dnf5" } else { "dnf" };
    put(facts, "pkg_mgr", if family == "Debian" { "apt" } else { dnf });
}

fn date(facts: &mut Facts, machine: &Machine) {
    let (here, there) = (said(machine, "date", &[DATE]), said(machine, "date", &["--utc", DATE]));
    let (here, there): (Vec<&str>, Vec<&str>) =
        (here.split_whitespace().collect(), there.split_whitespace().collect());
    let [
        year,
        month,
        day,
        hour,
        minute,
        second,
        epoch,
        nano,
        weekday,
        number,
        week,
        zone,
        offset,
        _,
    ] = here[..]
    else {
        return;
    };
    let utc = there.last().copied().unwrap_or_default();
    let micro = nano.get(..6).unwrap_or("000000");
    put(
        facts,
        "date_time",
        json!({
            "year": year, "month": month, "day": day, "hour": hour, "minute": minute, "second": second,
            "epoch": epoch, "epoch_int": epoch, "date": format!("{year}-{month}-{day}"),
            "time": format!("{hour}:{minute}:{second}"), "weekday": weekday,
            "weekday_number": number.replace('7', "0"), "weeknumber": week,
            "tz": zone, "tz_offset": offset, "iso8601": format!("{utc}Z"),
            "iso8601_micro": format!("{utc}.{micro}Z"),
            "iso8601_basic": format!("{year}{month}{day}T{hour}{minute}{second}{micro}"),
            "iso8601_basic_short": format!("{year}{month}{day}T{hour}{minute}{second}"),
        }),
    );
}

fn guards(facts: &mut Facts, machine: &Machine) {
    let apparmor = text(machine, "/sys/module/apparmor/parameters/enabled") == "Y";
    put(facts, "apparmor", json!({ "status": if apparmor { "enabled" } else { "disabled" } }));
    let config = text(machine, "/etc/selinux/config");
    let selinux = match number(machine, "/sys/fs/selinux/enforce") {
        None => json!({ "status": "disabled" }),
        Some(enforce) => json!({
            "status": "enabled",
            "mode": if enforce == 1 { "enforcing" } else { "permissive" },
            "config_mode": value_of(&config, "SELINUX").unwrap_or("unknown"),
            "type": value_of(&config, "SELINUXTYPE").unwrap_or("unknown"),
            "policyvers": number(machine, "/sys/fs/selinux/policyvers"),
        }),
    };
    put(facts, "selinux", selinux);
}

fn resolver(facts: &mut Facts, machine: &Machine) {
    let config = text(machine, "/etc/resolv.conf");
    let lines = config.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let mut dns = Map::new();
    for (name, rest) in lines {
        let words: Vec<Value> = rest.split_whitespace().map(Value::from).collect();
        match name {
            "nameserver" => {
                if let Value::Array(known) = dns.entry("nameservers").or_insert(json!([])) {
                    known.extend(words);
                }
            }
            "domain" => {
                drop(dns.insert("domain".into(), words.into_iter().next().unwrap_or_default()));
            }
            "search" | "sortlist" => drop(dns.insert(name.into(), words.into())),
            "options" => {
                let option = |word: &str| match word.split_once(':') {
                    Some((name, value)) => (name.to_owned(), Value::from(value)),
                    None => (word.to_owned(), Value::from(true)),
                };
                let options: Map<String, Value> = rest.split_whitespace().map(option).collect();
                dns.insert("options".into(), options.into());
            }
            _ => {}
        }
    }
    put(facts, "dns", dns);
}

/// What stands in `/etc/ansible/facts.d` as JSON. Programs there are not run: a look must change nothing.
fn local(machine: &Machine) -> Result<Value, Fault> {
    const DIRECTORY: &str = "/etc/ansible/facts.d";
    let mut found = Map::new();
    for name in machine.names(DIRECTORY)? {
        let Some(bare) = name.strip_suffix(".fact") else { continue };
        let path = format!("{DIRECTORY}/{name}");
        let is_plain = machine
            .node(&path)?
            .is_some_and(|node| node.kind == NodeKind::File && node.mode & 0o111 == 0);
        if let Some(value) = Some(text(machine, &path)).filter(|_| is_plain) {
            let value = serde_json::from_str(&value).unwrap_or(Value::from(value));
            found.insert(bare.to_owned(), value);
        }
    }
    Ok(found.into())
}
