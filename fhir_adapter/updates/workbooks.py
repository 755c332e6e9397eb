"""The sheets of a workbook (.xlsx) as text files: CMS publishes MUE, PTP, AOC and Addendum B so, mostly beside text.

Worked example. `MCR_MUE_PractitionerServices.xlsx` with one sheet is read as a CSV of that name, a row of the sheet to
a line, so that a reject's line is the row that a person sees. 96413 stands there as a number, a day becomes 2026-04-01.

Decided: a number that lost its zeros (an NDC without hyphens, 00100) is not mended; as text it is no such code and is
rejected with its line. Refused (`RulebookError`): a workbook that cannot be read. Left out: formulas, which have the
value that the workbook was saved with; the older .xls.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from fhir_adapter.errors import RulebookError
from fhir_adapter.updates.official import OfficialFile, must_be_of_a_size


def sheets_of(book: OfficialFile) -> tuple[OfficialFile, ...]:
    """Each sheet that is not empty, as CSV."""
    try:
        with zipfile.ZipFile(io.BytesIO(book.data)) as archive:
            must_be_of_a_size(book.name, archive.infolist())
        opened = load_workbook(io.BytesIO(book.data), read_only=True, data_only=True)
        texts = {sheet.title: _csv(sheet) for sheet in opened.worksheets}
    except RulebookError:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl has no kind of its own for a damaged file
        raise RulebookError(f"{book.name}: the workbook cannot be read ({type(error).__name__})") from None
    found = {title: text for title, text in texts.items() if text.strip()}
    if not found:
        raise RulebookError(f"{book.name}: the workbook is empty")
    return tuple(_sheet(book, title if len(found) > 1 else "", text) for title, text in found.items())


def _sheet(book: OfficialFile, title: str, text: str) -> OfficialFile:
    name = f"{book.name}, sheet {title}" if title else book.name
    return OfficialFile(name, text.encode(), "utf-8", book.sha256, book.archive or (book.name if title else ""))


def _csv(sheet: Worksheet) -> str:
    if isinstance(sheet, ReadOnlyWorksheet):
        sheet.reset_dimensions()  # what a program wrote of its sheet's size may be false
    out = io.StringIO()
    rows = sheet.iter_rows(values_only=True)
    csv.writer(out, lineterminator="\n").writerows([_text(cell) for cell in row] for row in rows)
    return out.getvalue()


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return str(cell.date())
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else " ".join(str(cell).split())
