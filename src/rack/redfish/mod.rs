//! The BMCs: one Redfish service with a system, a manager and a chassis for each machine, in the shapes of the emulator
//! that the lab uses.

mod documents;

use serde_json::json;

use self::documents::{chassis, manager, media, medium, members, root, system};
use super::{
    clock::Moment,
    fault::{Step, What},
    http::{Answer, Asked, Outcome},
    machine::{Device, Power, Request},
    world::Rack,
};

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
            self.faults.strike(&name, Step::Redfish)
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
            Some(What::CutAnswer) => Outcome::Torn(answer),
            Some(What::BmcSlow) => Outcome::Late(now.after(self.file.times.verify * 10.0), answer),
            _ => Outcome::Now(answer),
        }
    }

    fn of_bmc(&mut self, asked: &Asked, words: &[&str], at: Option<usize>, now: Moment) -> Answer {
        let method = asked.method.as_str();
        match (method, words, at) {
            ("GET", [], _) => Answer::ok(root()),
            ("GET", [kind @ ("Systems" | "Managers" | "Chassis")], _) => {
                Answer::ok(members(&self.shelf, kind))
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
