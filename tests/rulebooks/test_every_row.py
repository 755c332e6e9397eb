"""Every row of the MUE, PTP and OPPS tables has a case of its own, and the case fails when the row is changed.

The rows were transcribed from their sources into `table_rows.toml`. Each is changed in turn: a limit up, down and of
the other kind; a pair without its row and with the other indicator; a status without its row and between packaged and
paid.
"""

from __future__ import annotations

from itertools import chain

from rulebooks.every_row import TABLES, rows

ROWS = list(rows())


def test_every_row_says_what_its_source_says() -> None:
    assert [row.name for row in ROWS if not row.holds(TABLES)] == []


def test_every_changed_row_is_noticed() -> None:
    unseen = [row.name for row in ROWS for tables in row.changed() if row.holds(tables)]
    assert unseen == []


def test_no_row_that_ships_is_without_a_case() -> None:
    mues = (
        f"MUE {one.edition.name} {setting} {code}"
        for one in TABLES.mues
        for setting in ("facility", "practitioner")
        for code in getattr(one, setting)
    )
    ptps = (
        f"PTP {one.edition.name} {setting} {column1} {column2}"
        for one in TABLES.ptps
        for setting in ("facility", "practitioner")
        for column1, pairs in getattr(one, setting).items()
        for column2 in pairs
    )
    opps = (f"OPPS {one.edition.name} {code}" for one in TABLES.opps for code in one.status)
    assert set(chain(mues, ptps, opps)) == {row.name for row in ROWS}
    assert len(ROWS) > 4000
