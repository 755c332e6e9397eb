"""Where everything ended: each end of a notification and of an administration, and that what is lost is named."""

import json
from datetime import UTC, datetime

import pytest
from anyio.to_thread import run_sync
from pipeline.hospital import HOUR, Hospital
from sqlalchemy import delete, update
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.history.conservation import administrations, notifications
from fhir_adapter.pipeline import code_patient
from fhir_adapter.store import due, inbox, schema
from fhir_adapter.store.due import AT_ONCE
from fhir_adapter.store.inbox import Notification

pytestmark = pytest.mark.anyio
CONFIGURATION = """
data = "data"
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
async def here(sqlite):
    made = Hospital(sqlite.open(), clock)
    await made.admit()
    yield made
    await made.close()


def tell(here, patient="Patient/p1", fault=None, **told):
    fields = {"source": "main", "shape": "resource", "method": "POST", "type": "Encounter", "id": "e1"} | told
    told = Notification(patient=patient, fault=fault, **fields)
    return here.store.write(lambda conn: inbox.record(conn, told, settle=AT_ONCE, max_wait=AT_ONCE))


async def coded(here):
    """The worker comes to the patient: everything told so far."""

    def claim(conn):
        return due.claim(conn, slots=1, lease=HOUR, max_attempts=9)[0]

    await code_patient(await here.store.write(claim), here.parts)


async def ends(here, account):
    found = await here.store.read(lambda conn: account(conn, "main"))
    return {end: count for end, count in found.ended.items() if count}, found.missing


async def test_each_end_of_a_notification(here):
    await tell(here)
    await tell(here)
    await tell(here, fault="$.status")
    assert await ends(here, notifications) == ({"waiting": 2, "quarantined": 1}, ())
    await coded(here)
    ignored = await tell(here, patient=None)
    await here.store.write(lambda conn: inbox.dismiss(conn, ignored))
    again = await tell(here, patient=None)
    assert await ends(here, notifications) == (
        {"coded": 1, "superseded": 1, "quarantined": 1, "not ours": 1, "waiting": 1}, ()
    )  # fmt: skip
    await here.store.write(lambda conn: inbox.replayed(conn, again))
    assert (await ends(here, notifications))[0]["superseded"] == 2


async def test_a_notification_that_nobody_works_on_is_missing(here):
    lost = await tell(here)
    await here.store.write(lambda conn: conn.execute(delete(schema.due)))
    assert await ends(here, notifications) == ({}, (f"notification {lost}",))


async def test_each_end_of_an_administration(here):
    await here.follow()
    found, missing = await ends(here, administrations)
    assert (set(found), missing) == ({"lines", "findings"}, ())
    (given,) = (await here.items())["J9312"]["service"]
    await here.change(given["reference"], status="entered-in-error")
    await here.follow()
    assert (await ends(here, administrations))[0]["reversed"] == 1


async def test_one_that_was_deleted_and_told_is_an_end_and_one_that_vanished_is_not(here):
    await here.follow()
    (given,) = (await here.items())["J9312"]["service"]
    kind, _, name = given["reference"].partition("/")
    await here.person.delete(f"/{given['reference']}")
    await here.follow()
    assert (await ends(here, administrations))[1] == (given["reference"],)
    await tell(here, shape="deletion", method="DELETE", type=kind, id=name)
    assert await ends(here, administrations) == ({"lines": 5, "findings": 1, "deleted": 1}, ())


async def test_the_command_adds_up_and_names_what_is_missing(here, sqlite):
    path = sqlite.folder.parent / "site.toml"
    path.write_text(CONFIGURATION)
    await tell(here)
    await coded(here)
    words = ["conservation", "--config", str(path)]
    done = await run_sync(lambda: CliRunner().invoke(build(), words))
    assert done.exit_code == 0
    assert "  1 notifications = 1 coded + 0 superseded + 0 quarantined + 0 not ours + 0 waiting" in done.output
    await here.store.write(lambda conn: conn.execute(update(schema.visits).values(latest=False)))
    done = await run_sync(lambda: CliRunner().invoke(build(), words))
    assert done.exit_code == 1
    assert "    missing  MedicationAdministration/" in done.output
    done = await run_sync(lambda: CliRunner().invoke(build(), [*words, "--format", "json"]))
    assert json.loads(done.output)["main"][1]["ended"]["lines"] == 0
