"""What the EHR answered: the bytes as they came, and the few facts that every room needs about them.

Refuses (`EhrAnswerInvalid`) what is not JSON or names no resource type. A version that has not the form of an id counts
as none, because it goes into a header and into references: such a resource is read, and never overwritten. Source:
https://hl7.org/fhir/R4/http.html (2.21.0.5, ETag and version; 2.21.0.10.1, Location after a create) and
https://hl7.org/fhir/R4/resource.html#Meta (versionId is an id).
"""

from __future__ import annotations

import re

import msgspec

from fhir_adapter.errors import EhrAnswerInvalid
from fhir_adapter.fhir_r4 import well_formed_id

_ID = r"[A-Za-z0-9\-.]{1,64}"
_LOCATION = re.compile(rf"(?P<type>[A-Za-z]+)/(?P<id>{_ID})(?:/_history/(?P<version>{_ID}))?$")
_ETAG = re.compile(rf'(?:W/)?"(?P<version>{_ID})"')


class Resource(msgspec.Struct, frozen=True):
    """One resource as the EHR wrote it."""

    type: str
    id: str
    version: str | None
    body: bytes
    last_updated: str | None = None


class Written(msgspec.Struct, frozen=True):
    """What a write left. `created` is False where a conditional create met an item; `body` is then that one."""

    id: str
    version: str | None
    created: bool
    body: bytes | None = None


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    version_id: str | None = None
    last_updated: str | None = None


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    id: str = ""
    meta: _Meta = _Meta()


_head = msgspec.json.Decoder(_Head)


def resource_of(body: bytes, what: str, etag: str | None = None) -> Resource:
    """Reads type, id and version of `body`; `what` names the request in the error."""
    try:
        head = _head.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EhrAnswerInvalid(f"{what}: the answer is not a FHIR resource in JSON") from None
    version = version_of_etag(etag) or well_formed_id(head.meta.version_id)
    return Resource(head.resource_type, head.id, version, body, head.meta.last_updated)


def version_of_etag(etag: str | None) -> str | None:
    match = _ETAG.fullmatch(etag.strip()) if etag else None
    return match["version"] if match else None


def id_and_version_of(location: str | None) -> tuple[str | None, str | None]:
    """Id and version that a Location or Content-Location header ends in; (None, None) where it says neither."""
    match = _LOCATION.search(location.strip()) if location else None
    return (match["id"], match["version"]) if match else (None, None)
