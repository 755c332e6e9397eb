"""Our keys for SMART Backend Services: RSA signs RS384, EC P-384 signs ES384; nothing weaker is taken.

A key is PEM or a JWK. Its `kid` is the one in the JWK, else its thumbprint (RFC 7638), so that an assertion and the
JWKS always name it alike. An assertion is good for one attempt: a new `jti` each time, and an end within five minutes.
Source: https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html (registering, authenticating).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import Secret

LIFETIME = timedelta(minutes=4)
RSA_BITS, CURVE = 2048, "P-384"


class SigningKey(msgspec.Struct, frozen=True):
    """One private key with its names."""

    key: RSAKey | ECKey
    kid: str

    @property
    def algorithm(self) -> str:
        return "RS384" if isinstance(self.key, RSAKey) else "ES384"

    def assertion(self, client_id: str, audience: str, now: datetime) -> str:
        """Proof for one token request. It says no `iat`: a server whose clock is behind would take it for a forgery."""
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "exp": int((now + LIFETIME).timestamp()),
            "jti": str(uuid4()),
        }
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def public(self) -> dict[str, Any]:
        return self.key.as_dict(private=False) | {"kid": self.kid, "alg": self.algorithm, "use": "sig"}


def signing_key(secret: Secret, setting: str) -> SigningKey:
    """`setting` names the key of the configuration in the error; nothing of the secret does."""
    try:
        key = _read(secret.reveal())
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{setting}: {secret.origin} holds no private key as PEM or JWK") from None
    if key is None or not key.is_private:
        raise ConfigurationError(
            f"{setting}: {secret.origin} is not a private RSA key of {RSA_BITS} bits or more, or an EC key on {CURVE}"
        )
    return SigningKey(key, key.kid or key.thumbprint())


def jwks(keys: Iterable[SigningKey]) -> bytes:
    """The public halves, as a token server fetches them."""
    unique = {key.kid: key.public() for key in keys}
    return msgspec.json.encode({"keys": list(unique.values())})


def _read(text: str) -> RSAKey | ECKey | None:
    """None for a key of a kind that SMART does not know."""
    source: Any = msgspec.json.decode(text, type=dict[str, Any]) if text.lstrip().startswith("{") else text
    try:
        return _strong(RSAKey.import_key(source))
    except JoseError:
        return _strong(ECKey.import_key(source))


def _strong(key: RSAKey | ECKey) -> RSAKey | ECKey | None:
    if isinstance(key, RSAKey):
        return key if key.raw_value.key_size >= RSA_BITS else None
    return key if key.curve_name == CURVE else None
