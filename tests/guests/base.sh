#!/bin/sh
# Makes what all guests start from, in a directory that does not exist yet:
#   root.img   a Debian on an ext4 of its own, without users, host keys and identity
#   kernel, initrd   what starts it: the generic kernel, with device-mapper, md, bonds and VLANs as modules
# Apt's sources and settings are this machine's own; they may hold passwords, so they stay in files for root alone
# and never in the tree.
#
# usage: base.sh make DIRECTORY; the other verb is a hook of mmdebstrap
set -eu
umask 022
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
suite=bookworm
me=$(realpath "$0")

# What a freshly deployed host has, and what the tested topics install: guests have no way to an archive.
installed='linux-image-cloud-amd64 initramfs-tools zstd systemd-sysv dbus udev libpam-systemd openssh-server sudo iproute2
  kmod procps netbase python3 netplan.io ethtool lvm2 mdadm cryptsetup clevis-luks clevis-systemd clevis-tpm2 parted
  xfsprogs e2fsprogs gdisk'

sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' |
    awk -v suite=$suite '$3 == suite || $3 == suite "-updates" || $3 == suite "-security"' | sort -u
}

settings() { apt-config dump Acquire | grep -E '^Acquire::(http|https)::Proxy|^Acquire::Check-(Valid-Until|Date)' || true; }

make() { # DIRECTORY
  rm -rf "$1.part"
  mkdir -p "$1.part/private" "$1.part/tmp"
  cd "$1.part"
  chmod 700 private
  settings >private/apt.conf
  sources >private/sources
  [ -s private/sources ] || { echo "this machine's apt has no sources for $suite" >&2; exit 1; }
  # What mmdebstrap keeps for later calls of apt is for root alone, too.
  hide='f="$1/etc/apt/apt.conf.d/99mmdebstrap"; test ! -e "$f" || chmod 600 "$f"'
  TMPDIR=$PWD/tmp mmdebstrap --quiet --mode=root --variant=minbase --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt="$PWD/private/apt.conf" --setup-hook="$hide" \
    --include="$(echo $installed | tr -s ' \n' ,)" --customize-hook="sh '$me' customize \"\$1\"" \
    $suite root - <private/sources >log 2>&1 || { sed 's#://[^/@ ]*@#://***@#g' log >&2; exit 1; }
  cp root/boot/vmlinuz-* kernel
  cp root/boot/initrd.img-* initrd
  truncate -s 3G root.img
  # Nothing is mounted here: the file system is made with its files.
  mke2fs -q -t ext4 -L root -O ^metadata_csum_seed,^orphan_file -d root root.img
  rm -rf root private tmp log
  mv "$1.part" "$1"
}

customize() { # ROOT
  cd "$1"
  # Only what these guests have: each start and each rebuild of the initramfs is emulated, and slow.
  printf 'MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n' >etc/initramfs-tools/conf.d/guest
  printf 'virtio_pci\nvirtio_blk\next4\ncrc32c_generic\n' >>etc/initramfs-tools/modules
  echo 'LABEL=root / ext4 defaults 0 1' >etc/fstab
  chroot . update-initramfs -u -k all
  chroot . systemctl -q enable systemd-networkd ssh
  chroot . systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer systemd-networkd-wait-online.service
  rm -f etc/ssh/ssh_host_* etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/apt/apt.conf.d/99mmdebstrap
  rm -rf var/lib/apt/lists/* var/cache/apt/*.bin var/cache/apt/archives/*.deb
  : >etc/apt/sources.list
  : >etc/resolv.conf
  rm -f etc/hostname etc/machine-id
}

verb=$1; shift
"$verb" "$@"
