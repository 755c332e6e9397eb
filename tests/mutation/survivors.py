"""Why a mutant may live: read from survivors.toml, one entry for a change, or for a kind of change.

[[survivor]]
path = "fhir_adapter/coding/merge.py"      # optional: any file
function = "_service"                      # optional: any function of it
change = "strict=(False|None)"             # a regular expression, found in the changed lines
why = "both sides come from one tuple, so they have one length"
"""

import re
import tomllib
from dataclasses import dataclass


@dataclass
class Reason:
    change: str
    why: str
    path: str | None = None
    function: str | None = None
    used: int = 0

    def explains(self, mutant):
        here = self.path in (None, mutant.path) and self.function in (None, mutant.function)
        found = here and re.search(self.change, mutant.change) is not None
        self.used += found
        return found

    @property
    def told(self):
        return f"{self.path or 'any file'} {self.function or ''} {self.change}"


def read(path):
    return [Reason(**entry) for entry in tomllib.loads(path.read_text("utf-8")).get("survivor", [])]
