"""The shadow report for a terminal, and as rows for a spreadsheet (one a disagreement)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO

from fhir_adapter.history.causes import Disagreement
from fhir_adapter.history.report import Report
from fhir_adapter.history.side import Key

COLUMNS = ("visit", "key", "date", "cause", "words", "charged", "derived", "missed", "excess")
VISITS_SHOWN = 12


def as_text(report: Report) -> str:
    return "\n".join((*_head(report), "", *_causes(report), *_left_out(report)))


def _head(report: Report) -> Iterator[str]:
    agreeing, lines = report.lines
    yield f"{report.source}, {report.first} to {report.last}: what the rules derive beside what people charged"
    if not report.compared:
        yield f"no visit to compare{elsewhere(report.coded, report.first, report.last)}"
        return
    yield f"  visits that agree  {_of(report.agreeing, len(report.compared))}"
    yield f"  lines that agree   {_of(agreeing, lines)}"
    yield f"  missed by people   {money(report.missed)}"
    yield f"  charged beyond     {money(report.excess)}"
    unpriced = sum(cause.unpriced for cause in report.causes)
    if unpriced:
        yield f"  {unpriced} disagreements have no rate and are in neither figure"


def _causes(report: Report) -> Iterator[str]:
    for cause in report.causes:
        yield f"{cause.count:>5}  {cause.words}"
        unpriced = f", {cause.unpriced} without a rate" if cause.unpriced else ""
        worth = f"missed {money(cause.missed)}, beyond {money(cause.excess)}{unpriced}"
        yield f"       {worth}; visits {_visits(cause.visits)}"


def elsewhere(coded: tuple[date, date] | None, first: date, last: date) -> str:
    """Where the visits are that somebody missed in a report of some days."""
    if coded is None:
        return ": none was coded so far"
    begins, ends = coded
    reach = f"; --days {(last - begins).days + 1} reaches the first" if begins < first else ""
    return f": the visits that were coded have service dates from {begins} to {ends}{reach}"


def _visits(numbers: Sequence[int | str]) -> str:
    shown = ", ".join(map(str, numbers[:VISITS_SHOWN]))
    return f"{shown} and {len(numbers) - VISITS_SHOWN} more" if len(numbers) > VISITS_SHOWN else shown


def _left_out(report: Report) -> Iterator[str]:
    for state, numbers in sorted(report.not_compared.items()):
        yield f"not compared: {len(numbers)} {state.replace('-', ' ')}; visits {_visits(numbers)}"
    if strays := report.unknown_encounters:
        yield f"charged, and in no coded visit: {len(strays)} encounters; {_visits(strays)}"


def as_csv(report: Report) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in report.compared:
        for disagreement, worth in one.disagreements:
            writer.writerow(_row(one.visit.number, one.visit.key, disagreement, worth))
    return out.getvalue()


def _row(number: int, key: str, disagreement: Disagreement, worth: Decimal | None) -> tuple[object, ...]:
    day = min(key.date for key, _ in disagreement.charged + disagreement.derived)
    missed, excess = ("", "") if worth is None else (max(-worth, Decimal(0)), max(worth, Decimal(0)))
    sides = units(disagreement.charged), units(disagreement.derived)
    return (number, key, day, disagreement.cause, disagreement.words, *sides, missed, excess)


def units(side: tuple[tuple[Key, Decimal], ...]) -> str:
    return " ".join(f"{key.written}×{count.normalize():f}" for key, count in side)


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({percent(part, whole)})"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def money(amount: Decimal) -> str:
    return f"${amount:,.2f}"
