"""The filter that writes a host's whole network as nmstate wants it."""

import importlib.util
import pathlib

from ansible.errors import AnsibleFilterError
from ansible.plugins.filter.core import to_bool
from jinja2 import pass_context

# Plugins are no package, so what they share is loaded by its path.
SHARED = importlib.util.spec_from_file_location("ymir_interfaces", pathlib.Path(__file__).with_name("interfaces.py"))
shared = importlib.util.module_from_spec(SHARED)
SHARED.loader.exec_module(shared)

ORDER = {"dummy": 0, "ethernet": 0, "bond": 1, "veth": 2, "vlan": 3, "linux-bridge": 4}
BOND_OPTIONS = "ad_select downdelay lacp_rate miimon updelay xmit_hash_policy".split()
ROUTE_KEYS = {"cidr", "gateway", "metric", "onlink", "options", "src", "table"}
FEATURE_ALIASES = {"rx": "rx-checksum", "gro": "rx-gro", "gso": "tx-generic-segmentation", "lro": "rx-lro"}
FEATURES = {"hw-tc-offload", "rx-checksum", "rx-gro", "rx-lro", "tx-checksum-ip-generic", "tx-generic-segmentation"}
RINGS = {"rx", "rx-jumbo", "rx-max", "rx-mini", "tx", "tx-max"}


def require(is_so, name, words):
    if not is_so:
        raise AnsibleFilterError(f"Network '{name}' {words}")


def ethtool(name, config):
    require(isinstance(config, dict), name, "must have a dictionary as ethtool_config")
    settings = {}
    if "ring" in config:
        rings = config["ring"]
        require(isinstance(rings, dict) and set(rings) <= RINGS, name, f"has unsupported ring parameters: {rings}")
        sizes = all(isinstance(size, int) and size >= 0 for size in rings.values())
        require(sizes, name, f"has ring parameters that are no sizes: {rings}")
        settings["ring"] = rings
    if "feature" in config:
        given = config["feature"]
        require(isinstance(given, dict), name, "must have a dictionary of ethtool features")
        features = {FEATURE_ALIASES.get(feature, feature): value for feature, value in given.items()}
        require(set(features) <= FEATURES, name, f"has unsupported ethtool features: {given}")
        require(all(isinstance(value, bool) for value in features.values()), name, "has features that are no booleans")
        settings["feature"] = features
    return settings


def route_options(name, at, route):
    unknown = sorted(set(route) - ROUTE_KEYS)
    require(not unknown, name, f"has unsupported routing route keys at index {at}: {', '.join(unknown)}")
    found = {}
    if route.get("metric") is not None:
        found["metric"] = int(route["metric"])
    if route.get("src") is not None:
        found["source"] = route["src"]
    if route.get("onlink") is not None:
        found["on-link"] = to_bool(route["onlink"])
    options = route.get("options") or []
    require(isinstance(options, list), name, f"has invalid routing route options at index {at}: they must be a list")
    for option in options:
        require(isinstance(option, str), name, f"has a routing route option at index {at} that is no text")
        word, _, rest = option.partition(" ")
        known = {"metric": lambda: ("metric", int(rest)), "src": lambda: ("source", rest.lstrip())}
        require(option == "onlink" or (rest and word in known), name, f"has an unsupported route option: '{option}'")
        key, value = ("on-link", True) if option == "onlink" else known[word]()
        require(found.setdefault(key, value) == value, name, f"has conflicting route options at index {at}: '{option}'")
    return found


def priorities(name, direction, entries):
    require(isinstance(entries, list), name, f"has an invalid {direction} QoS map: it must be a list")
    limited = {"ingress": "from", "egress": "to"}[direction]
    for entry in entries:
        complete = isinstance(entry, dict) and {"from", "to"} <= set(entry)
        require(complete, name, f"has an invalid {direction} QoS map entry: {entry}")
        for field in ("from", "to"):
            value, most = entry[field], 7 if field == limited else 2**32 - 1
            fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
            require(fits, name, f"has an invalid {direction} QoS map '{field}' value '{value}'")
    return sorted(({"from": entry["from"], "to": entry["to"]} for entry in entries), key=lambda e: (e["from"], e["to"]))


