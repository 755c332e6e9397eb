"""The engine and a second, independent coder must agree on random visits, under both rulebooks and any policies.

`python -m tests.properties.test_second_coder 100000` tries as many as you like and prints what was exercised.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

import msgspec
import pytest

from fhir_adapter.coding import code_visit
from fhir_adapter.coding.model import Visit
from fhir_adapter.rulebooks import load_rulebook
from tests.properties import random_visits
from tests.properties.second_coder import CARECOST, CPT_2026, code

BOOKS = {"cpt-2026": CPT_2026, "carecost-96417": CARECOST}
COMPARED = ("stop-time-missing", "no-rule-in-force", "pump-not-prolonged", "professional-in-facility")


def administration_lines(result) -> Counter:
    lines: Counter = Counter()
    for line in result.lines:
        if line.code.isdigit() or line.code in ("G0498", "C8957"):
            lines[(line.code, tuple(line.modifiers), line.date)] += line.units
    return lines


def both(seed: int) -> tuple:
    """What the engine and the second coder make of one random visit."""
    chance = random.Random(seed)
    visit, overrides = random_visits.visit(chance, f"random-{seed}"), random_visits.policies(chance)
    book = chance.choice(sorted(BOOKS))
    rulebook = load_rulebook(book, overrides)
    result = code_visit(msgspec.convert(visit, Visit), rulebook)
    theirs, found = code(visit, BOOKS[book] | overrides, document_order=book == "carecost-96417")
    named = {i for x in (*result.lines, *result.findings) for i in x.administrations}
    mine = {(f.id, i) for f in result.findings for i in f.administrations if f.id in COMPARED}
    return visit, book, overrides, result, theirs, {f for f in found if f[0] in COMPARED}, mine, named


def disagreement(seed: int) -> str | None:
    visit, book, overrides, result, theirs, found, mine, named = both(seed)
    ours = administration_lines(result)
    every = {a["id"] for a in visit["administrations"]}
    if ours == theirs and found == mine and named >= every:
        return None
    rows = [f"seed {seed} {book} {overrides} {visit['setting']} reason {visit['primary_reason']}"]
    for a in sorted(visit["administrations"], key=lambda a: a["start"]):
        rows.append("  " + " ".join(f"{k}={v}" for k, v in a.items() if v is not None))
    rows.append(f"  engine only: {sorted((ours - theirs).items(), key=str)}")
    rows.append(f"  second only: {sorted((theirs - ours).items(), key=str)}")
    rows.append(
        f"  findings: engine {sorted(mine - found)} second {sorted(found - mine)} unnamed {sorted(every - named)}"
    )
    return "\n".join(rows)


@pytest.mark.parametrize("block", range(10))
def test_the_two_coders_agree(block: int) -> None:
    said = [text for seed in range(block * 50, block * 50 + 50) if (text := disagreement(seed))]
    assert not said, "\n".join(said[:3])


def main(count: int) -> None:
    bad = [text for seed in range(count) if (text := disagreement(seed))]
    print("\n".join(bad[:10]))
    print(f"{count - len(bad)} of {count} visits agree")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
