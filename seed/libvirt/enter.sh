# Runs in a mount namespace of its own: libvirtd finds the lab's directories where it looks for the system's, so that
# a libvirt of the operator's is neither used nor changed. $1 is the lab's libvirt directory.
set -e
for pair in etc:/etc/libvirt lib:/var/lib/libvirt run:/run/libvirt cache:/var/cache/libvirt log:/var/log/libvirt; do
    mount --bind "$1/${pair%%:*}" "${pair#*:}"
done
exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid
