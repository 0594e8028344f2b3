"""Filters that write the configuration of systemd-networkd: files by their names, each a list of sections."""

import importlib.util
import ipaddress
import pathlib

from ansible.errors import AnsibleFilterError
from ansible.plugins.filter.core import to_bool
from jinja2 import pass_context

# Plugins are no package, so what they share is loaded by its path.
SHARED = importlib.util.spec_from_file_location("ymir_interfaces", pathlib.Path(__file__).with_name("interfaces.py"))
shared = importlib.util.module_from_spec(SHARED)
SHARED.loader.exec_module(shared)

MASTERS = {"bridge": ("bridge_ports", "Bridge"), "bond": ("bond_slaves", "Bond")}


def written(*groups):
    """Groups of sections, each a list of options, without what is None or empty."""
    found = []
    for group in groups:
        sections = {}
        for name, options in group.items():
            kept = [{option: value} for option, value in options if value is not None]
            if kept:
                sections[name] = kept
        if sections:
            found.append(sections)
    return found


class Files(dict):
    def __init__(self, view):
        super().__init__()
        self.prefix = view.variable("networkd_prefix")

    def add(self, device, content):
        name = f"{self.prefix}{device}"
        if name in self:
            raise AnsibleFilterError(f"duplicate interface configuration for {device}")
        self[name] = content


def netdev(view, name, kind, beside=None, after=None):
    options = [("Name", view.device(name)), ("Kind", kind), ("MTUBytes", view.mtu(name))]
    return written({"NetDev": options, **(beside or {})}, after or {})


def priorities(found):
    return None if found is None else " ".join(f"{entry['from']}-{entry['to']}" for entry in found)


def bond(view, name):
    def seconds(option):
        found = view.get(name, option)
        return None if found is None else float(found) / 1000

    return [
        ("Mode", view.get(name, "bond_mode")), ("AdSelect", view.get(name, "bond_ad_select")),
        ("TransmitHashPolicy", view.get(name, "bond_xmit_hash_policy")),
        ("LACPTransmitRate", view.get(name, "bond_lacp_rate")), ("MIIMonitorSec", seconds("bond_miimon")),
        ("UpDelaySec", seconds("bond_updelay")), ("DownDelaySec", seconds("bond_downdelay")),
    ]


@pass_context
def networkd_netdevs(context, names, inventory_hostname=None):
    view = shared.View(context, inventory_hostname)
    files = Files(view)
    for name in [name for name in names if view.is_vlan_interface(name)]:
        vlan = [("Id", view.get(name, "vlan")), ("IngressQOSMaps", priorities(view.get(name, "ingress_qos_map"))),
                ("EgressQOSMaps", priorities(view.get(name, "egress_qos_map")))]
        files.add(view.device(name), netdev(view, name, "vlan", after={"VLAN": vlan}))
    for name in view.of_kind(names, "bridge"):
        files.add(view.device(name), netdev(view, name, "bridge", beside={"Bridge": [("STP", view.stp(name))]}))
    for name in view.of_kind(names, "bond"):
        files.add(view.device(name), netdev(view, name, "bond", after={"Bond": bond(view, name)}))
    for veth in view.veths(names):
        ends = written({"NetDev": [("Name", veth["name"]), ("Kind", "veth")]}, {"Peer": [("Name", veth["peer"])]})
        files.add(veth["name"], ends)
    return dict(files)


@pass_context
def networkd_links(context, names, inventory_hostname=None):
    view = shared.View(context, inventory_hostname)
    files = Files(view)
    for name in view.of_kind(names, "ether"):
        device, address = view.device(name), view.get(name, "macaddress")
        if address is not None:
            match = {"Match": [("PermanentMACAddress", address)]}
            files.add(device, written(match, {"Link": [("Name", device)]}))
    return dict(files)


def plain(device, options, mtu):
    return written({"Match": [("Name", device)]}, {"Network": options}, {"Link": [("MTUBytes", mtu)]})


def routing(view, name):
    tables = {table["name"]: table["id"] for table in view.variable("network_route_tables")}
    groups = []
    for route in view.get(name, "routes") or []:
        table = route.get("table")
        groups.append({"Route": [("Destination", route["cidr"]), ("Gateway", route.get("gateway")),
                                 ("Table", tables.get(table, table))]})
    for rule in view.get(name, "rules") or []:
        if not isinstance(rule, dict):
            raise AnsibleFilterError("Routing policy rules must be defined in dictionary format for systemd-networkd")
        table = rule.get("table")
        groups.append({"RoutingPolicyRule": [("From", rule.get("from")), ("To", rule.get("to")),
                                             ("Priority", rule.get("priority")), ("Table", tables.get(table, table))]})
    return groups


def declared(view, name, device, masters, vlans):
    ip, gateway = view.ip(name), view.get(name, "gateway")
    if ip is None:
        gateway = None
    else:
        cidr = view.get(name, "cidr")
        if not cidr:
            raise AnsibleFilterError(f"No CIDR attribute configured for '{name}' network but it has an IP address")
        ip = f"{ip}/{ipaddress.ip_network(cidr).prefixlen}"
    dhcp = (view.get(name, "bootproto") or "").lower() == "dhcp"
    default_route = view.get(name, "defroute")
    options = [
        ("Address", ip), ("Gateway", gateway), ("DHCP", "yes" if dhcp else None),
        ("UseGateway", "false" if default_route is not None and not to_bool(default_route) else None),
        ("Bridge", masters["bridge"].get(device)), ("Bond", masters["bond"].get(device)), *vlans,
    ]
    link = [("MTUBytes", view.mtu(name)), ("RequiredForOnline", None if ip else "false")]
    return written({"Match": [("Name", device)]}, {"Network": options}, {"Link": link}, *routing(view, name))


@pass_context
def networkd_networks(context, names, inventory_hostname=None):
    view = shared.View(context, inventory_hostname)
    masters = {
        kind: {member: view.device(name) for name in view.of_kind(names, kind) for member in view.get(name, members)}
        for kind, (members, _) in MASTERS.items()
    }
    carried = {}
    # Kayobe asks the host at hand which networks are VLANs, whatever host is named.
    for name in [name for name in names if shared.shared.net_is_vlan(context, name)]:
        device = view.device(name)
        parent = view.vlan_parent(name, device, view.get(name, "vlan"))
        carried.setdefault(parent, []).append((device, view.mtu(name)))

    def vlans_on(device):
        return [("VLAN", vlan) for vlan, _ in carried.get(device, [])]

    files, devices = Files(view), []
    for name in names:
        device = view.device(name)
        files.add(device, declared(view, name, device, masters, vlans_on(device)))
        devices.append(device)
    known = {*devices, *masters["bridge"], *masters["bond"]}
    for parent in sorted(set(carried) - known):
        mtus = [mtu for _, mtu in carried[parent] if mtu]
        files.add(parent, plain(parent, vlans_on(parent), max(mtus, default=None)))
    for kind, (members, option) in MASTERS.items():
        for name in view.of_kind(names, kind):
            for member in sorted(set(view.get(name, members)) - set(devices)):
                options = [(option, view.device(name)), *vlans_on(member)]
                files.add(member, plain(member, options, view.mtu(name)))
    for veth in view.veths(names):
        files.add(veth["name"], plain(veth["name"], [("Bridge", veth["bridge"])], veth["mtu"]))
        # It comes up without an address.
        files.add(veth["peer"], plain(veth["peer"], [("ConfigureWithoutCarrier", "true")], veth["mtu"]))
    return dict(files)


class FilterModule:
    def filters(self):
        return {function.__name__: function for function in (networkd_netdevs, networkd_links, networkd_networks)}
