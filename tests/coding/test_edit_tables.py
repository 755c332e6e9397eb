"""D38: which release of an edit table answers for a code, a setting and a date. All tables are typed here."""

from datetime import date

import pytest

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.coding.tables import (
    AddOn,
    AddOnRelease,
    Mue,
    MueRelease,
    OppsRelease,
    PtpCover,
    PtpRelease,
    Tables,
    by_preference,
    newest_first,
)

SPRING = Edition("a table", "2026Q2", date(2026, 4, 1), date(2026, 6, 30))
AUTUMN = Edition("a table", "2026Q4", date(2026, 10, 1), date(2026, 12, 31))
MARCH, APRIL, JULY, OCTOBER = date(2026, 3, 31), date(2026, 4, 1), date(2026, 7, 2), date(2026, 10, 1)
IN_SPRING, TWO_DAYS_PAST, A_DAY_BEFORE = (Release("a table", "2026Q2", age) for age in (0, 2, -1))
IN_AUTUMN = Release("a table", "2026Q4", 0)
# July 2 is two days past June 30; September 30 is 92 days past June 30 (31 + 31 + 30), October 1 is 93
SPRING_IN_OCTOBER = Release("a table", "2026Q2", 93)

OLD, NEW = AddOn(frozenset({"96413"})), AddOn(frozenset({"96365"}))
TABLES = Tables(
    hash="sha256:by-hand",
    add_ons=(
        AddOnRelease(AUTUMN, {"96415": NEW}, covers=(("96400", "96499"), ("C8957", "C8957"))),
        AddOnRelease(SPRING, {"96366": OLD, "96415": OLD}),
    ),
    mues=(
        MueRelease(AUTUMN, facility={"96365": Mue(2, 2)}, practitioner={"96365": Mue(5)}),
        MueRelease(SPRING, facility={"96365": Mue(1), "J9312": Mue(150, 3)}, practitioner={}),
    ),
    ptps=(
        PtpRelease(AUTUMN, (PtpCover(True, "96365", "96413"),), {"96413": {"36000": 1}}, {"96413": {"36000": 0}}),
        PtpRelease(SPRING, (PtpCover(False, "96365", "96413"),), {}, {"96413": {"96523": 0}}),
    ),
    opps=(
        OppsRelease(AUTUMN, {"J2405": "N"}, covers=(("J0000", "J2999"),)),
        OppsRelease(SPRING, {"J2405": "K", "J1000": "K", "J9312": "K"}),
    ),
)


@pytest.mark.parametrize(
    ("on", "releases"),
    [
        (MARCH, (SPRING,)),  # all are later: the oldest
        (APRIL, (SPRING,)),
        (date(2026, 9, 30), (SPRING,)),
        (OCTOBER, (AUTUMN, SPRING)),
    ],
)
def test_the_newest_release_that_is_not_later_is_asked_first(on, releases):
    mues = [MueRelease(SPRING, {}, {}), MueRelease(AUTUMN, {}, {})]
    assert tuple(release.edition for release in by_preference(newest_first(mues), on)) == releases
    assert by_preference((), on) == ()
    assert list(by_preference(mues[:1], on)) == mues[:1]


@pytest.mark.parametrize(
    ("code", "on", "answer"),
    [
        ("96415", OCTOBER, (NEW, IN_AUTUMN)),
        ("96415", JULY, (OLD, TWO_DAYS_PAST)),
        ("96415", MARCH, (OLD, A_DAY_BEFORE)),
        ("96400", OCTOBER, (None, IN_AUTUMN)),  # the first code of a range
        ("96499", OCTOBER, (None, IN_AUTUMN)),  # the last
        ("C8957", OCTOBER, (None, IN_AUTUMN)),  # the second range
        ("96500", OCTOBER, (None, SPRING_IN_OCTOBER)),  # beyond: the older release is whole
        ("96366", OCTOBER, (OLD, SPRING_IN_OCTOBER)),
    ],
)
def test_an_add_on_is_asked_of_the_release_that_covers_it(code, on, answer):
    assert TABLES.add_on(code, on) == answer


