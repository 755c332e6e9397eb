"""The CMS NCCI add-on code file (AOC): the primaries without which an add-on code is not paid.

Layout: a notice, then `AOC_Edit_Type, Add-On_Code, AOC_DelDT, Primary_Code, Primary_Code_DelDT, AOC_Edit_EffDT,
AOC_Edit_DelDT, Special_Instruction_Notes`. Days are Julian: 2013091 is 2013-04-01, 2026032 is 2026-02-01.

Worked examples. Type 1, 96415 with 96413: kept. Type 2 or 3 leave the primary to the contractor (`CCCCC`): rejected.
A primary with the note that it is for practitioners only is no parent in a facility.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_adapter.updates.days import day, is_blank
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Table, Told
from fhir_adapter.updates.scope import why_not
from fhir_adapter.updates.sheets import sheet_reader

_COLUMNS = {
    "type": r"AOC[_ ]Edit[_ ]Type",
    "add_on": r"Add-?On[_ ]Code",
    "add_on_ends": r"AOC[_ ]DelDT",
    "primary": r"Primary[_ ]Code",
    "primary_ends": r"Primary[_ ]Code[_ ]DelDT",
    "begins": r"AOC[_ ]Edit[_ ]EffDT",
    "ends": r"AOC[_ ]Edit[_ ]DelDT",
}
_ENDS = ("add_on_ends", "primary_ends", "ends")


def keep(_part: str, row: Row, told: Told) -> Kept | str:
    values = row.values
    if (outside := why_not(values["add_on"].upper())) is not None:
        return outside
    if not told.is_covered(values["add_on"].upper()):
        return "outside the codes that the file is said to cover"
    if values["type"][:1] != "1" or values["primary"].upper() == "CCCCC":
        return "the primary is left to the contractor (type 2 or 3)"
    if (ended := _out_of_force(values, told)) is not None:
        return ended
    return values["add_on"].upper(), values["primary"].upper(), _whose(values.get("note", ""))


def _out_of_force(values: Mapping[str, str], told: Told) -> str | None:
    begins = day(values["begins"])
    ends = {name: day(values[name]) for name in _ENDS if not is_blank(values[name])}
    if begins is None or None in ends.values():
        return "a day that is none (YYYYDDD)"
    if begins > told.last:
        return "it begins after this quarter"
    return "the edit had ended before this quarter" if any(d and d < told.first for d in ends.values()) else None


def _whose(note: str) -> str:
    text = note.casefold()
    return "practitioner" if "practitioner" in text else "facility" if "facilit" in text or "hospital" in text else ""


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    found: dict[str, dict[str, str]] = {}
    for add_on, primary, whose in kept[""]:
        found.setdefault(add_on, {})[primary] = whose
    columns = ("add_on", "parents", "practitioner_parents", "facility_only")
    rows = tuple(_of_add_on(add_on, primaries) for add_on, primaries in sorted(found.items()))
    return (Table("add-ons", "add-on codes", columns, rows, told.covers),)


def _of_add_on(add_on: str, primaries: Mapping[str, str]) -> Kept:
    parents = sorted(code for code, whose in primaries.items() if whose != "practitioner")
    practitioner = sorted(code for code, whose in primaries.items() if whose == "practitioner")
    facility_only = all(whose == "facility" for whose in primaries.values())
    return add_on, " ".join(parents), " ".join(practitioner), "yes" if facility_only else ""


IMPORTER = Importer(
    name="add-ons",
    means="CMS NCCI add-on code file",
    parts={"": sheet_reader(_COLUMNS, {"note": r"Special[_ ]Instruction[_ ]Notes"})},
    keep=keep,
    tables=tables,
    least=20,
    most=50_000,
    canaries=(Canary(("96415", "96413")), Canary(("96366", "96365"))),
)
