"""Every shape and kind of `fixtures/notifications` through the real door: the answer, what is kept, what is doubted.

Each file is a sender, its `source` says where the form is published; ids and patients are ours.
"""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.real]
FOLDER = Path(__file__).parents[2] / "fixtures" / "notifications"
ROWS = [
    pytest.param(row, id=f"{file.stem}: {kind}")
    for file in sorted(FOLDER.glob("*.json"))
    for kind, row in json.loads(file.read_text("utf-8"))["kinds"].items()
]


def test_every_sender_has_its_file():
    assert {file.stem for file in FOLDER.glob("*.json")} == {
        "athenahealth", "backport-r4", "backport-r4b", "event-grid", "hapi", "hapi-topic", "medplum", "pubsub", "r5",
        "rest-hook",
    }  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
async def test_each_shape_and_kind(world, row):
    answer = await world.say(row)
    assert answer.status_code == row["status"]
    assert (answer.json() if answer.content else None) == row.get("answer")
    kept = [[one.shape, one.type, one.id, one.patient] for one in await world.inbox()]
    assert kept == row["hints"] + [[doubt, None, None, None] for doubt in row.get("doubts", [])]
    assert [one.fault for one in await world.inbox()] == [None] * len(kept)


@pytest.mark.parametrize("row", [row for row in ROWS if "doubts" in row.values[0]])
async def test_each_doubt_has_the_source_swept_and_is_shown(world, row):
    await world.say(row)
    (doubt,) = row["doubts"]
    assert f'shape="{doubt}"' in world.metrics.exposition().decode()
    world.ehr.put({"resourceType": "Medication", "id": "m"})
    await world.hints.answer()
    assert [one for one in world.ehr.asked if one.startswith("Encounter?_lastUpdated")]
    assert [one.state for one in await world.inbox() if one.shape == doubt] == ["ignored"]


async def test_cloud_events_ask_before_the_first_event(world):
    async with world.door() as client:
        client.headers.pop("Authorization")
        asked = {"WebHook-Request-Origin": "eventgrid.azure.net"}
        answer = await client.options("/hooks/main", headers=asked)
        assert (answer.status_code, answer.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
        assert (await client.options("/hooks/other", headers=asked)).status_code == 404
        assert (await client.options("/hooks/main")).status_code == 405
        assert (await client.options("/hooks/main", headers={"WebHook-Request-Origin": "a b"})).status_code == 405


BROKEN = [
    ([{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}], "$[0].data.validationCode: must be text"),
    (
        {"eventType": "Microsoft.HealthcareApis.FhirResourceCreated", "data": {}},
        "data.resourceType and data.resourceFhirId: name no resource",
    ),
    ({"message": {"data": "e"}, "subscription": "s"}, "$.message.data: is not base64"),
    ({"message": {"data": 7}}, "$.message.data: is not base64"),
    ({"message": {"data": "SGVsbG8="}}, "$.message.data: is neither a resource nor a resource's name"),
]


@pytest.mark.parametrize(("body", "fault"), BROKEN)
async def test_a_broken_envelope_is_kept_with_its_fault(world, body, fault):
    row = {"method": "POST", "address": "", "headers": {}, "body": body}
    assert (await world.say(row)).status_code == 204
    assert [one.fault for one in await world.inbox()] == [fault]
