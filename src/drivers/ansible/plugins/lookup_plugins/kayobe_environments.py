"""The directories of the selected environment's layers, its dependencies first; none without an environment."""

import os

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **options):
        return [layer for layer in os.environ.get("YMIR_ENVIRONMENT_LAYERS", "").split(":") if layer]
