//! The documents that BMCs show.

use serde_json::{Value, json};

use crate::rack::{
    hardware::{Hardware, Shelf, uuid},
    machine::{Machine, Power},
};

const COPYRIGHT: &str = "Nothing but a rack that is simulated by Ymir.";

fn id(path: &str) -> Value {
    json!({ "@odata.id": format!("/redfish/v1/{path}") })
}

pub(super) fn root() -> Value {
    json!({
        "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
        "Id": "YmirRack",
        "Name": "Simulated rack",
        "RedfishVersion": "1.5.0",
        "UUID": uuid("service root"),
        "Chassis": id("Chassis"),
        "Systems": id("Systems"),
        "Managers": id("Managers"),
        "Registries": id("Registries"),
        "CertificateService": id("CertificateService"),
        "UpdateService": id("UpdateService"),
        "@odata.id": "/redfish/v1/",
        "@Redfish.Copyright": COPYRIGHT,
    })
}

fn well() -> Value {
    json!({ "State": "Enabled", "Health": "OK", "HealthRollUp": "OK" })
}

fn power(machine: &Machine) -> &'static str {
    match machine.power() {
        Power::On => "On",
        Power::Off => "Off",
    }
}

pub(super) fn system(hardware: &Hardware, machine: &Machine) -> Value {
    let uuid = &hardware.uuid;
    let part = |name: &str| id(&format!("Systems/{uuid}/{name}"));
    let (device, once) = machine.device();
    json!({
        "@odata.type": "#ComputerSystem.v1_13_0.ComputerSystem",
        "Id": uuid,
        "Name": hardware.name,
        "UUID": uuid,
        "Manufacturer": "Ymir",
        "Status": well(),
        "PowerState": power(machine),
        "Boot": {
            "BootSourceOverrideEnabled": if once { "Once" } else { "Continuous" },
            "BootSourceOverrideTarget": device.name(),
            "BootSourceOverrideTarget@Redfish.AllowableValues": ["Pxe", "Cd", "Hdd", "UefiHttp"],
            "BootSourceOverrideMode": "UEFI",
            "UefiTargetBootSourceOverride": "/0x31/0x33/0x01/0x01",
            "HttpBootUri": "",
        },
        "ProcessorSummary": { "Count": hardware.cpus, "Status": well() },
        "MemorySummary": { "TotalSystemMemoryGiB": hardware.memory_mb / 1024, "Status": well() },
        "Bios": part("BIOS"),
        "BiosVersion": "1.0.0",
        "Processors": part("Processors"),
        "Memory": part("Memory"),
        "SecureBoot": part("SecureBoot"),
        "SimpleStorage": part("SimpleStorage"),
        "Storage": part("Storage"),
        "IndicatorLED": "Lit",
        "EthernetInterfaces": part("EthernetInterfaces"),
        "VirtualMedia": part("VirtualMedia"),
        "Links": {
            "Chassis": [id(&format!("Chassis/{uuid}"))],
            "ManagedBy": [id(&format!("Managers/{uuid}"))],
        },
        "Actions": { "#ComputerSystem.Reset": {
            "target": format!("/redfish/v1/Systems/{uuid}/Actions/ComputerSystem.Reset"),
            "ResetType@Redfish.AllowableValues": [
                "On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "ForceOn"
            ],
        }},
        "@odata.context": "/redfish/v1/$metadata#ComputerSystem.ComputerSystem",
        "@odata.id": format!("/redfish/v1/Systems/{uuid}"),
        "@Redfish.Copyright": COPYRIGHT,
    })
}

pub(super) fn manager(hardware: &Hardware) -> Value {
    let uuid = &hardware.uuid;
    json!({
        "@Redfish.Copyright": COPYRIGHT,
        "@odata.context": "/redfish/v1/$metadata#Manager.Manager",
        "@odata.id": format!("/redfish/v1/Managers/{uuid}"),
        "@odata.type": "#Manager.v1_3_1.Manager",
        "DateTime": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        "DateTimeLocalOffset": "+00:00",
        "Description": "Simulated BMC",
        "FirmwareVersion": "1.00",
        "Id": uuid,
        "Links": {
            "ManagerForChassis": [id(&format!("Chassis/{uuid}"))],
            "ManagerForServers": [id(&format!("Systems/{uuid}"))],
        },
        "ManagerType": "BMC",
        "Model": "Rack",
        "Name": format!("{}-Manager", hardware.name),
        "PowerState": "On",
        "ServiceEntryPointUUID": null,
        "Status": { "Health": "OK", "State": "Enabled" },
        "UUID": uuid,
        "VirtualMedia": id(&format!("Systems/{uuid}/VirtualMedia")),
    })
}

