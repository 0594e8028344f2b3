#!/bin/sh
# Makes what all machines start from, in a directory that does not exist yet:
#   root/  a Debian tree, without users, host keys and identity
#   www/   a Debian archive and a Python index with what host configuration installs, for machines without a way out
# Apt's sources and settings are this machine's own; they may hold passwords, so they stay in files for root alone
# and never in the tree.
#
# usage: base.sh make DIRECTORY; the other verbs are hooks of mmdebstrap
set -eu
umask 022
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
suite=bookworm
me=$(realpath "$0")

# What a freshly deployed host has.
installed='systemd-sysv dbus udev libpam-systemd openssh-server sudo iproute2 ca-certificates kmod procps nftables netbase
  apt-utils gpgv less nano bzip2 xz-utils'
# What host configuration installs on it.
offered='acl apparmor bash-completion bridge-utils catatonit chrony cron cryptsetup curl docker.io docker-registry ebtables ethtool
  fail2ban firewalld git gnupg golang-github-containers-common iptables iputils-ping jq libsasl2-modules libsasl2-modules-gssapi-mit
  libvirt-clients libvirt-daemon-system linux-base logrotate lvm2 mdadm netplan.io network-manager ovmf
  parted podman crun netavark aardvark-dns policykit-1 python3 python3-apt python3-dbus python3-docker python3-libvirt python3-lxml
  python3-pip python3-setuptools python3-venv qemu-system-x86 rsync rsyslog sasl2-bin systemd-resolved tcpdump tmux tuned tzdata unattended-upgrades
  util-linux-extra vim vlan wget xfsprogs'
wheels='pip setuptools wheel docker podman requests'
python=3.11 # of $suite

sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' |
    awk -v suite=$suite '$3 == suite || $3 == suite "-updates" || $3 == suite "-security"' | sort -u
}

settings() { apt-config dump Acquire | grep -E '^Acquire::(http|https)::Proxy|^Acquire::Check-(Valid-Until|Date)' || true; }

make() { # DIRECTORY
  rm -rf "$1.part"
  mkdir -p "$1.part/www/debian/pool/main" "$1.part/private" "$1.part/tmp"
  cd "$1.part"
  chmod 700 private
  settings >private/apt.conf
  sources >private/sources
  [ -s private/sources ] || { echo "this machine's apt has no sources for $suite" >&2; exit 1; }
  # What mmdebstrap keeps for later calls of apt is for root alone, too.
  hide='f="$1/etc/apt/apt.conf.d/99mmdebstrap"; test ! -e "$f" || chmod 600 "$f"'
  TMPDIR=$PWD/tmp WWW=$PWD/www mmdebstrap --quiet --mode=root --variant=minbase --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt="$PWD/private/apt.conf" --setup-hook="$hide" \
    --include="$(echo $installed | tr ' ' ,)" \
    --customize-hook="sh '$me' download \"\$1\"" --customize-hook="sh '$me' customize \"\$1\"" \
    $suite root - <private/sources >log 2>&1 || { sed 's#://[^/@ ]*@#://***@#g' log >&2; exit 1; }
  stub docker-ce docker 'Recommends: docker-ce-cli, containerd.io'
  stub containerd.io containerd ''
  stub docker-ce-cli '' ''
  archive
  index
  cp private/archive.gpg root/usr/share/keyrings/lab-archive.gpg
  cp private/archive.gpg root/etc/apt/trusted.gpg.d/lab-archive.gpg
  rm -rf private tmp log
  mv "$1.part" "$1"
}

# Downloads what is offered, and what of its dependencies the tree lacks.
download() { # ROOT
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -q --yes --download-only --no-install-recommends \
    -o APT::Sandbox::User=root -o Dir::Cache::archives="$WWW/debian/pool/main" install $offered
  rm -rf "$WWW"/debian/pool/main/partial "$WWW"/debian/pool/main/lock
}

