"""May this request speak for the source? A bearer token, a signature over the raw bytes, or both, as configured.

    Authorization: Bearer TOKEN           before the body is read
    X-Hub-Signature: sha256=HEX           athenahealth
    X-Signature: HEX                      Medplum, without a prefix

Either form is taken in either header. Everything is compared in constant time. A source without both is believed, which
the configuration allows on a loopback listener only. Source: README of athenahealth/aone-fhir-subscriptions; Medplum,
packages/server/src/workers/subscription.ts.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from fhir_adapter.settings import Secret, Source

SIGNATURE_HEADERS = ("x-hub-signature", "x-signature")
PREFIX = "sha256="


def bears_token(source: Source, headers: Mapping[str, str]) -> bool:
    if source.hook_token is None:
        return True
    expected = f"Bearer {source.hook_token.reveal()}"
    return hmac.compare_digest(headers.get("authorization", "").encode(), expected.encode())


def is_signed(source: Source, headers: Mapping[str, str], body: bytes) -> bool:
    if source.hook_hmac is None:
        return True
    expected = _signature(source.hook_hmac, body)
    given = [headers[name].strip().lower().removeprefix(PREFIX) for name in SIGNATURE_HEADERS if name in headers]
    return any([hmac.compare_digest(one.encode(), expected) for one in given])


def _signature(secret: Secret, body: bytes) -> bytes:
    return hmac.new(secret.reveal().encode(), body, "sha256").hexdigest().encode()
