#!/bin/sh
# Makes what machines start from that say they are Rocky Linux, in a directory that does not exist yet:
#   root/  a Debian tree whose packages are rpm's: real rpm, dnf, NetworkManager, firewalld, chrony and tuned, and nothing
#          of dpkg and apt; nmstate, which Debian lacks, is built from its own sources
#   www/   a repository that dnf reads, and a Python index
# Packages of the repository have the distribution's names. What is in them comes with the tree, but for units and files
# that are named otherwise there.
#
# usage: rocky.sh make DIRECTORY; the other verbs are hooks of mmdebstrap
set -eu
step=$1 place=$2
set -- true
. "$(dirname "$(realpath "$0")")/base.sh"

system='systemd-sysv dbus udev libpam-systemd openssh-server sudo iproute2 ca-certificates kmod procps nftables netbase
  less nano bzip2 xz-utils rpm dnf createrepo-c network-manager firewalld chrony tuned fail2ban
  python3-venv python3-pip python3-setuptools tcpdump vim acl bash-completion curl tzdata ethtool iptables lvm2 mdadm
  util-linux-extra'
wheels='pip setuptools wheel docker podman requests selinux distro'
# What an image of the distribution has already.
had='rocky-release bash ca-certificates python3 sudo NetworkManager openssh-server iproute dnf rpm util-linux'
# What host configuration installs: names only.
offered='acl bash-completion curl fail2ban firewalld git iputils iptables kernel-modules-extra-matched lvm2 mdadm
  python3-libnmstate python3-libselinux python3-pip python3-setuptools tcpdump tuned tzdata xfsprogs cron epel-release parted podman'

nmstate=2.2.62

make() { # DIRECTORY
  rm -rf "$1.part"
  mkdir -p "$1.part/www" "$1.part/private" "$1.part/tmp"
  cd "$1.part"
  chmod 700 private
  settings >private/apt.conf
  sources >private/sources
  [ -s private/sources ] || { echo "this machine's apt has no sources for $suite" >&2; exit 1; }
  CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --root nmstate --version $nmstate nmstatectl
  hide='f="$1/etc/apt/apt.conf.d/99mmdebstrap"; test ! -e "$f" || chmod 600 "$f"'
  TMPDIR=$PWD/tmp WWW=$PWD/www mmdebstrap --quiet --mode=root --variant=minbase --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt="$PWD/private/apt.conf" --setup-hook="$hide" \
    --include="$(echo $system | tr ' ' ,)" --customize-hook="sh '$me' customize \"\$1\"" \
    $suite root - <private/sources >log 2>&1 || { sed 's#://[^/@ ]*@#://***@#g' log >&2; exit 1; }
  index
  rm -rf root/var/lib/dpkg root/var/lib/apt root/var/cache/apt root/etc/apt root/usr/bin/apt* root/usr/bin/dpkg*
  rm -rf private tmp log nmstate
  mv "$1.part" "$1"
}

