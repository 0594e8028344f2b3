"""The configurations that are measured: published ones, this repository's own, and generated ones."""

import json
import os
import pathlib
import shutil
import sys
import tempfile

from programs import KAYOBE, TOP, YMIR, Run

CALLS = 10
# Seconds of CPU after which a dump of Kayobe is stopped: it would go on for an hour.
MOST = 200
EVERYTHING = ("--output", "json", "--show-secrets", "--with-errors")
PLAYBOOK = pathlib.Path(__file__).parent / "evaluate.yml"


class Site:
    """One environment of a configuration, or none."""

    def __init__(self, label, path, environment, home, password="sesame"):
        self.label, self.home = label, home
        self.environment = {
            "PATH": f"{KAYOBE}/bin:/usr/bin:/bin",
            "HOME": str(home),
            "USER": "operator",
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "KAYOBE_CONFIG_PATH": str(path),
            "KAYOBE_DATA_FILES_PATH": f"{KAYOBE}/share/kayobe",
            # Some configurations ask for an output that this release of Ansible has no longer.
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "YMIR_STATE_DIR": f"{home}/state",
        }
        if environment:
            self.environment["KAYOBE_ENVIRONMENT"] = environment
        if sealed(path):
            self.environment["KAYOBE_VAULT_PASSWORD"] = password

    def run(self, *command, most_cpu=0, unread=False, **variables):
        run = Run(command, self.environment | variables, self.home, most_cpu, unread)
        if run.failed:
            run.why = f"{run.output[-2000:]}\n{run.errors[-2000:]}"
        return run

    def ymir(self, *options, calls=CALLS, unread=False):
        """Some calls with their mean CPU time, the first one's values."""
        runs = [self.run(YMIR, "configuration", "dump", *options, unread=unread) for _ in range(calls)]
        if runs[0].failed:
            sys.exit(f"{self.label}: ymir failed: {runs[0].why}")
        runs[0].cpu = sum(run.cpu for run in runs) / calls
        return runs[0]

    def every_variable(self):
        run = self.ymir(*EVERYTHING)
        return run, json.loads(run.output)

    def every_variable_unread(self, calls):
        """Where the values of all hosts would not fit into memory here."""
        return self.ymir(*EVERYTHING, calls=calls, unread=True)

    def kayobe(self):
        """Every variable of every host by real Kayobe, each by itself."""
        with tempfile.TemporaryDirectory() as into:
            run = self.run(KAYOBE / "bin/kayobe", "playbook", "run", PLAYBOOK, EVALUATED=into)
            values = {path.stem: json.loads(path.read_text()) for path in pathlib.Path(into).iterdir()}
        if run.failed:
            sys.exit(f"{self.label}: Kayobe failed: {run.why}")
        return run, values

    def kayobe_dump(self, *options):
        """Kayobe's own command; where hosts read each other's variables it can take for ever, so it is stopped."""
        return self.run(KAYOBE / "bin/kayobe", "configuration", "dump", *options, most_cpu=MOST)


def sealed(path):
    """Whether anything there is encrypted, so that a password is needed."""
    files = (pathlib.Path(dir) / name for dir, _, names in os.walk(path) for name in names)
    return any(b"$ANSIBLE_VAULT" in file.read_bytes() for file in files if file.is_file())


def all_sites(scratch):
    home = scratch / "home"
    (home / ".ssh").mkdir(parents=True)
    # Kayobe's defaults look the operator's key up.
    for name in ("id_rsa", "id_rsa.pub"):
        (home / ".ssh" / name).write_text("no key\n")
    published = [*published_sites(home)]
    if not published:
        print("No published configurations: YMIR_CONFORMANCE names a directory with `trees` and `golden`. "
              "Only what this repository has is measured.\n")
    return published + repository_sites(scratch, home)


def published_sites(home):
    """As tests/conformance.rs finds them: each tree in the environments that it has answers for."""
    root = pathlib.Path(os.environ.get("YMIR_CONFORMANCE") or TOP / "../shared/conformance").resolve()
    for golden in sorted(root.glob("golden/*/*.json.gz")):
        tree, environment = golden.parent.name, golden.name.removesuffix(".json.gz")
        chosen = None if environment == "base" else environment
        label = f"{tree} {chosen or ''}".strip()
        yield Site(label, root / "trees" / tree / "etc/kayobe", chosen, home, "golden-vault-password")


def repository_sites(scratch, home):
    """Those that Kayobe can read too, and the lab's environment laid out as Kayobe wants it."""
    lab = scratch / "lab"
    shutil.copytree(TOP / "environments/common", lab)
    shutil.copytree(TOP / "environments/lab", lab / "environments/lab")
    # The lab reads variables of Ymir's own, which Kayobe has no defaults for.
    shutil.copytree(TOP / "src/ansible/builtin/ymir", lab / "inventory/group_vars/all", ignore=lambda *_: {"reference"})
    sites = TOP / "tests/sites"
    return [
        Site("tests/sites/kayobe production", sites / "kayobe", "production", home),
        Site("tests/sites/merged production", sites / "merged", "production", home),
        Site("the lab of this repository", lab, "lab", home),
    ]


NETWORKS = ("admin_oc", "internal", "storage")


def generated(folder, hosts):
    """A site of many hosts: variables of each host, and addresses in some networks, beside all that is built in."""
    names = [f"node{number:04}" for number in range(hosts)]
    files = {
        "inventory/hosts": "\n".join(["[controllers]", *names[:3], "[compute]", *names[3:], ""]),
        "networks.yml": "".join(f"{net}_net_name: {net}\n" for net in NETWORKS),
        "addresses.yml": "".join(f"{net}_cidr: 10.{at}.0.0/16\n" for at, net in enumerate(NETWORKS, 1)),
        "network-allocation.yml": "".join(allocation(net, at, names) for at, net in enumerate(NETWORKS, 1)),
    }
    for at, name in enumerate(names):
        rack = f"rack: {at // 40}\nplace: 'rack {{{{ rack }}}}, unit {at % 40}'\n"
        own = "".join(f"own_{n}: '{{{{ place }}}} {n}'\n" for n in range(20))
        files[f"inventory/host_vars/{name}.yml"] = rack + own
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def allocation(net, at, names):
    return f"{net}_ips:\n" + "".join(f"  {name}: 10.{at}.{i // 250}.{i % 250 + 2}\n" for i, name in enumerate(names))
