//! Virtual GPUs of NVIDIA's cards: the driver, how cards are divided, and a device on each virtual function.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    programs::Call,
    resource::{
        Directory, File, InUse, MigMode, NvidiaDriver, PackageFile, Packages, Refresh, Resource,
        Unit, VirtualGpu,
    },
};

/// `vgpu_definitions`; nothing without any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vgpu {
    /// `None` where somebody else installs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    pub gpus: Vec<Gpu>,
    /// Seconds before a card's virtual functions are made: the driver needs them after a start.
    pub delay: u32,
    /// Where the package that divides cards comes from, by family.
    pub mig_manager: (String, String),
}

/// `vgpu_driver_*`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    pub url: String,
    pub dkms: bool,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    /// `0000:17:00.0`
    pub address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<Vec<VirtualFunction>>,
    /// How it is divided: how many parts of each size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mig: Option<BTreeMap<String, u32>>,
}

/// A device on one of a card's virtual functions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VirtualFunction {
    pub index: u32,
    /// `nvidia-700`
    pub kind: String,
}

/// What only a running driver and its cards can tell.
struct Card<'v> {
    gpu: &'v Gpu,
    /// NVIDIA's own number of it.
    index: String,
    /// systemd's name of it.
    device: String,
}

const MIG: &str = "nvidia-mig-manager.service";

impl Topic for Vgpu {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.gpus.is_empty() {
            return Ok(Vec::new());
        }
        let kernel = (host.facts.family == Family::RedHat).then_some("kernel-devel");
        let packages = ["unzip", "gcc", "make"].into_iter().chain(kernel);
        let packages = Packages::installed(packages.chain(["pciutils", "mdevctl"]));
        let mut resources: Vec<Resource> = vec![packages.into()];
        resources.extend(
            self.driver
                .iter()
                .map(|driver| NvidiaDriver { url: driver.url.clone(), dkms: driver.dkms }.into()),
        );
        let cards = self.cards(host)?;
        if cards.len() < self.gpus.len() {
            // A new driver is loaded at the next start; until then nothing of before is taken away either.
            let why = "its GPUs do not answer yet: restart the host, and configure it again".into();
            resources.push(InUse { what: "vgpu".into(), why, own_only: false }.into());
            return Ok(resources);
        }
        resources.extend(self.configured(host.facts.family, &cards));
        Ok(resources)
    }
}

