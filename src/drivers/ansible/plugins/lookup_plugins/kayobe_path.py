"""Where an installed Kayobe keeps its playbooks and roles."""

import os

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **options):
        path = os.environ.get("KAYOBE_DATA_FILES_PATH")
        if not path:
            raise AnsibleLookupError("Kayobe's playbooks are not part of Ymir; KAYOBE_DATA_FILES_PATH can name them")
        return [os.path.join(path, "")]
