"""Tokens where a real server will not misbehave on request; scopes and keys by themselves."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from fhir_adapter.ehr import Client, EhrClient, SigningKey, jwks, signing_key
from fhir_adapter.ehr.scopes import missing_scopes
from fhir_adapter.errors import (
    ConfigurationError,
    EhrAnswerInvalid,
    EhrNotFound,
    EhrRefused,
    EhrUnavailable,
    ForeignOrigin,
)
from fhir_adapter.settings import Secret

BASE = "https://ehr.example/fhir"
SCOPE = "system/Encounter.rs"
KEY = SigningKey(ECKey.generate_key("P-384"), "k1")
GRANTED = {"access_token": "secret-token", "token_type": "Bearer", "expires_in": 300, "scope": SCOPE}


class Server:
    """An EHR and its token server as one handler; `grant` says how the token server answers."""

    def __init__(self, grant=GRANTED, status=200, endpoint="https://login.example/token", **headers):
        self.grant, self.status, self.endpoint, self.headers = grant, status, endpoint, headers
        self.now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
        self.asked, self.valid = [], "secret-token"

    def __call__(self, request):
        self.asked.append(f"{request.method} {request.url.copy_with(query=None)}")
        if request.url.path.endswith("smart-configuration"):
            return httpx.Response(200, json={"token_endpoint": self.endpoint})
        if request.method == "POST" and request.url.path == "/token":
            assert "Authorization" not in request.headers
            return httpx.Response(self.status, json=self.grant, headers=self.headers)
        live = request.headers.get("Authorization") == f"Bearer {self.valid}"
        return httpx.Response(200 if live else 401, json={"resourceType": "Encounter", "id": "1"})

    def client(self, base=BASE, **more):
        fields = {"client_id": "adapter", "keys": (KEY,), "scopes": (SCOPE,)} | more
        transport = httpx.MockTransport(self)
        return EhrClient(base, clock=lambda: self.now, smart=Client(**fields), transport=transport)

    @property
    def fetched(self):
        return sum(one.endswith("/token") for one in self.asked)


@pytest.mark.anyio
async def test_a_token_is_kept_until_shortly_before_its_end():
    server = Server()
    async with server.client() as ehr:
        for seconds, fetched in ((0, 1), (269, 1), (2, 2)):
            server.now += timedelta(seconds=seconds)
            await ehr.read("Encounter", "1")
            assert server.fetched == fetched
    assert server.asked[0] == f"GET {BASE}/.well-known/smart-configuration"
    assert sum("well-known" in one for one in server.asked) == 1


@pytest.mark.anyio
async def test_a_configured_address_needs_no_discovery():
    server = Server()
    async with server.client(token_url="https://other.example/token") as ehr:
        await ehr.read("Encounter", "1")
    assert server.asked[0] == "POST https://other.example/token"


@pytest.mark.anyio
async def test_a_401_is_answered_once():
    server = Server()
    server.valid = "another"
    async with server.client() as ehr:
        with pytest.raises(EhrRefused, match="GET Encounter: HTTP 401"):
            await ehr.read("Encounter", "1")
    assert server.fetched == 2


@pytest.mark.anyio
@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_token_server_says_how_long(status):
    server = Server(status=status, **{"Retry-After": "17"})
    async with server.client() as ehr:
        with pytest.raises(EhrUnavailable) as raised:
            await ehr.read("Encounter", "1")
    assert raised.value.retry_after == 17


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("server", "error", "said"),
    [
        (Server(status=404), EhrNotFound, "token server: HTTP 404"),
        (Server({"error": "invalid_scope"}, 400), EhrRefused, r"token server: HTTP 400 \(invalid_scope\)"),
        (Server({"error": "Jane Canary"}, 400), EhrRefused, "token server: HTTP 400$"),
        (Server([], 401), EhrRefused, "token server: HTTP 401$"),
        (Server({}), EhrAnswerInvalid, "grants no access_token"),
        (Server("token"), EhrAnswerInvalid, "grants no access_token"),
        (Server(GRANTED | {"token_type": "mac"}), EhrAnswerInvalid, "is no bearer token"),
        (Server(GRANTED | {"access_token": "\u00e9"}), EhrAnswerInvalid, "is no bearer token"),
        (Server(GRANTED | {"scope": None}), EhrRefused, f"did not grant {SCOPE}"),
        (Server(endpoint=7), EhrAnswerInvalid, "names no token_endpoint"),
        (Server(endpoint="http://login.example/token"), ForeignOrigin, "not on https"),
        (Server(endpoint="/token"), ForeignOrigin, "not on https"),
    ],
)
async def test_what_a_token_server_may_answer(server, error, said):
    async with server.client() as ehr:
        with pytest.raises(error, match=said) as raised:
            await ehr.read("Encounter", "1")
    assert "Canary" not in str(raised.value)
    assert "secret-token" not in str(raised.value)


@pytest.mark.anyio
async def test_a_redirect_of_the_token_server_is_not_followed():
    server = Server(status=307, Location="https://evil.example/token")
    async with server.client() as ehr:
        with pytest.raises(EhrAnswerInvalid):
            await ehr.read("Encounter", "1")
    assert not [one for one in server.asked if "evil" in one]


@pytest.mark.anyio
async def test_no_token_server_is_no_doubt_about_a_write():
    def nobody(request):
        raise httpx.ReadTimeout("gone", request=request)

    smart = Client(client_id="adapter", keys=(KEY,), scopes=(SCOPE,), token_url="https://login.example/token")
    async with EhrClient(BASE, clock=lambda: Server().now, smart=smart, transport=httpx.MockTransport(nobody)) as ehr:
        with pytest.raises(EhrUnavailable, match="token server"):
            await ehr.create("ChargeItem", b"{}", if_none_exist={"identifier": "a|b"})


@pytest.mark.parametrize(
    ("asked", "granted", "missing"),
    [
        ("system/Encounter.rs", "system/Encounter.rs", ""),
        ("system/Encounter.rs", "system/*.cruds", ""),
        ("system/Encounter.rs", "system/Encounter.read", ""),
        ("system/Encounter.read", "system/Encounter.rs", ""),
        ("system/Encounter.read", "system/Encounter.r system/*.s", ""),
        ("system/Encounter.*", "system/Encounter.read system/Encounter.write", ""),
        ("system/Encounter.rs", "system/Encounter.r", "system/Encounter.rs"),
        ("system/ChargeItem.crus", "system/ChargeItem.read", "system/ChargeItem.crus"),
        ("system/*.rs", "system/Encounter.rs", "system/*.rs"),
        ("system/Encounter.rs", "system/Encounter.rs?status=finished", "system/Encounter.rs"),
        ("system/Encounter.rs?status=finished", "system/Encounter.rs?status=finished", ""),
        ("system/Encounter.rs?status=finished", "system/Encounter.rs", ""),
        ("system/Encounter.rs system/Patient.rs", "openid system/Patient.rs", "system/Encounter.rs"),
        ("system/Encounter.rs", "user/Encounter.rs", "system/Encounter.rs"),
        ("system/Encounter.rs", "", "system/Encounter.rs"),
        ("system/Encounter.rs", None, "system/Encounter.rs"),
        ("openid", "openid", "openid"),
    ],
)
def test_granted_is_compared_with_asked(asked, granted, missing):
    assert missing_scopes(asked.split(), granted) == tuple(missing.split())


def secret(text):
    return Secret(text if isinstance(text, str) else text.decode(), "env:KEY")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-384").as_pem(private=True), "ES384"),
        (RSAKey.generate_key(2048).as_pem(private=True), "RS384"),
        (json.dumps(ECKey.generate_key("P-384", {"kid": "ours"}).as_dict(private=True)), "ES384"),
        (json.dumps(RSAKey.generate_key(2048).as_dict(private=True)), "RS384"),
    ],
)
def test_keys_as_pem_and_jwk(key, algorithm):
    read = signing_key(secret(key), "smart.key")
    assert read.algorithm == algorithm
    assert read.kid == ("ours" if "ours" in str(key) else read.key.thumbprint())
    (public,) = json.loads(jwks([read, read]))["keys"]
    assert (public["kid"], public["alg"], public["use"]) == (read.kid, algorithm, "sig")
    assert not public.keys() & {"d", "p", "q", "dp", "dq", "qi"}


@pytest.mark.parametrize(
    "key",
    [
        "no key at all",
        "{}",
        "{",
        "[]",
        ECKey.generate_key("P-256").as_pem(private=True),
        ECKey.generate_key("P-384").as_pem(private=False),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=False)),
        json.dumps(OctKey.generate_key(256).as_dict(private=True)),
        "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----",
    ],
)
def test_what_is_no_key_of_smart(key):
    with pytest.raises(ConfigurationError, match=r"^smart\.key: env:KEY ") as raised:
        signing_key(secret(key), "smart.key")
    assert "xx" not in str(raised.value)
