"""Each sentence of a letter, whole, and each fact without which it is not written."""

from datetime import timedelta

import pytest
from coding.bills import gave
from msgspec.structs import replace

from fhir_adapter.coding import Visit
from fhir_adapter.coding.appeals import (
    classed,
    documented,
    hours,
    letter,
    named,
    one_after_another,
    side_by_side,
)


def visit(*given):
    return Visit(id="v", setting="office", administrations=given)


def test_a_letter_needs_a_sentence_of_the_record_and_drops_what_is_not_said() -> None:
    assert letter("The record.", None, "This.", None, "That.") == "The record. This. That."
    assert letter("The record.") == "The record."
    assert letter(None, "This.") is None


def test_the_record_is_told_with_its_times_and_dates() -> None:
    given = [
        gave("x", "09:00-10:00"),
        gave("y", "10:05"),
        gave("z", "22:00-03:00", stop_day=5),
        gave("w", "09:00-09:00", stop_day=5),
    ]
    assert documented(given) == (
        "The record documents x from 09:00 to 10:00 on 2026-05-04; w from 09:00 on 2026-05-04 to 09:00 on 2026-05-05; "
        "y at 10:05 on 2026-05-04; z from 22:00 on 2026-05-04 to 03:00 on 2026-05-05."
    )
    assert documented([]) is None


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"drug": " rituximab ", "ndc": "1", "rxcui": "2"}, "rituximab"),
        ({"drug": None, "ndc": "00006302602", "rxcui": "2"}, "NDC 00006302602"),
        ({"drug": "  ", "ndc": "00006302602"}, "NDC 00006302602"),
        ({"drug": None, "rxcui": "224905"}, "RxCUI 224905"),
    ],
)
def test_a_drug_is_called_by_its_name_or_by_the_key_that_it_has(keys, name) -> None:
    assert named(gave("a", "09:00", **keys)) == name


X = gave("x", "09:00-10:00")


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ("09:10-09:50", "x and y ran at the same time from 09:10 to 09:50."),
        ("09:10-10:30", "x and y ran at the same time from 09:10 to 10:00."),
        ("08:30-09:30", "y and x ran at the same time from 09:00 to 09:30."),
        ("09:00-10:00", "x and y ran at the same time from 09:00 to 10:00."),
        ("09:59-10:30", "x and y ran at the same time from 09:59 to 10:00."),
        ("10:00-10:30", None),
        ("08:00-09:00", None),
        ("09:10", None),
    ],
)
def test_two_drugs_ran_at_the_same_time(times, said) -> None:
    y = gave("y", times)
    assert side_by_side([y], visit(X, y)) == said
    assert side_by_side([X, y], visit(X, y)) == said  # once, also where the line rests on both


def test_a_drug_without_a_stop_ran_beside_nothing_on_either_side() -> None:
    stopless = gave("w", "09:00")
    assert side_by_side([X], visit(stopless, X)) is None


def test_every_pair_with_a_drug_of_the_line_is_told_in_order_and_once() -> None:
    y, z, twice = gave("y", "09:10-09:50"), gave("z", "09:20-09:30"), gave("x2", "09:00-10:00", drug="X")
    assert side_by_side([z], visit(z, y, X)) == (
        "x and z ran at the same time from 09:20 to 09:30. y and z ran at the same time from 09:20 to 09:30."
    )
    assert side_by_side([], visit(X, y)) is None
    assert side_by_side([X, twice], visit(X, twice)) is None


def test_a_time_at_once_over_midnight_has_its_dates() -> None:
    late, later = gave("x", "23:00-01:00", stop_day=5), gave("y", "23:30-00:30", stop_day=5)
    assert side_by_side([later], visit(late, later)) == (
        "x and y ran at the same time from 23:30 on 2026-05-04 to 00:30 on 2026-05-05."
    )


@pytest.mark.parametrize(
    ("this", "that"),
    [
        ({"technique": "push"}, {}),
        ({}, {"technique": "push"}),
        ({"technique": "push"}, {"technique": "push"}),
        ({"encounter": "e"}, {}),
        ({"encounter": "e"}, {"encounter": "f"}),
        ({"rxcui": "5"}, {"rxcui": "5"}),
        ({"ndc": "7"}, {"ndc": "7"}),
        ({"drug": " One"}, {"drug": "one "}),
    ],
)
def test_only_infusions_of_two_drugs_in_one_encounter_are_told_together(this, that) -> None:
    x, y, z = gave("x", "09:00-10:00", **this), gave("y", "09:10-09:50", **that), gave("z", "10:00-11:00", **that)
    assert side_by_side([y], visit(x, y)) is None
    assert one_after_another([z], visit(x, z)) is None


@pytest.mark.parametrize(
    ("this", "that"),
    [
        ({"encounter": "e"}, {"encounter": "e"}),
        ({"rxcui": "5"}, {"rxcui": "6"}),
        ({"ndc": "7", "rxcui": "5"}, {"ndc": "8"}),
        ({"drug": None, "ndc": "7"}, {"drug": None, "rxcui": "7"}),
    ],
)
def test_two_drugs_of_one_encounter_have_no_key_in_common(this, that) -> None:
    x, y = gave("x", "09:00-10:00", **this), gave("y", "09:10-09:50", **that)
    assert side_by_side([y], visit(x, y)) == (f"{named(x)} and {named(y)} ran at the same time from 09:10 to 09:50.")