customize() { # ROOT
  cd "$1"
  chroot . systemctl -q enable NetworkManager ssh
  chroot . systemctl -q disable chrony tuned firewalld fail2ban
  # The units of these are in packages of the repository.
  rm -f lib/systemd/system/chrony.service etc/systemd/system/chronyd.service
  chroot . systemctl -q mask systemd-networkd.service systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
    systemd-udev-trigger.service systemd-udev-settle.service systemd-firstboot.service console-getty.service \
    getty@tty1.service sys-kernel-debug.mount NetworkManager-wait-online.service \
    sys-kernel-tracing.mount dev-hugepages.mount e2scrub_reap.service e2scrub_all.timer fstrim.timer
  rm -f etc/ssh/ssh_host_* etc/hostname etc/machine-id
  : >etc/resolv.conf
  # As the distribution has it, with the kernel's modules of its own.
  mkdir -p etc/selinux etc/yum.repos.d etc/pki/rpm-gpg etc/pki/ca-trust/source/anchors
  printf 'SELINUX=disabled\nSELINUXTYPE=targeted\n' >etc/selinux/config
  printf '#!/bin/sh\nexit 0\n' >usr/bin/update-ca-trust
  chmod 755 usr/bin/update-ca-trust
  mkdir -p build/tree
  cp "$WWW/../nmstate/bin/nmstatectl" build/
  packages
  mkdir -p "$WWW/rocky"
  cp build/RPMS/*/*.rpm "$WWW/rocky/"
  chroot . rpm --initdb
  for name in $had; do chroot . rpm --install --nodeps "$(cd "$1" && ls build/RPMS/noarch/$name-1-*.rpm)"; done
  rm -rf build
  createrepo_here
}

createrepo_here() {
  mkdir repo
  cp -r "$WWW/rocky/." repo/
  chroot . createrepo_c --quiet /repo
  cp -r repo/repodata "$WWW/rocky/"
  rm -rf repo
}

# Every package, and what is in those that hold more than their name.
packages() {
  for name in $had $offered; do
    case $name in rocky-release | bash | epel-release | tuned | firewalld | fail2ban) ;; *) package $name "" ;; esac
  done
  package rocky-release "Provides: system-release = 10, system-release(releasever) = 10"
  package bash "Provides: /bin/sh"
  package vim-enhanced "Provides: vim"
  package "kernel-modules-extra-$(uname -r)" ""
  holds etc/yum.repos.d/epel.repo '[epel]\nname=Extra packages\nbaseurl=http://172.23.0.1/rocky\nenabled=0\ngpgcheck=0\n'
  package epel-release ""
  for name in tuned firewalld fail2ban; do package $name ""; done
  holds usr/lib/systemd/system/chronyd.service "[Unit]\nDescription=chrony\n[Service]\nType=forking\nExecStart=/usr/sbin/chronyd -x\n[Install]\nWantedBy=multi-user.target\n"
  package chrony ""
  holds etc/dnf/automatic.conf '[commands]\napply_updates = no\nupgrade_type = default\n'
  holds usr/lib/systemd/system/dnf-automatic.service '[Service]\nType=oneshot\nExecStart=/bin/true\n'
  holds usr/lib/systemd/system/dnf-automatic.timer '[Timer]\nOnCalendar=*-*-* 6:00\n[Install]\nWantedBy=timers.target\n'
  package dnf-automatic ""
  holds usr/lib/systemd/system/docker.service '[Unit]\nDescription=stand-in of docker\n[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target\n'
  holds usr/bin/dockerd '#!/bin/sh\nexec sleep infinity\n' 755
  holds usr/bin/docker '#!/bin/sh\ncase "$*" in *version*) echo 28.0.0 ;; esac\n' 755
  package docker-ce "" 'getent group docker >/dev/null || groupadd --system docker'
  package needs-acl "Requires: acl"
  install -D build/nmstatectl build/tree/usr/bin/nmstatectl
  package nmstate "AutoReqProv: no"
}

# A file of the package that is made next.
holds() { # PATH TEXT [MODE]
  mkdir -p "build/tree/$(dirname "$1")"
  printf "$2" >"build/tree/$1"
  chmod "${3:-644}" "build/tree/$1"
}

package() { # NAME FIELDS [SCRIPT]
  { printf 'Name: %s\nVersion: 1\nRelease: 1.el10\nSummary: stand-in of the name\nLicense: none\nBuildArch: noarch\n%s\n' "$1" "$2"
    printf '%%description\nstand-in\n%%install\nmkdir -p %%{buildroot}\ncp -a /build/tree/. %%{buildroot}/\n'
    printf '%%post\n%s\n[ ! -d /run/systemd/system ] || systemctl daemon-reload\n%%files\n' "${3:-}"
    (cd build/tree && find . -type f | sed 's/^\.//')
  } >build/spec
  chroot . rpmbuild --quiet -bb --define '_topdir /build' --define '_build_id_links none' \
    --define '_binaries_in_noarch_packages_terminate_build 0' --define 'debug_package %{nil}' --define '__os_install_post %{nil}' /build/spec
  rm -rf build/tree
  mkdir build/tree
}

"$step" "$place"
