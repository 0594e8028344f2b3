//! What the deployment ramdisk does when it starts: bring up the network, find the hardware, run the agent.

use camino::Utf8Path;

use super::base::{link, put};
use crate::trouble::Result;

/// The agent starts at once; it looks for its network itself, every second.
const UNIT: &str = "[Unit]
Description=Ironic Python Agent
After=systemd-udevd.service

[Service]
ExecStart=/opt/ironic-python-agent/bin/ironic-python-agent --config-dir /etc/ironic-python-agent.d
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
";
const AGENT_CONFIG: &str = "[DEFAULT]\nip_lookup_attempts = 120\nip_lookup_sleep = 1\n";
const NETWORK: &str = "[Match]
Type=ether

[Network]
DHCP=ipv4
LinkLocalAddressing=ipv6
IPv6AcceptRA=yes

[DHCPv4]
ClientIdentifier=mac
";
/// Half of a machine's devices are terminals, blocks of memory and parts of disk controllers. No rule says anything
/// about them, but each costs a look at all rules.
const COLDPLUG: &str = "[Service]
ExecStart=
ExecStart=-udevadm trigger --type=devices --action=add --prioritized-subsystem=block,net \
 --subsystem-nomatch=ata_device --subsystem-nomatch=ata_link --subsystem-nomatch=ata_port \
 --subsystem-nomatch=bdi --subsystem-nomatch=clockevents --subsystem-nomatch=clocksource \
 --subsystem-nomatch=container --subsystem-nomatch=event_source --subsystem-nomatch=input \
 --subsystem-nomatch=leds --subsystem-nomatch=mem --subsystem-nomatch=memory \
 --subsystem-nomatch=misc --subsystem-nomatch=tty --subsystem-nomatch=vc \
 --subsystem-nomatch=vtconsole --subsystem-nomatch=wakeup --subsystem-nomatch=workqueue
ExecStart=-udevadm trigger --action=add --name-match=ttyS0 --name-match=ttyS1
";
const JOURNAL: &str = "[Journal]\nStorage=volatile\n";

/// Units that do nothing for a ramdisk that lives for minutes.
const MASKED: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "blk-availability.service",
    "cryptsetup.target",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "dm-event.socket",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "integritysetup.target",
    "ldconfig.service",
    "lvm2-lvmpolld.socket",
    "lvm2-monitor.service",
    "mdadm-shutdown.service",
    "mdcheck_start.timer",
    "mdmonitor-oneshot.timer",
    "mdmonitor.service",
    "modprobe@.service",
    "nvmefc-boot-connections.service",
    "nvmf-autoconnect.service",
    "proc-sys-fs-binfmt_misc.automount",
    "proc-sys-fs-binfmt_misc.mount",
    "smartmontools.service",
    "ssh.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path",
    "systemd-binfmt.service",
    "systemd-boot-system-token.service",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-initctl.socket",
    "systemd-journal-flush.service",
    "systemd-journald-audit.socket",
    "systemd-logind.service",
    "systemd-machine-id-commit.service",
    "systemd-modules-load.service",
    "systemd-network-generator.service",
    "systemd-networkd-wait-online.service",
    "systemd-pstore.service",
    "systemd-random-seed.service",
    "systemd-remount-fs.service",
    "systemd-repart.service",
    "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-update-utmp-runlevel.service",
    "systemd-update-utmp.service",
    "systemd-user-sessions.service",
    "uuidd.socket",
    "veritysetup.target",
];

/// Drivers of devices that the agent makes no use of, which would load by themselves.
const UNLOADED: &[&str] = &[
    "bochs",
    "button",
    "drm",
    "evdev",
    "i2c_i801",
    "iTCO_wdt",
    "intel_rapl_msr",
    "joydev",
    "kvm",
    "kvm_amd",
    "kvm_intel",
    "lpc_ich",
    "mousedev",
    "pcspkr",
    "powernow_k8",
    "psmouse",
    "serio_raw",
];

/// Writes what the ramdisk does.
pub(super) fn configure(root: &Utf8Path) -> Result<()> {
    let unit = |name: &str| format!("etc/systemd/system/{name}");
    put(root, &unit("ironic-python-agent.service"), UNIT)?;
    let wanted = |name: &str, from: &str| {
        link(root, &unit(&format!("multi-user.target.wants/{name}")), &format!("{from}/{name}"))
    };
    wanted("ironic-python-agent.service", "/etc/systemd/system")?;
    wanted("systemd-networkd.service", "/lib/systemd/system")?;
    put(root, "etc/ironic-python-agent.d/ymir.conf", AGENT_CONFIG)?;
    put(root, "etc/systemd/network/10-all.network", NETWORK)?;
    put(root, "etc/systemd/journald.conf.d/ymir.conf", JOURNAL)?;
    put(root, &unit("systemd-udev-trigger.service.d/ymir.conf"), COLDPLUG)?;
    put(root, "etc/hostname", "ipa\n")?;
    put(root, "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")?;
    put(root, "etc/fstab", "")?;
    let blacklist =
        UNLOADED.iter().fold(String::new(), |list, name| format!("{list}blacklist {name}\n"));
    put(root, "etc/modprobe.d/ymir.conf", &blacklist)?;
    link(root, "etc/resolv.conf", "/run/systemd/resolve/resolv.conf")?;
    // What the kernel starts in an initial ramdisk.
    link(root, "init", "/sbin/init")?;
    MASKED.iter().try_for_each(|name| link(root, &unit(name), "/dev/null"))
}
