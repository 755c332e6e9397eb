"""A charge: one line's share in one encounter, as it should stand in the EHR. One ChargeItem is made of each.

Its key is what makes it the same charge tomorrow: source, encounter, service date, code, modifiers and NDC. The key's
text is the business identifier of the ChargeItem (docs/charge.md); it stands in patients' records for years, so its
form never changes: `{encounter}.{date}.{code}.{modifiers joined by -}.{ndc}`, empty parts kept empty.

Two charges are equal for the EHR when everything but the provenance (the hashes of rulebook and data, the engine's
version) is equal: a re-code by a newer engine that finds the same changes nothing in the record.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class ChargeKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a charge is about; unique in an EHR."""

    source: str
    encounter: str
    date: date
    code: str
    modifiers: tuple[str, ...] = ()
    ndc: str | None = None

    @property
    def identifier(self) -> str:
        """The value of the business identifier; the source is in the identifier's system."""
        parts = (self.encounter, self.date.isoformat(), self.code, "-".join(self.modifiers), self.ndc or "")
        return ".".join(parts)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason of the encounter as the chart codes it: (system, code, display) of each coding, and the text."""

    codings: tuple[tuple[str | None, str | None, str | None], ...] = ()
    text: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a charge takes from its encounter: whose it is, on which account, who performed it and why."""

    subject: str
    accounts: tuple[str, ...] = ()
    performer: str | None = None
    reasons: tuple[Reason, ...] = ()


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Under what the charge was derived; re-coded under the same three it is the same."""

    rulebook_hash: str
    data_hash: str
    engine: str


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge. `stop` is None where it happened at a point: a push, an injection, the start of a pump."""

    key: ChargeKey
    system: str
    units: int
    administrations: tuple[str, ...]
    start: datetime
    stop: datetime | None = None
    minutes: int | None = None
    because: str
    citations: tuple[str, ...]
    rulebook: str
    provenance: Provenance
    place: Place

    def says_the_same(self, other: Charge) -> bool:
        """Whether the record would read the same: all but the provenance is equal."""
        return msgspec.structs.replace(self, provenance=other.provenance) == other
