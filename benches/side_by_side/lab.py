"""Real systemd machines to measure on: the lab of tests/hosts, kept up."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

from programs import TOP, YMIR, Run

TOLD = TOP / "target/hosts/lab.json"
PATIENCE = 900


class Lab:
    """Machines that are up, and how they are reached."""

    def __init__(self, told):
        self.told = told
        self.machines = told["machines"]
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": os.environ["HOME"],
            "USER": "operator",
            "LC_ALL": "C.UTF-8",
            "YMIR_CONFIG_PATH": told["site"],
            "YMIR_STATE_DIR": f"{told['site']}/../state",
        }

    def run(self, *command, may_fail=False, **variables):
        """Runs a command inside the lab's network, with what it and the machines used, and how long it took."""
        before, began = self.machines_cpu(), time.monotonic()
        run = Run([*self.told["enter"], *map(str, command)], self.environment | variables, TOP)
        run.wall = time.monotonic() - began
        # What a host does after the last word to it belongs to the command, too.
        time.sleep(2)
        run.hosts_cpu = self.machines_cpu() - before
        if run.failed and not may_fail:
            sys.exit(f"{command}: {run.output[-3000:]}\n{run.errors[-3000:]}")
        return run

    def ymir(self, *words, may_fail=False):
        return self.run(YMIR, *words, may_fail=may_fail)

    def on_each(self, command):
        """Runs a command on each machine, one after the other."""
        words = [" ".join(f"'{word}'" for word in (*self.ssh(machine), command)) for machine in self.machines]
        return self.run("sh", "-ec", "\n".join(words))

    def machines_cpu(self):
        """Seconds that all machines have used since they are up."""
        return sum(microseconds(machine["cgroup"]) for machine in self.machines) / 1e6

    def inventory(self, path):
        """Writes the machines for Ansible, with the settings that make it fast."""
        options = f"-o UserKnownHostsFile={self.told['known_hosts']} -o ControlMaster=auto -o ControlPersist=1h"
        lines = [
            f"{machine['name']} ansible_host={machine['address']}" for machine in self.machines
        ] + [
            "[all:vars]", f"ansible_user={self.told['user']}", f"ansible_ssh_private_key_file={self.told['key']}",
            f"ansible_ssh_common_args='{options}'", "ansible_python_interpreter=/usr/bin/python3",
        ]
        path.write_text("\n".join(lines) + "\n")
        return path

    def ssh(self, machine):
        """The options of `ssh` to a machine."""
        return ("ssh", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={self.told['known_hosts']}",
                "-o", "ControlPath=none", "-i", self.told["key"], f"{self.told['user']}@{machine['address']}")


def microseconds(cgroup):
    """Of all groups below, too."""
    for line in (pathlib.Path(cgroup) / "cpu.stat").read_text().splitlines():
        word, value = line.split()
        if word == "usage_usec":
            return int(value)
    sys.exit(f"{cgroup} says nothing of processor time")


@contextlib.contextmanager
def lab(count, kind="debian"):
    """Brings machines of a kind up, and down again."""
    TOLD.unlink(missing_ok=True)
    command = ["cargo", "test", "--quiet", "--locked", "--test", "hosts", "--", str(count), kind]
    serving = subprocess.Popen(command, cwd=TOP, env=os.environ | {"YMIR_HOSTS": "serve"},
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while not TOLD.exists():
            if serving.poll() is not None or time.monotonic() > until:
                sys.exit("the machines did not come up; `YMIR_HOSTS=serve cargo test --test hosts -- 2` says why")
            time.sleep(0.5)
        yield Lab(json.loads(TOLD.read_text()))
    finally:
        serving.stdin.close()
        serving.wait()
