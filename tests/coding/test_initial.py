"""Which service is the initial one: the ladder, the reason of an office visit, the first chemotherapy (D3-D5, D11)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from coding.timeline import CHEMO, FLUID, coded, gave, lines
from msgspec.structs import replace

INITIAL = {"96413", "96409", "96365", "96374", "96360"}


def initial(*administrations, **more) -> dict[str, str]:
    """Code with modifiers of each initial service, and the administration that made it."""
    result = coded(*administrations, **more)
    return {
        "-".join((line.code, *line.modifiers)): " ".join(line.administrations)
        for line in result.lines
        if line.code in INITIAL
    }


LADDER = (
    gave("c", "15:00-15:20", CHEMO),
    gave("cp", "14:00-14:01", CHEMO, "push"),
    gave("t", "10:00-13:00"),
    gave("tp", "09:30-09:32", technique="push"),
    gave("f", "05:00-09:00", FLUID),
)
CODES = {"c": "96413", "cp": "96409", "t": "96365", "tp": "96374", "f": "96360"}


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("reason", [None, "hydration"])
def test_the_ladder_decides_in_a_facility_whatever_was_first(first: int, reason: str | None) -> None:
    given = LADDER[first:]
    expected = {CODES[given[0].id]: given[0].id}
    assert initial(*given, reason=reason) == initial(*reversed(given), reason=reason) == expected
    assert initial(*given, setting="office") == expected


@pytest.mark.parametrize(("reason", "id_"), [("chemotherapy", "c"), ("therapeutic", "t"), ("hydration", "f")])
def test_in_an_office_the_reason_comes_first(reason: str, id_: str) -> None:
    assert initial(*LADDER, setting="office", reason=reason) == {CODES[id_]: id_}


def test_in_an_office_an_infusion_of_the_reason_comes_before_its_push() -> None:
    assert initial(*LADDER[:2], LADDER[3], setting="office", reason="therapeutic") == {"96374": "tp"}
    assert initial(*LADDER[:2], setting="office", reason="therapeutic") == {"96413": "c"}


def test_a_fluid_is_not_the_initial_service_below_31_minutes() -> None:
    given = gave("f", "08:00-08:30", FLUID), gave("tp", "09:30-09:32", technique="push")
    assert initial(*given, setting="office", reason="hydration") == {"96374": "tp"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((gave("m", "22:00-23:00"), gave("n", "08:00-12:00", day=5)), "m"),
        ((gave("m", "08:00-09:00"), gave("n", "10:00-11:01")), "n"),
        ((gave("m", "10:00-11:00"), gave("n", "08:00-09:00")), "n"),
        ((gave("n", "08:00-09:00"), gave("m", "08:00-09:00")), "n"),
        ((gave("m", "08:00-09:00"), gave("n", "08:00-09:00")), "m"),
    ],
)
def test_within_a_rank_by_date_minutes_start_and_file(given, expected: str) -> None:
    assert initial(*given, partial_overlap="deduct-from-shorter") == {"96365": expected}


def test_an_infusion_cut_short_is_an_infusion() -> None:
    given = gave("p", "08:00-08:10", technique="push"), gave("m", "09:00-09:05", discontinued=True)
    assert initial(*given, discontinued_infusion="53") == {"96365-53": "m"}


def test_a_repeat_is_never_the_initial_service() -> None:
    """The drug's first push is; the second is longer."""
    given = gave("p", "08:00-08:01", technique="push"), gave("again", "09:00-09:10", drug="p", technique="push")
    assert initial(*given) == {"96374": "p"}


def arm(name: str, times: str, **more):
    return gave(name, times, FLUID, site="arm", site_required=True, **more)