def test_a_drug_began_when_the_last_before_it_had_ended() -> None:
    a, b, c = gave("a", "10:00-11:00"), gave("b", "08:00-08:30"), gave("c", "12:00-13:00")
    assert one_after_another([a], visit(X, b, a, c)) == "a began at 10:00, when x had ended at 10:00."
    assert one_after_another([c, a], visit(b, X, a, c)) == (
        "c began at 12:00, when a had ended at 11:00. a began at 10:00, when x had ended at 10:00."
    )
    assert one_after_another([b], visit(X, b, a, c)) is None
    assert one_after_another([], visit(X, a)) is None


@pytest.mark.parametrize("times", ["09:30", "09:30-10:01", "10:00-10:30", "10:00"])
def test_nothing_is_said_after_a_drug_that_still_ran_or_has_no_stop(times) -> None:
    a = gave("a", "10:00-11:00")
    assert one_after_another([a], visit(X, gave("o", times), a)) is None


def test_a_drug_that_began_a_day_later_has_its_date() -> None:
    late, next_day = gave("x", "23:00-23:50"), gave("y", "00:10-01:00", day=5)
    assert one_after_another([next_day], visit(late, next_day)) == (
        "y began at 00:10 on 2026-05-05, when x had ended at 23:50 on 2026-05-04."
    )


def test_the_class_is_told_once_where_the_visit_has_it() -> None:
    given = [
        gave("d", "08:50", drug_class="therapeutic"),
        gave("d2", "08:55", drug="d", drug_class="therapeutic"),
        gave("x", "09:00", drug_class="chemotherapy"),
        gave("n", "09:00"),
        gave("f", "09:00", drug_class="hydration"),
        gave("e", "09:00", drug_class="therapeutic"),
    ]
    assert classed(given) == (
        "d is neither chemotherapy nor a highly complex biologic. "
        "e is neither chemotherapy nor a highly complex biologic."
    )
    assert classed(given[2:5]) is None


@pytest.mark.parametrize(
    ("times", "minutes"),
    [
        (["09:00-14:00"], 300),
        (["09:00-10:00", "10:30-11:00"], 90),
        (["10:30-11:00", "09:00-10:00"], 90),
        (["09:00-12:00", "11:00-14:00"], 300),
        (["09:00-12:00", "10:00-11:00"], 180),
        (["09:00-12:00", "10:00-11:00", "11:30-12:30"], 210),
        (["09:00-10:00", "10:00-11:00"], 120),
    ],
)
def test_one_drug_ran_so_many_minutes(times, minutes) -> None:
    given = [gave(str(number), one, drug="p") for number, one in enumerate(times)]
    assert hours(given) == f"One drug, p, ran {minutes} minutes."


def test_seconds_are_no_minute() -> None:
    given = gave("p", "09:00-10:00")
    assert hours([replace(given, stop=given.stop - timedelta(seconds=1))]) == "One drug, p, ran 59 minutes."


@pytest.mark.parametrize(
    "given",
    [
        [],
        [gave("p", "09:00")],
        [gave("p", "09:00-10:00"), gave("q", "10:30", drug="p")],
        [gave("p", "09:00-10:00"), gave("q", "10:30-11:00")],
        # two names share an RxCUI, as two formulations do
        [gave("p", "09:00-10:00", rxcui="5"), gave("q", "10:30-11:00", rxcui="5")],
        [gave("n", "08:00-09:00", drug=None, rxcui="5"), gave("p", "09:00-10:00", rxcui="5"),
         gave("q", "10:30-11:00", rxcui="5")],
        [gave("p", "09:00-10:00", drug=None, rxcui="5"), gave("q", "10:30-11:00", drug=None, ndc="5")],
    ],
)  # fmt: skip
def test_nothing_is_said_of_one_drug_where_a_stop_is_missing_or_they_may_be_two(given) -> None:
    assert hours(given) is None


@pytest.mark.parametrize(
    "keys", [{"drug": None, "rxcui": "5"}, {"drug": " P", "rxcui": "5"}, {"drug": "P", "ndc": "7"}]
)
def test_one_drug_is_known_by_its_name_and_by_a_key_where_one_has_no_name(keys) -> None:
    given = [gave("p", "09:00-10:00", rxcui="5"), gave("q", "10:30-11:00", **keys)]
    assert hours(given) == "One drug, p, ran 90 minutes."


def test_two_ways_of_writing_one_ndc_are_one_drug() -> None:
    beside = gave("b", "09:00-10:30")
    own = {"drug": None, "rxcui": None}
    one = replace(gave("n1", "09:00-09:30"), ndc="50242-0053-06", **own)
    other = replace(gave("n2", "09:10-09:40"), ndc="50242005306", **own)
    said = side_by_side([one, other], Visit(id="v", setting="facility", administrations=(beside, one, other)))
    assert said is not None
    assert "and NDC 50242005306 ran" not in said.replace("b and NDC 50242005306 ran", "")
    short = replace(one, ndc="50242-053-06")
    assert side_by_side([short], Visit(id="v", setting="facility", administrations=(short, other))) is None
