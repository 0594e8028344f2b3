//! The logs of the seed's DHCP and web servers, where they can be read from this machine.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use camino::Utf8Path;
use jiff::{Timestamp, Zoned, civil::DateTime, fmt::strtime};

use crate::why::signs::{Line, Look};

/// Only so much of the end of a log is read.
const MOST: u64 = 8 << 20;

/// By what lines about a host are known.
pub(super) struct Marks {
    pub mac: Option<String>,
    pub uuid: Option<String>,
}

impl Marks {
    fn fits(&self, line: &str) -> bool {
        let line = line.to_ascii_lowercase();
        let has = |mark: &str| line.contains(mark);
        let mac = self.mac.as_ref().map(|mac| mac.to_ascii_lowercase());
        let by_mac = mac.is_some_and(|mac| has(&mac) || has(&mac.replace(':', "-")));
        by_mac || self.uuid.as_ref().is_some_and(|uuid| has(uuid))
    }
}

/// The newest line about a host in a log that a variable names.
pub(super) fn look(log: Option<&Utf8Path>, variable: &str, marks: &Marks) -> Look<Option<Line>> {
    let Some(path) = log else {
        return Look::NotLooked(format!("`{variable}` does not name the log on this machine"));
    };
    match end(path) {
        Ok(text) => Look::Seen(newest(&text, marks, &Zoned::now())),
        Err(error) => Look::NotLooked(format!("{path} cannot be read: {error}")),
    }
}

/// The end of a log.
fn end(path: &Utf8Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn newest(text: &str, marks: &Marks, now: &Zoned) -> Option<Line> {
    let line = text.lines().rfind(|line| marks.fits(line))?;
    Some(Line { at: time(line, now), text: shown(line) })
}

/// A line without its time, which is told apart.
fn shown(line: &str) -> String {
    const LONGEST: usize = 160;
    let begin = line.find("dnsmasq").or_else(|| line.find('"')).unwrap_or(0);
    line[begin..].trim().chars().take(LONGEST).collect()
}

/// The time of a line: nginx's `[26/Nov/2026:21:13:36 +0000]`, or syslog's `Nov 26 21:13:36`, in this machine's zone
/// and without a year.
fn time(line: &str, now: &Zoned) -> Option<Timestamp> {
    let bracketed = line.split_once('[').and_then(|(_, rest)| Some(rest.split_once(']')?.0));
    let of_nginx =
        |text: &str| strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok()?.to_timestamp().ok();
    bracketed.and_then(of_nginx).or_else(|| of_syslog(line.get(..15)?, now))
}

fn of_syslog(text: &str, now: &Zoned) -> Option<Timestamp> {
    let in_year = |year: i16| {
        let read = strtime::parse("%Y %b %e %H:%M:%S", format!("{year} {text}")).ok()?;
        let read: DateTime = read.to_datetime().ok()?;
        Some(read.to_zoned(now.time_zone().clone()).ok()?.timestamp())
    };
    // A line cannot be of the future, but by the difference of two clocks: then it is of the last year.
    let this = in_year(now.year())?;
    let half_a_year = jiff::SignedDuration::from_hours(24 * 182);
    if this.duration_since(now.timestamp()) > half_a_year {
        in_year(now.year() - 1)
    } else {
        Some(this)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_line_about_a_host_is_found_with_its_time() {
        let now = at("2027-01-15T08:00:00Z").to_zoned(TimeZone::UTC);
        let marks = Marks { mac: Some("52:54:00:AA:00:01".into()), uuid: Some("u-1".into()) };
        let table = [
            (
                "Jan 15 07:00:00 dnsmasq-dhcp[1]: 1 DHCPDISCOVER(br0) 52:54:00:aa:00:01\nJan 15 07:00:01 dnsmasq-dhcp[1]: 1 DHCPACK(br0) 10.0.0.9 52:54:00:aa:00:02\n",
                Some("2027-01-15T07:00:00Z"),
                "dnsmasq-dhcp[1]: 1 DHCPDISCOVER(br0) 52:54:00:aa:00:01",
            ),
            (
                "Dec 31 07:00:00 dnsmasq-dhcp[1]: 52:54:00:aa:00:01",
                Some("2026-12-31T07:00:00Z"),
                "dnsmasq-dhcp[1]: 52:54:00:aa:00:01",
            ),
            ("dnsmasq-dhcp: 1 52:54:00:aa:00:01", None, "dnsmasq-dhcp: 1 52:54:00:aa:00:01"),
            (
                "10.0.0.1 - - [15/Jan/2027:08:59:00 +0100] \"GET /redfish/boot-u-1.iso HTTP/1.1\" 200 9",
                Some("2027-01-15T07:59:00Z"),
                "\"GET /redfish/boot-u-1.iso HTTP/1.1\" 200 9",
            ),
            (
                "10.0.0.1 - - [15/Jan/2027:07:59:00 +0000] \"GET /pxelinux.cfg/52-54-00-aa-00-01 HTTP/1.1\" 200 9",
                Some("2027-01-15T07:59:00Z"),
                "\"GET /pxelinux.cfg/52-54-00-aa-00-01 HTTP/1.1\" 200 9",
            ),
        ];
        for (text, time, shown) in table {
            let line = newest(text, &marks, &now).unwrap();
            assert_eq!((line.at, line.text.as_str()), (time.map(at), shown), "{text}");
        }
        assert_eq!(newest("nothing of it", &marks, &now), None);
    }

    #[test]
    fn a_log_that_cannot_be_read_is_not_looked_at() {
        let marks = Marks { mac: None, uuid: None };
        let looks = [
            look(None, "ymir_seed_dhcp_log", &marks),
            look(Some("/nowhere/x".into()), "x", &marks),
        ];
        assert!(looks.iter().all(|look| matches!(look, Look::NotLooked(_))), "{looks:?}");
    }
}