customize() { # ROOT
  cd "$1"
  chroot . systemctl -q enable systemd-networkd ssh
  # No hardware, no terminal, nothing of the kernel that is this machine's; timers of apt would hold its lock whenever they like.
  chroot . systemctl -q mask systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
    systemd-udev-trigger.service systemd-udev-settle.service systemd-firstboot.service console-getty.service \
    getty@tty1.service sys-kernel-debug.mount \
    sys-kernel-tracing.mount dev-hugepages.mount e2scrub_reap.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer
  # Machines cannot set the clock, as it is this machine's; chrony runs and only looks at it.
  mkdir -p lib/systemd/system/chrony.service.d
  cat >lib/systemd/system/chrony.service.d/lab.conf <<END
[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd -x \$DAEMON_OPTS
END
  rm -f etc/ssh/ssh_host_* etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/apt/apt.conf.d/99mmdebstrap
  rm -rf var/lib/apt/lists/* var/cache/apt/*.bin var/cache/apt/archives/*.deb
  : >etc/apt/sources.list
  : >etc/resolv.conf
  rm -f etc/hostname etc/machine-id
}

# The container engine's own packages are not in Debian: one of the same name with a service that only lasts.
stub() { # NAME SERVICE FIELDS
  tree=tmp/$1
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/lib/systemd/system"
  cat >"$tree/DEBIAN/control" <<END
Package: $1
Version: 5:28.0.0-1~lab
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: stand-in of the name
END
  [ -z "$3" ] || sed -i "/^Architecture/a $3" "$tree/DEBIAN/control"
  if [ "$1" = docker-ce-cli ]; then
    info='{"Driver": "overlay2", "DriverStatus": []}'
    printf '#!/bin/sh\ncase "$*" in *version*) echo 28.0.0 ;; *info*) echo '"'%s'"' ;; esac\n' "$info" >"$tree/usr/bin/docker"
    chmod 755 "$tree/usr/bin/docker"
  fi
  if [ "$1" = docker-ce ]; then
    # What Kayobe's drop-in starts.
    printf '#!/bin/sh\nexec sleep infinity\n' >"$tree/usr/bin/dockerd"
    chmod 755 "$tree/usr/bin/dockerd"
  fi
  if [ -n "$2" ]; then
    cat >"$tree/lib/systemd/system/$2.service" <<END
[Unit]
Description=stand-in of $2
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
END
    cat >"$tree/DEBIAN/postinst" <<END
#!/bin/sh
set -e
[ $2 != docker ] || getent group docker >/dev/null || groupadd --system docker
systemctl -q enable $2 || true
[ ! -d /run/systemd/system ] || systemctl daemon-reload
[ ! -d /run/systemd/system ] || deb-systemd-invoke start $2.service || true
END
    chmod 755 "$tree/DEBIAN/postinst"
  fi
  dpkg-deb --root-owner-group --build "$tree" www/debian/pool/main/ >/dev/null
}

# The archive, signed with a key that nobody keeps, under the names that both distributions call it by.
archive() {
  export GNUPGHOME=$PWD/private/gnupg
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-gen-key 'archive of the hosts lab' ed25519 sign never 2>/dev/null
  gpg --batch --export >private/archive.gpg
  for release in bookworm noble; do
    dists=www/debian/dists/$release
    mkdir -p $dists/main/binary-amd64
    (cd www/debian && apt-ftparchive packages pool/main) >$dists/main/binary-amd64/Packages
    gzip -kn $dists/main/binary-amd64/Packages
    apt-ftparchive -o APT::FTPArchive::Release::Suite=$release -o APT::FTPArchive::Release::Codename=$release \
      -o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures=amd64 \
      release $dists >tmp/Release
    mv tmp/Release $dists/Release
    gpg --batch --quiet --clearsign -o $dists/InRelease $dists/Release
  done
  gpgconf --kill gpg-agent
  ln -s debian www/ubuntu
}

# A Python index as pip reads it: one page a project.
index() {
  mkdir -p www/pypi/files
  python3 -m venv private/venv
  private/venv/bin/pip --quiet --disable-pip-version-check download --dest www/pypi/files \
    --only-binary=:all: --python-version $python --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 \
    $wheels
  for file in www/pypi/files/*; do
    project=$(basename "$file" | sed 's/-.*//' | tr 'A-Z_.' 'a-z--')
    mkdir -p "www/pypi/simple/$project"
    echo "<a href=\"../../files/$(basename "$file")\">$(basename "$file")</a><br>" >>"www/pypi/simple/$project/index.html"
  done
}

verb=$1; shift
"$verb" "$@"