class Document:
    def __init__(self, view, names):
        self.view, self.names = view, names
        self.interfaces, self.routes, self.rules = {}, [], []
        self.tables = {table["name"]: table["id"] for table in view.variable("network_route_tables") or []}

    def interface(self, device):
        return self.interfaces.setdefault(device, {"name": device, "state": "up"})

    def set_type(self, name, attribute, device):
        guess = "dummy" if device.startswith("dummy") else "ethernet"
        self.interface(device).setdefault("type", self.view.get(name, attribute) or guess)

    def table(self, name, table):
        number = self.tables.get(table, table)
        known = not isinstance(number, str) or number.isdigit()
        require(known, name, f"has a routing table '{table}' that is neither a number nor in network_route_tables")
        return int(number)

    def add(self, name, device):
        view, interface, mtu = self.view, self.interface(device), self.view.mtu(name)
        if mtu:
            interface["mtu"] = mtu
        default_route = view.get(name, "defroute")
        default_route = None if default_route is None else to_bool(default_route)
        self.add_addresses(name, interface, default_route)
        if view.get(name, "gateway") and default_route in (None, True):
            self.routes.append({"destination": "0.0.0.0/0", "next-hop-address": view.get(name, "gateway"),
                                "next-hop-interface": device})
        self.add_routing(name, device)
        kind = view.kind(name)
        if kind != "ether":
            (self.bridge if kind == "bridge" else self.bond)(name, interface, mtu)
        elif view.is_vlan_interface(name):
            self.vlan(name, interface, device, mtu)
        else:
            self.set_type(name, "type", device)
            settings = view.get(name, "ethtool_config") and ethtool(name, view.get(name, "ethtool_config"))
            if settings:
                interface["ethtool"] = settings

    def add_addresses(self, name, interface, default_route):
        ip, prefix = self.view.ip(name), shared.shared.net_prefix(self.view.context, name, self.view.host)
        if self.view.get(name, "bootproto") == "dhcp":
            config = {"enabled": True, "dhcp": True, **({"auto-routes": False} if default_route is False else {})}
        elif ip:
            address = {"ip": ip, **({"prefix-length": int(prefix)} if prefix else {})}
            config = {"enabled": True, "dhcp": False, "address": [address]}
        else:
            return
        before = interface.setdefault("ipv4", config)
        if before is not config and not config["dhcp"]:
            before.setdefault("address", []).extend(config["address"])

    def add_routing(self, name, device):
        for at, route in enumerate(self.view.get(name, "routes") or []):
            require(isinstance(route, dict), name, f"has invalid routing route format at index {at}: use a dict")
            written = {"destination": route["cidr"], "next-hop-address": route.get("gateway"),
                       "next-hop-interface": device, **route_options(name, at, route)}
            if route.get("table") is not None:
                written["table-id"] = self.table(name, route["table"])
            self.routes.append(written)
        for rule in self.view.get(name, "rules") or []:
            require(isinstance(rule, dict), name, "has invalid routing rule format: use a dict")
            priority, table = rule.get("priority"), rule.get("table")
            self.rules.append(shared.without_none({
                "ip-from": rule.get("from"), "ip-to": rule.get("to"),
                "priority": None if priority is None else int(priority),
                "route-table": None if table is None else self.table(name, table),
            }))

    def bridge(self, name, interface, mtu):
        ports, stp = self.view.get(name, "bridge_ports") or [], self.view.stp(name)
        options = {} if stp is None else {"options": {"stp": {"enabled": stp == "true"}}}
        interface.update(type="linux-bridge", bridge={"port": [{"name": port} for port in ports], **options})
        for port in ports:
            if mtu:
                self.interface(port).setdefault("mtu", mtu)
            self.set_type(name, f"port_type_{port}", port)

    def bond(self, name, interface, _mtu):
        members, mode = self.view.get(name, "bond_slaves") or [], self.view.get(name, "bond_mode")
        options = shared.without_none({option: self.view.get(name, f"bond_{option}") for option in BOND_OPTIONS})
        bond = {"port": members, "mode": "balance-rr" if mode is None else mode}
        interface.update({"type": "bond", "link-aggregation": {**bond, **({"options": options} if options else {})}})
        for member in members:
            self.set_type(name, f"slave_type_{member}", member)

    def vlan(self, name, interface, device, mtu):
        interface["type"], vlan = "vlan", self.view.get(name, "vlan")
        if vlan is None:
            vlan = shared.VLAN_NAME.match(device).group(1)
        parent = self.view.vlan_parent(name, device, vlan)
        # NetworkManager stumbles over a VLAN with the same MTU as its bridge.
        if mtu and self.view.bridge_mtus(self.names).get(parent) == mtu:
            del interface["mtu"]
        interface["vlan"] = {"base-iface": parent, "id": int(vlan)}
        for direction in ("ingress", "egress"):
            entries = self.view.get(name, f"{direction}_qos_map")
            if entries is not None:
                interface["vlan"][f"{direction}-qos-map"] = priorities(name, direction, entries)
        self.interface(parent)

    def add_veth(self, veth):
        bridge = self.interface(veth["bridge"])
        bridge["type"] = "linux-bridge"
        ports = bridge.setdefault("bridge", {}).setdefault("port", [])
        if {"name": veth["name"]} not in ports:
            ports.append({"name": veth["name"]})
        for own, other in (("name", "peer"), ("peer", "name")):
            end = self.interface(veth[own])
            end.update(type="veth", veth={"peer": veth[other]}, ipv4={"enabled": False}, ipv6={"enabled": False})
            if veth["mtu"]:
                end["mtu"] = veth["mtu"]


@pass_context
def nmstate_config(context, names, inventory_hostname=None):
    document = Document(shared.View(context, inventory_hostname), names)
    for name in names:
        device = document.view.get(name, "interface")
        if device:
            document.add(name, device)
    for veth in document.view.veths(names):
        document.add_veth(veth)
    interfaces = sorted(document.interfaces.values(), key=lambda found: ORDER.get(found.get("type", "ethernet"), 5))
    return {"interfaces": interfaces, "routes": {"config": document.routes}, "route-rules": {"config": document.rules}}


class FilterModule:
    def filters(self):
        return {"nmstate_config": nmstate_config}
