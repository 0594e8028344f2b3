//! Everything that a Redfish service knows of a host: model, firmware, sensors, event log.

use redfish::types::{Chassis, Collection, LogEntry, Manager};
use serde_json::Value;

use super::{
    answer::{Failure, link, links, tolerant},
    client::Client,
    system::System,
};
use crate::drivers::bmc::told::{Entry, Info, Log, Sensor};

/// Entries of the event log that are shown, and pages of it that are read.
const ENTRIES: usize = 20;
const MOST_PAGES: usize = 10;

/// What cannot be asked of this service is missing, and said to be; that it is gone is a failure.
pub(super) async fn info(client: &Client<'_>, system: &System) -> Result<Info, Failure> {
    let read = &system.read;
    let mut info = Info {
        manufacturer: said(read.manufacturer.as_deref()),
        model: said(read.model.as_deref()),
        serial: said(read.serial_number.as_deref()),
        uuid: said(read.uuid.as_deref()),
        bios: said(read.bios_version.as_deref()),
        power: system.power().ok(),
        health: read.status.as_ref().and_then(|status| status.health.clone()),
        processors: read.processor_summary.as_ref().and_then(|all| all.count).map(u64::from),
        memory_gib: read.memory_summary.as_ref().and_then(|all| all.total_system_memory_gib),
        ..Info::default()
    };
    let managers = related(system, "ManagedBy");
    if let Some(manager) = first(client, &mut info, "its BMC's own description", &managers).await? {
        let read: Manager = tolerant(&manager)?;
        info.firmware = said(read.firmware_version.as_deref());
    }
    for chassis in related(system, "Chassis") {
        let found = of_chassis(client, &chassis, &mut info).await;
        kept(&mut info, "its sensors", found)?;
    }
    let log = log(client, system, &managers).await;
    info.log = kept(&mut info, "its event log", log)?.flatten();
    if info.log.is_none() && !info.missing.iter().any(|missing| missing.contains("event log")) {
        info.missing.push("its event log: it has none".into());
    }
    Ok(info)
}

/// A text that says something: factories leave some that do not.
fn said(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.filter(|text| !text.eq_ignore_ascii_case("none")).map(str::to_owned)
}

fn related(system: &System, kind: &str) -> Vec<String> {
    links(system.read.extra.get("Links").and_then(|all| all.get(kind)))
}

/// The first resource of a list.
async fn first(
    client: &Client<'_>,
    info: &mut Info,
    what: &str,
    list: &[String],
) -> Result<Option<Value>, Failure> {
    let Some(one) = list.first() else { return Ok(None) };
    let found = client.get(one).await.map(|answer| answer.value);
    kept(info, what, found)
}

fn kept<T>(info: &mut Info, what: &str, found: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is_loss() => Err(failure),
        Err(failure) => {
            info.missing.push(format!("{what}: {}", failure.words()));
            Ok(None)
        }
    }
}

/// Serial number and sensors of a chassis.
async fn of_chassis(client: &Client<'_>, at: &str, info: &mut Info) -> Result<(), Failure> {
    let value = client.get(at).await?.value;
    let chassis: Chassis = tolerant(&value)?;
    info.model = info.model.take().or_else(|| said(chassis.model.as_deref()));
    info.serial = info.serial.take().or_else(|| said(chassis.serial_number.as_deref()));
    for part in ["Thermal", "Power"] {
        if let Some(part) = link(chassis.extra.get(part)) {
            let found = client.get(&part).await.map(|answer| sensors(&answer.value));
            let found = kept(info, "its sensors", found)?;
            info.sensors.extend(found.unwrap_or_default());
        }
    }
    Ok(())
}

/// Lists of sensors, the member that holds the reading, and its unit; `None` where the sensor tells its own.
const LISTS: &[(&str, &[&str], Option<&str>)] = &[
    ("Temperatures", &["ReadingCelsius"], Some("°C")),
    ("Fans", &["Reading"], None),
    ("Voltages", &["ReadingVolts"], Some("V")),
    ("PowerControl", &["PowerConsumedWatts"], Some("W")),
    ("PowerSupplies", &["PowerInputWatts", "LastPowerOutputWatts"], Some("W")),
];

