"""The official files in small, and how each is told to be a part."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook

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


def workbook(*names):
    """These files as sheets of one workbook, as Excel keeps them: what looks like a number is one."""
    book = Workbook()
    book.remove(book.active)
    for name in names:
        sheet = book.create_sheet(name[:20])
        text = (FILES / name).read_bytes().decode("cp1252")
        for line in csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text else ","):
            sheet.append([int(cell) if cell.isdigit() and cell[0] != "0" else cell for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(one, kind):
    (table,) = [table for table in one.tables if table.kind == kind]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
