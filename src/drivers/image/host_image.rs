//! Builds a root disk image from its recipe.

use camino::Utf8Path;

use super::{
    Workshop,
    base::{self, Contents, link, put},
    checksum,
    contained::Installing,
    disk::{self, Disk},
    inspect,
    manifest::{self, Manifest, Product},
    room::Room,
    sources,
};
use crate::{
    model::image::HostImage,
    trouble::{Result, Tell},
};

/// On top of the smallest Debian system: what a host of a cloud needs before anybody has configured it.
const PACKAGES: [&str; 19] = [
    "initramfs-tools",
    "zstd",
    "systemd-sysv",
    "systemd-resolved",
    "libnss-myhostname",
    "dbus",
    "udev",
    "kmod",
    "openssh-server",
    "cloud-init",
    "cloud-guest-utils",
    "e2fsprogs",
    "sudo",
    "iproute2",
    "iputils-ping",
    "netbase",
    "ca-certificates",
    "python3",
    "less",
];

/// The initial ramdisk is made once, when the kernel is installed, with drivers for any machine, and unpacks fast.
const INITRAMFS: &str = "mkdir -p \"$1/etc/initramfs-tools/conf.d\" && printf \
    'MODULES=most\\nCOMPRESS=zstd\\nCOMPRESSLEVEL=6\\n' > \"$1/etc/initramfs-tools/conf.d/ymir\"";

/// Timers that would fetch or check on their own; what happens on a host of a cloud is its operator's decision.
const UNWANTED: [&str; 4] =
    ["apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "e2scrub_reap.service"];

impl Workshop<'_> {
    /// Builds the image into `built`, a new directory of the room.
    pub(super) async fn host_image(&self, image: &HostImage, room: &Room) -> Result<()> {
        let mut packages = vec![image.base.kernel.as_str()];
        packages.extend(PACKAGES);
        let contents = Contents { base: &image.base, packages: &packages, before: &[INITRAMFS] };
        let root = self.root(room, &contents).await?;

        self.voice.progress("installing packages");
        let settings = sources::settings().await?;
        let installing = Installing::begin(&root, &settings)?;
        installing.packages(&image.packages, &self.log).await?;
        installing.end()?;

        let disk = Disk::new(image.size)?;
        base::finish(&root)?;
        self.configure(&root, image)?;
        disk.describe(&root, &image.kernel_arguments)?;
        let packages = self.installed(&root).await?;
        let kernel = disk::kernel(&root)?;

        self.voice.progress("writing the disk");
        let raw = room.path("disk.raw");
        self.write_disk(&disk, &root, &raw, room).await?;
        self.voice.progress("compressing the image");
        let built = room.path("built");
        std::fs::create_dir(&built).or_host(|| format!("creating {built}"))?;
        self.compress(&raw, &built.join(image.file())).await?;
        self.voice.progress("inspecting the image");
        inspect::image(&self.log, &disk, &raw, &built.join(image.file())).await?;
        let files = vec![product(built.clone(), image.file()).await?];
        let manifest = Manifest {
            name: image.name.clone(),
            digest: self.digest.into(),
            built_at: jiff::Timestamp::now(),
            kernel,
            virtual_size: Some(disk.bytes()),
            files,
            packages,
        };
        record(&built, manifest)
    }

    fn configure(&self, root: &Utf8Path, image: &HostImage) -> Result<()> {
        let identity = serde_json::json!({ "name": image.name, "digest": self.digest });
        put(root, "etc/ymir/image.json", &format!("{identity}\n"))?;
        put(root, "etc/hostname", "localhost\n")?;
        put(root, "etc/hosts", HOSTS)?;
        put(root, "etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication no\n")?;
        put(root, "etc/cloud/cloud.cfg.d/90_ymir.cfg", &cloud_config(&image.user))?;
        put(
            root,
            "etc/systemd/system/systemd-networkd-wait-online.service.d/ymir.conf",
            WAIT_ONLINE,
        )?;
        link(root, "etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf")?;
        link(
            root,
            "etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
            "/lib/systemd/system/systemd-networkd.service",
        )?;
        link(
            root,
            "etc/systemd/system/network-online.target.wants/systemd-networkd-wait-online.service",
            "/lib/systemd/system/systemd-networkd-wait-online.service",
        )?;
        let mask = |unit: &&str| link(root, &format!("etc/systemd/system/{unit}"), "/dev/null");
        UNWANTED.iter().try_for_each(mask)
    }
}

/// Writes manifest and checksums beside what was built.
pub(super) fn record(built: &Utf8Path, mut manifest: Manifest) -> Result<()> {
    let sums: Vec<Product> = manifest.files.clone();
    for product in sums.iter().filter(|product| is_disk(&product.file)) {
        let file = format!("{}.sha256", product.file);
        let line = checksum::line(&product.sha256, &product.file);
        checksum::write(&built.join(&file), line.as_bytes())?;
        manifest.files.push(Product::of(built, &file)?);
    }
    checksum::write(&built.join(manifest::file_of(&manifest.name)), &manifest.json()?)
}

/// Whether a file is a disk image, of which Ironic wants to know the checksum, and no part of the deployment ramdisk.
fn is_disk(file: &str) -> bool {
    !matches!(Utf8Path::new(file).extension(), Some("kernel" | "initramfs" | "img"))
}

/// [`Product::of`] on a thread that may block.
pub(super) async fn product(dir: camino::Utf8PathBuf, file: String) -> Result<Product> {
    let work = tokio::task::spawn_blocking(move || Product::of(&dir, &file));
    work.await.or_internal(|| "describing a built file".into())?
}

const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";

/// One interface with an address is enough to go on, and a machine without any network comes up all the same.
const WAIT_ONLINE: &str = "[Service]\nExecStart=\nExecStart=/lib/systemd/systemd-networkd-wait-online --any --timeout=30\n";

/// What cloud-init does: nothing but what a config drive can ask for, from a config drive and from nowhere else.
fn cloud_config(user: &str) -> String {
    format!(
        "# Written by Ymir when the image was built.
datasource_list: [ConfigDrive, None]
system_info:
  default_user:
    name: {user}
    gecos: {user}
    lock_passwd: true
    groups: [adm, sudo]
    sudo: ['ALL=(ALL) NOPASSWD:ALL']
    shell: /bin/bash
  network:
    renderers: [networkd]
# Only the host key that the config drive brings is kept and served; without one an ed25519 key is made.
ssh_deletekeys: true
ssh_genkeytypes: [ed25519]
# As in sshd_config.d, so that cloud-init has nothing to change there: it would restart sshd under the first login.
ssh_pwauth: false
disable_root: true
locale: false
manage_etc_hosts: false
cloud_init_modules:
- bootcmd
- write-files
- growpart
- resizefs
- disk_setup
- mounts
- set_hostname
- update_hostname
- ca-certs
- users-groups
- ssh
cloud_config_modules:
- set-passwords
- apt-configure
- ntp
- timezone
- runcmd
cloud_final_modules:
- package-update-upgrade-install
- write-files-deferred
- scripts-user
- ssh-authkey-fingerprints
- final-message
- power-state-change
"
    )
}
