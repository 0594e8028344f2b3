//! Faults as data: what goes wrong, at which step, for which nodes, and how often.

use serde::{Deserialize, Serialize};

use super::machine::Ailment;

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A request to Ironic that names the node.
    Api,
    Verify,
    Inspect,
    Clean,
    Deploy,
    Undeploy,
    /// A request to the node's BMC.
    Redfish,
    /// Somebody talks to the host.
    Ssh,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    BmcDead,
    BmcSlow,
    #[serde(rename = "401")]
    Unauthorised,
    #[serde(rename = "429")]
    TooMany,
    #[serde(rename = "500")]
    Broken,
    #[serde(rename = "503")]
    Unavailable,
    Cut,
    CutAnswer,
    PowerStuck,
    BootDeviceIgnored,
    NodeLocked,
    ConductorRestarted,
    RamdiskNeverCallsBack,
    #[serde(rename = "image-404")]
    ImageMissing,
    WrongChecksum,
    DiskTooSmall,
    /// A step of cleaning fails at its work.
    StepFails,
    SshNeverUp,
    WrongHostKey,
}

/// One `[[fault]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A node's name, in which `*` stands for any letters.
    pub node: String,
    pub step: Step,
    pub what: What,
    /// How often it strikes; without, every time.
    #[serde(default)]
    pub times: Option<u32>,
}

impl What {
    /// The steps at which it can strike.
    pub fn steps(self) -> &'static [Step] {
        use Step as S;
        match self {
            Self::BmcDead | Self::BmcSlow => {
                &[S::Verify, S::Inspect, S::Clean, S::Deploy, S::Undeploy, S::Redfish]
            }
            Self::Unauthorised | Self::Broken => {
                &[S::Api, S::Verify, S::Inspect, S::Clean, S::Deploy, S::Undeploy, S::Redfish]
            }
            Self::TooMany | Self::Unavailable | Self::NodeLocked => &[S::Api],
            Self::Cut | Self::CutAnswer => &[S::Api, S::Redfish],
            Self::PowerStuck => &[S::Inspect, S::Clean, S::Deploy, S::Undeploy],
            Self::BootDeviceIgnored | Self::RamdiskNeverCallsBack => {
                &[S::Inspect, S::Clean, S::Deploy]
            }
            Self::ConductorRestarted => &[S::Verify, S::Inspect, S::Clean, S::Deploy, S::Undeploy],
            Self::ImageMissing | Self::WrongChecksum | Self::DiskTooSmall => &[S::Deploy],
            Self::StepFails => &[S::Clean],
            Self::SshNeverUp | Self::WrongHostKey => &[S::Ssh],
        }
    }

    /// What it does to the hardware.
    pub fn ailment(self) -> Ailment {
        match self {
            Self::PowerStuck => Ailment::PowerStuck,
            Self::BootDeviceIgnored => Ailment::BootDeviceIgnored,
            Self::RamdiskNeverCallsBack => Ailment::RamdiskMute,
            _ => Ailment::None,
        }
    }
}

impl Fault {
    fn hits(&self, node: &str, step: Step) -> bool {
        self.step == step && self.times != Some(0) && matches(&self.node, node)
    }
}

/// The word for a step or a fault, as files write it.
pub fn word(of: impl Serialize) -> String {
    let word = serde_json::to_value(of).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// The faults that are yet to strike.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Adds one while the rack runs.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Those that may still strike.
    pub fn left(&self) -> Vec<Fault> {
        self.0.iter().filter(|fault| fault.times != Some(0)).cloned().collect()
    }

    /// What would go wrong now.
    pub fn next(&self, node: &str, step: Step) -> Option<What> {
        self.0.iter().find(|fault| fault.hits(node, step)).map(|fault| fault.what)
    }

    /// What goes wrong now, if anything does; it counts as one time.
    pub fn strike(&mut self, node: &str, step: Step) -> Option<What> {
        let fault = self.0.iter_mut().find(|fault| fault.hits(node, step))?;
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.what)
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, rest)) => {
            let Some(tail) = name.strip_prefix(begin) else { return false };
            let starts = (0..=tail.len()).filter(|at| tail.is_char_boundary(*at));
            starts.into_iter().any(|at| matches(rest, &tail[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let table = [
            ("*", "a", true),
            ("bm1", "bm1", true),
            ("bm1", "bm10", false),
            ("bm*", "bm10", true),
            ("*0", "bm10", true),
            ("b*1*", "bm10", true),
            ("b*2*", "bm10", false),
        ];
        for (pattern, name, fits) in table {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says() {
        let fault = |times| Fault {
            node: "bm*".into(),
            step: Step::Deploy,
            what: What::ImageMissing,
            times,
        };
        let mut faults = Faults::new(vec![fault(Some(2))]);
        assert_eq!(faults.strike("bm1", Step::Inspect), None);
        assert_eq!(faults.strike("other", Step::Deploy), None);
        assert_eq!(faults.strike("bm1", Step::Deploy), Some(What::ImageMissing));
        assert_eq!(faults.strike("bm2", Step::Deploy), Some(What::ImageMissing));
        assert_eq!(faults.strike("bm1", Step::Deploy), None);
        assert_eq!(faults.left(), []);
        faults.add(fault(None));
        assert!((0..9).all(|_| faults.strike("bm1", Step::Deploy).is_some()));
    }

    #[test]
    fn words_are_those_of_the_file() {
        assert_eq!(word(What::ImageMissing), "image-404");
        assert_eq!(word(What::RamdiskNeverCallsBack), "ramdisk-never-calls-back");
        assert_eq!(word(Step::Api), "api");
    }
}
