"""The file that a hospital starts its own rulebook with: every policy of the base, commented out, with its meanings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.chain import rulebook_names

HEAD = """\
# A rulebook of our own. What is not said here holds as in {title}.
#
# Take the # away from the lines of a policy that you read otherwise, write the value, the days on which it holds and
# where it stands. A day that is left out is open. Several readings of one policy stand one after the other, without
# gap or overlap. Check the file: fhir-adapter rulebook check {file}
name = {name}
title = "Our own rules"
extends = {extends}

# A payer that reads a policy otherwise; the key is the payer of the visit:
# [payers.cigna]
# title = "Cigna"
# [[payers.cigna.policies.jw-lines]]
# value = "any-payer"
# from = 2026-01-01
# source = "Where the payer says so"

# A drug whose class we read otherwise (also under a payer, as [[payers.cigna.drug_classes]]):
# [[drug_classes]]
# drug = "infliximab"
# class = "therapeutic"
# from = 2026-01-01
# source = "Where that stands"
"""


def starting_file(base: Rulebook, extends: str, file: Path) -> str:
    """A file that says nothing yet: under it every visit is coded as under its base. Refuses the name of its base."""
    if file.stem in (*rulebook_names(), base.name):
        raise RulebookError(f"{file}: {file.stem!r} is the name of a rulebook already; give yours its own")
    beside = extends if extends in rulebook_names() else os.path.relpath(extends, file.parent)
    head = HEAD.format(title=base.name, name=_quoted(file.stem), extends=_quoted(beside), file=file)
    return head + "\n" + "\n".join(_policies(base)) + "\n"


def _quoted(text: str) -> str:
    """A string as TOML writes it, which for these is as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _policies(base: Rulebook) -> Iterator[str]:
    for policy in allowed_values():
        held = base.policies[policy][-1]
        meanings = base.alternatives[policy]
        yield from (f"# {'*' if value == held.value else '-'} {value}: {meanings[value].means}" for value in meanings)
        yield f"# [[policies.{policy}]]"
        yield f'# value = "{held.value}"'
        yield "# from = 2026-01-01"
        yield '# source = "Where that stands"'
        yield ""
