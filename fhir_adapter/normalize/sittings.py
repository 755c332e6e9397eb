"""Which administrations make one visit: a visit is not an Encounter.

    AMB, 4 May and 11 May in one series account         → two visits
    AMB in the morning, a second AMB in the afternoon    → one visit with two encounter labels
    EMER from 22:00 to 03:00                             → one visit of two dates
    AMB, 08:00 to 09:00 and 18:00 to 19:00, one encounter → one visit, the evening under the label `ID#2`

Outpatient encounters are cut at local midnight, emergency and observation never are. Pieces of one patient at one
facility that share a service date are one visit, because units and edits look at the date. Inpatient, cancelled and
unknown kinds of encounter stand alone. An administration without a known day is of every piece of its encounter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.fhir_r4 import Chart, Encounter
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.placed import Placed
from fhir_adapter.normalize.timing import moment
from fhir_adapter.vocabulary import Episode

Kind = Episode | Literal["cancelled", "unknown"]


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces of encounters that make one visit."""

    kind: Kind
    patient: str
    encounters: tuple[str, ...]
    """Keys, by their first administration."""
    days: frozenset[date]
    placed: tuple[Placed, ...]


def kind_of(encounter: Encounter, lexicon: Lexicon) -> Kind:
    if encounter.status in ("cancelled", "entered-in-error"):
        return "cancelled"
    code = encounter.class_.code if encounter.class_ else None
    return lexicon.episodes.get((code or "").strip().lower(), "unknown")


def sittings_of(placed: Iterable[Placed], facilities: dict[str, str], chart: Chart, lexicon: Lexicon) -> list[Sitting]:
    """`facilities` says of each encounter where it was: only equal ones are joined."""
    by_encounter: dict[str, list[Placed]] = {}
    for each in placed:
        if each.encounter is not None:
            by_encounter.setdefault(each.encounter, []).append(each)
    pieces: list[Sitting] = []
    for key, encounter in chart.encounters.items():
        kind = kind_of(encounter, lexicon)
        if key in by_encounter or kind == "cancelled":
            pieces += _pieces(key, encounter, kind, by_encounter.get(key, []), chart, lexicon)
    return _joined(pieces, facilities)


def _pieces(
    key: str, encounter: Encounter, kind: Kind, placed: list[Placed], chart: Chart, lexicon: Lexicon
) -> list[Sitting]:
    days = sorted({each.day for each in placed if each.day is not None}) or _first_day(encounter, lexicon)
    patient = chart.key(encounter.subject) or "Patient/"
    groups = [[day] for day in days] if kind in ("outpatient", "cancelled") and days else [days]
    return [
        Sitting(
            kind=kind,
            patient=patient,
            encounters=(key,),
            days=frozenset(group),
            placed=tuple(each for each in placed if each.day is None or each.day in group),
        )
        for group in groups
    ]


def _first_day(encounter: Encounter, lexicon: Lexicon) -> list[date]:
    begun = encounter.period.start if encounter.period else None
    day = moment(begun or "", lexicon.zone).day
    return [day] if day else []


def _joined(pieces: list[Sitting], facilities: dict[str, str]) -> list[Sitting]:
    done: list[Sitting] = []
    for piece in pieces:
        joined = piece
        while one := next((each for each in done if _are_one(each, joined, facilities)), None):
            done.remove(one)
            joined = _join(one, joined)
        done.append(joined)
    return done


def _are_one(one: Sitting, other: Sitting, facilities: dict[str, str]) -> bool:
    cut = ("outpatient", "observation")
    same_place = facilities.get(one.encounters[0]) == facilities.get(other.encounters[0])
    same_patient = one.patient == other.patient
    return one.kind in cut and other.kind in cut and same_patient and same_place and bool(one.days & other.days)


def _join(one: Sitting, other: Sitting) -> Sitting:
    return msgspec.structs.replace(
        one,
        encounters=tuple(dict.fromkeys((*one.encounters, *other.encounters))),
        days=one.days | other.days,
        placed=(*one.placed, *other.placed),
    )
