"""The FDA NDC directory: what a package is called, how it is given, and whether its container is for one dose.

Layout: product.txt and package.txt, tab-delimited, Windows-1252, joined by PRODUCTID. Package codes are 10 digits with
hyphens (4-4-2, 5-3-2, 5-4-1), which become 11.

Worked example. `0703-5233-11`, `1 VIAL, SINGLE-DOSE in 1 CARTON (0703-5233-11)`: 00703523311, single-dose. A package
that names both kinds, or none, has no container: JW and JZ then ask the site.

Kept are the packages of human prescription drugs and biologics. Left out: strength and class; other tables say them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fhir_adapter.catalog.ndc import ndc11
from fhir_adapter.updates.days import day, is_blank
from fhir_adapter.updates.model import Canary, Importer, Kept, Row, Table, Told
from fhir_adapter.updates.sheets import sheet_reader

_TYPES = re.compile(r"HUMAN PRESCRIPTION DRUG|PLASMA DERIVATIVE|VACCINE|CELLULAR THERAPY|LICENSED.*|.*ALLERGENIC", re.I)
_SINGLE = re.compile(r"SINGLE[- ](?:DOSE|USE)")
_MULTI = re.compile(r"MULTI(?:PLE)?[- ](?:DOSE|USE)|PHARMACY BULK")
_PRODUCT = {
    "id": r"PRODUCTID", "type": r"PRODUCTTYPENAME", "brand": r"PROPRIETARYNAME", "generic": r"NONPROPRIETARYNAME",
    "form": r"DOSAGEFORMNAME", "route": r"ROUTENAME",
}  # fmt: skip
_PACKAGE = {"id": r"PRODUCTID", "package": r"NDCPACKAGECODE", "text": r"PACKAGEDESCRIPTION"}


def keep(part: str, row: Row, told: Told) -> Kept | str:
    return _product(row.values) if part == "product" else _package(row.values, told)


def _product(values: Mapping[str, str]) -> Kept | str:
    if not values["id"]:
        return "no PRODUCTID"
    if not _TYPES.fullmatch(values["type"]):
        return "not a prescription drug or biologic"
    return values["id"], values["brand"], values["generic"], values["form"], values["route"]


def _package(values: Mapping[str, str], told: Told) -> Kept | str:
    ndc = ndc11(values["package"])
    if ndc is None:
        return "a package code that is no NDC"
    if ndc not in told.ndcs:
        return "an NDC that no crosswalk lists"
    ends = values.get("ends", "")
    if not is_blank(ends) and day(ends) is None:
        return "a date that is none"
    return values["id"], ndc, container(values["text"]), "" if is_blank(ends) else str(day(ends))


def container(description: str) -> str:
    """`single-dose`, `multi-dose`, or blank where the description says neither or both."""
    text = description.upper()
    single, multi = _SINGLE.search(text) is not None, _MULTI.search(text) is not None
    return "" if single == multi else "single-dose" if single else "multi-dose"


def tables(kept: Mapping[str, Sequence[Kept]], told: Told) -> tuple[Table, ...]:
    products = {row[0]: row[1:] for row in kept["product"]}
    rows = {
        ndc: (ndc, products[id_][0], products[id_][1], products[id_][2], products[id_][3], kind, ends)
        for id_, ndc, kind, ends in kept["package"]
        if id_ in products
    }
    columns = ("ndc", "brand", "generic", "form", "route", "container", "ends")
    return (Table("labels", "FDA NDC directory", columns, tuple(sorted(rows.values())), told.covers),)


IMPORTER = Importer(
    name="fda-ndc",
    means="FDA NDC directory",
    parts={
        "product": sheet_reader(_PRODUCT),
        "package": sheet_reader(_PACKAGE, {"ends": r"ENDMARKETINGDATE"}),
    },
    needs=frozenset({"product", "package"}),
    keep=keep,
    tables=tables,
    least=10_000,
    most=2_000_000,
    canaries=(
        Canary(("", "Avastin", "bevacizumab", "", "INTRAVENOUS"), "product"),
        Canary(("", "50242006101"), "package"),
    ),
    has_quarter=False,
)
