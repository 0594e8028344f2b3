#!/bin/sh
# The mains of one machine: boots it, and boots it again when it reboots. Its network is made anew for each boot.
# usage: power.sh NAME DIRECTORY CONTROL-GROUP MAC-PREFIX
name=$1 directory=$2 cgroup=$3 mac=$4
echo $$ >"$cgroup/cgroup.procs" || exit 1

cable() {
  ip link delete "$name.0" 2>/dev/null
  ip link delete "$name.1" 2>/dev/null
  ip link delete "$name.2" 2>/dev/null
  ip netns delete "$name" 2>/dev/null
  master="master lab0"
  [ ! -e "$directory/cut" ] || master=
  ip -batch - <<END
netns add $name
link add $name.0 up $master type veth peer name host0 address $mac:00 netns $name
link add $name.1 up master lab1 type veth peer name eth1 address $mac:01 netns $name
link add $name.2 up master lab2 type veth peer name eth2 address $mac:02 netns $name
END
}

while :; do
  cable || exit 1
  # Of what the kernel shares with this machine, only settings of the network can be written. Sessions have keyrings
  # and container engines load filters; neither is allowed by default.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0 SYSTEMD_NSPAWN_TMPFS_TMP=0 \
    SYSTEMD_NSPAWN_API_VFS_WRITABLE=network systemd-nspawn --quiet --boot --register=no --keep-unit \
    --directory="$directory/root" --machine="$name" --network-namespace-path="/run/netns/$name" \
    --resolv-conf=off --timezone=off --link-journal=no --console=read-only \
    --capability=CAP_NET_ADMIN --bind="$directory/disk/docker:/var/lib/docker" \
    --bind="$directory/disk/containers:/var/lib/containers" --system-call-filter='@keyring bpf'
  code=$?
  [ $code = 133 ] || exit $code # what it exits with for a reboot
done
