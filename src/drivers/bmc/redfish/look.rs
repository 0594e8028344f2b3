//! Everything that a Redfish service knows of a host: model, firmware, sensors, event log.

use redfish::types::{Chassis, Collection, Manager};
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

/// Sensors that are read where each is a resource of its own.
const MOST_SENSORS: usize = 64;

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

pub(super) fn related(system: &System, kind: &str) -> Vec<String> {
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
    if info.sensors.is_empty() {
        info.sensors = own_sensors(client, &value).await?;
    }
    Ok(())
}

/// The sensors of a newer service, which has them as resources of their own.
async fn own_sensors(client: &Client<'_>, chassis: &Value) -> Result<Vec<Sensor>, Failure> {
    let Some(all) = link(chassis.get("Sensors")) else { return Ok(Vec::new()) };
    let all: Collection<Value> = tolerant(&client.get(&all).await?.value)?;
    let mut found = Vec::new();
    for sensor in all.members.iter().filter_map(|member| link(Some(member))).take(MOST_SENSORS) {
        found.extend(own_sensor(&client.get(&sensor).await?.value));
    }
    Ok(found)
}

/// `None` for a sensor that is not there, or reads nothing.
fn own_sensor(value: &Value) -> Option<Sensor> {
    let status = &value["Status"];
    let reading = number(&value["Reading"]);
    if status["State"] == "Absent" || reading.is_none() {
        return None;
    }
    let unit = match value["ReadingUnits"].as_str().unwrap_or_default() {
        "Cel" => "°C",
        other => other,
    };
    Some(Sensor {
        name: value["Name"].as_str().unwrap_or("a sensor").to_owned(),
        reading,
        unit: unit.to_owned(),
        state: status["Health"].as_str().unwrap_or("unknown").to_lowercase(),
    })
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
    let services: Collection<Value> = tolerant(&client.get(&services).await?.value)?;
    let all: Vec<String> =
        services.members.iter().filter_map(|member| link(Some(member))).collect();
    let about_events = |path: &&String| {
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
    let text = |member: &str| value[member].as_str().map(str::trim).map(str::to_owned);
    let said = text("Message").or_else(|| text("MessageId")).or_else(|| text("Name"))?;
    Some(Entry { at: text("Created"), severity: text("Severity"), text: said })
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

    #[test]
    fn a_sensor_may_be_a_resource_of_its_own() {
        let value = json!({ "Name": "Inlet", "Reading": 22.5, "ReadingUnits": "Cel", "Status": { "Health": "OK" } });
        let sensor = own_sensor(&value).unwrap();
        assert_eq!((sensor.name.as_str(), sensor.reading), ("Inlet", Some(22.5)));
        assert_eq!((sensor.unit.as_str(), sensor.state.as_str()), ("°C", "ok"));
        assert_eq!(own_sensor(&json!({ "Name": "Inlet", "Reading": null })), None);
    }

    #[test]
    fn an_entry_is_read_without_what_it_need_not_have() {
        let value = json!({ "Message": " Fan 1 failed. ", "Severity": "Critical", "Created": "2026-01-02T03:04:05Z" });
        let expected = Entry {
            at: Some("2026-01-02T03:04:05Z".into()),
            severity: Some("Critical".into()),
            text: "Fan 1 failed.".into(),
        };
        assert_eq!(entry(&value), Some(expected));
        assert_eq!(entry(&json!({ "@odata.id": "/redfish/v1/x" })), None);
    }
}
