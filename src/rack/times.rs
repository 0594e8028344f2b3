//! How long each thing takes, in seconds of the rack's time.

use serde::Deserialize;

/// The part `[times]` of a rack's file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Times {
    /// Ironic asks a BMC whether the machine is on.
    pub verify: f64,
    /// A machine switches on or off.
    pub power: f64,
    /// The ramdisk starts, from power on until it calls Ironic back.
    pub boot: f64,
    /// Ironic makes an image for the ramdisk and tells the BMC.
    pub prepare: f64,
    /// The ramdisk looks at the hardware.
    pub inspect: f64,
    /// The ramdisk cleans the disks.
    pub clean: f64,
    /// The ramdisk writes an image.
    pub write: f64,
    /// Ironic sets the boot device and restarts the machine.
    pub finish: f64,
    /// Ironic switches a machine off and forgets its instance.
    pub undeploy: f64,
    /// An operating system starts, from power on until SSH answers.
    pub system: f64,
    /// How long Ironic waits for a ramdisk.
    pub callback_timeout: f64,
    /// How long Ironic waits for a machine to switch.
    pub power_timeout: f64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            verify: 3.0,
            power: 5.0,
            boot: 150.0,
            prepare: 10.0,
            inspect: 30.0,
            clean: 60.0,
            write: 90.0,
            finish: 15.0,
            undeploy: 15.0,
            system: 60.0,
            callback_timeout: 1800.0,
            power_timeout: 60.0,
        }
    }
}

impl Times {
    /// Every time with its name.
    pub fn all(&self) -> [(&'static str, f64); 12] {
        [
            ("verify", self.verify),
            ("power", self.power),
            ("boot", self.boot),
            ("prepare", self.prepare),
            ("inspect", self.inspect),
            ("clean", self.clean),
            ("write", self.write),
            ("finish", self.finish),
            ("undeploy", self.undeploy),
            ("system", self.system),
            ("callback_timeout", self.callback_timeout),
            ("power_timeout", self.power_timeout),
        ]
    }
}
