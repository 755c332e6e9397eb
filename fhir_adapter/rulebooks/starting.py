"""The file that a hospital starts its own rulebook with: every policy of the base, commented out, with its meanings."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.rulebook import Rulebook

HEAD = """\
# A rulebook of our own. What is not said here holds as in {base}.
#
# Take the # away from the lines of a policy that you read otherwise, write the value, the days on which it holds and
# where it stands. A day that is left out is open. Several readings of one policy stand one after the other, without
# gap or overlap. Check the file: fhir-adapter rulebook check {file}
name = "{name}"
title = "Our own rules"
extends = "{base}"

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


def starting_file(base: Rulebook, name: str, file: str) -> str:
    """A file that says nothing yet: under it every visit is coded as under its base."""
    return HEAD.format(base=base.name, name=name, file=file) + "\n" + "\n".join(_policies(base)) + "\n"


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
