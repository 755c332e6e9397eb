"""The first look at an EHR, against the sandbox: figures of a known chart, and a configuration that loads."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from anyio.to_thread import run_sync
from real.listening import listening
from typer.testing import CliRunner

from fhir_adapter.catalog import load_catalog
from fhir_adapter.cli import build as cli
from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.onboarding.survey import survey
from fhir_adapter.onboarding.telling import as_text, configuration
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.sandbox import build
from fhir_adapter.settings import load
from fhir_adapter.vocabulary import SourceWords

pytestmark = pytest.mark.anyio
CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
BASE = "http://127.0.0.1:8090/fhir"
WORDS = SourceWords(time_zone="America/Chicago", facilities={"*": "facility"})


def clock():
    return datetime(2026, 5, 4, 20, 0, tzinfo=UTC)


@pytest.fixture
async def seen():
    """R-CHOP with one stop missing, one unknown drug and one encounter without a class."""
    transport = httpx.ASGITransport(build())
    bundle = json.loads((CHARTS / "r-chop.json").read_text())
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as person:
        for resource in (entry["resource"] for entry in bundle["entry"]):
            if resource["id"] == "a4":
                del resource["effectivePeriod"]["end"]
            if resource["id"] == "a5":
                resource["medicationCodeableConcept"] = {"text": "local mixture 7"}
            if resource["resourceType"] == "Encounter":
                second = {key: value for key, value in resource.items() if key != "class"} | {"id": "e2"}
                await person.put("/Encounter/e2", json=second)
            await person.put(f"/{resource['resourceType']}/{resource['id']}", json=resource)
    async with EhrClient(BASE, clock=clock, transport=transport) as ehr:
        return await survey(ehr, WORDS, load_rulebook("cpt-2026"), load_catalog(WORDS), patients=5)


async def test_counts_what_would_be_stumbled_over(seen):
    assert (seen.administrations, seen.patients, seen.encounters, seen.without_class) == (7, 1, 2, 1)
    assert (seen.timed, seen.without_stop) == (2, 1)
    assert seen.statuses == {"completed": 7}
    assert seen.drugs == {"local mixture 7 (no code)": 1}
    assert seen.findings["drug-class-unknown"] == 1


async def test_says_it_in_words_without_a_patient(seen):
    text = as_text(seen)
    assert "infusions without a stop        1 of 2 (50 %)" in text
    assert "local mixture 7 (no code)" in text
    assert "p1" not in text.split()


async def test_suggests_a_configuration_that_loads_in_shadow_and_asks_for_its_places(seen, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(configuration(BASE, "main", "America/Chicago", seen))
    source = load(path, {}).sources["main"]
    assert (source.mode, source.base_url, source.words.facilities) == ("shadow", BASE, {})
    assert '# "Location/infusion-suite" = "facility" or "office"' in path.read_text()


MAR = "https://site.example.org/StructureDefinition/mar-action"


def given(name, action, route, method):
    return {
        "resourceType": "MedicationAdministration",
        "id": name,
        "status": "completed",
        "extension": [{"url": MAR, "valueString": action}],
        "medicationCodeableConcept": {"text": "rituximab"},
        "subject": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2026-05-04T09:00:00-05:00",
        "dosage": {"route": {"text": route}, "method": {"text": method}},
    }


async def surveyed(answer):
    transport = httpx.MockTransport(answer)
    async with EhrClient(BASE, clock=clock, transport=transport) as ehr:
        return await survey(ehr, WORDS, load_rulebook("cpt-2026"), load_catalog(WORDS), patients=5)


def page(*resources):
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}
    return httpx.Response(200, json=bundle)


async def test_a_word_of_the_site_is_shown_as_unknown_and_asked_for_in_the_configuration(tmp_path):
    sample = [given("a1", "New Bag", "IV", "IV Infusion"), given("a2", "Bag Hung", "via port", "by dial-a-flow")]

    def answer(request):
        return page(*sample) if "MedicationAdministration" in request.url.path else page()

    seen = await surveyed(answer)
    text = as_text(seen)
    for line in (
        "New Bag → start",
        "Bag Hung → in no table",
        "IV → iv",
        "via port → in no table",
        "by dial-a-flow → in",
    ):
        assert f"     1  {line}" in text
    path = tmp_path / "site.toml"
    path.write_text(configuration(BASE, "main", "America/Chicago", seen))
    written = path.read_text()
    for line in ('# "Bag Hung" = "start", ', '# "via port" = "iv" or ', '# "by dial-a-flow" = a technique'):
        assert line in written
    assert "New Bag" not in written
    assert load(path, {}).sources["main"].sweep_by == "last-updated"
    answered = written.replace('# "Bag Hung" = "start", "continue"', '"Bag Hung" = "start" # "continue"')
    path.write_text(answered)
    assert load(path, {}).sources["main"].words.actions == {"Bag Hung": "start"}


async def test_a_server_that_searches_by_patient_only_is_sampled_by_its_encounters(tmp_path):
    encounter = {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}

    def answer(request):
        if "MedicationAdministration" not in request.url.path:
            return page(encounter) if "Encounter" in request.url.path else page()
        return page(given("a1", "New Bag", "IV", "IV Infusion")) if "patient" in request.url.params else refused

    refused = httpx.Response(400, json={"resourceType": "OperationOutcome"})
    seen = await surveyed(answer)
    assert (seen.administrations, seen.patients) == (1, 1)
    path = tmp_path / "site.toml"
    path.write_text(configuration(BASE, "main", "America/Chicago", seen, by_worklist=True))
    assert load(path, {}).sources["main"].sweep_by == "worklist"


@pytest.mark.real
async def test_as_a_person_types_it(tmp_path):
    """Against a sandbox over a real socket; a wrong address and a file that is there are refused."""
    async with listening(build()) as base:
        out = tmp_path / "start.toml"
        words = ("source", "check", f"{base}/fhir", "--time-zone", "America/Chicago", "--out", str(out))
        first = await run_sync(lambda: CliRunner().invoke(cli(), words))
        assert "0 administrations" in first.output
        assert "all of" in first.output
        assert load(out, {}).sources["main"].mode == "shadow"
        again = await run_sync(lambda: CliRunner().invoke(cli(), words))
        assert "is there already" in str(again.exception)
    for wrong, said in (("ftp://x", "URL: it begins"), ("http://127.0.0.1:9/fhir", "")):
        failed = await run_sync(lambda w=wrong: CliRunner().invoke(cli(), ("source", "check", w, "--time-zone", "UTC")))
        assert failed.exit_code != 0
        assert said in str(failed.exception)


@pytest.mark.parametrize("bearer", ["secret-itself", "env:NOT_SET_ANYWHERE", "file:absent"])
def test_a_token_that_cannot_be_had_is_refused_without_showing_it(bearer):
    words = ("source", "check", "http://127.0.0.1:9/fhir", "--time-zone", "UTC", "--bearer", bearer)
    failed = CliRunner().invoke(cli(), words).exception
    assert isinstance(failed, ConfigurationError)
    assert str(failed).startswith("--bearer: ")
    assert "secret-itself" not in str(failed)
