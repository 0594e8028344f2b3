"""Filters that describe interfaces to the roles which configure them, and select those of switches."""

import importlib.util
import ipaddress
import pathlib
import re

from ansible.errors import AnsibleFilterError
from ansible.plugins.filter.core import to_bool
from jinja2 import pass_context

# Plugins are no package, so what they share is loaded by its path.
SHARED = importlib.util.spec_from_file_location("ymir_networks", pathlib.Path(__file__).with_name("networks.py"))
shared = importlib.util.module_from_spec(SHARED)
SHARED.loader.exec_module(shared)

BOND_OPTIONS = "slaves mode ad_select miimon updelay downdelay xmit_hash_policy lacp_rate".split()
VLAN_NAME = re.compile(r"^[a-zA-Z0-9_\-]+\.([1-9]\d{0,3})$")


def without_none(fields):
    return {name: value for name, value in fields.items() if value is not None}


class View:
    """The networks of the host at hand, or of another one."""

    def __init__(self, context, host):
        self.context, self.host = context, host

    def variable(self, name):
        return shared.variable(self.context, name, self.host)

    def get(self, name, attribute):
        return self.variable(f"{name}_{attribute}")

    def device(self, name):
        found = self.get(name, "interface")
        if not found:
            raise AnsibleFilterError(f"Network interface for network '{name}' on host '{self.host}' not found")
        return found

    def ip(self, name):
        return shared.net_ip(self.context, name, self.host)

    def mtu(self, name):
        return shared.net_mtu(self.context, name, self.host)

    def mask(self, name):
        return shared.net_mask(self.context, name, self.host)

    def stp(self, name):
        set_to = self.get(name, "bridge_stp")
        family = self.context["ansible_facts"]["os_family"]
        if set_to is None:
            return "false" if family == "RedHat" else None
        return str(to_bool(set_to)).lower()

    def kind(self, name):
        return shared.kind(self.context, name, self.host)

    def of_kind(self, names, kind):
        return [name for name in names if self.kind(name) == kind]

    def is_vlan_interface(self, name):
        if self.get(name, "parent") and self.get(name, "vlan"):
            return True
        return bool(VLAN_NAME.match(self.device(name)))

    def vlan_parent(self, name, device, vlan):
        return self.get(name, "parent") or re.sub(rf"\.{vlan}$", "", device)

    def bridge_mtus(self, names):
        return {self.get(name, "interface"): self.mtu(name) for name in self.of_kind(names, "bridge")}

    def veths(self, names):
        """The pairs that connect bridges with Open vSwitch, each with the largest MTU that needs it."""
        wanted = [self.variable("provision_wl_net_name"), self.variable("cleaning_net_name")]
        wanted += self.variable("external_net_names") or []
        bridges = [self.get(name, "interface") for name in self.of_kind(names, "bridge")]
        mtus = {}
        for name in wanted:
            if name not in names:
                continue
            carrier, vlan = self.device(name), self.get(name, "vlan")
            if vlan:
                carrier = self.vlan_parent(name, carrier, vlan)
            if carrier in bridges:
                mtus[carrier] = max(mtus.get(carrier), self.mtu(name), key=lambda mtu: mtu or 0)
        return [dict(name=self.patch(bridge, "phy"), peer=self.patch(bridge, "ovs"), bridge=bridge, mtu=mtu)
                for bridge, mtu in mtus.items()]

    def patch(self, bridge, end):
        prefix, suffix = self.variable("network_patch_prefix"), self.variable(f"network_patch_suffix_{end}")
        # Linux knows no names of more than 15 characters.
        return prefix + bridge[:15 - len(prefix) - len(suffix)] + suffix


def route(found):
    block = ipaddress.ip_network(found["cidr"], strict=False)
    own = {name: found[name] for name in ("gateway", "table", "options") if name in found}
    return {"network": str(block.network_address), "netmask": str(block.netmask), **own}


