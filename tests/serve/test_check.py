"""`serve --check`: one row per question; it writes nothing and fails where the adapter could not work."""

from datetime import UTC, datetime

import httpx
import pytest

from fhir_adapter.app.check import check_settings, check_source
from fhir_adapter.ehr import EhrClient
from fhir_adapter.settings import Source, load
from fhir_adapter.vocabulary import SourceWords

WORDS = SourceWords(time_zone="UTC", payers={"x": "y"})


@pytest.mark.real
def test_all_is_well_at_the_sandbox(configure, run, sandbox, tmp_path):
    status, said, complained = run("serve", "--config", configure(sandbox), "--check")
    assert (status, complained) == (0, "")
    assert said.splitlines()[-1].startswith("all of ")
    assert "write ChargeItem" in said
    assert "CMS would call false: 96416" in said
    assert httpx.get(f"{sandbox}/ChargeItem").json().get("entry", []) == []


@pytest.mark.real
def test_an_ehr_that_is_not_there(configure, run):
    status, said, _ = run("serve", "--config", configure(), "--check")
    assert status == 2
    assert "failed  main  GET metadata" in said
    assert "not reached" in said


@pytest.mark.real
def test_words_about_drugs_that_can_never_take_effect_are_rows(configure, run, tmp_path):
    path = tmp_path / configure()
    words = """
drug_code = { "121191" = "J0000", "rituximab" = "J9312", "777" = "J9310" }
drug_class = { "J9312" = "chemotherapy", "X1" = "therapeutic" }
containers = { "Rituxan" = "single-dose", "50242-061-01" = "single-dose" }
drugs = { "RX-1" = "J9312", "RX-2" = "50242006101" }
"""
    path.write_text(path.read_text("utf-8") + words, "utf-8")
    status, said, _ = run("serve", "--config", str(path), "--check")
    rows = [line.split("  ")[-1] for line in said.splitlines() if "words about drugs" in line]
    assert status == 2
    assert [row.partition(":")[0] for row in rows] == [
        'words.drug_code."121191"', 'words.drug_code."rituximab"', 'words.drug_class."X1"',
        'words.containers."Rituxan"', 'words.drugs."RX-1"',
    ]  # fmt: skip
    assert "J0000 is no HCPCS code of the tables" in rows[0]


@pytest.mark.real
def test_an_unknown_rulebook_is_a_row(configure, run):
    status, said, _ = run("serve", "--config", configure(rulebook="cpt-1999"), "--check")
    assert status == 2
    assert "failed  main  rulebook and tables" in said


def statement(version="4.0.1", **types):
    resources = [
        {"type": name, "interaction": [{"code": code} for code in codes], "conditionalCreate": True}
        for name, codes in types.items()
    ]
    return {
        "resourceType": "CapabilityStatement",
        "fhirVersion": version,
        "rest": [{"mode": "server", "resource": resources}],
    }


FULL = {
    "Encounter": ["read", "search-type"],
    "MedicationAdministration": ["read", "search-type"],
    "Medication": ["read"],
    "ChargeItem": ["read", "search-type", "create", "update"],
}


async def rows(statement, *, mode="post", refused=(), **settings):
    def answer(request):
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json=statement)
        if any(word in str(request.url) for word in refused):
            return httpx.Response(400)
        assert request.url.params["_count"] == "1"
        return httpx.Response(200, json={"resourceType": "Bundle"})

    source = Source(base_url="http://ehr/fhir", mode=mode, rulebook="r", words=WORDS, **settings)
    clock = lambda: datetime(2026, 3, 2, tzinfo=UTC)  # noqa: E731
    async with EhrClient(source.base_url, clock=clock, transport=httpx.MockTransport(answer)) as ehr:
        return {row.asked: row async for row in check_source("main", source, ehr)}


def failed(rows):
    return {asked for asked, row in rows.items() if row.state == "failed"}


@pytest.mark.anyio
async def test_a_server_that_states_everything():
    found = await rows(statement(**FULL))
    assert failed(found) == set()
    assert "search Coverage by patient" in found


@pytest.mark.anyio
@pytest.mark.parametrize("missing", ["create", "update", "read"])
async def test_a_right_to_write_that_is_not_stated(missing):
    stated = FULL | {"ChargeItem": [code for code in FULL["ChargeItem"] if code != missing]}
    assert failed(await rows(statement(**stated))) == {"write ChargeItem"}
    assert failed(await rows(statement(**stated), mode="shadow")) == set()


@pytest.mark.anyio
async def test_another_version_of_fhir():
    assert failed(await rows(statement("5.0.0", **FULL))) == {"FHIR version"}


@pytest.mark.anyio
async def test_a_search_that_is_not_understood():
    assert failed(await rows(statement(**FULL), refused=["ChargeItem?context"])) == {"search ChargeItem by context"}


@pytest.mark.anyio
async def test_last_updated_is_needed_only_where_sweeps_are_configured():
    asked = {"search Encounter by _lastUpdated", "search MedicationAdministration by _lastUpdated"}
    assert failed(await rows(statement(**FULL), refused=["_lastUpdated"])) == set()
    assert failed(await rows(statement(**FULL), refused=["_lastUpdated"], sweep_every=60)) == asked


@pytest.mark.anyio
async def test_a_sweep_through_a_worklist_needs_no_last_updated():
    worklist = {"sweep_every": 60, "sweep_by": "worklist"}
    assert failed(await rows(statement(**FULL), refused=["_lastUpdated"], **worklist)) == set()
    refusing = await rows(statement(**FULL), refused=["Encounter?date"], **worklist)
    assert failed(refusing) == {"search Encounter by date"}


@pytest.mark.anyio
async def test_a_statement_that_is_none():
    assert failed(await rows({"resourceType": "CapabilityStatement", "rest": 7})) == {"GET metadata"}


@pytest.mark.anyio
async def test_a_database_that_does_not_answer(tmp_path):
    """Nobody listens on port 1."""
    (tmp_path / "url").write_text("postgresql+psycopg://u:p@127.0.0.1:1/x")
    config = tmp_path / "c.toml"
    source = '[sources.main]\nbase_url = "http://127.0.0.1:1/fhir"\nmode = "shadow"\nrulebook = "cpt-2026"\n'
    config.write_text(f'database = "file:url"\n{source}words.time_zone = "America/Chicago"\n')
    found = [row async for row in check_settings(load(config))]
    assert {row.asked for row in found if row.state == "failed"} == {"database", "GET metadata"}
