"""Calls another lookup and remembers its answer for the rest of the process."""

from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

ANSWERS = {}


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **options):
        name, arguments = terms[0], terms[1:]
        key = repr((name, arguments, sorted(options.items())))
        if key not in ANSWERS:
            lookup = lookup_loader.get(name, loader=self._loader, templar=self._templar)
            if lookup is None:
                raise AnsibleLookupError(f"there is no lookup {name!r}")
            ANSWERS[key] = lookup.run(arguments, variables=variables, **options)
        return ANSWERS[key]
