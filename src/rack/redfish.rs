//! The BMCs: one Redfish service with a system, a manager and a chassis for each machine, in the shapes of the emulator
//! that the lab uses.

use serde_json::{Value, json};

use super::{
    clock::Moment,
    fault::{Step, What},
    hardware::Hardware,
    http::{Answer, Asked, Outcome},
    machine::{Device, Machine, Power, Request},
    world::Rack,
};

const COPYRIGHT: &str = "Nothing but a rack that is simulated by Ymir.";

/// Ways to reset that switch on, off, or off and on again.
const ON: [&str; 2] = ["On", "ForceOn"];
const OFF: [&str; 2] = ["ForceOff", "GracefulShutdown"];
const RESTART: [&str; 3] = ["ForceRestart", "GracefulRestart", "PowerCycle"];

impl Rack {
    pub fn redfish(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Outcome {
        let ["v1", words @ ..] = words else { return Outcome::Now(Answer::bare(404)) };
        let at = words.get(1).and_then(|word| self.shelf.find(word));
        let struck = at.and_then(|at| {
            let name = self.shelf.get(at).name.clone();
            self.strike(&name, Step::Redfish)
        });
        let answer = match struck {
            Some(What::BmcDead | What::Cut) => return Outcome::Cut,
            Some(What::Unauthorised) => unauthorised(),
            Some(What::Broken) => refused(500, "Internal error"),
            _ if !words.is_empty() && !asked.comes_from(self.file.rack.bmc.as_ref()) => {
                unauthorised()
            }
            _ => self.of_bmc(asked, words, at, now),
        };
        match struck {
            Some(What::BmcSlow) => Outcome::Late(now.after(self.file.times.verify * 10.0), answer),
            _ => Outcome::Now(answer),
        }
    }

    fn of_bmc(&mut self, asked: &Asked, words: &[&str], at: Option<usize>, now: Moment) -> Answer {
        let method = asked.method.as_str();
        match (method, words, at) {
            ("GET", [], _) => Answer::ok(root()),
            ("GET", [kind @ ("Systems" | "Managers" | "Chassis")], _) => {
                Answer::ok(self.members(kind))
            }
            (_, [_, word, ..], None) => refused(404, &format!("nothing is called {word}")),
            (_, ["Systems", _, rest @ ..], Some(at)) => self.of_system(asked, rest, at, now),
            ("GET", ["Managers", _], Some(at)) => Answer::ok(manager(self.shelf.get(at))),
            ("GET", ["Chassis", _], Some(at)) => Answer::ok(chassis(self.shelf.get(at))),
            (_, ["Managers", _, "VirtualMedia", rest @ ..], Some(at)) => {
                self.of_media(asked, rest, at, now)
            }
            _ => refused(404, "not part of the simulated rack"),
        }
    }

    fn of_system(&mut self, asked: &Asked, words: &[&str], at: usize, now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => Answer::ok(system(self.shelf.get(at), self.machine(at))),
            ("PATCH", []) => self.set_boot(asked, at, now),
            ("POST", ["Actions", "ComputerSystem.Reset"]) => self.reset(asked, at, now),
            (_, ["VirtualMedia", rest @ ..]) => self.of_media(asked, rest, at, now),
            _ => refused(404, "not part of the simulated rack"),
        }
    }

    fn set_boot(&mut self, asked: &Asked, at: usize, now: Moment) -> Answer {
        let boot = &asked.body["Boot"];
        if boot.is_null() {
            return Answer::bare(400);
        }
        let Some(device) = boot["BootSourceOverrideTarget"].as_str().and_then(Device::of) else {
            return refused(400, "BootSourceOverrideTarget is none of Hdd, Pxe, Cd and UefiHttp");
        };
        let once = boot["BootSourceOverrideEnabled"] == "Once";
        self.ask_machine(at, Request::Boot { device, once }, now);
        Answer::bare(204)
    }

    fn reset(&mut self, asked: &Asked, at: usize, now: Moment) -> Answer {
        let kind = asked.body["ResetType"].as_str().unwrap_or_default();
        let request = match kind {
            _ if ON.contains(&kind) => Request::Switch(Power::On),
            _ if OFF.contains(&kind) => Request::Switch(Power::Off),
            _ if RESTART.contains(&kind) => Request::Restart,
            "Nmi" => return Answer::bare(204),
            _ => return refused(400, &format!("there is no ResetType {kind}")),
        };
        self.ask_machine(at, request, now);
        Answer::bare(204)
    }

    fn of_media(&mut self, asked: &Asked, words: &[&str], at: usize, now: Moment) -> Answer {
        let uuid = self.shelf.get(at).uuid.clone();
        match (asked.method.as_str(), words) {
            ("GET", []) => Answer::ok(media(&uuid)),
            ("GET", ["Cd"]) => Answer::ok(medium(&uuid, self.machine(at).medium())),
            ("POST", ["Cd", "Actions", "VirtualMedia.InsertMedia"]) => {
                match asked.body["Image"].as_str() {
                    Some(image) if image.contains("://") => {
                        self.ask_machine(at, Request::Insert(image.to_owned()), now);
                        Answer::bare(204)
                    }
                    _ => refused(400, "Image is no URL"),
                }
            }
            ("POST", ["Cd", "Actions", "VirtualMedia.EjectMedia"]) => {
                self.ask_machine(at, Request::Eject, now);
                Answer::bare(204)
            }
            _ => refused(404, "no such virtual medium"),
        }
    }

    fn members(&self, kind: &str) -> Value {
        let (word, name) = match kind {
            "Systems" => ("ComputerSystem", "Computer System Collection"),
            "Managers" => ("Manager", "Manager Collection"),
            _ => ("Chassis", "Chassis Collection"),
        };
        let members: Vec<_> =
            self.shelf.iter().map(|one| id(&format!("{kind}/{}", one.uuid))).collect();
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
}

fn id(path: &str) -> Value {
    json!({ "@odata.id": format!("/redfish/v1/{path}") })
}

fn refused(status: u16, words: &str) -> Answer {
    Answer::new(
        status,
        json!({ "error": {
            "code": "Base.1.0.GeneralError",
            "message": words,
            "@Message.ExtendedInfo": [{
                "@odata.type": "/redfish/v1/$metadata#Message.1.0.0.Message",
                "MessageId": "Base.1.0.GeneralError",
            }],
        }}),
    )
}

fn unauthorised() -> Answer {
    refused(401, "Unauthorized").header("WWW-Authenticate", "Basic realm=\"Redfish\"")
}

fn root() -> Value {
    json!({
        "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
        "Id": "YmirRack",
        "Name": "Simulated rack",
        "RedfishVersion": "1.5.0",
        "UUID": super::hardware::uuid("service root"),
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

fn system(hardware: &Hardware, machine: &Machine) -> Value {
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
        "ProcessorSummary": { "Count": hardware.cpus(), "Status": well() },
        "MemorySummary": { "TotalSystemMemoryGiB": hardware.memory_mb() / 1024, "Status": well() },
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

fn manager(hardware: &Hardware) -> Value {
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

fn chassis(hardware: &Hardware) -> Value {
    let uuid = &hardware.uuid;
    json!({
        "@odata.type": "#Chassis.v1_5_0.Chassis",
        "Id": uuid,
        "Name": format!("{}-Chassis", hardware.name),
        "UUID": uuid,
        "ChassisType": "RackMount",
        "Manufacturer": "Ymir",
        "Model": "Rack",
        "SerialNumber": hardware.serial(),
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

fn media(uuid: &str) -> Value {
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

fn medium(uuid: &str, image: Option<&str>) -> Value {
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
