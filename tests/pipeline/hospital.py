"""A hospital in one process: the sandbox as its EHR, a real store, and the two steps of the pipeline run by hand."""

import json
import tomllib
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
from post.faulty import BASE, Wire

from fhir_adapter.catalog import load_catalog
from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import EhrError
from fhir_adapter.pipeline import Attest, Parts, SourceParts, code_patient, send
from fhir_adapter.post import Names
from fhir_adapter.rulebooks import load_rulebook
from fhir_adapter.store import due, ledger, outbox, progress, visits
from fhir_adapter.telemetry import Metrics
from fhir_adapter.vocabulary import SourceWords

CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
WORDS = msgspec.convert(tomllib.loads((CHARTS / "words.toml").read_text()), SourceWords)
NOW, HOUR = timedelta(0), timedelta(hours=1)
CPT, HCPCS = "http://www.ama-assn.org/go/cpt", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


class Hospital:
    """`chart` holds the resources of the fixture by `Type/id`, to be changed and put again."""

    def __init__(
        self, store, clock, *, mode="post", needs_product=False, second=True, lease=HOUR, post_when="clean", **more
    ):
        self.store, self.wire = store, Wire()
        self.person = httpx.AsyncClient(transport=self.wire.server, base_url=BASE)
        source = SourceParts(
            ehr=EhrClient(BASE, clock=clock, transport=self.wire),
            mode=mode,
            words=WORDS,
            rulebook=load_rulebook("carecost-96417"),
            second=load_rulebook("cpt-2026") if second else None,
            drugs=load_catalog(WORDS),
            names=Names(base="https://example.org/fhir-adapter", source="main"),
            needs_product=needs_product,
            post_when=post_when,
            **more,
        )
        self.parts = Parts(store=store, sources={"main": source}, clock=clock, metrics=Metrics(), lease=lease)
        self.attest = Attest(self.parts)
        self.chart = {}

    async def admit(self, name="r-chop"):
        for entry in json.loads((CHARTS / f"{name}.json").read_text())["entry"]:
            await self.put(entry["resource"])

    async def put(self, resource):
        self.chart[f"{resource['resourceType']}/{resource['id']}"] = resource
        await self.person.put(f"/{resource['resourceType']}/{resource['id']}", json=resource)

    async def change(self, name, **elements):
        await self.put(self.chart[name] | elements)

    async def charge_by_hand(self, code, **elements):
        item = {
            "resourceType": "ChargeItem",
            "status": "billable",
            "code": {"coding": [{"system": CPT, "code": code}]},
            "subject": {"reference": "Patient/p1"},
            "context": {"reference": "Encounter/e1"},
            "occurrenceDateTime": "2026-05-04T12:00:00-05:00",
            "quantity": {"value": 1},
        }
        return (await self.person.post("/ChargeItem", json=item | elements)).json()

    async def edit(self, item, **elements):
        body = {name: value for name, value in (item | elements).items() if name != "meta"}
        return (await self.person.put(f"/ChargeItem/{item['id']}", json=body)).json()

    async def claim(self, lane="code", patient="Patient/p1"):
        def work(conn):
            if lane == "code":
                due.mark(conn, "main", patient, settle=NOW, max_wait=NOW)
            return due.claim(conn, lane=lane, slots=1, lease=HOUR, max_attempts=99)

        claims = await self.store.write(work)
        return claims[0] if claims else None

    async def code(self, patient="Patient/p1"):
        await self._step(code_patient, await self.claim(patient=patient))

    async def send(self):
        await self._step(send, await self.claim("send"))

    async def _step(self, step, claim):
        """As the worker does: what failed is let go, to be tried again."""
        try:
            if claim is not None:
                await step(claim, self.parts)
        except EhrError:
            await self.store.write(lambda conn: due.postpone(conn, claim, "again", wait=NOW, max_attempts=None))
            raise

    async def follow(self):
        """The chart changed: code, and send what that asked for."""
        await self.code()
        await self.send()

    async def attested(self, kind="Provenance"):
        """The lane beside; all that stands in the EHR after it, in the order of writing."""
        await self._step(lambda claim, parts: self.attest(claim), await self.claim("attest"))
        answer = await self.person.get(f"/{kind}", params={"_count": "200"})
        found = [entry["resource"] for entry in answer.json().get("entry", [])]
        return sorted(found, key=lambda one: one["meta"]["lastUpdated"])

    async def items(self):
        """Every ChargeItem of the EHR by code."""
        answer = await self.person.get("/ChargeItem", params={"_count": "200"})
        found = [entry["resource"] for entry in answer.json().get("entry", [])]
        return {item["code"]["coding"][0]["code"]: item for item in found}

    async def charged(self):
        """Code → units of what stands."""
        items = await self.items()
        return {code: item["quantity"]["value"] for code, item in items.items() if item["status"] == "billable"}

    async def visit(self, key="e1/2026-05-04"):
        return await self.store.read(lambda conn: visits.latest(conn, "main", key))

    async def result(self):
        return msgspec.json.decode((await self.visit()).visit.result)

    async def findings(self):
        return {finding["id"]: finding for finding in (await self.result())["findings"]}

    async def entries(self):
        return await self.store.read(lambda conn: ledger.of_patient(conn, "main", "Patient/p1"))

    async def ledger(self):
        return {entry.charge.key.code: entry for entry in await self.entries()}

    async def progress(self, lane="code"):
        return await self.store.read(lambda conn: progress.of(conn, "main", "Patient/p1", lane=lane))

    async def waiting(self):
        return await self.store.read(outbox.unsettled)

    async def close(self):
        await self.parts.sources["main"].ehr.close()
        await self.person.aclose()
