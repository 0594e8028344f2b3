"""Evaluates each variable of each host by itself, so that one which cannot be evaluated does not hide the others.

What it finds goes to $EVALUATED/HOST.json. Left out is what Ansible says about its own run.
"""

import json
import os
import pathlib

from ansible.plugins.action import ActionBase
from ansible.template import Templar

OF_THE_RUN = set((pathlib.Path(__file__).parent.parent / "of-the-run.txt").read_text().split())


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        hostvars = task_vars["hostvars"]
        for host in task_vars["groups"]["all"]:
            path = os.path.join(os.environ["EVALUATED"], f"{host}.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self.of_host(hostvars, host), file)
        return {"changed": False}

    def of_host(self, hostvars, host):
        variables = dict(hostvars.raw_get(host), hostvars=hostvars)
        templar = Templar(loader=self._loader, variables=variables)
        values, errors = {}, {}
        for name, value in variables.items():
            if name in OF_THE_RUN:
                continue
            try:
                values[name] = plain(templar.template(value))
            except Exception as error:
                errors[name] = str(error)
        return {"values": values, "errors": errors}
