"""RxNorm prescribable content: which NDCs a product RxCUI has, and what it is called.

Layout: RRF, pipes with one at the end, UTF-8, no quotes. RXNCONSO has the names (SAB, TTY, STR; TTY SCD, SBD, GPCK and
BPCK are products), RXNSAT the NDCs (ATN=NDC; with SAB=RXNORM 11 digits). RXNREL is counted and not needed: the code
of a product comes from its NDCs.

Worked example. RXNCONSO 1791736 SCD, RXNSAT 1791736 NDC 16729027668: the product has the codes that the crosswalk
gives that NDC. Rejected: other sources than RXNORM (the licence covers these), suppressed rows, other names and
attributes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Sheet, Table, Told
from fhir_adapter.updates.official import OfficialFile

_FIELDS = {
    "conso": (18, {"rxcui": 0, "lat": 1, "sab": 11, "tty": 12, "text": 14, "suppress": 16}),
    "sat": (13, {"rxcui": 0, "atn": 8, "sab": 9, "text": 10, "suppress": 11}),
    "rel": (16, {"rxcui": 0, "rxcui2": 4, "sab": 10, "suppress": 14}),
}
_PRODUCTS = ("SCD", "SBD", "GPCK", "BPCK")
_NDC = re.compile(r"\d{11}")
_AVASTIN = "1657074"
"""16 ML bevacizumab 25 MG/ML Injection [Avastin]"""
_SHORT = "not as many fields as the layout has"


def reader(part: str) -> Callable[[OfficialFile], Sheet | None]:
    """A reader of the RRF file of one part, known by its name and the number of its fields."""
    count, fields = _FIELDS[part]

    def read(file: OfficialFile) -> Sheet | None:
        if f"RXN{part}".upper() not in file.name.upper():
            return None
        return Sheet("", _rows(file, count, fields))

    return read


def _rows(file: OfficialFile, count: int, fields: Mapping[str, int]) -> Iterator[Row]:
    for number, line in enumerate(file.lines(), start=1):
        if not line.strip():
            continue
        cells = line.rstrip("\n").split("|")
        if len(cells) != count + 1 or cells[-1]:
            yield Row(number, {})
            continue
        yield Row(number, {name: cells[place] for name, place in fields.items()})


def keep(part: str, row: Row, told: Told) -> Kept | str:
    values = row.values
    if not values:
        return _SHORT
    if values["sab"] != "RXNORM":
        return "another source than RXNORM"
    if values["suppress"] not in ("N", ""):
        return "suppressed"
    if part == "rel":
        return "relations are not needed: a product's codes come from its NDCs"
    if part == "sat":
        return _ndc(values, told)
    return (values["rxcui"], values["text"]) if values["tty"] in _PRODUCTS else "not a product's name"


def _ndc(values: Mapping[str, str], told: Told) -> Kept | str:
    if values["atn"] != "NDC":
        return "another attribute than NDC"
    if not _NDC.fullmatch(values["text"]):
        return "an NDC that is not 11 digits"
    return (values["rxcui"], values["text"]) if values["text"] in told.ndcs else "an NDC that no crosswalk lists"


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    ndcs: dict[str, set[str]] = {}
    for rxcui, ndc in kept["sat"]:
        ndcs.setdefault(rxcui, set()).add(ndc)
    rows = {r: (r, " ".join(sorted(ndcs[r])), name) for r, name in kept["conso"] if r in ndcs}
    return (Table("rxnorm", "RxNorm products", ("rxcui", "ndcs", "name"), tuple(sorted(rows.values())), told.covers),)


IMPORTER = Importer(
    name="rxnorm",
    means="RxNorm prescribable content",
    parts={part: reader(part) for part in _FIELDS},
    needs=frozenset({"conso", "sat"}),
    keep=keep,
    tables=tables,
    least=2_000,
    most=10_000_000,
    canaries=(Canary((_AVASTIN,), "conso"), Canary((_AVASTIN, "50242006101"), "sat")),
    has_quarter=False,
)
