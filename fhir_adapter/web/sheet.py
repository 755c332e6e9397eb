"""Everything that a visit's page and its JSON show, read in one state of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from fhir_adapter.catalog.prices import Rates, Worth, worth
from fhir_adapter.coding.model import Visit, VisitResult
from fhir_adapter.derive import SecondOpinion
from fhir_adapter.store import decisions, ledger, progress, visits
from fhir_adapter.store.decisions import Kept as KeptDecision
from fhir_adapter.store.ledger import Charged
from fhir_adapter.store.visits import CodedVisit, Kept, Summary
from fhir_adapter.web.pairs import Pair, side_by_side
from fhir_adapter.web.rows import row_of
from fhir_adapter.web.timeline import Timeline, timeline


class Charted(msgspec.Struct, frozen=True, kw_only=True):
    """Of the normalized visit that was kept: what a person sees."""

    patient: str
    visit: Visit
    setting_known: bool


class ChargeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A charge of ours and what is known of its ChargeItem; `item` is null until it was written."""

    identifier: str
    code: str
    modifiers: tuple[str, ...]
    date: str
    encounter: str
    ndc: str | None
    units: int
    item: str | None
    version: str | None
    status: str
    pending: bool
    trouble: str | None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One coding of one visit. `newest` is the number of the latest coding of the same visit."""

    summary: Summary
    kept: CodedVisit
    charted: Charted
    result: VisitResult
    second_opinion: SecondOpinion | None
    charges: tuple[ChargeRow, ...]
    history: tuple[Summary, ...]
    decisions: tuple[KeptDecision, ...]
    """What people decided about the visit and its administrations, the undone too."""

    is_behind: bool
    """A decision, or something in the chart, is newer than this coding."""

    @property
    def newest(self) -> int:
        return next((one.number for one in self.history if one.latest), self.summary.number)

    @property
    def side_by_side(self) -> tuple[Pair, ...]:
        """Empty without a second opinion."""
        if self.second_opinion is None:
            return ()
        return side_by_side(self.result.lines, self.second_opinion.result.lines)

    @property
    def timeline(self) -> Timeline | None:
        return timeline(self.charted.visit.administrations, self.result)

    def worths(self, rates: Rates) -> tuple[Worth, ...]:
        """What each line is worth under national rates; where the setting is not known, nothing is said."""
        return worth(self.result.lines, self.charted.visit.setting, rates) if self.charted.setting_known else ()

    def names(self, administrations: tuple[str, ...]) -> str:
        """What was given there, each drug once."""
        drugs = {one.id: one.drug or one.rxcui or one.ndc or one.id for one in self.charted.visit.administrations}
        return ", ".join(dict.fromkeys(drugs.get(one, one) for one in administrations))


def sheet_of(conn: Connection, number: int) -> Sheet | None:
    kept = visits.get(conn, number)
    return None if kept is None else _sheet(conn, kept)


def as_json(sheet: Sheet, now: datetime, hashed: Callable[[str], str], rates: Rates) -> bytes:
    """The answer of `/api/visits/{id}`. The patient is hashed; what was kept goes out as it is."""
    opinion = sheet.kept.second_opinion
    return msgspec.json.encode(
        {
            "visit": row_of(sheet.summary, now, hashed),
            "newest": sheet.newest,
            "result": msgspec.Raw(sheet.kept.result),
            "second_opinion": None if opinion is None else msgspec.Raw(opinion),
            "payment": sheet.worths(rates),
            "charges": sheet.charges,
            "timeline": sheet.timeline,
            "administrations": sheet.charted.visit.administrations,
            "decisions": sheet.decisions,
            "history": [row_of(summary, now, hashed) for summary in sheet.history],
        }
    )


def _sheet(conn: Connection, kept: Kept) -> Sheet:
    summary, visit = kept.summary, kept.visit
    opinion = visit.second_opinion
    charted = msgspec.json.decode(visit.chart, type=Charted)
    return Sheet(
        summary=summary,
        kept=visit,
        charted=charted,
        result=msgspec.json.decode(visit.result, type=VisitResult),
        second_opinion=None if opinion is None else msgspec.json.decode(opinion, type=SecondOpinion),
        charges=tuple(_charge(one) for one in ledger.of_visit(conn, summary.source, summary.key)),
        history=visits.history(conn, summary.source, summary.key),
        decisions=_decisions(conn, summary, charted),
        is_behind=_is_behind(conn, summary),
    )


def _is_behind(conn: Connection, summary: Summary) -> bool:
    work = progress.of(conn, summary.source, summary.patient)
    return work is not None and work.generation > work.coded_generation


def _decisions(conn: Connection, summary: Summary, charted: Charted) -> tuple[KeptDecision, ...]:
    here = {summary.key, *(given.id for given in charted.visit.administrations)}
    of_patient = decisions.listed(conn, source=summary.source, patient=summary.patient)
    return tuple(one for one in of_patient if one.decision.about in here)


def _charge(charged: Charged) -> ChargeRow:
    entry = charged.entry
    key = entry.charge.key
    return ChargeRow(
        identifier=key.identifier,
        code=key.code,
        modifiers=key.modifiers,
        date=key.date.isoformat(),
        encounter=key.encounter,
        ndc=key.ndc,
        units=entry.charge.units,
        item=entry.item,
        version=entry.version,
        status=entry.status,
        pending=entry.pending,
        trouble=entry.trouble,
    )
