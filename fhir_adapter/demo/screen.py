"""What the demo shows. It computes nothing: figures, reasons and sources are those that were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fhir_adapter.demo.charged import Change, Charged, Row
from fhir_adapter.demo.visit_file import Given, PrintedDrug, VisitFile


class Contradiction(NamedTuple):
    """A drug line of the document, the dose that was charted, and what was posted for it."""

    printed: PrintedDrug
    mg: Decimal
    posted: list[Charged]


NARROW, WIDE = 100, 120


class Screen:
    """Readable at 100 to 120 columns, also where the output is a file."""

    def __init__(self, console: Console | None = None) -> None:
        width = Console().width
        fitting = min(max(width, NARROW), WIDE) if Console().is_terminal else WIDE
        self.console = console or Console(width=fitting, highlight=False, soft_wrap=False)

    def say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style))

    def title(self, text: str) -> None:
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", style="dim")

    def ehr(self, text: str, place: str = "") -> None:
        """Something that the demo did as the EHR."""
        self.console.print(Text.assemble(("  EHR  ", "cyan"), text, (f"   {place}" if place else "", "dim")))

    def given(self, given: Given, place: str) -> None:
        until = f"–{given.stop:%H:%M}" if given.stop else "      "
        self.ehr(f"{given.start:%H:%M}{until}  {given.drug} {given.mg} mg, {given.way}", place)

    def appeared(self, line: Charged) -> None:
        new = f"{line.label} ×{line.units}"
        self.console.print(Text.assemble(("  NEW  ", "green"), f"{new:<14}", (f"{line.place} {line.status}", "dim")))

    def lines(self, rows: Iterable[Row], document: Mapping[str, int], posted: str, other: str) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 1), expand=True, header_style="dim", title_justify="left")
        for name in ("code", posted, other, "document"):
            table.add_column(Text(name), justify="left" if name == "code" else "right", no_wrap=True)
        table.add_column("why, and by which source", ratio=1)
        for row in rows:
            printed = document.get(row.label)
            style = "yellow" if _units(row.posted) != _units(row.other) else ""
            units = [_units(row.posted), _units(row.other), "" if printed is None else f"×{printed}"]
            table.add_row(
                Text(row.label, style=style), *(Text(unit, style=style) for unit in units), _why(row, posted, other)
            )
        self.console.print()
        self.console.print(table)

    def differences(self, differences: Iterable[Mapping[str, Any]], other: str) -> None:
        self.console.print()
        self.say(f"Why {other} reads it differently", "bold")
        for difference in differences:
            source = ", ".join(difference["citations"])
            self.console.print(Text.assemble("  • ", difference["because"], (f"  [{source}]" if source else "", "dim")))

    def contradictions(self, contradictions: Iterable[Contradiction]) -> None:
        """Each with what it would mean, the dose that was charted, and what was posted."""
        contradictions = list(contradictions)
        if contradictions:
            self.console.print()
            self.say("Where the drug units that the document prints do not fit the dose and the billing unit", "bold")
        for drug, mg, posted in contradictions:
            claim = f"it prints {drug.code} ×{drug.units} of {drug.unit_mg} mg for {drug.drug}, which is {drug.mg} mg"
            lines = ", ".join(f"{line.label} ×{line.units}" for line in posted) or "nothing"
            note = f" {drug.note}." if drug.note else ""
            self.say(f"  • {claim}; charted are {mg} mg; posted: {lines}.{note}")

    def took(self, seconds: float) -> None:
        self.say(f"       {seconds:.1f} s after the start", "dim")

    def afterwards(self, text: str) -> None:
        self.console.print()
        self.say(text, "bold")

    def page(self, link: str, name: str, *, stays: bool) -> None:
        self.title("The same on a page")
        self.say(f"  {name}: {link}")
        if stays:
            self.say("  The link opens once. The sandbox and the adapter stay up; Ctrl-C ends both.", "dim")

    def changed(self, changes: Iterable[Change]) -> None:
        for before, after in changes:
            was, now = f"{before.label} ×{before.units} {before.status}", f"×{after.units} {after.status}"
            versions = f"{after.place}, version {before.version} → {after.version}"
            self.console.print(Text.assemble(("  NOW  ", "green"), f"{was} → {now}", (f"   {versions}", "dim")))
            if after.status == "billable":
                self.console.print(Text.assemble("       ", _reason(after)))


def heading(visit: VisitFile) -> str:
    return f"{visit.name} · {visit.about}"


def _units(line: Charged | None) -> str:
    return "–" if line is None else f"×{line.units}"


def _why(row: Row, posted: str, other: str) -> Text:
    if row.posted and row.other and row.posted.because == row.other.because:
        return _reason(row.posted)
    sides = [(name, line) for name, line in ((posted, row.posted), (other, row.other)) if line]
    named = len(sides) > 1 or row.posted is None
    parts = [Text.assemble((f"{name}: " if named else "", "dim"), _reason(line)) for name, line in sides]
    return Text("\n").join(parts)


def _reason(line: Charged) -> Text:
    return Text.assemble(line.because, (f" [{', '.join(line.citations)}]", "dim"))
