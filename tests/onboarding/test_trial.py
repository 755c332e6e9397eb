"""A trial on a server over HTTP: everything it made is gone afterwards, and nothing else is."""

import json

import httpx
import pytest
from real.listening import listening

from fhir_adapter.app.trying import clean_up, try_source
from fhir_adapter.ehr import EhrClient
from fhir_adapter.onboarding.made import Line, RunFile
from fhir_adapter.sandbox import build
from fhir_adapter.settings import Source
from fhir_adapter.vocabulary import SourceWords

pytestmark = [pytest.mark.anyio, pytest.mark.real]
TYPES = ("ChargeItem", "MedicationAdministration", "Encounter", "Patient")


@pytest.fixture
async def server():
    async with listening(build()) as base:
        yield f"{base}/fhir"


def source(base):
    words = SourceWords(time_zone="America/Chicago", facilities={"*": "facility"})
    return Source(base_url=base, mode="shadow", rulebook="cpt-2026", words=words)


async def there(base):
    async with httpx.AsyncClient() as client:
        found = {}
        for kind in TYPES:
            entries = (await client.get(f"{base}/{kind}", params={"_count": "200"})).json().get("entry", [])
            found[kind] = {entry["resource"]["id"] for entry in entries}
        return found


async def test_a_visit_is_made_charged_shown_and_gone_and_a_decoy_stays(server, tmp_path):
    said = []

    def tell(line):
        said.append(line)

    async with httpx.AsyncClient() as other:
        await other.put(f"{server}/Patient/decoy", json={"resourceType": "Patient", "id": "decoy"})
    assert await try_source(source(server), tmp_path, tell)
    text = "\n".join(said)
    assert "charge    96413 ×1" in text
    assert "charge    96415 ×3" in text
    assert "on EHR    ChargeItem/" in text
    assert text.endswith("deleted   everything that was made")
    assert await there(server) == {kind: {"decoy"} if kind == "Patient" else set() for kind in TYPES}
    assert list(tmp_path.iterdir()) == []


async def test_what_is_stopped_half_way_is_deleted_too(server, tmp_path):
    class Stopped(BaseException):
        pass

    def tell(line):
        if line.startswith("created   MedicationAdministration"):
            raise Stopped

    with pytest.raises(Stopped):
        await try_source(source(server), tmp_path, tell)
    assert await there(server) == {kind: set() for kind in TYPES}


async def test_a_killed_trial_is_finished_from_its_file_and_nothing_else_is_deleted(server, tmp_path):
    file = RunFile(tmp_path / "try-1.jsonl")
    tag = {"tag": [{"system": "https://example.org/fhir-adapter/CodeSystem/run", "code": "try-1"}]}
    async with httpx.AsyncClient() as other:
        for name in ("try-1-p", "decoy"):
            await other.put(f"{server}/Patient/{name}", json={"resourceType": "Patient", "id": name, "meta": tag})
    file.note(Line(type="Patient", id="try-1-p"))
    file.note(Line(type="Patient", id="try-1-never-made"))
    async with EhrClient(server, clock=lambda: None) as ehr:
        assert await clean_up(ehr, file, lambda line: None)
    assert (await there(server))["Patient"] == {"decoy"}


async def test_what_cannot_be_deleted_is_named_and_the_file_stays(tmp_path):
    file = RunFile(tmp_path / "try-2.jsonl")
    file.note(Line(type="Patient", id="try-2-p"))
    said = []
    refusing = httpx.MockTransport(lambda request: httpx.Response(405))
    async with EhrClient("http://127.0.0.1:9/fhir", clock=lambda: None, transport=refusing) as ehr:
        assert not await clean_up(ehr, file, said.append)
    assert said[0].startswith("left      Patient/try-2-p")
    assert json.loads(file.path.read_text())["id"] == "try-2-p"


async def test_a_server_that_ignores_the_search_loses_no_charge_of_others(tmp_path):
    """A lenient one finds every ChargeItem for a parameter that it does not know."""
    others = {"resourceType": "ChargeItem", "id": "theirs", "identifier": [{"system": "s", "value": "other"}]}
    deleted = []

    def lenient(request):
        if request.method == "DELETE":
            deleted.append(request.url.path)
            return httpx.Response(204)
        return httpx.Response(
            200, json={"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": others}]}
        )

    file = RunFile(tmp_path / "try-3.jsonl")
    file.note(Line(type="ChargeItem", identifier="s|mine"))
    said = []
    transport = httpx.MockTransport(lenient)
    async with EhrClient("http://127.0.0.1:9/fhir", clock=lambda: None, transport=transport) as ehr:
        assert not await clean_up(ehr, file, said.append)
    assert deleted == []
    assert "found another item" in said[0]