/// The sensors in what a chassis tells of heat and power; read by hand, because services put texts where numbers should
/// be.
fn sensors(value: &Value) -> Vec<Sensor> {
    let mut found = Vec::new();
    for (list, members, unit) in LISTS {
        for sensor in value[list].as_array().into_iter().flatten() {
            let reading = members.iter().find_map(|member| number(&sensor[member]));
            let status = &sensor["Status"];
            let absent = status["State"].as_str().is_some_and(|state| state == "Absent");
            let name = sensor["Name"].as_str().or_else(|| sensor["FanName"].as_str());
            let health = status["Health"].as_str();
            if absent || (reading.is_none() && health.is_none()) {
                continue;
            }
            let own = || sensor["ReadingUnits"].as_str().unwrap_or("RPM");
            found.push(Sensor {
                name: name.unwrap_or(list).to_owned(),
                reading,
                unit: unit.unwrap_or_else(own).to_owned(),
                state: health.unwrap_or("unknown").to_lowercase(),
            });
        }
    }
    found
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The newest entries of the event log of the system, or of its manager.
async fn log(
    client: &Client<'_>,
    system: &System,
    managers: &[String],
) -> Result<Option<Log>, Failure> {
    let mut services = link(system.read.extra.get("LogServices"));
    if services.is_none()
        && let Some(manager) = managers.first()
    {
        services = link(client.get(manager).await?.value.get("LogServices"));
    }
    let Some(services) = services else { return Ok(None) };
    let services: Collection = tolerant(&client.get(&services).await?.value)?;
    let all: Vec<&str> = services.members.iter().map(redfish::types::OdataId::as_str).collect();
    let about_events = |path: &&&str| {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
        name.contains("sel") || name.contains("event") || name.starts_with("iel")
    };
    let Some(service) = all.iter().find(about_events).or_else(|| all.first()) else {
        return Ok(None);
    };
    let service = client.get(service).await?.value;
    match link(service.get("Entries")) {
        Some(entries) => Ok(Some(newest(client, entries).await?)),
        None => Ok(None),
    }
}

async fn newest(client: &Client<'_>, first: String) -> Result<Log, Failure> {
    let (mut entries, mut all, mut next) = (Vec::new(), 0, Some(first));
    for _ in 0..MOST_PAGES {
        let Some(page) = next else { break };
        let page: Collection<Value> = tolerant(&client.get(&page).await?.value)?;
        next = page.next_link().map(str::to_owned);
        all = page.members_count.and_then(|count| usize::try_from(count).ok()).unwrap_or(all);
        entries.extend(page.members.iter().filter_map(entry));
    }
    // Services list the newest first or last; the times tell.
    entries.sort_by(|one, other| one.at.cmp(&other.at));
    let all = all.max(entries.len());
    let entries = entries.split_off(entries.len().saturating_sub(ENTRIES));
    Ok(Log { all, entries })
}

/// `None` for a link to an entry that would have to be read by itself.
fn entry(value: &Value) -> Option<Entry> {
    let entry: LogEntry = tolerant(value).ok()?;
    let text = entry.message.or(entry.message_id).or(entry.resource.name)?;
    Some(Entry { at: entry.created, severity: entry.severity, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sensors_are_read_whatever_their_service_writes() {
        let value = json!({
            "Temperatures": [
                { "Name": "CPU", "ReadingCelsius": "41", "Status": { "Health": "OK" } },
                { "Name": "gone", "ReadingCelsius": 0, "Status": { "State": "Absent" } },
            ],
            "Fans": [{ "FanName": "Fan 1", "Reading": 4200, "ReadingUnits": "RPM" }],
            "Voltages": null,
        });
        let found = sensors(&value);
        let told: Vec<_> = found
            .iter()
            .map(|sensor| (sensor.name.as_str(), sensor.reading, sensor.unit.as_str()))
            .collect();
        assert_eq!(told, [("CPU", Some(41.0), "°C"), ("Fan 1", Some(4200.0), "RPM")]);
    }
}
