"""Filters that turn a network's name into what the host's variables say about it.

A network NAME has its attributes in variables NAME_ATTRIBUTE, so each filter looks one up: for the host at hand, or
for the host named as the last argument. What no variable says is None.
"""

import ipaddress

from ansible.errors import AnsibleFilterError
from jinja2 import pass_context

# Attributes that have a filter of their own, net_ATTRIBUTE.
ATTRIBUTES = """
    allocation_pool_end allocation_pool_start bootproto cidr defroute ethtool_opts fqdn gateway
    inspection_allocation_pool_end inspection_allocation_pool_start inspection_dns_servers inspection_gateway
    interface macaddress neutron_allocation_pool_end neutron_allocation_pool_start neutron_dns_servers
    neutron_gateway no_ip parent physical_network routes rules vip_address vlan zone
""".split()


def variable(context, name, host=None):
    """A variable of the host at hand, or of another one."""
    if host is None:
        return context.get(name)
    if host not in context["hostvars"]:
        raise AnsibleFilterError(f"no host is called {host!r}")
    return context["hostvars"][host].get(name)


@pass_context
def net_attr(context, name, attribute, inventory_hostname=None):
    return variable(context, f"{name}_{attribute}", inventory_hostname)


def attribute_filter(attribute):
    @pass_context
    def look_up(context, name, inventory_hostname=None):
        return net_attr(context, name, attribute, inventory_hostname)

    return look_up


@pass_context
def net_ip(context, name, inventory_hostname=None):
    host = inventory_hostname or context["inventory_hostname"]
    addresses = net_attr(context, name, "ips", inventory_hostname)
    return addresses.get(host) if addresses else None


def subnet(context, name, host):
    cidr = net_attr(context, name, "cidr", host)
    return None if cidr is None else ipaddress.ip_network(cidr, strict=False)


@pass_context
def net_mask(context, name, inventory_hostname=None):
    found = subnet(context, name, inventory_hostname)
    return None if found is None else str(found.netmask)


@pass_context
def net_prefix(context, name, inventory_hostname=None):
    found = subnet(context, name, inventory_hostname)
    return None if found is None else str(found.prefixlen)


@pass_context
def net_mtu(context, name, inventory_hostname=None):
    mtu = net_attr(context, name, "mtu", inventory_hostname)
    return None if mtu is None else int(mtu)


@pass_context
def net_bridge_stp(context, name, inventory_hostname=None):
    stp = net_attr(context, name, "bridge_stp", inventory_hostname)
    if stp is not None:
        return str(bool(stp)).lower()
    facts = variable(context, "ansible_facts", inventory_hostname)
    return "false" if facts["os_family"] == "RedHat" else None


@pass_context
def net_libvirt_network_name(context, name, inventory_hostname=None):
    own = net_attr(context, name, "libvirt_network_name", inventory_hostname)
    return name if own is None else own


def kind(context, name, host):
    ports = net_attr(context, name, "bridge_ports", host)
    slaves = net_attr(context, name, "bond_slaves", host)
    if ports and not isinstance(ports, list):
        raise AnsibleFilterError(f"{name}_bridge_ports must be a list")
    if ports is not None and slaves is not None:
        raise AnsibleFilterError(f"{name} is both a bridge and a bond: {name}_bridge_ports and {name}_bond_slaves are set")
    if ports is not None:
        return "bridge"
    return "ether" if slaves is None else "bond"


def kind_filters(wanted):
    @pass_context
    def is_wanted(context, name, inventory_hostname=None):
        return kind(context, name, inventory_hostname) == wanted

    @pass_context
    def select(context, names, inventory_hostname=None):
        return [name for name in names if kind(context, name, inventory_hostname) == wanted]

    return {f"net_is_{wanted}": is_wanted, f"net_select_{wanted}s": select}


@pass_context
def net_is_vlan(context, name, inventory_hostname=None):
    # Kayobe looks at the host at hand whatever host is named, and values are to be equal.
    return net_attr(context, name, "vlan") is not None


@pass_context
def net_select_vlans(context, names, inventory_hostname=None):
    return [name for name in names if net_is_vlan(context, name)]


@pass_context
def net_reject_vlans(context, names, inventory_hostname=None):
    return [name for name in names if not net_is_vlan(context, name)]


@pass_context
def net_physical_interface(context, name, inventory_hostname=None):
    found = kind(context, name, inventory_hostname)
    if found == "ether":
        return [net_attr(context, name, "interface", inventory_hostname)]
    attribute = "bridge_ports" if found == "bridge" else "bond_slaves"
    return net_attr(context, name, attribute, inventory_hostname)


@pass_context
def net_libvirt_network(context, name, inventory_hostname=None):
    return {
        "name": net_libvirt_network_name(context, name, inventory_hostname),
        "mode": "bridge",
        "bridge": net_attr(context, name, "interface", inventory_hostname),
    }


@pass_context
def net_libvirt_vm_network(context, name, inventory_hostname=None):
    return {"network": net_libvirt_network_name(context, name, inventory_hostname), "net_name": name}


class FilterModule:
    def filters(self):
        named = [
            net_attr, net_ip, net_mask, net_prefix, net_mtu, net_bridge_stp, net_libvirt_network_name,
            net_is_vlan, net_select_vlans, net_reject_vlans,
            net_physical_interface, net_libvirt_network, net_libvirt_vm_network,
        ]
        return {
            **{f"net_{attribute}": attribute_filter(attribute) for attribute in ATTRIBUTES},
            **kind_filters("ether"), **kind_filters("bridge"), **kind_filters("bond"),
            **{function.__name__: function for function in named},
        }
