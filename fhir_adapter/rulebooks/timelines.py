"""What a rulebook says of one thing over time: `follows 96413, follows 96409 from 2026-07-01`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from fhir_adapter.coding.rulebook import Reading

Said = TypeVar("Said")
Timeline = list[tuple[date, Said]]
"""What holds from which day."""


def over_time(readings: tuple[Reading, ...], said: Callable[[Reading], Said]) -> Timeline[Said]:
    """What the readings say of one thing, each time that it changes."""
    timeline: Timeline[Said] = []
    for reading in readings:
        if not timeline or timeline[-1][1] != said(reading):
            timeline.append((reading.first, said(reading)))
    return timeline


def told(timeline: Timeline[str]) -> str:
    return ", ".join(said if place == 0 else f"{said} from {first}" for place, (first, said) in enumerate(timeline))
