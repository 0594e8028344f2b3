//! A machine: power, boot device, disk, and what runs on it. A request and a moment lead from one machine to the next and
//! to what can be noticed from outside; nothing else changes it.

use super::{clock::Moment, times::Times};

/// Whether the machine is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Power {
    #[default]
    Off,
    On,
}

/// What a machine may boot from, as Redfish calls it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Device {
    #[default]
    Hdd,
    Pxe,
    Cd,
    UefiHttp,
}

impl Device {
    const NAMES: [(Self, &'static str); 4] =
        [(Self::Hdd, "Hdd"), (Self::Pxe, "Pxe"), (Self::Cd, "Cd"), (Self::UefiHttp, "UefiHttp")];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(device, _)| *device == self).map_or("", |(_, name)| name)
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(device, _)| *device)
    }
}

/// An operating system as it lies on a disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct System {
    pub image: String,
    pub name: String,
    pub addresses: Vec<String>,
    /// The public half, `ssh-ed25519 AAAA…`.
    pub host_key: Option<String>,
}

/// What may run on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    Ramdisk,
    System,
}

/// What was started, and when it is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Started {
    software: Software,
    up: Moment,
}

/// What is wrong with the hardware until it is mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ailment {
    #[default]
    None,
    /// The BMC takes orders to switch, and nothing happens.
    PowerStuck,
    /// It boots from its disk whatever it was told.
    BootDeviceIgnored,
    /// The ramdisk runs, and does not reach Ironic.
    RamdiskMute,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    power: Power,
    device: Device,
    once: bool,
    medium: Option<String>,
    disk: Option<System>,
    started: Option<Started>,
    /// When the last ramdisk was loaded, and when it asked for an address.
    ramdisk: Option<(Moment, Moment)>,
    ailment: Ailment,
}

/// What may be asked of a machine, by its BMC or by what runs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Switch(Power),
    Restart,
    Boot {
        device: Device,
        once: bool,
    },
    Insert(String),
    Eject,
    /// The ramdisk writes an image.
    Write(System),
    Wipe,
    Ail(Ailment),
}

/// What can be noticed from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Switched(Power),
    /// It was to be switched, and stays as it is.
    Stuck,
    /// The software calls back, or answers, at this moment.
    Starts(Software, Moment),
}

/// What a request leads to.
pub fn next(
    machine: &Machine,
    request: Request,
    now: Moment,
    times: &Times,
) -> (Machine, Vec<Effect>) {
    let mut machine = machine.clone();
    let effects = match request {
        Request::Switch(_) | Request::Restart if machine.ailment == Ailment::PowerStuck => {
            vec![Effect::Stuck]
        }
        Request::Switch(Power::Off) => machine.switch_off(),
        Request::Switch(Power::On) if machine.power == Power::On => vec![],
        Request::Switch(Power::On) => machine.switch_on(now, times),
        Request::Restart => {
            machine.switch_off();
            machine.switch_on(now, times)
        }
        Request::Boot { device, once } => {
            (machine.device, machine.once) = (device, once);
            vec![]
        }
        Request::Insert(url) => {
            machine.medium = Some(url);
            vec![]
        }
        Request::Eject => {
            machine.medium = None;
            vec![]
        }
        Request::Write(system) => {
            machine.disk = Some(system);
            vec![]
        }
        Request::Wipe => {
            machine.disk = None;
            vec![]
        }
        Request::Ail(ailment) => {
            machine.ailment = ailment;
            vec![]
        }
    };
    (machine, effects)
}

impl Machine {
    fn switch_off(&mut self) -> Vec<Effect> {
        let was = std::mem::take(&mut self.power);
        self.started = None;
        if was == Power::Off { vec![] } else { vec![Effect::Switched(Power::Off)] }
    }

