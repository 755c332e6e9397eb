"""Raw bodies go after billing, and only then; hashes, ledger and visits stay."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select
from store.conftest import AT_ONCE, charge, coded_visit, entry, notification

from fhir_adapter.reconcile import LedgerEntry
from fhir_adapter.store import due, inbox, ledger, open_store, progress, schema, versions, visits
from fhir_adapter.store.retention import remove

pytestmark = pytest.mark.anyio
BODY = b'{"resourceType": "MedicationAdministration", "dose": 1.50}'
DAYS = timedelta(days=30)


class Ward:
    """One patient whose visit was coded and charged, on a clock that can be set."""

    def __init__(self, sqlite):
        self.now = datetime(2026, 3, 3, tzinfo=UTC)
        self.store = open_store("sqlite", sqlite.folder, lambda: self.now)
        sqlite.opened.append(self.store)
        self.identifier = charge().key.identifier

    async def code(self, *read, state="billable"):
        def work(conn):
            inbox.record(conn, notification(body=BODY), **AT_ONCE)
            [claim] = due.claim(conn, slots=1, lease=DAYS, max_attempts=9)
            versions.keep(conn, "main", [version("MedicationAdministration", "ma1", BODY), *read])
            number = visits.keep(conn, claim, coded_visit(state=state))
            ledger.decide(conn, entry(), "e1.2026-03-03")
            ledger.written(conn, "main", self.identifier, item="ci1", version="1", body_hash="sha256:0")
            inbox.coded(conn, claim, (number,))
            due.finish(conn, claim)

        await self.store.write(work)

    async def remove(self):
        found = await self.store.write(lambda conn: remove(conn, before=self.now - DAYS))
        return found.bodies, found.asked

    async def bodies(self):
        def look(conn):
            kept = conn.execute(select(schema.versions.c.body, schema.versions.c.body_hash)).all()
            return [tuple(row) for row in kept], inbox.body(conn, 1)

        return await self.store.read(look)


def version(kind, name, body, version_id="1"):
    return versions.Version(
        type=kind, id=name, version_id=version_id, last_updated=None, patient="Patient/1", body=body
    )


def item(status, version_id="2"):
    return version("ChargeItem", "ci1", f'{{"status": "{status}"}}'.encode(), version_id)


@pytest.fixture
def ward(sqlite):
    return Ward(sqlite)


async def test_after_billing_bodies_go_and_what_was_decided_stays(ward):
    await ward.code(item("billed"))
    before = await ward.store.read(lambda conn: (ledger.of_patient(conn, "main", "Patient/1"), visits.get(conn, 1)))
    ward.now += DAYS + timedelta(days=1)
    assert await ward.remove() == (3, 0)
    kept, told = await ward.bodies()
    assert told == b""
    assert (b"", f"sha256:{sha256(BODY).hexdigest()}") in kept
    assert {body for body, _ in kept} == {b""}
    after = await ward.store.read(lambda conn: (ledger.of_patient(conn, "main", "Patient/1"), visits.get(conn, 1)))
    assert after == before
    assert isinstance(after[0][0], LedgerEntry)
    assert await ward.store.read(lambda conn: versions.of(conn, "main", "MedicationAdministration", "ma1")) == ()
    known = await ward.store.read(lambda conn: versions.known(conn, "main", "MedicationAdministration", "ma1", "1"))
    assert known, "a sweep would take it for news"
    assert await ward.remove() == (0, 0)


@pytest.mark.parametrize(
    ("read", "state"),
    [([item("billable")], "billable"), ([], "billable"), ([item("billed")], "held"), ([item("billed")], "open")],
    ids=["not billed", "never seen", "held", "open"],
)
async def test_what_may_still_be_needed_stays_and_is_asked_about_once(ward, read, state):
    await ward.code(*read, state=state)
    ward.now += DAYS + timedelta(days=1)
    assert await ward.remove() == (0, 1)
    assert await ward.remove() == (0, 0)
    kept, told = await ward.bodies()
    assert told == BODY
    assert b"" not in {body for body, _ in kept}
    assert (await ward.store.read(lambda conn: progress.of(conn, "main", "Patient/1"))).state == "waiting"


async def test_nothing_goes_before_its_time(ward):
    await ward.code(item("billed"))
    ward.now += DAYS - timedelta(days=1)
    assert await ward.remove() == (0, 0)


async def test_a_body_that_is_read_again_is_kept_again(ward):
    await ward.code(item("billed"))
    ward.now += DAYS + timedelta(days=1)
    await ward.remove()
    await ward.code()
    found = await ward.store.read(lambda conn: versions.of(conn, "main", "MedicationAdministration", "ma1"))
    assert [one.body for one in found] == [BODY]


async def test_everybody_is_looked_at_a_few_at_a_time(ward):
    def many(conn):
        for number in range(45):
            one = version("Encounter", f"e{number}", BODY)
            versions.keep(conn, "main", [versions.Version(**{**_fields(one), "patient": f"Patient/{number:02}"})])

    await ward.store.write(many)
    ward.now += DAYS + timedelta(days=1)
    looks, after = [], ("", "")
    while after is not None:
        begin = after
        found = await ward.store.write(lambda conn, begin=begin: remove(conn, before=ward.now - DAYS, after=begin))
        looks.append(found.patients)
        after = found.last
    assert looks == [20, 20, 5]


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