def described(view, name, mtu, **own):
    device, ip, rules = view.device(name), view.ip(name), view.get(name, "rules")
    if any(not isinstance(rule, (str, dict)) for rule in rules or []):
        raise AnsibleFilterError("Routing policy rules must be defined in string or dict format for Rocky Linux")
    routes, vip = view.get(name, "routes"), view.get(name, "vip_address")
    plain = {attribute: view.get(name, attribute) for attribute in ("vlan", "defroute", "ethtool_opts", "zone")}
    return without_none({
        "device": device, "address": "" if ip is None else ip, "mtu": mtu, **plain, **own,
        "netmask": None if ip is None else view.mask(name),
        "gateway": None if ip is None else view.get(name, "gateway"),
        "route": [route(found) for found in routes] if routes else routes, "rules": rules,
        "bootproto": view.get(name, "bootproto") or "static",
        "allowed_addresses": [vip] if vip else None, "onboot": "yes",
    })


@pass_context
def net_interface_obj(context, name, inventory_hostname=None, names=None):
    view = View(context, inventory_hostname)
    device, mtu = view.device(name), view.mtu(name)
    if names is not None and view.is_vlan_interface(name):
        bridges = view.bridge_mtus(names)
        parent = view.vlan_parent(name, device, view.get(name, "vlan"))
        # NetworkManager stumbles over a VLAN with the same MTU as its bridge.
        if parent in bridges and bridges[parent] == mtu:
            mtu = None
    return described(view, name, mtu, macaddress=view.get(name, "macaddress"))


@pass_context
def net_bridge_obj(context, name, inventory_hostname=None):
    view = View(context, inventory_hostname)
    ports = view.get(name, "bridge_ports")
    if ports and not isinstance(ports, list):
        raise AnsibleFilterError(f"{name}_bridge_ports must be a list")
    return described(view, name, view.mtu(name), ports=ports, stp=view.stp(name))


@pass_context
def net_bond_obj(context, name, inventory_hostname=None):
    view = View(context, inventory_hostname)
    options = {f"bond_{option}": view.get(name, f"bond_{option}") for option in BOND_OPTIONS}
    return described(view, name, view.mtu(name), **options)


@pass_context
def net_configdrive_network_device(context, name, inventory_hostname=None):
    view = View(context, inventory_hostname)
    device, vlan, backend = view.device(name), view.get(name, "vlan"), None
    if vlan and view.get(name, "parent"):
        backend = view.get(name, "parent")
    elif vlan and "." in device:
        backend = [device.split(".")[0]]
    return without_none({
        "device": device, "address": view.ip(name), "netmask": view.mask(name), "gateway": view.get(name, "gateway"),
        "bootproto": view.get(name, "bootproto") or "static", "mtu": view.mtu(name), "backend": backend,
        "type": "vlan" if backend else None,
    })


@pass_context
def net_ovs_veths(context, names, inventory_hostname=None):
    return [
        {"device": veth["name"], "bootproto": "static", "bridge": veth["bridge"], "mtu": veth["mtu"],
         "peer_device": veth["peer"], "peer_bootproto": "static", "peer_mtu": veth["mtu"], "onboot": "yes"}
        for veth in View(context, inventory_hostname).veths(names)
    ]


@pass_context
def net_hosts_by_network(context, hostnames):
    found = {}
    for host in hostnames:
        if host in context["hostvars"]:
            for name in context["hostvars"][host].get("network_interfaces") or []:
                found.setdefault(name, []).append(host)
    return found


def switch_interface_config_select_name(interfaces, names):
    names = [names] if isinstance(names, str) else names
    return {name: config for name, config in interfaces.items() if name in names}


def switch_interface_config_select_trunk(interfaces):
    return {name: config for name, config in interfaces.items() if config.get("ngs_trunk_port", True)}


def switch_interface_config_select_description(interfaces, descriptions):
    wanted = [descriptions] if isinstance(descriptions, str) else descriptions
    trunks = switch_interface_config_select_trunk(interfaces)
    return {name: config for name, config in trunks.items() if config.get("description") in wanted}


def bmc_type_from_system_vendor(vendor):
    makers = {"Dell Inc.": "idrac", "Intel Corporation": "intel"}
    return makers.get(vendor.get("manufacturer")) if vendor else None


class FilterModule:
    def filters(self):
        named = [
            net_interface_obj, net_bridge_obj, net_bond_obj, net_configdrive_network_device, net_ovs_veths,
            net_hosts_by_network, switch_interface_config_select_name, switch_interface_config_select_trunk,
            switch_interface_config_select_description, bmc_type_from_system_vendor,
        ]
        return {function.__name__: function for function in named}
