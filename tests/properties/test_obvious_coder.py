"""The engine and the second coder agree on random visits, under both rulebooks and any policies.

`python -m tests.properties.test_obvious_coder 100000` tries as many as you like and prints what was exercised.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache

from tests.properties.agreement import differences, engine, run, told
from tests.properties.exercised import LEAST, exercised, seldom, table

VISITS = 500
SHOWN = 10


@cache
def agreement(visits: int) -> tuple[list[str], Counter[str]]:
    """Where the coders differ, the first few, and how often each thing was exercised."""
    said: list[str] = []
    counts: Counter[str] = Counter()
    for seed in range(visits):
        one = run(seed)
        result = engine(one)
        counts.update(exercised(one, result))
        if found := differences(one, result):
            counts["disagreements"] += 1
            said += [told(one, found)] if len(said) < SHOWN else []
    return said, counts


def test_the_two_coders_agree() -> None:
    said, _ = agreement(VISITS)
    assert not said, "\n".join(said[:3])


def test_every_policy_value_finding_and_decision_is_exercised() -> None:
    _, counts = agreement(VISITS)
    assert seldom(counts) == {}, f"fewer than {LEAST} in {VISITS} visits"


def main(count: int) -> int:
    said, counts = agreement(count)
    print("\n".join(said))
    print(table(counts))
    print(f"{count - counts['disagreements']} of {count} visits agree; seldom: {seldom(counts) or 'nothing'}")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else VISITS))
