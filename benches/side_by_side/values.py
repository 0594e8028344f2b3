"""Whether Ymir and Kayobe say the same about every variable of every host."""

import pathlib
import re

OF_THE_RUN = set((pathlib.Path(__file__).parent / "of-the-run.txt").read_text().split())
MISSING = re.compile(r"'([^']+)' is undefined|has no (?:attribute|element) '?([^' ]+)'?")


def differences(theirs, ours):
    """One line for each variable that differs."""
    found = [f"{host}: only one of the two knows this host" for host in sorted(theirs.keys() ^ ours.keys())]
    for host in sorted(theirs.keys() & ours.keys()):
        found += [f"{host}.{line}" for line in of_host(theirs[host], ours[host])]
    return found


def of_host(theirs, ours):
    names = {name for side in (theirs, ours) for said in side.values() for name in said}
    for name in sorted(names - OF_THE_RUN):
        # Ymir's own settings, which Kayobe does not know.
        if not name.startswith("ymir_") and not agree(name, theirs, ours):
            yield f"{name}: Kayobe {told(name, theirs)}, Ymir {told(name, ours)}"


def told(name, side):
    said = [repr(side[kind][name])[:200] for kind in ("values", "errors") if name in side[kind]]
    return said[0] if said else "nothing"


def agree(name, theirs, ours):
    if name in theirs["values"]:
        return name in ours["values"] and same(in_order(name, theirs), in_order(name, ours))
    if name not in theirs["errors"]:
        return False
    message = theirs["errors"][name]
    # Without facts Kayobe has no value for the distribution; what Ansible says of that tells nothing of the variable.
    return "Type 'Undefined'" in message or (name in ours["errors"] and same_reason(message, ours["errors"][name]))


def in_order(name, side):
    """The order of a group's hosts differs from run to run in Ansible."""
    value = side["values"][name]
    return {group: sorted(hosts) for group, hosts in value.items()} if name == "groups" else value


def same(one, other):
    """Equal, with equal types: `1` is not `true`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def same_reason(theirs, ours):
    """What Kayobe misses, Ymir names."""
    missing = MISSING.search(theirs)
    name = missing and (missing[1] or missing[2])
    return not name or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", ours) is not None
