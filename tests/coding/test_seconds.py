"""D19: whole minutes of elapsed seconds, and a word where a print-out in minutes would give another code."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from coding.timeline import CHEMO, found, gave
from coding.timeline import coded as coded_by_hand
from msgspec.structs import replace

from fhir_adapter.coding import Administration, Finding, Visit, code_visit
from fhir_adapter.coding.contract import read_visits
from fhir_adapter.coding.seconds import as_displayed
from fhir_adapter.rulebooks import load_rulebook

CPT = load_rulebook("cpt-2026")


def coded(start: str, stop: str):
    given = {"id": "a", "drug": "x", "drug_class": "therapeutic", "technique": "infusion"}
    given |= {"start": f"2026-05-04T{start}-05:00", "stop": f"2026-05-04T{stop}-05:00"}
    (visit,), _ = read_visits(json.dumps({"id": "v", "setting": "facility", "administrations": [given]}).encode())
    return code_visit(visit, CPT)


@pytest.mark.parametrize(
    ("start", "stop", "code", "decide"),
    [
        ("09:00:50", "09:16:10", "96374", True),
        ("09:00:10", "09:16:09", "96374", True),
        ("09:00:10", "09:16:10", "96365", False),
        ("09:00:59", "09:15:00", "96374", False),
        ("09:00:00", "09:16:00", "96365", False),
    ],
)
def test_seconds(start: str, stop: str, code: str, decide: bool) -> None:
    result = coded(start, stop)
    found = [finding for finding in result.findings if finding.id == "seconds-decide"]
    assert result.lines[0].code == code
    assert bool(found) == decide
    assert all(finding.administrations == ("a",) and finding.severity == "info" for finding in found)


def shifted(given: Administration, start: timedelta, stop: timedelta | None = None) -> Administration:
    return replace(
        given,
        start=given.start + start,
        stop=given.stop if stop is None or given.stop is None else given.stop + stop,
    )


WHOLE, OPEN = gave("a", "09:00-10:00"), gave("b", "09:30", technique="push")
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)


def visit(*administrations: Administration) -> Visit:
    return Visit(id="v", setting="facility", administrations=administrations)


def test_whole_minutes_are_displayed_as_they_are() -> None:
    assert as_displayed(visit(WHOLE, OPEN)) is None


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (SECOND, None),
        (MICROSECOND, None),
        (timedelta(), SECOND),
        (timedelta(), MICROSECOND),
        (59 * SECOND, 59 * SECOND),
        (59 * SECOND + 999_999 * MICROSECOND, 7 * MICROSECOND),
    ],
)
def test_seconds_are_cut_from_the_start_and_the_stop(start: timedelta, stop: timedelta | None) -> None:
    assert as_displayed(visit(OPEN, shifted(WHOLE, start, stop))) == visit(OPEN, WHOLE)


def test_a_stop_that_nobody_documented_is_not_displayed() -> None:
    assert as_displayed(visit(WHOLE, shifted(OPEN, 30 * SECOND))) == visit(WHOLE, OPEN)


def decided(codes: str, *ids: str) -> list[Finding]:
    return [
        Finding(
            id="seconds-decide",
            administrations=ids,
            message=f"By the displayed minutes {codes} would come out otherwise: the seconds decide.",
            fix="Keep the times with their seconds beside the claim; a print-out in minutes does not support it.",
        )
    ]


def test_every_code_and_every_administration_that_the_seconds_change_is_named() -> None:
    """`d` runs 90 minutes by the clock and 91 on paper, `b` 15 and 16; `a` is the same by both."""
    result = coded_by_hand(
        shifted(gave("d", "10:00-11:31", CHEMO), 50 * SECOND, 10 * SECOND),
        shifted(gave("b", "12:00-12:16"), 50 * SECOND, 10 * SECOND),
        gave("a", "08:00-10:00", CHEMO),
    )
    assert found(result, "seconds-decide") == decided("96367, 96375, 96415", "b", "d")


def test_one_more_hour_on_paper_is_named() -> None:
    """150 minutes and 20 seconds by the clock have one additional hour, 151 on paper two."""
    result = coded_by_hand(shifted(gave("c", "09:00-11:31", CHEMO), 50 * SECOND, 10 * SECOND))
    assert found(result, "seconds-decide") == decided("96415", "c")


def test_a_date_that_the_seconds_do_not_change_is_not_named() -> None:
    """The second hour begins at 00:00:30 by the clock and at 00:00 on paper: the same day."""
    result = coded_by_hand(shifted(gave("c", "23:00-01:00", CHEMO), 30 * SECOND, 30 * SECOND))
    assert found(result, "seconds-decide") == []


def test_an_hour_that_has_another_date_on_paper_is_named() -> None:
    """Paused from 23:29:10 to 23:39:40: the second hour begins at midnight by the clock, and on paper at 23:59."""
    first = shifted(gave("first", "22:49-23:29", CHEMO, discontinued=True), 30 * SECOND, 10 * SECOND)
    second = shifted(gave("second", "23:39-00:49", CHEMO, drug="first"), 40 * SECOND, 40 * SECOND)
    result = coded_by_hand(first, second)
    assert found(result, "seconds-decide") == decided("96415", "first", "second")
