"""Versions, coded visits, ledger, pauses, access log: what goes in comes out, once."""

from datetime import UTC, datetime

import msgspec
import pytest
from store.conftest import START, charge, coded_visit, entry, request

from fhir_adapter.store import access, counters, ledger, outbox, pauses, versions, visits

pytestmark = pytest.mark.anyio
KEY = "e1.2026-03-03"


def version(version_id="1", body=b'{"dose": 1.50}', last_updated=START):
    return versions.Version(
        type="Encounter", id="e", version_id=version_id, last_updated=last_updated, patient="Patient/1", body=body
    )


async def kept_versions(store):
    return await store.read(lambda conn: versions.of(conn, "main", "Encounter", "e"))


async def test_a_version_is_kept_once_and_byte_for_byte(store):
    await store.write(lambda conn: versions.keep(conn, "main", [version(), version("2", b"{}", None)]))
    await store.write(lambda conn: versions.keep(conn, "main", [version(body=b"another")]))
    assert await kept_versions(store) == (version(), version("2", b"{}", None))


async def test_a_server_without_versions_gets_one_per_body(store):
    for body in (b"a", b"b", b"a"):
        await store.write(lambda conn, body=body: versions.keep(conn, "main", [version(None, body)]))
    assert [one.body for one in await kept_versions(store)] == [b"a", b"b"]
    assert all(one.version_id.startswith("sha256:") for one in await kept_versions(store))


async def test_nothing_read_is_nothing_kept(store):
    await store.write(lambda conn: versions.keep(conn, "main", []))
    assert await kept_versions(store) == ()


async def test_a_naive_time_is_refused(store):
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(Exception, match="the database did not do what was asked"):
        await store.write(lambda conn: versions.keep(conn, "main", [version(last_updated=naive)]))
    assert await kept_versions(store) == ()


async def test_the_latest_coding_of_a_visit_is_listed_and_the_different_ones_before_stay(store, claimed):
    claim = await claimed()
    held = coded_visit(state="held", held_by=("missing-stop", "setting-unknown"), second_opinion=b"{}")
    first = await store.write(lambda conn: visits.keep(conn, claim, held))
    again = await store.write(lambda conn: visits.keep(conn, claim, held))
    second = await store.write(lambda conn: visits.keep(conn, claim, coded_visit()))
    assert first == again != second
    [summary] = await store.read(visits.listed)
    assert (summary.number, summary.state, summary.patient) == (second, "billable", "Patient/1")
    history = await store.read(lambda conn: visits.history(conn, "main", KEY))
    assert [(one.number, one.latest, one.held_by) for one in history] == [
        (first, False, ("missing-stop", "setting-unknown")),
        (second, True, ()),
    ]
    assert (await store.read(lambda conn: visits.get(conn, first))).visit == held
    assert (await store.read(lambda conn: visits.latest(conn, "main", KEY))).summary == summary
    assert await store.read(lambda conn: visits.get(conn, 99)) is None


async def test_a_visit_that_is_none_any_more_is_retired_and_can_come_back(store, claimed):
    claim = await claimed()
    for key in ("gone", "stays"):
        await store.write(lambda conn, key=key: visits.keep(conn, claim, coded_visit(key)))
    await store.write(lambda conn: visits.retire(conn, "main", "gone"))
    assert [one.key for one in await store.read(visits.listed)] == ["stays"]
    assert await store.read(lambda conn: visits.latest(conn, "main", "gone")) is None
    await store.write(lambda conn: visits.keep(conn, claim, coded_visit("gone")))
    mine = await store.read(lambda conn: visits.listed(conn, source="main", patient="Patient/1"))
    assert {one.key for one in mine} == {"gone", "stays"}
    assert await store.read(lambda conn: visits.listed(conn, source="other")) == ()


async def test_a_decision_changes_the_charge_and_keeps_what_was_written(store):
    identifier = charge().key.identifier
    await store.write(lambda conn: ledger.decide(conn, entry(), KEY))
    await store.write(
        lambda conn: ledger.written(conn, "main", identifier, item="ci-1", version="3", body_hash="sha256:b")
    )
    await store.write(lambda conn: ledger.decide(conn, entry(units=5), KEY))
    [charged] = await store.read(lambda conn: ledger.of_visit(conn, "main", KEY))
    assert charged.entry == msgspec.structs.replace(entry(units=5), item="ci-1", version="3")
    assert charged.body_hash == "sha256:b"
    assert await store.read(lambda conn: ledger.get(conn, "main", identifier)) == charged
    assert await store.read(lambda conn: ledger.get(conn, "other", identifier)) is None


async def test_an_entry_is_pending_while_its_order_waits_in_the_outbox(store, claimed):
    claim = await claimed()
    await store.write(lambda conn: ledger.decide(conn, entry(), KEY))
    await store.write(lambda conn: ledger.decide(conn, entry(code="96415"), KEY))
    await store.write(lambda conn: outbox.ask(conn, claim, (request(charge().key.identifier),)))
    mine = await store.read(lambda conn: ledger.of_patient(conn, "main", "Patient/1"))
    assert {one.charge.key.code: one.pending for one in mine} == {"96413": True, "96415": False}


async def test_trouble_with_an_item_is_written_down_and_taken_back(store):
    identifier = charge().key.identifier
    await store.write(lambda conn: ledger.decide(conn, entry(), KEY))
    for trouble in ("billed", None):
        await store.write(lambda conn, trouble=trouble: ledger.leave_alone(conn, "main", identifier, trouble))
        assert (await store.read(lambda conn: ledger.get(conn, "main", identifier))).entry.trouble == trouble


async def test_a_pause_stays_since_it_began_for_the_reason_given_last(store):
    first = await store.write(lambda conn: pauses.pause(conn, "main", why="one", who="a"))
    second = await store.write(lambda conn: pauses.pause(conn, "main", why="two", who="b"))
    assert second == pauses.Pause(source="main", since=first.since, why="two", who="b")
    assert await store.read(pauses.listed) == (second,)
    assert await store.write(lambda conn: pauses.resume(conn, "main"))
    assert not await store.write(lambda conn: pauses.resume(conn, "main"))
    assert await store.read(pauses.listed) == ()


async def test_who_looked_is_written_down(store):
    for number in range(3):
        await store.write(lambda conn, number=number: access.note(conn, who="analyst", what=f"visit {number}"))
    newest = await store.read(lambda conn: access.listed(conn, limit=2))
    assert [(one.who, one.what) for one in newest] == [("analyst", "visit 2"), ("analyst", "visit 1")]


async def test_counters_add_up(store):
    await store.write(lambda conn: counters.add(conn, "seen"))
    await store.write(lambda conn: counters.add(conn, "seen", 4))
    assert await store.read(counters.listed) == {"seen": 5}


async def test_it_is_known_in_whose_charts_a_resource_was_read(store):
    for number, patient in enumerate(("Patient/1", "Patient/2", None, "Patient/1")):
        one = msgspec.structs.replace(version(str(number)), patient=patient)
        await store.write(lambda conn, one=one: versions.keep(conn, "main", [one]))
    patients = await store.read(lambda conn: versions.patients(conn, "main", "Encounter", "e"))
    assert patients == ("Patient/1", "Patient/2")
    assert await store.read(lambda conn: versions.patients(conn, "main", "Encounter", "other")) == ()
    assert await store.read(lambda conn: versions.known(conn, "main", "Encounter", "e", "2"))
    assert not await store.read(lambda conn: versions.known(conn, "main", "Encounter", "e", "9"))
