"""Which pushes count: the first of a drug, a repeat, a push of a drug that is also infused (D10, D12)."""

from __future__ import annotations

import pytest
from coding.timeline import CHEMO, coded, found, gave, lines

from fhir_adapter.coding import Finding

PUSH_IDS = "repeat-not-reported", "same-drug-push-and-infusion"


def pushed(name: str, at: str, drug: str = "m", kind: str = "therapeutic"):
    return gave(name, at, kind, "push", drug=drug)


def not_reported(*ids: str, drug: str = "m") -> list[Finding]:
    message = f"A further push of {drug} has no line of its own here."
    return [Finding(id="repeat-not-reported", administrations=(id_,), message=message) for id_ in ids]


def units(result) -> dict[str, int]:
    return {line[0]: line[2] for line in lines(result)}


@pytest.mark.parametrize(
    ("times", "repeats", "silent"),
    [
        (("09:00", "09:30"), 0, ["p1"]),
        (("09:00", "09:31"), 1, []),
        (("09:00", "09:20", "09:40"), 1, ["p1"]),
        (("09:00", "09:31", "09:50"), 1, ["p2"]),
        (("09:00", "09:31", "10:02"), 2, []),
    ],
)
def test_a_repeat_is_more_than_30_minutes_after_the_last_that_was_reported(
    times: tuple[str, ...], repeats: int, silent: list[str]
) -> None:
    pushes = [pushed(f"p{number}", at) for number, at in enumerate(times)]
    result = coded(*pushes)
    assert units(result).get("96376", 0) == repeats
    assert found(result, *PUSH_IDS) == not_reported(*silent)
    office = coded(*pushes, setting="office")
    assert units(office) == {"96374": 1}
    assert found(office, *PUSH_IDS) == not_reported(*[push.id for push in pushes[1:]])
    assert units(coded(*pushes, repeat_push="none")) == {"96374": 1}


def test_a_repeat_of_chemotherapy_has_no_line() -> None:
    result = coded(pushed("p0", "09:00", "c", CHEMO), pushed("p1", "10:00", "c", CHEMO))
    assert units(result) == {"96409": 1}
    assert found(result, *PUSH_IDS) == not_reported("p1", drug="c")


def test_each_drug_has_its_own_first_push_and_its_own_repeat() -> None:
    result = coded(pushed("p0", "09:00"), pushed("q0", "09:20", "n"), pushed("p1", "09:40"), pushed("q1", "09:45", "n"))
    assert units(result) == {"96374": 1, "96375": 1, "96376": 1}
    assert found(result, *PUSH_IDS) == not_reported("q1", drug="n")


def beside_an_infusion(*ids: str, drug: str, severity: str, said: str) -> Finding:
    message = f"{drug} was both pushed and infused: {said}."
    return Finding(id="same-drug-push-and-infusion", severity=severity, administrations=ids, message=message)


REPORTED = {"severity": "info", "said": "the push is reported too"}
LEFT_OUT = {"severity": "warning", "said": "this rulebook does not report the push"}


def test_a_push_of_chemotherapy_that_is_also_infused() -> None:
    given = gave("c", "08:00-09:00", CHEMO), pushed("p0", "10:00", "c", CHEMO), pushed("p1", "11:00", "c", CHEMO)
    both = coded(*given)
    assert units(both) == {"96413": 1, "96411": 1}
    assert found(both, *PUSH_IDS) == [
        beside_an_infusion("p0", drug="c", **REPORTED),
        *not_reported("p1", drug="c"),
    ]
    left_out = coded(*given, same_drug_push_and_infusion="infusion-only")
    assert units(left_out) == {"96413": 1}
    assert found(left_out, *PUSH_IDS) == [
        beside_an_infusion("p0", drug="c", **LEFT_OUT),
        beside_an_infusion("p1", drug="c", **LEFT_OUT),
    ]


@pytest.mark.parametrize("policy", ["both", "infusion-only"])
def test_a_push_of_another_drug_that_is_also_infused_is_reported(policy: str) -> None:
    result = coded(gave("m", "08:00-09:00"), pushed("p0", "10:00"), same_drug_push_and_infusion=policy)
    assert units(result) == {"96365": 1, "96375": 1}
    assert found(result, *PUSH_IDS) == [beside_an_infusion("p0", drug="m", **REPORTED)]


def test_a_push_of_a_drug_whose_infusion_was_cut_short() -> None:
    cut = gave("c", "08:00-08:10", CHEMO, discontinued=True)
    result = coded(
        cut,
        pushed("p0", "10:00", "c", CHEMO),
        discontinued_infusion="53",
        same_drug_push_and_infusion="infusion-only",
    )
    assert units(result) == {"96413-53": 1}
    assert found(result, *PUSH_IDS) == [beside_an_infusion("p0", drug="c", **LEFT_OUT)]


def test_what_was_said_of_earlier_pushes_stays() -> None:
    result = coded(pushed("p0", "08:00"), pushed("p1", "08:10"), gave("n", "09:00-10:00"), pushed("q0", "11:00", "n"))
    assert found(result, *PUSH_IDS) == [*not_reported("p1"), beside_an_infusion("q0", drug="n", **REPORTED)]


def test_a_push_beside_the_pump_of_its_drug_has_its_line() -> None:
    result = coded(
        pushed("bolus", "09:00", "f", CHEMO),
        gave("f", "09:10", CHEMO, "pump"),
        same_drug_push_and_infusion="infusion-only",
    )
    assert units(result) == {"96409": 1, "96416": 1}
    assert found(result, *PUSH_IDS) == []


def test_bags_that_are_one_push_are_named_in_order_of_time() -> None:
    """Ten minutes in two bags count as one push; the push before them was the drug's first."""
    result = coded(
        pushed("p0", "08:00", "m"),
        gave("second", "09:05-09:10", drug="m"),
        gave("first", "09:00-09:05", drug="m"),
        repeat_push="none",
    )
    assert found(result, *PUSH_IDS) == [
        Finding(
            id="repeat-not-reported",
            administrations=("first", "second"),
            message="A further push of m has no line of its own here.",
        )
    ]
