"""Real Kayobe on the lab's machines: which of its playbooks for host configuration can run here, and runs of them.

Some roles and collections come from Ansible's own registry only, which `kayobe control host bootstrap` fetches. Where
they are, in a directory with `roles` and `collections`, YMIR_BENCH_GALAXY says; without it Kayobe is run with those
playbooks alone whose roles are all part of its package.
"""

import os
import pathlib
import re

from programs import KAYOBE

DATA = KAYOBE / "share/kayobe"
PLAYBOOKS = DATA / "ansible"
# Roles that a file names: of Kayobe's own, and with a dot somebody else's or a collection's.
ROLES = re.compile(r"(?:(?:include|import)_role:\s+name: |^\s+- role: )[\"']?([\w.-]+)[\"']?$", re.MULTILINE)
# The machines are of this family, by which some roles are chosen.
OF_FAMILY = re.compile(r"'(\w+-)' \+ ansible_facts\.os_family")
IMPORTED = re.compile(r"import_playbook: \"?([\w-]+\.yml)")
# What works only where another one has been.
AFTER = {"kolla-pip.yml": "kolla-ansible-user.yml", "kolla-target-venv.yml": "kolla-ansible-user.yml"}
PLAY_TAGS = re.compile(r"^  tags:\n((?:    - .+\n)+)", re.MULTILINE)


class Kayobe:
    """Kayobe with the playbooks that can run."""

    def __init__(self, scratch):
        galaxy = os.environ.get("YMIR_BENCH_GALAXY")
        self.galaxy = pathlib.Path(galaxy).resolve() if galaxy else None
        self.scratch = scratch
        # The address of a socket must be short.
        self.sockets = scratch / "s"
        (scratch / "home/.ssh").mkdir(parents=True)
        self.skipped = [word for word in os.environ.get("YMIR_BENCH_SKIP_TAGS", "").split(",") if word]
        self.playbooks, self.left_out = [], []
        for playbook in listed():
            is_left_out = self.missing(playbook) or AFTER.get(playbook) in self.left_out
            (self.left_out if is_left_out else self.playbooks).append(playbook)

    def missing(self, playbook):
        """The roles that a playbook names, itself or by a role of Kayobe's, and that are not there."""
        texts, seen = [(PLAYBOOKS / playbook).read_text()], set()
        wanted = set()
        while texts:
            text = texts.pop()
            names = set(ROLES.findall(text)) | {f"{start}debian" for start in OF_FAMILY.findall(text)}
            wanted |= {name for name in names if "." in name and not self.has(name)}
            for role in names - seen:
                seen.add(role)
                texts.extend(file.read_text() for file in (PLAYBOOKS / "roles" / role).glob("tasks/*.yml"))
        return wanted

    def has(self, name):
        if self.galaxy is None:
            return False
        namespace, _, rest = name.partition(".")
        collection, _, role = rest.partition(".")
        return (self.galaxy / "roles" / name).is_dir() or (
            self.galaxy / "collections/ansible_collections" / namespace / collection / "roles" / role
        ).is_dir()

    @property
    def is_whole(self):
        return not self.left_out

    def tags(self):
        """The tags of the plays that run: Ymir's words for the same topics."""
        found = []
        for playbook in self.playbooks:
            for block in PLAY_TAGS.findall((PLAYBOOKS / playbook).read_text()):
                found += [tag for tag in re.findall(r"- (\S+)", block) if tag not in found + self.skipped]
        return found

    def prepare(self, up):
        """Has the operator's keys where Kayobe looks for them, and a site that the playbooks at hand can work with."""
        for name in ("", ".pub"):
            key = pathlib.Path(up.told["key"] + name).read_bytes()
            path = self.scratch / "home/.ssh" / f"id_rsa{name}"
            path.write_bytes(key)
            path.chmod(0o600)
        if not self.is_whole:
            # The account and the environment that the site asks for are made by playbooks that are left out.
            site = pathlib.Path(up.told["site"])
            (site / "bench.yml").write_text(
                f"---\nkayobe_ansible_user: {up.told['user']}\nansible_python_interpreter: /usr/bin/python3\n")

    def configure(self, up):
        """Runs the playbooks as `kayobe overcloud host configure` does."""
        command = ["overcloud", "host", "configure"]
        if not self.is_whole:
            command = ["playbook", "run", *(str(PLAYBOOKS / name) for name in self.playbooks), "--limit", "overcloud"]
        skip = ["--skip-tags", ",".join(self.skipped)] if self.skipped else []
        return up.run(KAYOBE / "bin/kayobe", *command, *skip, **self.environment(up))

    def environment(self, up):
        options = f"-o UserKnownHostsFile={up.told['known_hosts']} -o ControlMaster=auto -o ControlPersist=60s"
        galaxy = self.galaxy or pathlib.Path("none")
        return {
            "PATH": f"{KAYOBE}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.scratch / "home"),
            "KAYOBE_CONFIG_PATH": up.told["site"],
            "KAYOBE_DATA_FILES_PATH": str(DATA),
            "ANSIBLE_ROLES_PATH": f"{PLAYBOOKS}/roles:{galaxy}/roles",
            # Collections that pip brought are found beside Ansible.
            "ANSIBLE_COLLECTIONS_PATH": f"{galaxy}/collections",
            "ANSIBLE_PRIVATE_KEY_FILE": up.told["key"],
            # What makes it fast.
            "ANSIBLE_FORKS": "20",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_GATHERING": "smart",
            "ANSIBLE_SSH_ARGS": options,
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.sockets),
        }


def listed(name="overcloud-host-configure.yml"):
    """The playbooks of host configuration, in Kayobe's order."""
    names = IMPORTED.findall((PLAYBOOKS / name).read_text())
    return [below for name in names for below in listed(name)] or [name]


def recap(output):
    """How many tasks of each kind the hosts had together, from the last lines of Ansible's output."""
    counted = {}
    for line in output.split("PLAY RECAP")[-1].splitlines():
        for name, number in re.findall(r"(\w+)=(\d+)", line):
            counted[name] = counted.get(name, 0) + int(number)
    return counted
