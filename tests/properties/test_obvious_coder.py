"""The engine and the second coder agree on random visits, under both rulebooks and any policies.

`python -m tests.properties.many_visits 100000` tries as many as you like and prints what was exercised.
"""

from __future__ import annotations

from functools import cache

from tests.properties.exercised import LEAST, seldom
from tests.properties.many_visits import VISITS, Tried, tried


@cache
def these() -> Tried:
    return tried(range(VISITS))


def test_the_two_coders_agree() -> None:
    said, _ = these()
    assert not said, "\n".join(said[:3])


def test_every_policy_value_finding_and_decision_is_exercised() -> None:
    _, counts = these()
    assert seldom(counts) == {}, f"fewer than {LEAST} in {VISITS} visits"
