"""Two drugs at once: who keeps the common minutes, and who is concurrent (D16, D17, D41, D43)."""

from __future__ import annotations

import pytest
from coding.drugs_by_hand import reading_of
from coding.timeline import CHEMO, gave

from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.drugs import unknown_drugs
from fhir_adapter.coding.given import Service
from fhir_adapter.coding.merge import infused
from fhir_adapter.coding.model import Visit
from fhir_adapter.coding.overlap import Timed, timed

DEDUCT = {"partial_overlap": "deduct-from-shorter"}
CONCURRENT = {"partial_overlap": "concurrent"}
BY_START = CONCURRENT | {"concurrent_drug": "later-started"}


def times(*administrations, initial=None, **policies) -> dict[str, int | None]:
    """The minutes that each infusion keeps; None where it is concurrent."""
    reading = reading_of(**policies)
    givens, _ = givens_of(
        Visit(id="v", setting="facility", administrations=administrations), {None: reading}, unknown_drugs
    )
    parts = infused(givens, reading.policies)
    first: Service | None = next((service for service in parts.services if service.name == initial), None)
    every = timed(parts.services, first, parts.pushes, reading.policies)
    return {one.service.name: None if one.concurrent else one.minutes for one in every}


def test_what_nobody_takes_from_is_whole() -> None:
    assert times(gave("m", "09:00-10:00"), gave("n", "10:00-11:00"), initial="m", **DEDUCT) == {"m": 60, "n": 60}
    fresh = Timed(service=None, counted=())
    assert (fresh.gave, fresh.concurrent) == (False, False)


@pytest.mark.parametrize(("stop", "kept"), [("10:15", None), ("10:16", 16), ("10:45", 45)])
def test_a_drug_that_gave_up_minutes_keeps_sixteen_or_is_concurrent(stop: str, kept: int | None) -> None:
    given = gave("m", "09:00-10:00"), gave("n", f"09:30-{stop}")
    assert times(*given, initial="m", **DEDUCT) == {"m": 60, "n": kept}


def test_the_initial_service_keeps_its_minutes_also_beside_chemotherapy_and_the_longer() -> None:
    given = gave("m", "09:00-09:40"), gave("c", "09:20-11:00", CHEMO)
    assert times(*given, initial="m", **DEDUCT) == {"m": 40, "c": 80}
    assert times(*reversed(given), initial="m", **DEDUCT) == {"m": 40, "c": 80}


def test_chemotherapy_keeps_its_minutes_beside_the_longer() -> None:
    given = gave("m", "09:00-12:00"), gave("c", "10:00-10:30", CHEMO)
    assert times(*given, **DEDUCT) == {"m": 150, "c": 30}


def test_the_longer_keeps_its_minutes() -> None:
    given = gave("m", "09:00-10:00"), gave("n", "09:30-10:40")
    assert times(*given, **DEDUCT) == {"m": 30, "n": 70}


def test_of_equals_the_earlier_keeps_its_minutes() -> None:
    given = gave("m", "09:20-10:00"), gave("n", "09:00-09:40")
    assert times(*given, **DEDUCT) == {"m": 20, "n": 40}


def test_of_equals_at_one_time_the_first_of_the_file_keeps_its_minutes() -> None:
    assert times(gave("m", "09:00-10:00"), gave("n", "09:00-10:00"), **DEDUCT) == {"m": 60, "n": None}
    assert times(gave("n", "09:00-10:00"), gave("m", "09:00-10:00"), **DEDUCT) == {"n": 60, "m": None}


def test_the_pair_whose_common_minutes_begin_earliest_comes_first() -> None:
    """At 09:00 `a` of 90 gives 30 to `b` of 120, and is then shorter than `c` of 80, to which it gives 40 at 09:50.

    Had `c` come first, which stands first in the file, it would have been the one that gives.
    """
    given = gave("c", "09:50-11:10"), gave("a", "09:00-10:30"), gave("b", "07:30-09:30")
    assert times(*given, **DEDUCT) == {"c": 80, "a": 20, "b": 120}


def test_what_one_drug_lost_to_another_counts_when_it_meets_the_third() -> None:
    """`b` of 100 minutes loses 40 to `a`, and with the 60 left it is shorter than `c` of 70."""
    given = gave("a", "08:00-09:40"), gave("b", "09:00-10:40"), gave("c", "10:10-11:20")
    assert times(*given, initial="a", **DEDUCT) == {"a": 100, "b": 30, "c": 70}


def test_of_pairs_that_begin_together_the_first_of_the_file_comes_first() -> None:
    """Three begin at 09:00; `a` runs 90 minutes, `c` 80, `b` 150.

    Where `a` first gives 30 to `b`, it is shorter than `c` and gives that its last 60. Where `a` first meets `c`, `c`
    is the shorter one and has ten left.
    """
    a, more_a = gave("a", "09:00-09:30", order="a"), gave("a2", "10:00-11:00", drug="a", order="a")
    b, more_b = gave("b", "09:00-09:30", order="b"), gave("b2", "12:00-14:00", drug="b", order="b")
    c, more_c = gave("c", "09:00-09:10", order="c"), gave("c2", "10:00-11:10", drug="c", order="c")
    assert times(a, b, c, more_a, more_b, more_c, **DEDUCT) == {"a": None, "b": 150, "c": 70}
    assert times(a, c, b, more_a, more_b, more_c, **DEDUCT) == {"a": 60, "b": 150, "c": None}


