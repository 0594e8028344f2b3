"""Answers questions with real ansible-core: one question per line of standard input, one answer per line of output.

A question names its suite, which is a function below, beside what that reads. An answer is {"value": ...},
{"error": MESSAGE, "kind": KIND, "reason": WORDS}, or {"unusable": WHY} if nothing follows from the case.
"""

import datetime
import faulthandler
import functools
import json
import os
import resource
import signal
import sys

ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # nothing that Ansible prints may get among the answers

from jinja2 import TemplateSyntaxError
from jinja2.filters import FILTERS


def plain_text(function):
    """The filter with plain text for Jinja2's `Markup`: docs/templates.md says that text is text in Ymir."""

    @functools.wraps(function)
    def called(*args, **named):
        return str(function(*args, **named))

    return called


FILTERS |= {name: plain_text(FILTERS[name]) for name in ("e", "escape", "forceescape", "safe", "tojson", "xmlattr")}

from ansible import context
from ansible._internal._datatag._tags import TrustedAsTemplate
from ansible._internal._templating._errors import AnsibleTemplatePluginNotFoundError
from ansible.cli import CLI
from ansible.errors import AnsibleUndefinedVariable
from ansible.inventory import group
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.utils.yaml import from_yaml
from ansible.parsing.vault import VaultHelper, VaultLib, VaultSecret, VaultSecretsContext
from ansible.playbook.play import Play
from ansible.plugins.loader import init_plugin_loader, lookup_loader
from ansible.plugins.vars import host_group_vars
from ansible.template import Templar
from ansible.utils import vars as extra_vars
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

SECONDS_PER_CASE = 30
MEMORY = 2 << 30
PASSWORDS = [os.environ["KAYOBE_VAULT_PASSWORD"], "golden-vault-password"]  # the second opens a published tree
PASSWORD = [("default", VaultSecret(password.encode())) for password in PASSWORDS]


class InOrder(dict):
    """A set that keeps its order. Ansible's sets of groups do not, so the hosts of groups below groups are in another
    order in each run; the order in which groups were added is one of those that can come about."""

    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    def add(self, item):
        self[item] = None

    def update(self, items):
        super().update(dict.fromkeys(items))

    def difference_update(self, items):
        for item in items:
            self.pop(item, None)


group.set = InOrder

# Kayobe's defaults by their paths, read once: no case changes them.
BUILT_IN = {}


class Unusable(BaseException):
    pass


