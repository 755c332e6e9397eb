"""SMART Backend Services against oidc-provider in a process of its own: what it grants, and what it must refuse."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from fhir_adapter.ehr import Client, EhrClient, SigningKey, jwks
from fhir_adapter.ehr.tokens import ASSERTION_TYPE
from fhir_adapter.errors import EhrRefused

pytestmark = [pytest.mark.anyio, pytest.mark.real]
SCOPES = ["system/MedicationAdministration.rs", "system/Encounter.rs", "system/ChargeItem.crus", "system/Patient.read"]
EC, RSA = SigningKey(ECKey.generate_key("P-384"), "e1"), SigningKey(RSAKey.generate_key(2048), "r1")
STRANGER = SigningKey(ECKey.generate_key("P-384"), "e1")


@pytest.fixture(scope="module")
def server(token_server, tmp_path_factory):
    with token_server(tmp_path_factory.mktemp("smart"), scopes=SCOPES, jwks=json.loads(jwks([EC, RSA]))) as address:
        yield address


def now():
    return datetime.now(UTC)


def ehr(server, *keys, scopes=SCOPES[:2], clock=now):
    client = Client(client_id="adapter", keys=keys or (EC,), scopes=tuple(scopes))
    return EhrClient(f"{server}/fhir", clock=clock, smart=client)


def told(server):
    return httpx.get(f"{server}/told").json()


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES384", "RS384"])
async def test_a_token_by_either_algorithm_and_by_discovery(server, key):
    async with ehr(server, key) as client:
        found = await client.read("Encounter", "e1")
    assert json.loads(found.body)["scope"] == " ".join(SCOPES[:2])


@pytest.mark.parametrize("scopes", [["system/ChargeItem.crus"], ["system/Patient.read"]], ids=["SMART 2", "SMART 1"])
async def test_scopes_of_either_version(server, scopes):
    async with ehr(server, scopes=scopes) as client:
        assert await client.read("Encounter", "e1")


async def test_a_scope_that_is_dropped_without_a_word_is_named(server):
    for scopes in (["system/Location.rs"], [*SCOPES, "system/Location.rs"]):
        async with ehr(server, scopes=scopes) as client:
            with pytest.raises(EhrRefused, match=r"did not grant .*system/Location\.rs$"):
                await client.read("Encounter", "e1")


async def test_one_token_for_many_requests_at_once_and_one_more_after_a_401(server):
    before = len(told(server))
    async with ehr(server) as client:
        await asyncio.gather(*(client.read("Encounter", "e1") for _ in range(20)))
        assert len(told(server)) == before + 1
        httpx.post(f"{server}/forget")
        await asyncio.gather(*(client.read("Encounter", "e1") for _ in range(20)))
        assert len(told(server)) == before + 2


@pytest.mark.parametrize("minutes", [-6, -5, 5, 6])
async def test_a_clock_that_is_wrong(server, minutes):
    async with ehr(server, clock=lambda: now() + timedelta(minutes=minutes)) as client:
        assert await client.read("Encounter", "e1")
    assert "granted" in told(server)[-1]
    assert "refused" in told(server)[-2]


async def test_a_new_key_that_the_server_does_not_know_yet(server):
    new = SigningKey(ECKey.generate_key("P-384"), "e2")
    async with ehr(server, new, EC) as client:
        assert await client.read("Encounter", "e1")
    assert "refused" in told(server)[-2]


async def test_a_stranger_is_refused_and_told_so(server):
    async with ehr(server, STRANGER) as client:
        with pytest.raises(EhrRefused, match=r"^token server: HTTP 401 \(invalid_client\)$"):
            await client.read("Encounter", "e1")


def asked(server, assertion):
    form = {
        "grant_type": "client_credentials",
        "scope": SCOPES[0],
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return httpx.post(f"{server}/token", data=form).status_code


def test_what_this_server_refuses_of_our_assertions(server):
    """Without this the tests above would prove nothing."""
    good = EC.assertion("adapter", f"{server}/token", now())
    assert [asked(server, good), asked(server, good)] == [200, 401]
    assert told(server)[-1]["refused"].endswith("used once")
    for assertion, why in (
        (EC.assertion("adapter", f"{server}/token", now() - timedelta(minutes=5)), "expired"),
        (EC.assertion("adapter", f"{server}/token", now() + timedelta(minutes=5)), "exp is too far away"),
        (EC.assertion("adapter", "https://elsewhere.example/token", now()), "aud"),
        (EC.assertion("another", f"{server}/token", now()), "client"),
    ):
        assert asked(server, assertion) == 401
        assert why in told(server)[-1]["refused"]


def test_each_attempt_has_a_jti_of_its_own_and_ends_within_five_minutes():
    claims = [jwt.decode(EC.assertion("adapter", "a", now()), EC.key, algorithms=["ES384"]).claims for _ in range(2)]
    assert claims[0]["jti"] != claims[1]["jti"]
    for one in claims:
        assert (one["iss"], one["sub"], one["aud"]) == ("adapter", "adapter", "a")
        assert 0 < one["exp"] - now().timestamp() <= 300
