"""A transaction: one Bundle of writes, kept whole or not at all, and what its answer says of each of them.

Each entry carries the condition that its single request would carry: If-None-Exist for a create, If-Match for an
update. An answer that is no Bundle, or one of another length, leaves all of them in doubt; an entry without a success,
or a create whose answer names nothing, is told as None. Refuses ids and types that FHIR does not allow.
Source: https://hl7.org/fhir/R4/http.html#transaction and Bundle.entry.request of R4; HAPI 8.8 wants a fullUrl on each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode
from uuid import NAMESPACE_URL, uuid5

import msgspec

from fhir_adapter.ehr.origin import path_of
from fhir_adapter.ehr.resource import Written, id_and_version_of, version_of_etag
from fhir_adapter.errors import EhrAmbiguous


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """Unless something matches."""

    type: str
    body: bytes
    if_none_exist: Mapping[str, str]


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """Over exactly this version."""

    type: str
    id: str
    body: bytes
    if_match: str


Write = Create | Update


class _Response(msgspec.Struct, frozen=True):
    status: str = ""
    location: str | None = None
    etag: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    response: _Response = _Response()


class _Bundle(msgspec.Struct, frozen=True, rename={"resource_type": "resourceType"}):
    resource_type: str
    entry: tuple[_Entry, ...] = ()


def escaped(condition: Mapping[str, str]) -> str:
    """As it stands in If-None-Exist."""
    return urlencode(condition, quote_via=quote, safe="")


def bundle_of(writes: Sequence[Write], base: str) -> bytes:
    """The resources go in as they are, byte for byte."""
    entries = [_entry(write, base) for write in writes]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def answers_of(answer: bytes, writes: Sequence[Write], what: str) -> tuple[Written | None, ...]:
    """In the order of the writes."""
    try:
        bundle = msgspec.json.decode(answer, type=_Bundle)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EhrAmbiguous(f"{what}: a success without a Bundle") from None
    if bundle.resource_type != "Bundle" or len(bundle.entry) != len(writes):
        raise EhrAmbiguous(f"{what}: a success that does not answer each entry")
    return tuple(_answers(bundle, writes))


def _entry(write: Write, base: str) -> dict[str, object]:
    body = msgspec.Raw(write.body)
    if isinstance(write, Create):
        condition = escaped(write.if_none_exist)
        request = {"method": "POST", "url": path_of(write.type), "ifNoneExist": condition}
        return {"fullUrl": uuid5(NAMESPACE_URL, condition).urn, "resource": body, "request": request}
    path = path_of(write.type, write.id)
    request = {"method": "PUT", "url": path, "ifMatch": f'W/"{write.if_match}"'}
    return {"fullUrl": f"{base}{path}", "resource": body, "request": request}


def _answers(bundle: _Bundle, writes: Sequence[Write]) -> Iterator[Written | None]:
    for entry, write in zip(bundle.entry, writes, strict=True):
        said = entry.response
        located, version = id_and_version_of(said.location)
        written = write.id if isinstance(write, Update) else located
        if written is None or not said.status.startswith("2"):
            yield None
        else:
            yield Written(written, version_of_etag(said.etag) or version, said.status.startswith("201"))
