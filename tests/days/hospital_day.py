"""A day of fixtures/days, replayed against the sandbox and a real store, the steps of the pipeline run by hand."""

import json
import tempfile
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import msgspec

from fhir_adapter.catalog import load_catalog
from fhir_adapter.ehr import EhrClient
from fhir_adapter.pipeline import Parts, SourceParts, code_patient, send
from fhir_adapter.post import Names
from fhir_adapter.receive.hints import Hints
from fhir_adapter.receive.keep import Pace, keep
from fhir_adapter.receive.shapes import resource_hint
from fhir_adapter.receive.telling import deletion_hint
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.sandbox import build
from fhir_adapter.store import due, ledger, open_store, visits
from fhir_adapter.telemetry import Metrics
from fhir_adapter.vocabulary import SourceWords

DAYS = Path(__file__).parents[2] / "fixtures" / "days"
NAMES = tuple(sorted(folder.name for folder in DAYS.iterdir() if folder.is_dir()))
WORDS = msgspec.convert(tomllib.loads((DAYS / "words.toml").read_text()), SourceWords)
BASE = "http://127.0.0.1/fhir"
AT_ONCE = Pace(timedelta(0), timedelta(0))


def clock():
    """Two days later: what was never finished has had its hours."""
    return datetime(2026, 5, 6, 20, 0, tzinfo=UTC)


def long_ago():
    """The sandbox stamps what it keeps with the time of the machine: the first sweep sees all of it."""
    return datetime(2020, 1, 1, tzinfo=UTC)


def events_of(day):
    return [json.loads(line) for line in (DAYS / day / "events.jsonl").read_text().splitlines()]


def expected_of(day):
    """(encounter, date, code with modifiers) → units, and the visits that are held by what."""
    said = tomllib.loads((DAYS / day / "expected.toml").read_text())
    held = {key: tuple(names) for key, names in said.pop("held", {}).items()}
    charges = {
        (encounter, date.fromisoformat(on), code): units
        for encounter, dates in said.items()
        for on, codes in dates.items()
        for code, units in codes.items()
    }
    return charges, held


def name_of(event):
    return event.get("DELETE") or "{resourceType}/{id}".format_map(event["PUT"])


class Replay:
    """One EHR and one adapter. `sources` may be several: then they read the same EHR under names of their own."""

    def __init__(self, folder, sources=("main",), pace=AT_ONCE):
        self.store = open_store("sqlite", Path(folder), clock)
        wire = httpx.ASGITransport(app=build())
        self.ehr = httpx.AsyncClient(transport=wire, base_url=BASE)
        self.pace, self.clients = pace, {name: EhrClient(BASE, clock=clock, transport=wire) for name in sources}
        rulebook, drugs = load_rulebook("cpt-2026"), load_catalog(WORDS)
        parts = {
            name: SourceParts(
                ehr=client, mode="post", words=WORDS, rulebook=rulebook, drugs=drugs,
                names=Names(base="https://valley.example.org/charges", source=name), needs_product=False,
            )
            for name, client in self.clients.items()
        }  # fmt: skip
        self.parts = Parts(store=self.store, sources=parts, clock=clock, metrics=Metrics(), lease=timedelta(hours=1))
        self.hints = [
            Hints(
                source=name, ehr=client, store=self.store, pace=pace, clock=long_ago, metrics=self.parts.metrics,
                ring=lambda: None,
            )
            for name, client in self.clients.items()
        ]  # fmt: skip

    async def happen(self, event):
        """In the EHR; whether anybody hears of it is another matter."""
        if "DELETE" in event:
            await self.ehr.delete(f"/{event['DELETE']}")
        else:
            answer = await self.ehr.put(f"/{name_of(event)}", json=event["PUT"])
            assert answer.is_success, answer.text

    async def tell(self, event):
        deleted = "DELETE" in event
        hint = deletion_hint(event["DELETE"]) if deleted else resource_hint(json.dumps(event["PUT"]).encode(), BASE)
        for source in self.clients:
            method = "DELETE" if deleted else "PUT"
            await self.store.write(lambda conn, name=source, verb=method: keep(conn, name, verb, [hint], self.pace))

    async def work(self):
        """Until nobody is due."""
        for hints in self.hints:
            await hints.answer()
        while await self._lane("code", code_patient) or await self._lane("send", send):
            pass

    async def _lane(self, lane, step):
        claims = await self.store.write(
            lambda conn: due.claim(conn, lane=lane, slots=50, lease=timedelta(hours=1), max_attempts=9)
        )
        for claim in claims:
            await step(claim, self.parts)
        return bool(claims)

    async def sweep(self):
        for hints in self.hints:
            await hints.sweep()
        await self.work()

    async def standing(self):
        """What the EHR has: (encounter, date, code with modifiers) → units, by the ledger's own names."""
        answer = await self.ehr.get("/ChargeItem", params={"_count": "500"})
        items = [entry["resource"] for entry in answer.json().get("entry", [])]
        assert all(item["status"] in ("billable", "entered-in-error") for item in items)
        there = {}
        for item in (each for each in items if each["status"] == "billable"):
            (identifier,) = item["identifier"]
            encounter, on, code, modifiers, _ = identifier["value"].split(".")
            key = (encounter, date.fromisoformat(on), f"{code}-{modifiers}" if modifiers else code)
            assert item["context"] == {"reference": f"Encounter/{encounter}"}
            there[key] = there.get(key, 0) + int(item["quantity"]["value"])
        return there

    async def patients_of_items(self):
        answer = await self.ehr.get("/ChargeItem", params={"_count": "500"})
        items = [entry["resource"] for entry in answer.json().get("entry", [])]
        return {
            item["context"]["reference"]: item["subject"]["reference"] for item in items if item["status"] == "billable"
        }

    async def held(self, source="main"):
        listed = await self.store.read(lambda conn: visits.listed(conn, source=source))
        return {visit.key: visit.held_by for visit in listed if visit.state == "held"}

    async def entries(self, patient, source="main"):
        return await self.store.read(lambda conn: ledger.of_patient(conn, source, patient))

    async def close(self):
        for client in self.clients.values():
            await client.close()
        await self.ehr.aclose()
        self.store.close()


async def replayed(day, plan, check):
    """`plan` is what happens, in order: (event, how often it is told, whether the adapter works after it)."""
    with tempfile.TemporaryDirectory() as folder:
        replay = Replay(folder)
        try:
            for event, told, works in plan:
                await replay.happen(event)
                for _ in range(told):
                    await replay.tell(event)
                if works:
                    await replay.work()
            await replay.work()
            await replay.sweep()
            await check(replay, day)
        finally:
            await replay.close()