    fn switch_on(&mut self, now: Moment, times: &Times) -> Vec<Effect> {
        self.power = Power::On;
        let device =
            if self.ailment == Ailment::BootDeviceIgnored { Device::Hdd } else { self.device };
        if self.once {
            (self.device, self.once) = (Device::Hdd, false);
        }
        let switched = now.after(times.power);
        self.started = match (device, &self.disk) {
            (Device::Hdd, None) => None,
            (Device::Hdd, Some(_)) => {
                Some(Started { software: Software::System, up: switched.after(times.system) })
            }
            (Device::Pxe | Device::Cd | Device::UefiHttp, _) => {
                Some(Started { software: Software::Ramdisk, up: switched.after(times.boot) })
            }
        };
        if self.started.is_some_and(|started| started.software == Software::Ramdisk) {
            self.ramdisk = Some((switched, switched.after(times.boot / 2.0)));
        }
        let silent = |started: &Started| {
            started.software == Software::Ramdisk && self.ailment == Ailment::RamdiskMute
        };
        let heard = self.started.filter(|started| !silent(started));
        let starts = heard.map(|started| Effect::Starts(started.software, started.up));
        [Effect::Switched(Power::On)].into_iter().chain(starts).collect()
    }

    pub fn power(&self) -> Power {
        self.power
    }

    /// The device of the next boot, and whether only that one boots from it.
    pub fn device(&self) -> (Device, bool) {
        (self.device, self.once)
    }

    pub fn medium(&self) -> Option<&str> {
        self.medium.as_deref()
    }

    /// When the last ramdisk was loaded, and when it asked for an address.
    pub fn ramdisk(&self) -> Option<(Moment, Moment)> {
        self.ramdisk
    }

    /// The system that answers over SSH at this moment.
    pub fn answering(&self, now: Moment) -> Option<&System> {
        let up = self
            .started
            .is_some_and(|started| started.software == Software::System && started.up <= now);
        self.disk.as_ref().filter(|_| up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::START;

    /// A machine after these requests, with the last one's effects.
    fn after(requests: &[Request]) -> (Machine, Vec<Effect>) {
        let begin = (Machine::default(), vec![]);
        requests.iter().fold(begin, |(machine, _), request| {
            next(&machine, request.clone(), START, &Times::default())
        })
    }

    fn once(device: Device) -> Request {
        Request::Boot { device, once: true }
    }

    #[test]
    fn it_boots_what_it_was_told_to_once() {
        let on = Request::Switch(Power::On);
        let times = Times::default();
        let called = START.after(times.power + times.boot);
        let (machine, effects) = after(&[once(Device::Cd), on.clone()]);
        let expected = vec![Effect::Switched(Power::On), Effect::Starts(Software::Ramdisk, called)];
        assert_eq!((effects, machine.device()), (expected, (Device::Hdd, false)));
        assert_eq!(next(&machine, on, START, &times), (machine, vec![]), "it is on already");
    }

    #[test]
    fn a_system_answers_when_it_is_up_and_no_longer() {
        let system = System { name: "a".into(), ..System::default() };
        let (machine, effects) = after(&[Request::Write(system.clone()), Request::Restart]);
        let [_, Effect::Starts(Software::System, up)] = effects[..] else { panic!("{effects:?}") };
        assert_eq!(machine.answering(START), None);
        assert_eq!(machine.answering(up), Some(&system));
        let (off, _) = next(&machine, Request::Switch(Power::Off), up, &Times::default());
        assert_eq!(off.answering(up), None);
    }

    #[test]
    fn an_empty_disk_boots_nothing() {
        assert_eq!(after(&[Request::Restart]).1, [Effect::Switched(Power::On)]);
    }

    #[test]
    fn what_ails_it_shows() {
        let on = Request::Switch(Power::On);
        let table = [
            (Ailment::PowerStuck, Power::Off, vec![Effect::Stuck]),
            (Ailment::BootDeviceIgnored, Power::On, vec![Effect::Switched(Power::On)]),
            (Ailment::RamdiskMute, Power::On, vec![Effect::Switched(Power::On)]),
        ];
        for (ailment, power, effects) in table {
            let (machine, seen) = after(&[Request::Ail(ailment), once(Device::Cd), on.clone()]);
            assert_eq!((machine.power(), seen), (power, effects), "{ailment:?}");
        }
    }
}
