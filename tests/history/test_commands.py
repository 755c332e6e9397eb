"""`shadow report`, `second-opinion`, `tie-out` and `evidence` as a person types them, over a store that was filled."""

import csv
import json
from datetime import UTC, datetime

import pytest
from anyio.to_thread import run_sync
from pipeline.hospital import Hospital
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import AdapterError

pytestmark = pytest.mark.anyio
DAYS = ("--days", "3650")
CONFIGURATION = """
data = "data"
canonical_base = "https://example.org/fhir-adapter"
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "carecost-96417"
[sources.main.words]
time_zone = "America/Chicago"
"""


def clock():
    return datetime(2026, 5, 4, 20, 0, tzinfo=UTC)


@pytest.fixture
async def run(sqlite):
    """A shadow store with one coded visit and two charges by hand; what runs a command on it."""
    one = Hospital(sqlite.open(), clock, mode="shadow")
    await one.admit()
    await one.charge_by_hand("96413")
    await one.charge_by_hand("96417", quantity={"value": 6})
    await one.code()
    one.store.close()
    await one.close()
    path = sqlite.folder.parent / "site.toml"
    path.write_text(CONFIGURATION)

    def run(*words):
        return run_sync(lambda: CliRunner().invoke(build(), [*words, "--config", str(path)]))

    return run


async def test_the_report_finds_hours_that_were_billed_as_new_drugs(run):
    said = (await run("shadow", "report", *DAYS)).output
    assert "visits that agree  0 of 1 (0.0 %)" in said
    assert "a further hour was charged as a new drug" in said
    rows = list(csv.DictReader((await run("shadow", "report", *DAYS, "--format", "csv")).output.splitlines()))
    assert ("96417×3", "96415×3") in {(row["charged"], row["derived"]) for row in rows}


async def test_the_report_reads_a_spreadsheet_and_writes_a_page(run, tmp_path):
    charges, page = tmp_path / "charges.csv", tmp_path / "report.html"
    charges.write_text("encounter,date,code,units\ne1,2026-05-04,96413,2\nelsewhere,2026-05-04,96413,1\n")
    done = await run("shadow", "report", *DAYS, "--charges", str(charges), "--format", "html", "--out", str(page))
    assert done.output.startswith("written: ")
    assert "1 encounters were charged and are in no coded visit" in page.read_text()


async def test_second_opinions_are_counted_with_their_worth(run):
    said = (await run("second-opinion", *DAYS)).output
    assert "1 of 1 visits differ" in said
    assert "the other rulebook less ours: $" in said


async def test_evidence_is_written_for_the_owner_alone(run, tmp_path):
    target = tmp_path / "evidence.json"
    target.touch(mode=0o644)
    assert (await run("evidence", "1", "--out", str(target))).output.startswith("written: ")
    assert json.loads(target.read_bytes())["visit"]["key"] == "e1/2026-05-04"
    assert target.stat().st_mode & 0o777 == 0o600
    assert json.loads(target.read_bytes())["rulebook_now"] == "the same"
    assert (await run("evidence", "1")).output == target.read_text()


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("shadow", "report", "--source", "other"), "--source: the configuration has no such source; it has main"),
        (("shadow", "report", "--format", "pdf"), "--format: allowed are text, csv, html"),
        (("shadow", "report", "--charges", "absent.csv"), "absent.csv: cannot be read"),
        (("tie-out", "--date", "2026-05-04", "--source", "other"), "--source: the configuration has no such source"),
        (("evidence", "99"), "VISIT: nothing was coded under the number 99"),
    ],
)
async def test_a_wrong_call_is_refused_by_name(run, words, wrong):
    failed = (await run(*words)).exception
    assert isinstance(failed, AdapterError)
    assert wrong in str(failed)


async def test_a_stored_visit_is_explained_by_its_number(run):
    said = (await run("explain", "1")).output
    assert "under carecost-96417" in said
    assert "96415 ×3" in said
    assert "Rule seed: tree step 3" in said
    assert "under cpt-2026" in (await run("explain", "1", "--rulebook", "cpt-2026")).output


async def test_the_definitions_that_charges_name_are_printed_one_a_line(run):
    found = [json.loads(line) for line in (await run("definitions")).output.splitlines()]
    assert [one["resourceType"] for one in found] == ["ChargeItemDefinition", *["StructureDefinition"] * 2]
    assert found[0]["url"] == "https://example.org/fhir-adapter/ChargeItemDefinition/carecost-96417"


async def test_the_gaps_of_a_site_are_those_of_its_coded_visits(run):
    shown = await run("data", "gaps")
    assert shown.exit_code == 0
    assert shown.output == "every drug of the coded visits was placed\n"
    assert (await run("data", "gaps", "--format", "json")).output.startswith("[")
