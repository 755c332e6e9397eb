"""`data update` beside a running `serve`: the next visit is coded by it, the one before keeps its hashes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from serve.conftest import until

pytestmark = pytest.mark.real
CROSSWALK = Path(__file__).parents[2] / "fixtures" / "official" / "asp-ndc-hcpcs-crosswalk-april-2026.csv"


def hashes(folder):
    """The data hash of each coding, the first first."""
    with closing(sqlite3.connect(folder / "data" / "adapter.sqlite3")) as database:
        return [row[0] for row in database.execute("select data_hash from coded_visits order by number")]


def test_an_update_and_a_rollback_count_from_the_next_visit_on(
    start, configure, run, sandbox, chart, notify, charges, tmp_path
):
    path = configure(sandbox)
    with start("serve", "--config", path) as adapter:
        hooks = adapter.until("hooks ")
        adapter.until("ready")

        def read_again(times):
            administration = httpx.get(f"{sandbox}/MedicationAdministration/a1").json()
            administration["effectivePeriod"]["end"] = f"2026-03-02T11:3{times}:00-06:00"
            assert httpx.put(f"{sandbox}/MedicationAdministration/a1", json=administration).is_success
            assert notify(hooks, administration).status_code == 204
            return until(lambda: found if len(found := hashes(tmp_path)) == times else None)

        first = read_again(1)
        update = ("data", "update", str(CROSSWALK), "--covers", "J9000-J9601", "--config", path)
        assert "from its next visit on" in run(*update)[1]
        assert hashes(tmp_path) == first
        second = read_again(2)
        assert second[0] == first[0] != second[1]
        assert run("data", "rollback", "--config", path)[0] == 0
        third = read_again(3)
        assert third == [first[0], second[1], first[0]]
        until(lambda: "96413" in charges())
        for damaged in (tmp_path / "data" / "tables" / "releases").glob("*/ndc.csv"):
            damaged.write_text("damaged", "utf-8")
        assert "counts now" in run(*update)[1]
        assert read_again(4)[3] == first[0]
        told = [line["event"] for line in adapter.log if line["event"].startswith("tables")]
        assert told == ["tables read anew", "tables read anew", "tables not read anew, those before them go on"]
        assert adapter.end() == 0
