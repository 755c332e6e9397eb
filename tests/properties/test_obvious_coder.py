"""The engine and the second coder agree on random visits, under both rulebooks and any policies.

`python -m tests.properties.test_obvious_coder 100000` tries as many as you like and prints what was exercised.
"""

from __future__ import annotations

import sys

import pytest

from tests.properties.agreement import differences, engine, run, told


def disagreement(seed: int) -> str | None:
    one = run(seed)
    found = differences(one, engine(one))
    return told(one, found) if found else None


@pytest.mark.parametrize("block", range(10))
def test_the_two_coders_agree(block: int) -> None:
    said = [text for seed in range(block * 50, block * 50 + 50) if (text := disagreement(seed))]
    assert not said, "\n".join(said[:3])


def main(count: int) -> None:
    bad = 0
    for seed in range(count):
        if text := disagreement(seed):
            bad += 1
            print(text if bad <= 10 else "", end="\n" if bad <= 10 else "")
    print(f"{count - bad} of {count} visits agree")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
