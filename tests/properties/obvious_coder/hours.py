"""Base codes and their additional hours, each on its date (D9, D24-D26, R3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.properties.obvious_coder.services import Service
from tests.properties.obvious_coder.timeline import minutes, moment


def additional(length: int, at_90: bool) -> int:
    """Hours beyond the first: an hour begins more than 30 minutes beyond the last (30 or more under D25)."""
    if at_90:
        return max(0, (length - 30) // 60) if length >= 90 else 0
    return max(0, (length - 31) // 60) if length > 90 else 0


def hours_only(length: int, at_90: bool) -> int:
    """None up to 30 minutes, then one, and one more for each additional hour."""
    return 1 + additional(length, at_90) if length >= 31 else 0


def hours(one: Service, full: bool, policies: dict[str, str]) -> Iterator[tuple[str, date]]:
    """'base' once, then 'hour' for each additional one."""
    row = one.row if full else one.counted
    at_90 = policies["additional-hour-at-exactly-90"] == "yes"
    if one.later:
        count, before = 1 + additional(minutes(row), at_90), 0
    elif one.other_date:
        count, before = hours_only(minutes(row), at_90), 0
    else:
        yield "base", one.date
        count, before = (0 if one.cut_short else additional(minutes(row), at_90)), 1
    for hour in range(before, before + count):
        yield "hour", one.day(moment(row, hour * 3600), policies["midnight"] == "start-date")


def fluid_hours(one: Service, initial: bool, policies: dict[str, str]) -> Iterator[tuple[str, date, frozenset[str]]]:
    """96360 and its hours for the initial service, hours only otherwise."""
    at_90 = policies["additional-hour-at-exactly-90"] == "yes"
    length = minutes(one.row)
    if initial:
        yield "96360", one.day(moment(one.row, 0)), one.names
    count, before = (additional(length, at_90), 1) if initial else (hours_only(length, at_90), 0)
    for hour in range(before, before + count):
        started = policies["midnight"] == "start-date"
        yield "96361", one.day(moment(one.row, hour * 3600), started), one.names
