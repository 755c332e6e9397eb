"""A charge as a plain FHIR search shows it, and a line of the second opinion as the desk's API shows it: one shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]
MODIFIER, DERIVATION = "/StructureDefinition/charge-modifier", "/StructureDefinition/charge-derivation"


class Charged(NamedTuple):
    """One line of either side. `place` and `status` are those of the ChargeItem; a second opinion has neither."""

    code: str
    modifiers: tuple[str, ...]
    units: int
    because: str
    citations: tuple[str, ...]
    administrations: tuple[str, ...]
    place: str = ""
    version: int = 0
    status: str = "billable"

    @property
    def label(self) -> str:
        return "-".join((self.code, *self.modifiers))


def of_item(item: Json) -> Charged:
    extensions = item.get("extension", [])
    derivation = [inner for one in extensions if one["url"].endswith(DERIVATION) for inner in one["extension"]]
    return Charged(
        code=item["code"]["coding"][0]["code"],
        modifiers=tuple(one["valueCoding"]["code"] for one in extensions if one["url"].endswith(MODIFIER)),
        units=int(item["quantity"]["value"]),
        because=next((one["valueString"] for one in derivation if one["url"] == "because"), ""),
        citations=tuple(one["valueString"] for one in derivation if one["url"] == "citation"),
        administrations=tuple(one["reference"].rpartition("/")[2] for one in item.get("service", [])),
        place=f"ChargeItem/{item['id']}",
        version=int(item["meta"]["versionId"]),
        status=item["status"],
    )


def of_line(line: Json) -> Charged:
    return Charged(
        code=line["code"],
        modifiers=tuple(line["modifiers"]),
        units=line["units"],
        because=line["because"],
        citations=tuple(line["citations"]),
        administrations=tuple(line["administrations"]),
    )


def in_order(lines: Iterable[Charged]) -> list[Charged]:
    """Administration codes before drug codes."""
    return sorted(lines, key=lambda line: (not line.code[0].isdigit() and line.code != "G0498", line.label))


class Row(NamedTuple):
    """One code on both sides; None where a side has no such line."""

    label: str
    posted: Charged | None
    other: Charged | None


def side_by_side(posted: Iterable[Charged], other: Iterable[Charged]) -> list[Row]:
    left, right = _by_label(posted), _by_label(other)
    both = in_order({**right, **left}.values())
    return [Row(line.label, left.get(line.label), right.get(line.label)) for line in both]


def _by_label(lines: Iterable[Charged]) -> dict[str, Charged]:
    """Lines that differ only by NDC or encounter are one row: their units are added."""
    found: dict[str, Charged] = {}
    for line in lines:
        known = found.get(line.label)
        found[line.label] = line._replace(units=line.units + known.units) if known else line
    return found


class Change(NamedTuple):
    """What happened to one ChargeItem: the same item, before and after."""

    before: Charged
    after: Charged


def changes(before: Iterable[Charged], after: Iterable[Charged]) -> list[Change]:
    known = {line.place: line for line in before}
    return [Change(known[line.place], line) for line in after if line.place in known and line != known[line.place]]
