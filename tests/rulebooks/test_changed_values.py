"""Every value of both rulebooks is changed in turn: a worked visit comes out otherwise, or a reason stands in the list.

Every row of the MUE, PTP and OPPS tables is changed in `test_every_row.py`, against a case of its own. Here the add-ons
and some limits and pairs are, against the worked visits, and each file has its digest.
"""

from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
from rulebooks.changed_values import EXPLAINED, notices, parents, policies, reason, runs, tables

import fhir_adapter.rulebooks.tables as shipped

CHANGES = [*policies(), *parents()]
DIGESTS = tomllib.loads(Path(__file__).with_name("table_digests.toml").read_text("utf-8"))


@pytest.mark.parametrize("change", CHANGES, ids=[change.name for change in CHANGES])
def test_a_changed_value_is_noticed_or_explained(change) -> None:
    seen, why = notices(change), reason(change.name)
    assert bool(seen) != bool(why), f"noticed by {seen}, explained: {why}"


def test_a_changed_row_of_the_add_ons_is_noticed_or_explained() -> None:
    rows = [change for change in tables() if change.name.startswith("add-ons")]
    bare = [change.name for change in rows if not notices(change) and not reason(change.name)]
    assert len(rows) > 200
    assert bare == []


def test_changed_limits_of_administration_codes_are_noticed() -> None:
    limits = {
        "MUE 2024Q3 facility 96367 lower",
        "MUE 2024Q3 facility 96367 higher",
        "MUE 2024Q3 facility 96375 lower",
        "MUE 2024Q3 facility 96375 higher",
        "MUE 2024Q3 facility 96411 higher",
        "MUE 2024Q3 facility 96372 lower",
        "MUE 2024Q3 practitioner 96372 higher",
        "MUE 2024Q3 practitioner 96415 lower",
        "MUE 2024Q3 practitioner 96415 higher",
        "PTP 2024Q3 practitioner 96413 96372",
        "PTP 2024Q3 practitioner 96413 96521",
        "PTP 2024Q3 facility C8957 96374",
    }
    changes = {change.name: change for change in tables() if change.name in limits}
    assert {name: bool(notices(change)) for name, change in changes.items()} == dict.fromkeys(limits, True)


def test_no_row_of_a_table_changes_unseen() -> None:
    folder = Path(shipped.__file__).parent
    assert {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.csv")} == DIGESTS


def test_cases_hold_on_other_dates_too() -> None:
    """The same visits a year earlier and after the newest tables: the releases agree where a case asks them."""
    own = {run.name.rsplit(" ", 1)[0] for run in runs() if run.name.endswith("+0")}
    for days in ("-364", "+154"):
        moved = {run.name.rsplit(" ", 1)[0] for run in runs() if run.name.endswith(days)}
        assert len(own - moved) < len(own) / 10, days


def test_every_reason_is_written_out() -> None:
    assert all(len(one["reason"]) > 40 for one in EXPLAINED)
