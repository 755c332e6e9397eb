"""An import as text files: its tables in the form of `coding.release_text`, and its rejects with line and reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fhir_adapter.updates.imports import Imported
from fhir_adapter.updates.model import Table


def table_texts(one: Imported) -> dict[str, str]:
    """File name → text, for each table of the import."""
    return {f"{table.kind}.csv": _text(one, table) for table in one.tables}


def _text(one: Imported, table: Table) -> str:
    files = ", ".join(f"{name} (sha256 {digest[:12]})" for name, digest in one.files)
    head = [
        f"table: {table.table}",
        f"release: {one.release}",
        f"in force: {one.days}",
        *(f"covers: {part}" for part in table.covers),
        f"source: {one.means} {one.release}, imported from {files}",
    ]
    return "".join(f"# {line}\n" for line in head) + _csv([table.columns, *table.rows])


def rejects_text(one: Imported) -> str:
    """The reject report: runs of lines that were not taken, each with its reason; the last row is the sum."""
    rows = [(r.file, str(r.first), str(r.last), str(r.rows), r.reason) for r in one.rejects]
    total = f"{one.rows_in} rows in = {one.rows_kept} kept + {one.rows_rejected} rejected"
    return _csv([("file", "first_line", "last_line", "rows", "reason"), *rows]) + f"# {total}\n"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([" ".join(cell.split()) for cell in row] for row in rows)
    return out.getvalue()