pub(super) fn chassis(hardware: &Hardware) -> Value {
    let uuid = &hardware.uuid;
    json!({
        "@odata.type": "#Chassis.v1_5_0.Chassis",
        "Id": uuid,
        "Name": format!("{}-Chassis", hardware.name),
        "UUID": uuid,
        "ChassisType": "RackMount",
        "Manufacturer": "Ymir",
        "Model": "Rack",
        "SerialNumber": hardware.serial,
        "PowerState": "On",
        "Status": { "State": "Enabled", "Health": "OK" },
        "Links": {
            "ComputerSystems": [id(&format!("Systems/{uuid}"))],
            "ManagedBy": [id(&format!("Managers/{uuid}"))],
            "ManagersInChassis": [id(&format!("Managers/{uuid}"))],
        },
        "@odata.context": "/redfish/v1/$metadata#Chassis.Chassis",
        "@odata.id": format!("/redfish/v1/Chassis/{uuid}"),
        "@Redfish.Copyright": COPYRIGHT,
    })
}

pub(super) fn media(uuid: &str) -> Value {
    json!({
        "@odata.type": "#VirtualMediaCollection.VirtualMediaCollection",
        "Name": "Virtual Media Services",
        "Description": "Virtual media of a simulated BMC",
        "Members@odata.count": 1,
        "Members": [id(&format!("Systems/{uuid}/VirtualMedia/Cd"))],
        "@odata.context": "/redfish/v1/$metadata#VirtualMediaCollection.VirtualMediaCollection",
        "@odata.id": format!("/redfish/v1/Systems/{uuid}/VirtualMedia"),
        "@Redfish.Copyright": COPYRIGHT,
    })
}

pub(super) fn medium(uuid: &str, image: Option<&str>) -> Value {
    let place = format!("/redfish/v1/Systems/{uuid}/VirtualMedia/Cd");
    let action = |name: &str| json!({ "target": format!("{place}/Actions/VirtualMedia.{name}") });
    json!({
        "@odata.type": "#VirtualMedia.v1_4_0.VirtualMedia",
        "Id": "Cd",
        "Name": "Virtual CD",
        "MediaTypes": ["CD", "DVD"],
        "Image": image.unwrap_or_default(),
        "ImageName": image.and_then(|url| url.rsplit('/').next()).unwrap_or_default(),
        "ConnectedVia": "URI",
        "Inserted": image.is_some(),
        "WriteProtected": image.is_some(),
        "Actions": {
            "#VirtualMedia.EjectMedia": action("EjectMedia"),
            "#VirtualMedia.InsertMedia": action("InsertMedia"),
            "Oem": {},
        },
        "UserName": "",
        "Password": "",
        "Certificates": { "@odata.id": format!("{place}/Certificates") },
        "VerifyCertificate": false,
        "@odata.context": "/redfish/v1/$metadata#VirtualMedia.VirtualMedia",
        "@odata.id": place,
        "@Redfish.Copyright": COPYRIGHT,
    })
}

/// A list of everything of a kind.
pub(super) fn members(shelf: &Shelf, kind: &str) -> Value {
    let (word, name) = match kind {
        "Systems" => ("ComputerSystem", "Computer System Collection"),
        "Managers" => ("Manager", "Manager Collection"),
        _ => ("Chassis", "Chassis Collection"),
    };
    let members: Vec<_> = shelf.iter().map(|one| id(&format!("{kind}/{}", one.uuid))).collect();
    let mut all = json!({
        "@odata.type": format!("#{word}Collection.{word}Collection"),
        "Name": name,
        "Members@odata.count": members.len(),
        "Members": members,
        "@odata.context": format!("/redfish/v1/$metadata#{word}Collection.{word}Collection"),
        "@odata.id": format!("/redfish/v1/{kind}"),
        "@Redfish.Copyright": COPYRIGHT,
    });
    if kind == "Managers" {
        all["Oem"] = json!({});
    }
    all
}
