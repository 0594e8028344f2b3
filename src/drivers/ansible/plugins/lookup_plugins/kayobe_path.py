"""Where an installed Kayobe keeps its playbooks and roles."""

import os

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **options):
        path = os.environ.get("KAYOBE_DATA_FILES_PATH") or "/usr/share/kayobe"
        return [os.path.join(path, "")]