def plain(value):
    """The value as JSON has it, as far as JSON can tell."""
    if isinstance(value, dict):
        return {key_text(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        whole = int(value)
        return whole if -(2**63) <= whole < 2**64 else float(whole)
    if isinstance(value, float):
        return float(value) if abs(value) < float("inf") else None
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        raise Unusable("binary data")
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def key_text(key):
    if key is None:
        return "null"
    if isinstance(key, float):
        return str(float(key))
    return str(key).lower() if isinstance(key, bool) else str(plain(key))


def causes(error):
    """The error and what it stems from."""
    found = []
    while error is not None and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def kind(error):
    """The kind of the outermost cause that has one; `kinds.rs` says what they mean."""
    if isinstance(error, RecursionError):
        return "endless"
    if isinstance(error, AnsibleTemplatePluginNotFoundError) or str(error).startswith(("No filter named", "No test named")):
        return "unknown"
    if isinstance(error, AnsibleUndefinedVariable):
        return "undefined"
    return "syntax" if isinstance(error, (TemplateSyntaxError, SyntaxError)) else None


def failure(error):
    found = causes(error)
    kinds = [(kind(cause), str(cause)) for cause in found if kind(cause)]
    name, reason = kinds[0] if kinds else ("refused", str(error))
    return {"error": " | ".join(dict.fromkeys(map(str, found))), "kind": name, "reason": reason}


def outcome(make):
    try:
        return {"value": make()}
    except Exception as error:
        return failure(error)


def marked(value):
    """The value with marks on texts that are no templates."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, set) and len(value) > 1:
        raise Unusable("Python gives sets another order each time")
    if isinstance(value, (list, tuple, set)):
        return [marked(item) for item in value]
    if isinstance(value, int) and abs(value) >= 2**127:
        raise Unusable("Ymir refuses numbers of more than 128 bits")
    if (ciphertext := VaultHelper.get_ciphertext(value, with_tags=False)) is not None:
        return f"encrypted: {ciphertext}"
    if isinstance(value, (datetime.date, datetime.datetime)):
        return f"date: {value.isoformat()}"
    if isinstance(value, str) and not TrustedAsTemplate.is_tagged_on(value):
        return f"unsafe: {value}"
    return value


def yaml(question):
    read = from_yaml(TrustedAsTemplate().tag(question["text"]), file_name="/case.yml")
    try:
        return plain(marked(read))
    except RecursionError:
        pass  # what is raised here would have this as its context
    raise ValueError("a value is inside itself: Ymir says so at once, Ansible where it is used")


def expressions(question):
    variables = from_yaml(TrustedAsTemplate().tag(question["variables"]), file_name="/case.yml") or {}
    template = TrustedAsTemplate().tag(question["template"])
    return plain(Templar(loader=DataLoader(), variables=variables).template(template))


def vault(question):
    """The encrypted text, after it was harmed, and what it opens to."""
    secret = VaultSecret(question["password"].encode())
    encrypted = VaultLib().encrypt(question["text"].encode(), secret, vault_id=question["label"] or None)
    encrypted = encrypted.decode().replace(question["old"], question["new"], 1)
    library = VaultLib([("default", VaultSecret(question["opened_with"].encode()))])
    return {"encrypted": encrypted, "opened": outcome(lambda: library.decrypt(encrypted.encode()).decode())}


# What `ansible-playbook` makes of its command line where nothing is said.
OPTIONS = {"check": False, "diff": False, "forks": 5, "verbosity": 0, "tags": ["all"], "skip_tags": []}


def loaded(sources, options):
    """Inventory and variables, with nothing remembered of the case before."""
    for known in (host_group_vars.FOUND, host_group_vars.NAK, host_group_vars.CANONICAL_PATHS):
        known.clear()
    extra_vars.load_extra_vars.extra_vars = None
    options = tuple(TrustedAsTemplate().tag(option) for option in options)
    context.CLIARGS = ImmutableDict(OPTIONS, extra_vars=options)
    loader = DataLoader()
    loader._FILE_CACHE.update(BUILT_IN)
    loader.set_vault_secrets(PASSWORD)
    inventory = InventoryManager(loader=loader, sources=list(sources))
    return loader, inventory, VariableManager(loader=loader, inventory=inventory, version_info=CLI.version_info())


def patterns(question):
    _, inventory, _ = loaded([question["inventory"]], [])
    inventory.get_host("localhost")  # as after any play on this machine: else the pattern's name of it becomes its name
    return [host.name for host in inventory.get_hosts(question["pattern"])]


def layers(question):
    """Hosts, groups, and the named variables of every host, each evaluated by itself."""
    loader, inventory, manager = loaded(question["inventories"], question.get("options", []))
    return told(loader, inventory, manager, question["names"])


def told(loader, inventory, manager, names):
    HostVars(inventory, manager, loader)  # makes itself known to the manager, as in a play
    play = Play.load({"name": "case", "hosts": "all", "gather_facts": False}, manager, loader)
    manager.get_vars(play, inventory.get_host("localhost"))  # what cannot be read fails even where there is no host
    hosts = inventory.groups["all"].get_hosts()  # the pattern `all` would be a host of that name
    groups = {name: sorted(host.name for host in known.get_hosts()) for name, known in inventory.groups.items()}
    return {
        "hosts": [host.name for host in hosts],
        "groups": dict(sorted(groups.items())),
        "variables": {host.name: evaluated(loader, manager.get_vars(play, host), names) for host in hosts},
    }


def mutation(question):
    """As `layers`, above Kayobe's own inventory, with some environment variables."""
    if question.get("absent"):
        raise Unusable("the tree is not there")
    os.environ.update(question["environment"])
    cached = lookup_loader.get("cached")
    sys.modules[type(cached).__module__].ANSWERS.clear()
    own = question["built_in"]
    loader, inventory, manager = loaded([own, *question["inventories"]], question["options"])
    answered = told(loader, inventory, manager, question["names"])
    BUILT_IN.update({path: read for path, read in loader._FILE_CACHE.items() if path.startswith(f"{own}/group_vars/")})
    return answered


def evaluated(loader, variables, names):
    templar = Templar(loader=loader, variables=variables)
    known = [name for name in names if name in variables]
    return {name: outcome(lambda: plain(templar.template(variables[name]))) for name in known}


SUITES = {
    "yaml": yaml,
    "expressions": expressions,
    "vault": vault,
    "patterns": patterns,
    "inventories": layers,
    "layers": layers,
    "mutation": mutation,
}


def too_long(_signal, _frame):
    raise Unusable("Ansible takes too long")


def answer(question):
    signal.alarm(SECONDS_PER_CASE)
    # Python's own functions, as `sum`, see no alarm before they are done: the process ends with such a case.
    faulthandler.dump_traceback_later(SECONDS_PER_CASE + 5, exit=True, file=ANSWERS)
    try:
        return outcome(lambda: SUITES[question["suite"]](question))
    except Unusable as why:
        return {"unusable": str(why)}
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()


def main():
    signal.signal(signal.SIGALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    init_plugin_loader()
    VaultSecretsContext.initialize(VaultSecretsContext(PASSWORD))
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=ANSWERS, flush=True)


main()
