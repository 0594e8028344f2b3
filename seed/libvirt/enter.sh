# Runs in a mount namespace of its own: libvirtd finds the lab's directories where it looks for the system's, so that
# a libvirt of the operator's is neither used nor changed. $1 is the lab's libvirt directory.
set -e
for pair in etc:/etc/libvirt lib:/var/lib/libvirt run:/run/libvirt cache:/var/cache/libvirt log:/var/log/libvirt; do
    mount --bind "$1/${pair%%:*}" "${pair#*:}"
done
# libvirtd wants to know the user that Debian's package for the system's libvirt makes, even if no node runs as it.
for list in passwd group; do
    grep -q '^libvirt-qemu:' "/etc/$list" && continue
    cp "/etc/$list" "$1/$list"
    case $list in
        passwd) echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >>"$1/$list" ;;
        group) echo 'libvirt-qemu:x:64055:' >>"$1/$list" ;;
    esac
    mount --bind "$1/$list" "/etc/$list"
done
exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid
