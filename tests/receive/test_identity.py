"""A sender that proves itself by a signed token: what is believed, what is not, and a change of keys."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from fhir_adapter.ehr import PublicKeys
from fhir_adapter.errors import EhrUnavailable
from fhir_adapter.receive.identity import Identity
from fhir_adapter.settings import HookJwt

pytestmark = pytest.mark.anyio
ISSUER, AUDIENCE, EMAIL = "https://accounts.google.com", "https://hospital.example/hooks/main", "push@p.example"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RSA, STRANGER = (RSAKey.generate_key(2048, {"kid": "r1"}) for _ in range(2))
EC, SHARED = ECKey.generate_key("P-256", {"kid": "e1"}), OctKey.generate_key(256, {"kid": "r1"})
GOOD = {
    "iss": ISSUER, "aud": AUDIENCE, "sub": "7", "email": EMAIL, "email_verified": True,
    "exp": int(NOW.timestamp()) + 600, "iat": int(NOW.timestamp()),
}  # fmt: skip


class Issuer:
    """Publishes keys, and counts how often somebody asks; `answer` takes the place of the keys."""

    def __init__(self, *keys):
        self.keys, self.asked, self.now, self.answer = list(keys), 0, NOW, None

    def __call__(self, request):
        assert "authorization" not in request.headers
        self.asked += 1
        published = [key.as_dict(private=False) | {"use": "sig"} for key in self.keys]
        return self.answer or httpx.Response(200, json={"keys": published})

    def identity(self, **expected):
        expects = {"jwks_url": "https://issuer.example/keys", "issuer": ISSUER, "audience": AUDIENCE, "email": EMAIL}
        keys = PublicKeys(expects["jwks_url"], lambda: self.now, httpx.MockTransport(self))
        return Identity(source="main", expects=HookJwt(**expects | expected), keys=keys, clock=lambda: self.now)


def token(key=RSA, algorithm="RS256", header=None, **claims):
    said = {name: value for name, value in (GOOD | claims).items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key.kid} | (header or {}), said, key, algorithms=[algorithm])


def bearing(value):
    return {"authorization": f"Bearer {value}"}


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS384"), (EC, "ES256")])
async def test_a_good_token_is_believed_and_the_keys_are_fetched_once(key, algorithm):
    issuer = Issuer(RSA, EC)
    identity = issuer.identity()
    for _ in range(3):
        assert await identity.is_proved(bearing(token(key, algorithm)))
    assert issuer.asked == 1


@pytest.mark.parametrize(
    "value",
    [
        token(STRANGER), token(SHARED, "HS256"), token(header={"kid": "unknown"}), token(header={"kid": "e1"}),
        token(iss="https://elsewhere.example"), token(aud="https://other.example"), token(aud=None), token(iss=None),
        token(exp=int(NOW.timestamp()) - 61), token(exp=None), token(exp="soon"), token(nbf=GOOD["exp"]),
        token(email="other@p.example"), token(email=None), token(email_verified=None), token(email_verified="true"),
        token()[:-4], token().rpartition(".")[0] + ".", "eyJhbGciOiJub25lIn0.e30.", "", "a.b.c", "x" * 20_000,
    ],
)  # fmt: skip
async def test_anything_else_is_not(value):
    assert not await Issuer(RSA, EC).identity().is_proved(bearing(value))


async def test_without_a_token_or_with_another_scheme():
    identity = Issuer(RSA).identity()
    assert not await identity.is_proved({})
    assert not await identity.is_proved({"authorization": f"Basic {token()}"})


async def test_a_subject_is_enough_where_no_email_is_expected():
    identity = Issuer(RSA).identity(email=None, subject="7")
    assert await identity.is_proved(bearing(token(email=None, aud=["x", AUDIENCE])))
    assert not await identity.is_proved(bearing(token(sub="8")))


async def test_a_new_key_counts_at_once_and_an_old_one_ends_within_the_hour():
    issuer, new = Issuer(RSA), RSAKey.generate_key(2048, {"kid": "r2"})
    identity = issuer.identity()
    assert await identity.is_proved(bearing(token()))
    issuer.keys = [new]
    issuer.now += timedelta(minutes=2)
    assert await identity.is_proved(bearing(token(new)))
    assert not await identity.is_proved(bearing(token()))
    issuer.keys, issuer.now = [], NOW + timedelta(minutes=70)
    assert not await identity.is_proved(bearing(token(new, exp=GOOD["exp"] + 9_000)))


async def test_forgers_make_us_ask_once_a_minute():
    issuer = Issuer(RSA)
    identity = issuer.identity()
    for number in range(50):
        assert not await identity.is_proved(bearing(token(header={"kid": f"k{number}"})))
    assert issuer.asked == 1
    issuer.now += timedelta(seconds=61)
    assert await identity.is_proved(bearing(token()))
    assert issuer.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503), httpx.Response(200, content=b"[]"), httpx.Response(200, content=b"{" * 100_000),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx.Response(200, content=b" " * 1_000_001),
    ],
)  # fmt: skip
async def test_without_keys_the_sender_has_to_try_again_and_known_ones_go_on_for_a_day(answer):
    issuer = Issuer(RSA)
    identity = issuer.identity()
    issuer.answer = answer
    with pytest.raises(EhrUnavailable):
        await identity.is_proved(bearing(token()))
    issuer.answer, issuer.now = None, NOW + timedelta(minutes=2)
    assert await identity.is_proved(bearing(token()))
    issuer.answer, issuer.now = answer, NOW + timedelta(hours=23)
    late = token(exp=GOOD["exp"] + 90_000)
    assert await identity.is_proved(bearing(late))
    issuer.now = NOW + timedelta(hours=25)
    with pytest.raises(EhrUnavailable):
        await identity.is_proved(bearing(late))


async def test_keys_that_are_none_are_passed_over():
    issuer = Issuer(RSA)
    published = [
        {},
        {"kid": "a", "kty": "oct", "k": "c2VjcmV0"},
        {"kid": "b", "kty": "RSA"},
        {"kid": "r1", "kty": "EC"},
    ]
    issuer.answer = httpx.Response(200, json={"keys": [*published, RSA.as_dict(private=False)]})
    assert await issuer.identity().is_proved(bearing(token()))