@pytest.mark.parametrize(
    ("port", "other", "modified"),
    [
        (gave("p", "22:00-23:00", FLUID), arm("a", "08:00-12:00", day=5), "a"),
        (gave("p", "08:00-12:00", FLUID, day=5), arm("a", "22:00-23:00"), "p"),
        (gave("p", "08:00-09:00", FLUID), arm("a", "10:00-11:01"), "p"),
        (gave("p", "08:00-09:00", FLUID), arm("a", "07:59-08:59"), "p"),
        (gave("p", "08:00-09:00", FLUID), arm("a", "08:00-09:00"), "a"),
    ],
)
def test_of_the_fluids_of_two_sites_the_second_in_rank_is_modified(port, other, modified: str) -> None:
    """By date, minutes, start, then the file."""
    unmodified = ({port.id, other.id} - {modified}).pop()
    assert initial(port, other) == {"96360-XS": modified, "96360": unmodified}


@pytest.mark.parametrize(("technique", "code"), [("infusion", "96365"), ("push", "96374")])
def test_an_initial_drug_of_a_second_site_is_modified(technique: str, code: str) -> None:
    drug = gave("m", "09:00-09:20", technique=technique, site="arm", site_required=True)
    assert initial(gave("c", "08:00-09:00", CHEMO), drug) == {"96413": "c", f"{code}-XS": "m"}


def test_of_fluids_of_two_sites_at_one_time_the_first_of_the_file_is_unmodified() -> None:
    assert initial(arm("a", "08:00-09:00"), gave("p", "08:00-09:00", FLUID)) == {"96360": "a", "96360-XS": "p"}


def test_the_fluids_of_a_site_count_together_in_its_rank() -> None:
    """Of two pieces that stand alone 50 and 40 minutes: 90, more than the 60 of the arm."""
    port = gave("p", "08:00-08:50", FLUID), gave("q", "10:00-10:40", FLUID)
    found = initial(*port, arm("a", "08:00-09:00"), hydration_segments="each-alone")
    assert found == {"96360": "p", "96360-XS": "a"}


SECONDS = timedelta(seconds=20)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((gave("c", "10:00-14:00", CHEMO), gave("d", "09:59-10:00", CHEMO, "push")), {"96409": "d"}),
        ((gave("d", "10:00-10:01", CHEMO, "push"), gave("c", "10:00-14:00", CHEMO)), {"96413": "c"}),
        ((gave("d", "10:01-14:00", CHEMO), gave("c", "10:00-11:00", CHEMO)), {"96413": "c"}),
        ((gave("d", "10:00-11:00", CHEMO), gave("c", "10:00-14:00", CHEMO)), {"96413": "d"}),
        ((gave("m", "07:00-08:00"), gave("c", "10:00-14:00", CHEMO)), {"96413": "c"}),
        ((gave("m", "07:00-08:00"), gave("n", "06:00-06:40")), {"96365": "m"}),
    ],
)
def test_the_first_chemotherapy_given(given, expected: dict[str, str]) -> None:
    policies = {"initial_chemo": "first-given", "partial_overlap": "concurrent", "concurrent_drug": "later-started"}
    assert initial(*given, **policies) == expected
    assert initial(*given, **policies, setting="office", reason="therapeutic") == expected


def later(administration, seconds: timedelta):
    return replace(administration, start=administration.start + seconds)


def test_within_one_minute_an_infusion_comes_before_a_push_and_then_the_earlier_second() -> None:
    push, drip, other = (
        gave("p", "10:00-10:01", CHEMO, "push"),
        later(gave("c", "10:00-11:00", CHEMO), 2 * SECONDS),
        later(gave("d", "10:00-14:00", CHEMO), SECONDS),
    )
    for given in permutations((push, drip, other)):
        assert initial(*given, initial_chemo="first-given") == {"96413": "d"}
    assert initial(push, drip, initial_chemo="first-given") == {"96413": "c"}


def test_what_is_not_by_vein_is_never_the_initial_service() -> None:
    assert initial(gave("m", "08:00", technique="im"), gave("p", "08:00-18:00", CHEMO, "pump")) == {}


def test_an_initial_service_is_the_only_one() -> None:
    codes = ["96361", "96366", "96367", "96375", "96411", "96413"]
    assert [line[0] for line in lines(coded(*LADDER))] == codes
