"""The official files in small, and how each is told to be a part."""

from datetime import UTC, datetime
from pathlib import Path

from fhir_adapter.catalog import load_catalog
from fhir_adapter.updates import Said, imports, opened

FILES = Path(__file__).parents[2] / "fixtures" / "official"
PART = ("A0000-Q9999", "00000-99999")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NDCS = load_catalog().book.ndcs
RXNORM = ("RXNCONSO.RRF", "RXNREL.RRF", "RXNSAT.RRF")
FDA = ("package.txt", "product.txt")
SINGLE = tuple(
    sorted(path.name for path in FILES.iterdir() if path.suffix in (".csv", ".txt") and path.name not in FDA)
)
GROUPS = (*((name,) for name in SINGLE), RXNORM, FDA)


def said(*names, covers=PART, release=None, setting=None):
    return Said(
        release=release or ("2026Q2" if names[0] in (*RXNORM, *FDA) else None),
        covers=covers,
        setting=setting,
        ndcs=NDCS,
    )


def imported(*names):
    (one,) = imports(opened([FILES / name for name in names]), said(*names))
    return one


def rows(one, kind):
    (table,) = [table for table in one.tables if table.kind == kind]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
