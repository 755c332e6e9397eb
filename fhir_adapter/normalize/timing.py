"""When a drug was given: instants in the source's zone, or what is wrong with the time that the chart has.

FHIR lets a time be a year, a month or a day, and senders leave the zone out. None of these is an instant, and none is
guessed: 9 o'clock without a zone may be another service date. An end before its start is legal FHIR, too.

    effectivePeriod 2026-03-08T01:30:00-06:00 … 2026-03-08T03:30:00-05:00  in America/Chicago: one hour, not two
    effectiveDateTime 2026-05-05T02:30:00Z                                 the evening of 4 May there: 21:30-05:00

A service date is the date in the offset written on the start, so both ends are rewritten to the zone's offset at that
moment: a fixed offset, because the difference of two times of one zone object would ignore a change of the clocks.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from fhir_adapter.fhir_r4 import MedicationAdministration, Period

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(?P<zone>Z|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")

_MEANING = {
    "date-only": "is a date without a time of day",
    "time-without-zone": "has no time zone",
    "time-unreadable": "is no time",
}
_FIX = "Document start and stop with date, time and zone in the chart."


class Trouble(msgspec.Struct, frozen=True):
    """Why there is no time: a finding in the making."""

    id: str
    message: str
    fix: str = _FIX


class Moment(msgspec.Struct, frozen=True):
    """A written time: the instant, or why it is none. The day is known in more cases than the instant."""

    at: datetime | None = None
    day: date | None = None
    trouble: str | None = None


class Timing(msgspec.Struct, frozen=True):
    """The time of an administration."""

    start: datetime | None = None
    stop: datetime | None = None
    day: date | None = None
    is_open_period: bool = False
    artefact: datetime | None = None
    """A stop that the source lists as made by a machine: evidence, and no stop."""
    path: str | None = None
    stop_path: str | None = None
    trouble: Trouble | None = None

    @property
    def minutes(self) -> int | None:
        """Whole elapsed minutes, rounded down."""
        if self.start is None or self.stop is None:
            return None
        return int((self.stop - self.start).total_seconds() // 60)


def timing_of(given: MedicationAdministration, zone: ZoneInfo) -> Timing:
    """effectivePeriod, else effectiveDateTime: a start without a stop."""
    period = given.effective_period
    if period is not None and (period.start or period.end):
        return _of_period(period, zone)
    if given.effective_date_time:
        return _of_start(moment(given.effective_date_time, zone), "effectiveDateTime")
    return Timing(trouble=Trouble("time-missing", "There is neither effectivePeriod nor effectiveDateTime."))


def _of_period(period: Period, zone: ZoneInfo) -> Timing:
    if not period.start:
        day = moment(period.end or "", zone).day
        return Timing(day=day, trouble=Trouble("time-missing", "effectivePeriod has an end and no start."))
    begun = _of_start(moment(period.start, zone), "effectivePeriod.start")
    if begun.start is None or not period.end:
        return msgspec.structs.replace(begun, is_open_period=not period.end)
    end = moment(period.end, zone)
    if end.at is None:
        return Timing(day=begun.day, trouble=_trouble(end, "effectivePeriod.end"))
    if end.at < begun.start:
        said = f"effectivePeriod ends at {end.at.isoformat()}, before its start at {begun.start.isoformat()}."
        return Timing(day=begun.day, trouble=Trouble("end-before-start", said, "Correct the times in the chart."))
    return Timing(start=begun.start, stop=end.at, day=begun.day, path=begun.path, stop_path="effectivePeriod.end")


def _of_start(written: Moment, path: str) -> Timing:
    trouble = _trouble(written, path) if written.at is None else None
    return Timing(start=written.at, day=written.day, path=path, trouble=trouble)


def _trouble(written: Moment, path: str) -> Trouble:
    name = written.trouble or "time-unreadable"
    return Trouble(name, f"{path} {_MEANING[name]}.")


@lru_cache(maxsize=16_384)
def moment(text: str, zone: ZoneInfo) -> Moment:
    """A FHIR dateTime as an instant at the zone's offset of that moment."""
    try:
        found = _INSTANT.fullmatch(text.strip())
        if found and found["zone"]:
            return _instant(datetime.fromisoformat(text.strip()), zone)
        if found:
            return Moment(day=date.fromisoformat(text.strip()[:10]), trouble="time-without-zone")
        if _DAY.fullmatch(text.strip()):
            day = date.fromisoformat(text.strip()) if len(text.strip()) == len("2026-05-04") else None
            return Moment(day=day, trouble="date-only")
    except (ValueError, OverflowError):
        pass
    return Moment(trouble="time-unreadable")


def _instant(written: datetime, zone: ZoneInfo) -> Moment:
    local = written.astimezone(zone)
    fixed = local.replace(tzinfo=_fixed(local.utcoffset() or timedelta(0)))
    return Moment(at=fixed, day=fixed.date())


@lru_cache(maxsize=128)
def _fixed(offset: timedelta) -> timezone:
    """One object per offset: times that share it are compared without asking it."""
    return timezone(offset)


def covers(period: Period | None, at: datetime, zone: ZoneInfo) -> bool:
    """Whether an encounter's period, whose ends may be days, has that instant. No start: it is not known to."""
    if period is None or not period.start:
        return False
    start, end = moment(period.start, zone), moment(period.end or "", zone)
    begins = start.at or _midnight(start, zone, 0)
    ends = end.at or _midnight(end, zone, 1)
    return begins is not None and begins <= at and (not period.end or (ends is not None and at <= ends))


def in_force(period: Period | None, on: date, zone: ZoneInfo) -> bool:
    """Whether a period by days has that day; what it does not say does not bound it."""
    if period is None:
        return True
    begins, ends = moment(period.start or "", zone).day, moment(period.end or "", zone).day
    return (begins is None or begins <= on) and (ends is None or on <= ends)


def _midnight(written: Moment, zone: ZoneInfo, days_later: int) -> datetime | None:
    if written.trouble != "date-only" or written.day is None:
        return None
    return datetime.combine(written.day + timedelta(days=days_later), time(), tzinfo=zone)