impl Vgpu {
    /// The cards that answer.
    fn cards(&self, host: &Host) -> Result<Vec<Card<'_>>, Fault> {
        let places = ["/usr/bin/nvidia-smi", "/usr/local/bin/nvidia-smi"];
        if !places.iter().any(|path| host.machine.path(path).exists()) {
            return Ok(Vec::new());
        }
        let mut cards = Vec::new();
        for gpu in &self.gpus {
            let words = ["-i", &gpu.address, "--query-gpu=index", "--format=csv,noheader"];
            let said = host.machine.run(&Call::new("nvidia-smi", words))?;
            if said.code != 0 {
                continue;
            }
            let path = format!("/sys/bus/pci/devices/{}", gpu.address);
            let real = host.machine.must(&Call::new("realpath", [path]))?.stdout;
            let escaped = Call::new("systemd-escape", ["-p", real.trim()]);
            let device = format!("{}.device", host.machine.must(&escaped)?.stdout.trim());
            cards.push(Card { gpu, index: said.stdout.trim().into(), device });
        }
        Ok(cards)
    }

    fn configured(&self, family: Family, cards: &[Card<'_>]) -> Vec<Resource> {
        let rule = "ACTION==\"add\", SUBSYSTEM==\"pci\", DRIVER==\"nvidia\", TAG+=\"systemd\"\n";
        let rule = File::new("/etc/udev/rules.d/50-nvidia-systemd.rules", rule).mode(0o664);
        let mut resources = self.divided(family, cards);
        resources.push(rule.into());
        let mut before: Vec<String> = Vec::new();
        for card in cards {
            let address = &card.gpu.address;
            resources.extend(card.gpu.mig.iter().map(|_| MigMode { card: address.clone() }.into()));
            let Some(functions) = &card.gpu.functions else { continue };
            let unit = format!("nvidia-sriov-{address}.service");
            let path = format!("/etc/systemd/system/{unit}");
            let file = File::new(path, card.unit(self.delay, &before)).comments_aside();
            let file = [file.mode(0o600).into()];
            let restart = Refresh::restart(&unit, &file);
            resources.extend(file);
            resources.extend([restart.into(), Unit::on(unit.as_str()).into()]);
            before.push(unit);
            resources.extend(functions.iter().map(|function| {
                VirtualGpu {
                    card: address.clone(),
                    index: function.index,
                    kind: function.kind.clone(),
                    unit: card.device_unit(),
                }
                .into()
            }));
        }
        resources
    }

    /// How cards are divided. The service does so at every start, after the cards have their virtual functions.
    fn divided(&self, family: Family, cards: &[Card<'_>]) -> Vec<Resource> {
        let parts: String = cards.iter().filter_map(Card::parts).collect();
        if parts.is_empty() {
            return Vec::new();
        }
        let url = match family {
            Family::Debian => self.mig_manager.0.clone(),
            Family::RedHat => self.mig_manager.1.clone(),
        };
        let above = "/etc/nvidia-mig-manager";
        let text = format!("version: v1\nmig-configs:\n  default:\n{parts}");
        let service = format!(
            "[Service]\nEnvironment=MIG_PARTED_CONFIG_FILE={above}/kayobe.yaml\n\
             Environment=MIG_PARTED_SELECTED_CONFIG=default\nRemainAfterExit=yes\n"
        );
        let path = format!("{above}/kayobe.yaml");
        // Kayobe's has a remark on each card.
        let remarked = text.replace(
            "      - devices",
            "      # Annoying that this doesn't support pci addresses.\n      - devices",
        );
        let drop_in = format!("/etc/systemd/system/{MIG}.d/override.conf");
        let files = [
            File::new(path, text).or(remarked).mode(0o660).into(),
            File::new(drop_in, service).mode(0o660).into(),
        ];
        let restart = Refresh::restart(MIG, &files);
        let package = PackageFile { name: "nvidia-mig-manager".into(), url };
        let mut resources: Vec<Resource> = vec![package.into(), Directory::new(above).into()];
        resources.extend(files);
        resources.extend([Unit { enabled: Some(true), ..Unit::new(MIG) }.into(), restart.into()]);
        resources
    }
}

impl Card<'_> {
    fn parts(&self) -> Option<String> {
        let mig = self.gpu.mig.as_ref()?;
        let parts: Vec<String> =
            mig.iter().map(|(size, count)| format!("\"{size}\": {count}")).collect();
        Some(format!(
            "      - devices: [{}]\n        mig-enabled: true\n        mig-devices: {{{}}}\n",
            self.index,
            parts.join(", ")
        ))
    }

    /// Has the card make its virtual functions, one card after the other.
    fn unit(&self, delay: u32, before: &[String]) -> String {
        let (address, device) = (&self.gpu.address, &self.device);
        let before = before.join(" ");
        format!(
            "[Unit]\nDescription=Enable SR-IOV on NVIDIA card ({address})\nBefore={MIG}\n\
             DefaultDependencies=no\nAfter=local-fs.target {device} {before}\nWants={device}\n\n\
             [Service]\nRestart=on-failure\nRestartSec=30\nType=oneshot\nUser=root\n\
             # The driver is not ready at once.\nExecStartPre=/bin/sleep {delay}\n\
             # What failed half way leaves the card without its driver.\n\
             ExecStart=/bin/bash -c \"echo '{address}' > /sys/bus/pci/drivers/nvidia/bind || true\"\n\
             ExecStart=/usr/lib/nvidia/sriov-manage -e {address}\nRemainAfterExit=yes\n\n\
             [Install]\nWantedBy=multi-user.target\nRequiredBy={MIG}\n"
        )
    }

    /// Starts a device of the card with the host.
    fn device_unit(&self) -> String {
        let address = &self.gpu.address;
        let (after, check) = match &self.gpu.mig {
            Some(_) => (format!("After={MIG}\nRequires={MIG}\n"), String::new()),
            None => (
                String::new(),
                format!(
                    "# A dependency that failed at first counts once it runs.\n\
                     ExecStartPre=/usr/bin/systemctl is-active nvidia-sriov-{address}.service\n"
                ),
            ),
        };
        format!(
            "[Unit]\nDescription=Enable mdev device (%i)\nBefore=docker.service\n{after}\n\
             [Service]\nRestart=on-failure\nRestartSec=30\nType=oneshot\nUser=root\n{check}\
             ExecStart=-/usr/sbin/mdevctl start --uuid %i\nRemainAfterExit=yes\n\n\
             [Install]\nWantedBy=multi-user.target\n"
        )
    }
}

#[cfg(test)]
#[path = "vgpu_tests.rs"]
mod tests;