def test_an_add_on_that_no_release_covers_has_no_answer():
    part = AddOnRelease(SPRING, {"99999": NEW}, covers=(("96400", "96499"),))
    only_part = Tables(hash="", add_ons=(part,))
    assert only_part.add_on("96366", APRIL) == (None, None)
    assert only_part.add_on("99999", APRIL) == (NEW, IN_SPRING)  # a code that is there needs no range


@pytest.mark.parametrize(
    ("add_on", "facility", "practitioner"),
    [
        (AddOn(frozenset({"96413"})), {"96413"}, {"96413"}),
        (AddOn(frozenset({"96413"}), frozenset({"96360"})), {"96413"}, {"96413", "96360"}),
        (AddOn(frozenset({"96413"}), frozenset({"96360"}), facility_only=True), {"96413"}, set()),
    ],
)
def test_the_primaries_of_an_add_on_by_setting(add_on, facility, practitioner):
    assert add_on.permitted("facility") == facility
    assert add_on.permitted("office") == practitioner
    assert add_on.permitted("professional-in-facility") == practitioner


@pytest.mark.parametrize(
    ("code", "setting", "on", "answer"),
    [
        ("96365", "facility", OCTOBER, (Mue(2, 2), IN_AUTUMN)),
        ("96365", "office", OCTOBER, (Mue(5, None), IN_AUTUMN)),
        ("96365", "professional-in-facility", OCTOBER, (Mue(5, None), IN_AUTUMN)),
        ("J9312", "facility", OCTOBER, (Mue(150, 3), SPRING_IN_OCTOBER)),
        ("J9312", "office", OCTOBER, (None, IN_AUTUMN)),  # nobody has it: the newest that was asked
        ("96365", "office", APRIL, (None, IN_SPRING)),
    ],
)
def test_an_mue_is_the_newest_that_has_the_code(code, setting, on, answer):
    assert TABLES.mue(code, setting, on) == answer


def test_without_releases_nothing_is_known():
    empty = Tables(hash="")
    assert empty.add_on("96415", APRIL) == (None, None)
    assert empty.mue("96415", "facility", APRIL) == (None, None)
    assert empty.ptp_pairs("96413", "facility", APRIL) is None
    assert empty.opps_status("J2405", APRIL) is None


@pytest.mark.parametrize(
    ("column1", "setting", "answer"),
    [
        ("96413", "facility", ({"36000": 1}, IN_AUTUMN)),
        ("96365", "facility", ({}, IN_AUTUMN)),  # the first code of the range: covered, and no edit
        ("96414", "facility", None),  # beyond every range
        ("96364", "facility", None),
        ("96413", "office", ({"96523": 0}, SPRING_IN_OCTOBER)),  # the newer release covers facilities only
        ("96413", "professional-in-facility", ({"96523": 0}, SPRING_IN_OCTOBER)),
    ],
)
def test_pairs_come_from_the_release_that_covers_the_code_and_setting(column1, setting, answer):
    assert TABLES.ptp_pairs(column1, setting, OCTOBER) == answer
    release = TABLES.ptp_release(column1, setting, OCTOBER)
    assert (release and release.edition.name) == (answer and answer[1].name)


@pytest.mark.parametrize(
    ("code", "on", "status"),
    [
        ("J2405", OCTOBER, "N"),
        ("J2405", JULY, "K"),
        ("J1000", OCTOBER, None),  # within the part, and not in it
        ("J9312", OCTOBER, "K"),  # beyond the part
        ("J9999", OCTOBER, None),
    ],
)
def test_a_status_comes_from_the_release_that_covers_the_code(code, on, status):
    assert TABLES.opps_status(code, on) == status


def test_a_status_that_no_part_covers_is_unknown():
    part = OppsRelease(SPRING, {"Z9999": "S"}, covers=(("J0000", "J2999"),))
    assert Tables(hash="", opps=(part,)).opps_status("J9312", APRIL) is None
    assert Tables(hash="", opps=(part,)).opps_status("Z9999", APRIL) == "S"
