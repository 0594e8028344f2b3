"""Validates documents against a JSON Schema, and the schema against that of its dialect.

Standard input is {"schema": SCHEMA, "documents": {NAME: DOCUMENT}}; standard output is a list of faults as text."""

import json
import sys

from jsonschema import validators

asked = json.load(sys.stdin)
schema = asked["schema"]
# Who knows no `$schema` would be given the newest dialect.
dialect = validators.validator_for(schema, default=None)
dialect.check_schema(schema)
validator = dialect(schema, format_checker=dialect.FORMAT_CHECKER)
faults = [
    f"{name}: {'.'.join(map(str, fault.absolute_path)) or 'all of it'}"
    for name, document in asked["documents"].items()
    for fault in validator.iter_errors(document)
]
json.dump(sorted(faults), sys.stdout)
