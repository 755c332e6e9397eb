"""The CMS edit tables as values: add-on parents, MUE, PTP and OPPS status, each by release (D38).

The problem: a visit of May 2026 is checked against files of several ages, and some files are only in part at hand.

Worked examples. MUE of 96413 on 2026-05-04, with releases 2024Q3 and 2026Q4 loaded: 2026Q4 is later than the date, so
2024Q3 answers, 581 days past its quarter. MUE of J9312 on 2026-10-05: 2026Q4 lacks the code, so 2024Q3 answers.

Decided: the newest release that is not later than the service date; if all are later, the oldest. What that release
does not cover is read in the next older one, never in a newer one. A look-up returns the answer with the release that
it came from, so that an old table can be named (`table-out-of-date`). A PTP pair that a covering release does not list
has no edit. Left out: payment rates.

Pure: `fhir_adapter.rulebooks.tables.load_tables` reads the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import Protocol, TypeVar

import msgspec

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.vocabulary import Setting

_KEPT = 16_384
"""Answers of one table that are kept: all codes of a hospital on all days of a month."""


class _Dated(Protocol):
    @property
    def edition(self) -> Edition: ...


_Dating = TypeVar("_Dating", bound=_Dated)


def by_preference(releases: Sequence[_Dating], on: date) -> Sequence[_Dating]:
    """Of releases that stand newest first: those not later than `on`; if there is none, the oldest."""
    return [release for release in releases if release.edition.first <= on] or releases[-1:]


def newest_first(releases: Iterable[_Dating]) -> tuple[_Dating, ...]:
    return tuple(sorted(releases, key=lambda release: release.edition.first, reverse=True))


class AddOn(msgspec.Struct, frozen=True):
    """The primaries that CMS permits for one add-on code."""

    parents: frozenset[str]
    practitioner_parents: frozenset[str] = frozenset()
    """Permitted besides on a practitioner's claim only."""
    facility_only: bool = False

    def permitted(self, setting: Setting) -> frozenset[str]:
        if setting == "facility":
            return self.parents
        return frozenset() if self.facility_only else self.parents | self.practitioner_parents


def _covers(ranges: Sequence[tuple[str, str]], code: str) -> bool:
    return not ranges or any(first <= code <= last for first, last in ranges)


class AddOnRelease(msgspec.Struct, frozen=True):
    edition: Edition
    add_ons: Mapping[str, AddOn]
    covers: tuple[tuple[str, str], ...] = ()
    """Ranges of codes; empty: the release is whole."""


POLICY = 2
"""The adjudication indicator of an MUE that no record overturns."""


class Mue(msgspec.Struct, frozen=True):
    """The most units of a code on one date, with its adjudication indicator."""

    units: int
    indicator: int | None = None


class MueRelease(msgspec.Struct, frozen=True):
    edition: Edition
    facility: Mapping[str, Mue]
    practitioner: Mapping[str, Mue]


class PtpCover(msgspec.Struct, frozen=True):
    """What part of a PTP file was read: a setting and a range of column-1 codes."""

    facility: bool
    first: str
    last: str


class PtpRelease(msgspec.Struct, frozen=True):
    edition: Edition
    covers: tuple[PtpCover, ...]
    facility: Mapping[str, Mapping[str, int]]
    practitioner: Mapping[str, Mapping[str, int]]
    """Column 1 → column 2 → modifier indicator."""

    def covers_code(self, column1: str, facility: bool) -> bool:
        return any(c.facility == facility and c.first <= column1 <= c.last for c in self.covers)

    def pairs(self, column1: str, setting: Setting) -> Mapping[str, int]:
        """Column-2 codes of a column-1 code with their modifier indicators."""
        return (self.facility if setting == "facility" else self.practitioner).get(column1, {})


class OppsRelease(msgspec.Struct, frozen=True):
    edition: Edition
    status: Mapping[str, str]
    covers: tuple[tuple[str, str], ...] = ()
    """Ranges of codes; empty: the release is whole."""


class Tables(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All CMS edit tables that are loaded, each newest first. `hash` is over their texts.

    Answers are kept: a day asks for the same codes over and over.
    """

    hash: str
    add_ons: tuple[AddOnRelease, ...] = ()
    mues: tuple[MueRelease, ...] = ()
    ptps: tuple[PtpRelease, ...] = ()
    opps: tuple[OppsRelease, ...] = ()
    sources: tuple[str, ...] = ()
    """What was read, release by release."""

    @cached_property
    def add_on(self) -> Callable[[str, date], tuple[AddOn | None, Release | None]]:
        """The add-on code's permitted primaries on a date; None: no add-on code in that release."""
        return lru_cache(_KEPT)(self._add_on)

    @cached_property
    def mue(self) -> Callable[[str, Setting, date], tuple[Mue | None, Release | None]]:
        """The most units of a code on a date; the release is the newest one asked when no release has the code."""
        return lru_cache(_KEPT)(self._mue)

    @cached_property
    def ptp_pairs(self) -> Callable[[str, Setting, date], tuple[Mapping[str, int], Release] | None]:
        """Column-2 codes of a column-1 code with their modifier indicators; None: no file that was read has it."""
        return lru_cache(_KEPT)(self._ptp_pairs)

    def _add_on(self, code: str, on: date) -> tuple[AddOn | None, Release | None]:
        for release in by_preference(self.add_ons, on):
            if code in release.add_ons or _covers(release.covers, code):
                return release.add_ons.get(code), release.edition.used_on(on)
        return None, None

    def _mue(self, code: str, setting: Setting, on: date) -> tuple[Mue | None, Release | None]:
        asked: Release | None = None
        for release in by_preference(self.mues, on):
            used = release.edition.used_on(on)
            asked = asked or used
            limits = release.facility if setting == "facility" else release.practitioner
            if code in limits:
                return limits[code], used
        return None, asked

    def ptp_release(self, column1: str, setting: Setting, on: date) -> PtpRelease | None:
        """The release that decides the pairs of a column-1 code; None: no file that was read has it."""
        facility = setting == "facility"
        return next((r for r in by_preference(self.ptps, on) if r.covers_code(column1, facility)), None)

    def _ptp_pairs(self, column1: str, setting: Setting, on: date) -> tuple[Mapping[str, int], Release] | None:
        release = self.ptp_release(column1, setting, on)
        return None if release is None else (release.pairs(column1, setting), release.edition.used_on(on))

    def opps_status(self, code: str, on: date) -> str | None:
        """The OPPS status of a code, None where the table has none."""
        for release in by_preference(self.opps, on):
            if code in release.status or _covers(release.covers, code):
                return release.status.get(code)
        return None
