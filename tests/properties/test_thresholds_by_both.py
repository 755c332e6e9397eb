"""Every threshold one minute below, at and above it, at :00 and :59, on a plain day and over both clock changes.

Both coders must agree on each, lines and findings alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.properties.agreement import Run, differences, engine, told
from tests.properties.obvious_coder import answer
from tests.properties.obvious_coder.policies import book

ZONE = ZoneInfo("America/Chicago")
DAYS = ("2026-05-04T09:30", "2026-03-08T01:30", "2026-11-01T00:30")
SECONDS = ((0, 0), (0, 59), (59, 0), (59, 59))
TIMED = {
    "chemotherapy infusion": ("chemotherapy", "infusion", (15, 90, 150)),
    "therapeutic infusion": ("therapeutic", "infusion", (15, 90, 150)),
    "hydration": ("hydration", "infusion", (30, 90, 150)),
    "under the skin": ("therapeutic", "sc-infusion", (15, 90, 150)),
    "artery": ("chemotherapy", "intra-arterial-infusion", (15, 90, 150)),
    "pump": ("chemotherapy", "pump", (480,)),
    "long push": ("therapeutic", "push", (15,)),
}
READINGS = (
    ("cpt-2026", {}),
    ("cpt-2026", {"additional-hour-at-exactly-90": "yes", "push-over-15-min": "time", "discontinued-infusion": "53"}),
    ("carecost-96417", {}),
)


def given(name: str, kind: str, technique: str, start: datetime, length: timedelta, **more: object) -> dict:
    times = {"start": start.astimezone(ZONE).isoformat(), "stop": (start + length).astimezone(ZONE).isoformat()}
    return {"id": name, "drug": "one drug", "drug_class": kind, "technique": technique} | times | more


def about(minutes: int) -> Iterator[tuple[int, int, int]]:
    """Minutes around a threshold, with the seconds of the start and of the stop."""
    for length in (minutes - 1, minutes, minutes + 1, minutes + 2):
        for first, last in SECONDS:
            yield length, first, last


def instant(day: str, seconds: int) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZONE).astimezone(UTC) + timedelta(seconds=seconds)


def alone(day: str) -> Iterator[list[dict]]:
    for kind, technique, thresholds in TIMED.values():
        for threshold in thresholds:
            for length, first, last in about(threshold):
                lasting = timedelta(minutes=length, seconds=last - first)
                yield [given("a", kind, technique, instant(day, first), lasting)]


def in_pairs(day: str) -> Iterator[list[dict]]:
    """Pushes half an hour apart, a bag change of five minutes, and a later date of 30 minutes."""
    for apart, first, last in about(30):
        begin, short = instant(day, first), timedelta(minutes=3)
        later = instant(day, last) + timedelta(minutes=apart)
        yield [given("a", "therapeutic", "push", begin, short), given("b", "therapeutic", "push", later, short)]
    for gap, first, last in about(5):
        begin, length = instant(day, first), timedelta(minutes=43)
        later = begin + length + timedelta(minutes=gap, seconds=last - first)
        bags = [
            given("a", "chemotherapy", "infusion", begin, length),
            given("b", "chemotherapy", "infusion", later, length),
        ]
        yield [bag | {"order": "one"} for bag in bags]
    for length, first, last in about(30):
        begin = instant(day, first)
        second = begin + timedelta(days=1)
        lasting = timedelta(minutes=length, seconds=last - first)
        hour = timedelta(minutes=60)
        yield [
            given("a", "chemotherapy", "infusion", begin, hour),
            given("b", "chemotherapy", "infusion", second, lasting),
        ]


def overlapping(day: str) -> Iterator[list[dict]]:
    """What is left beside another drug: 15 or 16 minutes, and one common second."""
    hours = timedelta(minutes=120)
    for left, first, last in about(15):
        begin = instant(day, 0)
        start = begin + hours - timedelta(minutes=30)
        lasting = timedelta(minutes=30 + left, seconds=last - first)
        beside = given("b", "therapeutic", "infusion", start, lasting) | {"drug": "another"}
        yield [given("a", "chemotherapy", "infusion", begin, hours), beside]
    for seconds in (-1, 0, 1, 59, 60):
        begin = instant(day, 0)
        start = begin + hours - timedelta(seconds=seconds)
        beside = given("b", "therapeutic", "infusion", start, timedelta(minutes=40)) | {"drug": "another"}
        yield [given("a", "therapeutic", "infusion", begin, hours), beside]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("setting", ["facility", "office"])
def test_both_coders_agree_around_every_threshold(day: str, setting: str) -> None:
    said = []
    for administrations in (*alone(day), *in_pairs(day), *overlapping(day)):
        for name, overrides in READINGS:
            visit = {"id": "v", "setting": setting, "primary_reason": None, "administrations": administrations}
            one = Run(0, visit, name, overrides, answer(visit, book(name, overrides)))
            if found := differences(one, engine(one)):
                said.append(told(one, found))
    assert not said, "\n".join(said[:5])
