"""Who may speak for a source: bearer, signature, both, none; and credentials that must not be kept."""

import hmac
import json

import msgspec
import pytest

from fhir_adapter.receive.redaction import redacted
from fhir_adapter.receive.senders import bears_token, is_signed
from fhir_adapter.settings import Secret

pytestmark = pytest.mark.anyio
KEY, BODY = "0123456789", b'{"resourceType":"Patient", "id":"p"}\n'
DIGEST = hmac.new(KEY.encode(), BODY, "sha256").hexdigest()


def signed_source(world, **more):
    fields = {"hook_token": None, "hook_hmac": Secret(KEY, "env:K")} | more
    world.source = msgspec.structs.replace(world.source, **fields)
    return world.source


@pytest.mark.parametrize("name", ["x-hub-signature", "x-signature"])
@pytest.mark.parametrize("form", [f"sha256={DIGEST}", DIGEST, DIGEST.upper(), f" {DIGEST} ", f"SHA256={DIGEST}"])
def test_a_signature_in_either_form_and_header(world, name, form):
    assert is_signed(signed_source(world), {name: form}, BODY)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, BODY),
        ({"x-signature": ""}, BODY),
        ({"x-signature": DIGEST}, BODY.strip()),
        ({"x-signature": DIGEST[:-1]}, BODY),
        ({"x-signature": "sha1=" + DIGEST}, BODY),
        ({"x-signature": "\u00e9"}, BODY),
        ({"x-other": DIGEST}, BODY),
    ],
)
def test_no_signature_of_these_bytes(world, headers, body):
    assert not is_signed(signed_source(world), headers, body)


def test_a_source_that_asks_for_neither(world):
    source = signed_source(world, hook_hmac=None)
    assert is_signed(source, {}, BODY)
    assert bears_token(source, {})


@pytest.mark.real
async def test_through_the_door(world):
    signed_source(world)
    async with world.door() as client:
        client.headers.pop("Authorization")
        good, bad = {"X-Hub-Signature": f"sha256={DIGEST}"}, {"X-Signature": "0" * 64}
        for headers, status in ((good, 204), (bad, 401), ({}, 401), ({"Authorization": f"Bearer {KEY}"}, 401)):
            answer = await client.post("/hooks/main", content=BODY, headers=headers)
            assert (answer.status_code, answer.content) == (status, b"")
    assert len(await world.inbox()) == 1


@pytest.mark.real
async def test_where_both_are_configured_both_are_asked_for(world):
    signed_source(world, hook_token=Secret("canary-token-1", "env:T"))
    async with world.door() as client:
        signature = {"X-Signature": DIGEST}
        assert (await client.post("/hooks/main", content=BODY, headers=signature)).status_code == 204
        assert (await client.post("/hooks/main", content=BODY)).status_code == 401
        client.headers.pop("Authorization")
        assert (await client.post("/hooks/main", content=BODY, headers=signature)).status_code == 401


TOKEN = "canary-of-authorization"
PART = {"name": "authorization-value", "valueString": TOKEN}
EVENT = {"name": "notification-event", "part": [{"name": "event-number", "valueString": "1"}, PART]}
BROKEN_STATUS = {"resourceType": "Parameters", "parameter": [EVENT], "id": "x" * 70}
PATIENT = {"resourceType": "Patient"}
HINT = {"resourceType": "SubscriptionStatus", "notificationEvent": [{"authorizationHint": [{"value": TOKEN}]}]}
CREDENTIALS = [
    json.dumps({"resourceType": "Bundle", "type": "history", "entry": [{"resource": BROKEN_STATUS}]}),
    json.dumps({"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {"resource": BROKEN_STATUS}]}),
    json.dumps({"resourceType": "Bundle", "entry": [{"resource": BROKEN_STATUS | {"parameter": EVENT}}]}),
    json.dumps({"resourceType": "Bundle", "entry": EVENT}),
    json.dumps(BROKEN_STATUS),
    json.dumps(BROKEN_STATUS).replace("authorization-value", "\\u0061uthorization-value"),
    json.dumps(BROKEN_STATUS)[:-9],
    json.dumps(HINT),
    json.dumps(PATIENT | {"authorizationValue": TOKEN}),
    f'<parameter><name value="authorization-value"/><valueString value="{TOKEN}"/></parameter>',
    f"AUTHORIZATION-VALUE={TOKEN}",
    json.dumps(BROKEN_STATUS).encode("utf-16").decode("latin-1"),
]


@pytest.mark.real
@pytest.mark.parametrize("text", CREDENTIALS)
async def test_an_authorization_value_reaches_no_log_and_no_quarantine(world, text, log_lines):
    async with world.door() as client:
        sent = text.encode("latin-1")
        for address in ("", "/Encounter/e1"):
            assert (await client.post(f"/hooks/main{address}", content=sent)).status_code in (200, 204)
    kept = b"".join([path.read_bytes() for path in world.folder.rglob("*") if path.is_file()])
    assert TOKEN.encode() not in kept.replace(b"\0", b"")
    assert TOKEN not in log_lines()


@pytest.mark.parametrize("body", [b'{"a": "\\u00e9",  "b": 2.50}', b"not json", b'{"name": "Author"}'])
def test_what_holds_no_credential_is_kept_byte_for_byte(body):
    assert redacted(body) == body


def test_of_a_body_with_a_credential_the_rest_is_kept():
    without = {"name": "notification-event", "part": [EVENT["part"][0], {"name": PART["name"], "redacted": True}]}
    assert json.loads(redacted(json.dumps(BROKEN_STATUS).encode())) == BROKEN_STATUS | {"parameter": [without]}


def test_a_body_too_deep_to_look_through_is_not_kept():
    assert redacted(b'{"a": ' * 900 + b'{"authorization": 1}' + b"}" * 900) == b""
