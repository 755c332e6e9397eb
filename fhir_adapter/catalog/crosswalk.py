"""NDC → HCPCS by release of the CMS crosswalk (D38).

The problem: the code of an NDC changes with the quarter, and the newest release is here only in part. 00409020102,
docetaxel, is J9171 in the release of October 2025 and J9232 in that of July 2026.

Worked example. On 2026-08-03 the July 2026 release is asked first; it covers J9000–J9601 and Q5103–Q5162. An NDC that
it lists has the codes it gives. One that it does not list is asked in the older release: a code there that lies in the
covered ranges counts no more (CMS has dropped it), any other stands. On 2026-05-04 only the older release is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.coding.tables import by_preference


class CrosswalkRelease(msgspec.Struct, frozen=True):
    edition: Edition
    covers: tuple[tuple[str, str], ...]
    """Ranges of codes; empty: the release is whole."""
    codes: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    units: Mapping[str, str] = {}
    """Billing units of one item of an NDC, one for each of its codes, as CMS writes them."""

    def covers_code(self, code: str) -> bool:
        return not self.covers or any(first <= code <= last for first, last in self.covers)


class CrosswalkAnswer(msgspec.Struct, frozen=True):
    """The codes of an NDC and the release that decided them."""

    codes: tuple[str, ...]
    release: Release | None
    name: str = ""


def codes_of(releases: tuple[CrosswalkRelease, ...], ndc: str, on: date) -> CrosswalkAnswer:
    """What the crosswalk says of an NDC on a date."""
    newer: list[CrosswalkRelease] = []
    answer = CrosswalkAnswer((), None)
    for release in by_preference(releases, on):
        answer = CrosswalkAnswer((), release.edition.used_on(on))
        if listed := release.codes.get(ndc):
            return _not_dropped(listed, release, newer, ndc, on)
        newer.append(release)
    return answer


def _not_dropped(
    listed: tuple[str, ...], release: CrosswalkRelease, newer: list[CrosswalkRelease], ndc: str, on: date
) -> CrosswalkAnswer:
    kept = tuple(code for code in listed if not any(other.covers_code(code) for other in newer))
    decided = release if kept or not newer else newer[0]
    return CrosswalkAnswer(kept, decided.edition.used_on(on), release.names.get(ndc, ""))
