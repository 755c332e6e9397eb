"""An administration as the stages see it: its local date, its running time, its place in an order (D24, D36)."""

from __future__ import annotations

from datetime import date

from coding.drugs_by_hand import reading_of
from coding.timeline import gave

from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.drugs import unknown_drugs
from fhir_adapter.coding.given import Charge, Given, ids_of
from fhir_adapter.coding.model import Visit
from fhir_adapter.coding.spans import MINUTE

HOUR = 60 * MINUTE


def givens(*administrations) -> list[Given]:
    visit = Visit(id="v", setting="facility", administrations=administrations)
    return givens_of(visit, {None: reading_of()}, unknown_drugs)[0]


def test_its_date_is_local_and_its_time_runs_from_start_to_stop() -> None:
    (late,) = givens(gave("late", "23:30-00:30"))
    assert late.on == date(2026, 5, 4)
    span = late.span
    assert (span.start, span.stop - span.start, span.offset, span.place) == (late.start, HOUR, -5 * HOUR, 0)


def test_without_a_stop_it_runs_for_no_time() -> None:
    push = givens(gave("first", "08:00", technique="push"), gave("push", "09:00", technique="push"))[1]
    assert (push.span.start, push.span.stop, push.span.place) == (push.start, push.start, 1)


def test_names_stand_by_time_then_by_the_file_each_once() -> None:
    late, early, also = givens(
        gave("late", "12:00", technique="push"),
        gave("early", "09:00", technique="push"),
        gave("also", "09:00", technique="push"),
    )
    assert ids_of((late, also, early, late)) == ("early", "also", "late")
    assert ids_of((late,)) == ("late",)
    bag = givens(gave("z", "10:00-11:00"), gave("y", "10:00-11:00", same_bag_as="z"))[0]
    assert bag.ids == ids_of((bag,)) == ("z", "y")
    assert ids_of((late, bag)) == ("z", "y", "late")


def test_a_charge_is_as_early_as_the_earliest_of_what_it_rests_on() -> None:
    late, early = givens(gave("late", "12:00", technique="push"), gave("early", "09:00", technique="push"))
    charge = Charge(code="96375", date=late.on, givens=(late, early), site=(None, 0), because="", cites=())
    assert charge.first == (early.start, 1)
    assert (charge.units, charge.minutes, charge.modifiers, charge.initial) == (1, None, (), False)
