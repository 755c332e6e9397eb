"""Time as intervals: whole minutes, common time, what is left, and when so many minutes are counted (D16, D19)."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_adapter.coding.spans import MINUTE, Span, common, local_date, minutes, once, span_at, stretches, without

HOUR = 60 * MINUTE
ZONE = -5 * HOUR


def span(start: int, stop: int, place: int = 0, offset: int = ZONE) -> Span:
    return Span(start, stop, offset, place)


@pytest.mark.parametrize(
    ("instant", "offset", "expected"),
    [
        (0, 0, date(1970, 1, 1)),
        (-1, 0, date(1969, 12, 31)),
        (24 * HOUR - 1, 0, date(1970, 1, 1)),
        (24 * HOUR, 0, date(1970, 1, 2)),
        (24 * HOUR, ZONE, date(1970, 1, 1)),
        (19 * HOUR, 5 * HOUR, date(1970, 1, 2)),
        (19 * HOUR - 1, 5 * HOUR, date(1970, 1, 1)),
    ],
)
def test_the_local_date_of_an_instant(instant: int, offset: int, expected: date) -> None:
    assert local_date(instant, offset) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((), 0),
        ((span(0, MINUTE - 1),), 0),
        ((span(0, MINUTE),), 1),
        ((span(5, MINUTE + 4), span(0, 1)), 1),
        ((span(MINUTE, 3 * MINUTE), span(5 * MINUTE, 6 * MINUTE)), 3),
    ],
)
def test_minutes_are_summed_and_then_rounded_down(spans: tuple[Span, ...], expected: int) -> None:
    assert minutes(spans) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((), ()),
        ((span(5, 9), span(1, 3)), (span(1, 3), span(5, 9))),
        ((span(1, 5), span(5, 9, 1)), (span(1, 5), span(5, 9, 1))),
        ((span(1, 5), span(3, 9, 1)), (span(1, 5), span(5, 9, 1))),
        ((span(1, 9), span(3, 9, 1), span(4, 6, 2)), (span(1, 9),)),
        ((span(1, 9), span(3, 6, 1), span(8, 12, 2)), (span(1, 9), span(9, 12, 2))),
        ((span(-9, -5), span(-7, -2, 1)), (span(-9, -5), span(-5, -2, 1))),
        ((span(4, 4),), ()),
    ],
)
def test_common_time_is_counted_once_for_the_earlier(spans: tuple[Span, ...], expected: tuple[Span, ...]) -> None:
    assert once(spans) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((), []),
        ((span(5, 9), span(1, 3)), [(1, 3), (5, 9)]),
        ((span(1, 3), span(3, 5)), [(1, 5)]),
        ((span(1, 4), span(3, 5)), [(1, 5)]),
        ((span(1, 9), span(3, 5), span(9, 12), span(14, 15)), [(1, 12), (14, 15)]),
    ],
)
def test_stretches_of_unbroken_running(spans: tuple[Span, ...], expected: list[tuple[int, int]]) -> None:
    assert stretches(spans) == expected


@pytest.mark.parametrize(
    ("some", "others", "expected"),
    [
        ((), (span(1, 5),), []),
        ((span(1, 5),), (span(5, 9),), []),
        ((span(5, 9),), (span(1, 5),), []),
        ((span(1, 5),), (span(4, 9),), [(4, 5)]),
        ((span(4, 9),), (span(1, 5),), [(4, 5)]),
        ((span(1, 9),), (span(6, 7), span(2, 3)), [(2, 3), (6, 7)]),
        ((span(6, 9), span(1, 3)), (span(2, 7),), [(2, 3), (6, 7)]),
    ],
)
def test_the_time_that_both_have(
    some: tuple[Span, ...], others: tuple[Span, ...], expected: list[tuple[int, int]]
) -> None:
    assert common(some, others) == expected


@pytest.mark.parametrize(
    ("spans", "taken", "expected"),
    [
        ((span(1, 9),), [], (span(1, 9),)),
        ((span(3, 6),), [(1, 3), (6, 9)], (span(3, 6),)),
        ((span(3, 6),), [(3, 6)], ()),
        ((span(3, 6),), [(1, 9)], ()),
        ((span(3, 6),), [(2, 4)], (span(4, 6),)),
        ((span(3, 6),), [(5, 7)], (span(3, 5),)),
        ((span(1, 9, 4),), [(3, 5), (6, 7)], (span(1, 3, 4), span(5, 6, 4), span(7, 9, 4))),
        ((span(1, 5), span(6, 9, 1)), [(4, 7)], (span(1, 4), span(7, 9, 1))),
    ],
)
def test_what_is_left(spans: tuple[Span, ...], taken: list[tuple[int, int]], expected: tuple[Span, ...]) -> None:
    assert without(spans, taken) == expected


FIRST, SECOND = span(0, 60 * MINUTE), span(90 * MINUTE, 120 * MINUTE, 1)


@pytest.mark.parametrize(
    ("counted", "at", "runs"),
    [
        (0, 0, FIRST),
        (59, 59 * MINUTE, FIRST),
        (60, 90 * MINUTE, SECOND),
        (61, 91 * MINUTE, SECOND),
        (89, 119 * MINUTE, SECOND),
        (90, 120 * MINUTE, SECOND),
        (200, 120 * MINUTE, SECOND),
    ],
)
def test_when_so_many_minutes_have_been_counted(counted: int, at: int, runs: Span) -> None:
    """Two intervals of 60 and 30 minutes: the next minute after the first begins with the second."""
    assert span_at((FIRST, SECOND), counted) == (at, runs)


def test_after_the_end_of_one_interval_it_is_the_one_that_ran() -> None:
    assert span_at((FIRST,), 61) == (60 * MINUTE, FIRST)


def test_an_interval_that_does_not_begin_at_nothing() -> None:
    assert span_at((span(10, 10 + MINUTE), span(2 * MINUTE, 4 * MINUTE, 1)), 2) == (
        3 * MINUTE,
        span(2 * MINUTE, 4 * MINUTE, 1),
    )
