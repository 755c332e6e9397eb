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
        self.console.print(Text.assemble(("  EHR  ", "cyan"), f"{text:<50} ", (place, "dim")))

    def given(self, given: Given, place: str) -> None:
        until = f"–{given.stop:%H:%M}" if given.stop else "      "
        self.ehr(f"{given.start:%H:%M}{until}  {given.drug} {given.mg} mg, {given.way}", place)

    def appeared(self, line: Charged) -> None:
        new = f"{line.label} ×{line.units}"
        self.console.print(Text.assemble(("  NEW  ", "green"), f"{new:<50} ", (f"{line.place}, {line.status}", "dim")))

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

    def differences(self, differences: Iterable[Mapping[str, Any]], posted: str, other: str) -> None:
        """One point for each sentence: the codes that it explains, their units here and there."""
        self.afterwards(f"Why {other} counts differently ({posted} → {other})")
        for because, explained in _by_sentence(differences).items():
            counted = ", ".join(f"{_label(d)} {_times(d['units'])} → {_times(d['other_units'])}" for d in explained)
            source = sorted({citation for one in explained for citation in one["citations"]})
            self._point(Text.assemble((f"{counted}: ", "yellow"), because, (f" [{', '.join(source)}]", "dim")))

    def contradictions(self, contradictions: Iterable[Contradiction]) -> None:
        """Each with what it would mean, the dose that was charted, and what was posted."""
        contradictions = list(contradictions)
        if contradictions:
            self.afterwards("Where the drug units that the document prints do not fit the dose and the billing unit")
        for drug, mg, posted in contradictions:
            claim = f"it prints {drug.code} ×{drug.units} of {drug.unit_mg} mg for {drug.drug}, which is {drug.mg} mg"
            lines = ", ".join(f"{line.label} ×{line.units}" for line in posted) or "nothing"
            note = f" {drug.note}." if drug.note else ""
            self._point(Text(f"{claim}; charted are {mg} mg; posted: {lines}.{note}"))

    def took(self, seconds: float) -> None:
        self.say(f"       coded and posted {seconds:.1f} s after the start of both processes", "dim")

    def afterwards(self, text: str) -> None:
        self.console.print()
        self.say(text, "bold")

    def page(self, link: str, name: str, *, stays: bool) -> None:
        self.title("The same on a page")
        self.say(f"  {name}: {link}")
        ending = "stay up until Ctrl-C" if stays else "end now (without --once they would stay up)"
        self.say(f"  The link opens once. The sandbox and the adapter {ending}.", "dim")

    def changed(self, changes: Iterable[Change]) -> None:
        for before, after in changes:
            now = f"×{after.units}" if after.units != before.units else ""
            now = f" → {now or after.status}" if now or after.status != before.status else ", as before"
            versions = f"{after.place}, version {before.version} → {after.version}, {after.status}"
            line = f"{before.label} ×{before.units}{now}"
            self.console.print(Text.assemble(("  NOW  ", "green"), f"{line:<50} ", (versions, "dim")))
            if after.status == "billable":
                self._point(_reason(after), mark="       ")

    def _point(self, text: Text, mark: str = "  • ") -> None:
        """A paragraph whose further lines begin where its first did."""
        grid = Table.grid(expand=True)
        grid.add_column(width=len(mark))
        grid.add_column(ratio=1)
        grid.add_row(mark, text)
        self.console.print(grid)


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


def _by_sentence(differences: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in differences:
        found.setdefault(one["because"], []).append(one)
    return found


def _label(line: Mapping[str, Any]) -> str:
    return "-".join((line["code"], *line["modifiers"]))


def _times(units: int) -> str:
    return f"×{units}" if units else "–"