def test_one_drug_takes_nothing_from_itself() -> None:
    """Its two infusions are joined before anybody looks for what is common."""
    given = gave("m", "09:00-10:00"), gave("again", "09:30-10:30", drug="m")
    assert times(*given, **DEDUCT) == times(*given, **CONCURRENT) == {"m": 90}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((gave("m", "09:00-10:00"), gave("n", "10:00-11:00")), {"m": 60, "n": 60}),
        ((gave("m", "09:00-10:00"), gave("n", "09:59-11:30")), {"m": None, "n": 91}),
        ((gave("m", "09:00-11:00"), gave("c", "10:59-11:30", CHEMO)), {"m": None, "c": 31}),
        ((gave("m", "09:00-10:00"), gave("n", "08:30-09:30")), {"m": None, "n": 60}),
        ((gave("m", "09:00-10:00"), gave("n", "09:00-10:00")), {"m": 60, "n": None}),
        ((gave("n", "09:00-10:00"), gave("m", "09:00-10:00")), {"n": 60, "m": None}),
    ],
)
def test_any_common_minute_makes_the_later_in_the_order_concurrent(given, expected: dict[str, int | None]) -> None:
    assert times(*given, **CONCURRENT) == expected


def test_an_earlier_date_comes_before_the_longer() -> None:
    given = gave("n", "23:30-02:30"), gave("m", "00:10-04:00", day=5)
    assert times(*given, **CONCURRENT) == {"n": 180, "m": None}


def test_the_initial_service_is_never_concurrent() -> None:
    given = gave("m", "09:00-09:40"), gave("c", "09:20-11:00", CHEMO)
    assert times(*given, initial="m", **CONCURRENT) == {"m": 40, "c": None}
    assert times(*given, initial="m", **BY_START) == {"m": 40, "c": 100}


def test_a_concurrent_drug_makes_no_other_concurrent() -> None:
    """`b` is concurrent to the longer `a`; `c` met only `b`."""
    given = gave("a", "09:00-11:00"), gave("b", "10:30-11:30"), gave("c", "11:10-11:50")
    assert times(*given, **CONCURRENT) == {"a": 120, "b": None, "c": 40}


def test_every_drug_that_is_timed_makes_others_concurrent() -> None:
    """`c` met `a`, the first of the order; `b` was timed between them."""
    given = gave("a", "08:00-12:00"), gave("b", "13:00-16:00"), gave("c", "11:30-12:30")
    assert times(*given, **CONCURRENT) == {"a": 240, "b": 180, "c": None}


def test_the_later_started_chemotherapy_is_concurrent() -> None:
    given = gave("c", "09:00-09:30", CHEMO), gave("d", "09:10-12:00", CHEMO)
    assert times(*given, **BY_START) == {"c": 30, "d": None}
    assert times(*given, **CONCURRENT) == {"c": None, "d": 170}
    together = gave("d", "09:00-12:00", CHEMO), gave("c", "09:00-12:30", CHEMO)
    assert times(*together, **BY_START) == {"d": 180, "c": None}


def test_a_therapeutic_drug_makes_another_concurrent_also_where_starts_decide() -> None:
    given = gave("m", "09:00-09:30"), gave("n", "09:10-12:00")
    assert times(*given, initial="m", **BY_START) == {"m": 30, "n": None}
    assert times(*given, **BY_START) == {"m": None, "n": 170}


PUSHED = {"technique": "push"}


@pytest.mark.parametrize(
    ("push", "kept"),
    [
        (gave("p", "08:59", **PUSHED), 60),
        (gave("p", "09:00", **PUSHED), None),
        (gave("p", "09:59", **PUSHED), None),
        (gave("p", "10:00", **PUSHED), 60),
        (gave("p", "08:50-09:00", **PUSHED), 60),
        (gave("p", "08:50-09:01", **PUSHED), None),
        (gave("p", "09:20-09:25", drug="m", **PUSHED), 60),
    ],
)
def test_a_push_of_another_drug_makes_an_infusion_concurrent(push, kept: int | None) -> None:
    given = gave("m", "09:00-10:00"), push
    assert times(*given, overlap_with_push="concurrent") == {"m": kept}
    assert times(*given, overlap_with_push="ignore") == {"m": 60}
    assert times(*given, initial="m", overlap_with_push="concurrent") == {"m": 60}


def test_a_push_makes_no_chemotherapy_concurrent() -> None:
    given = gave("c", "09:00-10:00", CHEMO), gave("p", "09:20", **PUSHED)
    assert times(*given, overlap_with_push="concurrent") == {"c": 60}


def test_beside_a_push_one_stays_concurrent_that_was_so_before() -> None:
    given = gave("m", "09:00-10:00"), gave("n", "09:00-10:00"), gave("p", "12:00", **PUSHED)
    assert times(*given, initial="m", overlap_with_push="concurrent") == {"m": 60, "n": None}
