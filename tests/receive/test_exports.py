"""A backfill against an EHR that exports: steps, breaks in the middle, and what it must refuse."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from fhir_adapter.ehr import EhrClient, bearer
from fhir_adapter.receive.exports import BATCH, Backfill
from fhir_adapter.store import exports

pytestmark = [pytest.mark.anyio, pytest.mark.real]
BASE = "https://ehr.example/fhir"
POLL = f"{BASE}/$export-poll-status?_jobId=7"


def ndjson(*resources):
    return "\n".join(json.dumps(resource) for resource in resources).encode()


def administrations(count, patient="Patient/p1"):
    return [
        {"resourceType": "MedicationAdministration", "id": f"a{number}", "subject": {"reference": patient}}
        for number in range(count)
    ]


class Exporter:
    """What the EHR answers, by address; a list is used up one by one."""

    def __init__(self, world, files):
        self.world, self.asked, self.working = world, [], 1
        self.answers = {f"{BASE}/file/{number}": file for number, file in enumerate(files)}
        self.files = list(self.answers)
        self.kick_off = httpx.Response(202, headers={"Content-Location": POLL})
        transport = httpx.MockTransport(self)
        self.ehr = EhrClient(BASE, clock=world.clock, auth=bearer("secret-token"), transport=transport)

    def __call__(self, request):
        self.asked.append(f"{request.method} {request.url}")
        assert request.url.host == "ehr.example"
        if "$export?" in str(request.url):
            assert request.headers["Prefer"] == "respond-async"
            return self.kick_off
        if str(request.url) == POLL:
            return self._state()
        assert request.headers["Accept"] == "application/fhir+ndjson"
        found = self.answers[str(request.url)]
        found = found.pop(0) if isinstance(found, list) else found
        return found if isinstance(found, httpx.Response) else httpx.Response(200, content=found)

    def _state(self):
        if self.working:
            self.working -= 1
            return httpx.Response(202, headers={"X-Progress": "half", "Retry-After": "120"})
        output = [{"type": "MedicationAdministration", "url": url} for url in self.files]
        return httpx.Response(200, json={"transactionTime": "x", "requiresAccessToken": True, "output": output})

    def backfill(self):
        world = self.world
        return Backfill(
            source="main", ehr=self.ehr, store=world.store, pace=world.hints.pace, clock=world.clock, ring=world.ring
        )


async def ask(world, **more):
    fields = {"since": None, "group": None} | more
    return await world.store.write(lambda conn: exports.ask(conn, "main", **fields))


async def found(world):
    return await world.store.read(lambda conn: exports.of(conn, "main"))


async def until_over(world, backfill, steps=20):
    for _ in range(steps):
        await backfill.step()
        if (await found(world)).is_over:
            return await found(world)
        world.clock.pass_(minutes=3)
    raise AssertionError("it does not come to an end")


async def test_everything_is_kept_and_its_patients_due(world):
    exporter = Exporter(world, [ndjson(*administrations(BATCH + 50)), ndjson(*administrations(3, "Patient/p2"))])
    assert await ask(world, since=datetime(2026, 3, 1, tzinfo=UTC))
    ended = await until_over(world, exporter.backfill())
    assert (ended.state, ended.kept) == ("done", BATCH + 53)
    assert exporter.asked[0] == (
        f"GET {BASE}/$export?_type=MedicationAdministration%2CEncounter"
        "&_outputFormat=application%2Ffhir%2Bndjson&_since=2026-03-01T00%3A00%3A00.000Z"
    )
    assert exporter.asked[-1] == f"DELETE {POLL}"
    assert await world.due("Patient/p1")
    assert await world.due("Patient/p2")
    assert {one.method for one in await world.inbox()} == {"export"}
    assert world.rings == 2


async def test_a_busy_ehr_is_asked_when_it_says_so(world):
    exporter = Exporter(world, [])
    await ask(world)
    backfill = exporter.backfill()
    for _ in range(5):
        await backfill.step()
    assert exporter.asked.count(f"GET {POLL}") == 1
    world.clock.pass_(seconds=121)
    await backfill.step()
    assert exporter.asked.count(f"GET {POLL}") == 2


async def test_another_process_goes_on_in_the_middle_of_a_file(world):
    half = ndjson(*administrations(BATCH + 10)) + b"\n"

    async def broken():
        yield half
        raise httpx.ReadError("gone")

    whole = ndjson(*administrations(BATCH + 20))
    exporter = Exporter(world, [[httpx.Response(200, content=broken()), whole]])
    exporter.working = 0
    await ask(world)
    first = exporter.backfill()
    for _ in range(3):
        await first.step()
    assert ((await found(world)).line, (await found(world)).kept) == (BATCH, BATCH)
    ended = await until_over(world, exporter.backfill())
    assert (ended.state, ended.kept) == ("done", BATCH + 20)
    assert len(await world.inbox()) == 100  # the listing's limit
    assert sum(one.startswith("GET") and "$export?" in one for one in exporter.asked) == 1


async def test_a_second_wish_does_not_disturb_the_first(world):
    assert await ask(world)
    assert not await ask(world)
    exporter = Exporter(world, [])
    await until_over(world, exporter.backfill())
    assert await ask(world)


async def test_a_group_is_exported_where_asked_for(world):
    exporter = Exporter(world, [])
    await ask(world, group="infusion")
    await exporter.backfill().step()
    assert exporter.asked[0].startswith(f"GET {BASE}/Group/infusion/$export?")


@pytest.mark.parametrize(
    ("kick_off", "files", "code"),
    [
        (httpx.Response(200), [], "EhrAnswerInvalid"),
        (httpx.Response(202), [], "EhrAnswerInvalid"),
        (httpx.Response(400), [], "EhrRejected"),
        (httpx.Response(202, headers={"Content-Location": "https://evil.example/poll"}), [], "ForeignOrigin"),
        (None, ["https://evil.example/file"], "ForeignOrigin"),
        (None, ["http://ehr.example/fhir/file"], "ForeignOrigin"),
        (None, [f"{BASE}/file/0"], "EhrNotFound"),
    ],
)
async def test_what_ends_an_export(world, kick_off, files, code):
    exporter = Exporter(world, [httpx.Response(404)])
    exporter.files, exporter.kick_off = files, kick_off or exporter.kick_off
    await ask(world)
    ended = await until_over(world, exporter.backfill())
    assert (ended.state, ended.state_code, ended.kept) == ("failed", code, 0)


async def test_a_part_is_not_taken_for_the_whole(world):
    exporter = Exporter(world, [])
    exporter._state = lambda: httpx.Response(
        200, json={"output": [], "error": [{"type": "OperationOutcome", "url": "x"}]}
    )
    await ask(world)
    assert (await until_over(world, exporter.backfill())).state_code == "EhrAnswerInvalid"


async def test_lines_with_faults_are_quarantined_and_odd_ends_of_line_do_not_cut(world):
    odd = {
        "resourceType": "Encounter",
        "id": "e1",
        "subject": {"reference": "Patient/p9"},
        "text": "\u2028 \u0085 \x0b",
    }
    lines = (
        json.dumps(odd, ensure_ascii=False).encode() + b"\r\n\n{\n" + ndjson({"resourceType": "Encounter", "id": "e2"})
    )
    exporter = Exporter(world, [lines])
    await ask(world)
    assert (await until_over(world, exporter.backfill())).kept == 3
    assert [one.state for one in await world.inbox()] == ["marked", "faulty", "faulty"]
