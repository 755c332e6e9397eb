"""Credentials in a notification are taken out before it is kept, also where it is kept because it is broken.

A topic notification may carry a token with which to read what it names (`authorization-value`, in R5
`authorizationHint`). It is never used here and must not lie in the inbox. What reads as JSON loses the values; what
does not read as JSON and mentions one is not kept at all, because nobody can say where the token ends.

    {"name": "authorization-value", "valueString": "eyJ…"}  →  {"name": "authorization-value", "redacted": true}
    {"resourceType": "Parameters", "parameter": [{"name": "authorization-value", "valueStr   →  nothing
"""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_adapter.receive.telling import UNREADABLE, without_mark

WORD = "authorization"
REDACTED = "redacted"
SPELLINGS = (b"uthoriz", b"UTHORIZ", b"\\u")
"""A body without these names no credential; an escaped letter may hide one, and so may UTF-16."""


def redacted(body: bytes) -> bytes:
    """The body as it may be kept: the very bytes that came where nothing had to go."""
    if not any(spelling in body.replace(b"\0", b"") for spelling in SPELLINGS):
        return body
    try:
        found = msgspec.json.decode(without_mark(body))
        kept = _without_credentials(found)
        return body if kept == found else msgspec.json.encode(kept)
    except UNREADABLE:
        return b""


def _without_credentials(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_credentials(one) for one in value]
    if not isinstance(value, dict):
        return value
    name = value.get("name")
    if isinstance(name, str) and WORD in name.lower():
        return {"name": name, REDACTED: True}
    return {key: REDACTED if WORD in key.lower() else _without_credentials(one) for key, one in value.items()}
