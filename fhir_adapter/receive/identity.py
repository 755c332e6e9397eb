"""May this request speak for the source? By a JWT that an issuer signed for us: clouds that push prove themselves so.

    Google Pub/Sub       issuer https://accounts.google.com, the audience of the push subscription, the email of its
                         service account
    Azure Event Grid     issuer https://login.microsoftonline.com/TENANT/v2.0, the application's audience, as subject
                         the object id of Event Grid's service principal

One check for all: a signature by a key of the JWKS (RS, PS or ES, never a shared secret), issuer, audience, an end that
has not come, and who it is: `sub`, or an `email` that the issuer has verified. A stranger learns 401 and no reason; the
log has it. Source: cloud.google.com/pubsub/docs/authenticate-push-subscriptions;
learn.microsoft.com/azure/event-grid/secure-webhook-delivery; RFC 7519.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from fhir_adapter.ehr import PublicKeys
from fhir_adapter.settings import HookJwt
from fhir_adapter.telemetry import log
from fhir_adapter.vocabulary import Clock

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
CLOCKS_APART = 60
"""Seconds by which the issuer's clock may differ."""
LONGEST = 16_384
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, UnicodeError, RecursionError)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The sender of one source."""

    source: str
    expects: HookJwt
    keys: PublicKeys
    clock: Clock

    async def is_proved(self, headers: Mapping[str, str]) -> bool:
        """`EhrUnavailable` where the keys cannot be had: the sender has to try again."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        try:
            claims = await self._claims(token.strip()) if scheme.lower() == "bearer" else None
            refused = "no token" if claims is None else self._stranger(claims)
        except _UNREADABLE as error:
            refused = type(error).__name__
        if refused:
            log("receive").warning("sender not believed", source=self.source, state=refused)
        return not refused

    async def _claims(self, token: str) -> dict[str, Any] | None:
        """What the token says; None where it is none, or signed by a key that the issuer does not publish."""
        if not token or len(token) > LONGEST:
            return None
        kid = extract_compact(token.encode()).headers().get("kid")
        key = await self.keys.key(kid) if isinstance(kid, str) else None
        if key is None:
            return None
        claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
        must: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": self.expects.issuer},
            "aud": {"essential": True, "value": self.expects.audience},
            "exp": {"essential": True},
        }
        now = int(self.clock().timestamp())
        jwt.JWTClaimsRegistry(now=now, leeway=CLOCKS_APART, **must).validate(claims)
        return claims

    def _stranger(self, claims: Mapping[str, Any]) -> str:
        """Why it is somebody else; empty: it is who we expect."""
        wanted = {"sub": self.expects.subject, "email": self.expects.email}
        wrong = [name for name, one in wanted.items() if one is not None and not _is(claims.get(name), one)]
        if self.expects.email is not None and claims.get("email_verified") is not True:
            wrong.append("email_verified")
        return ", ".join(wrong)


def _is(said: object, wanted: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(), wanted.encode())
