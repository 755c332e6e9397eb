"""A searchset: its resources and where the next page is. Refuses a page that is not a Bundle or that reports an error,
because a part of an answer must never pass for the whole. An OperationOutcome is never a match, whatever it is marked
as: some servers leave `search.mode` out."""

from __future__ import annotations

import msgspec

from fhir_adapter.ehr.answers import worst_issue
from fhir_adapter.ehr.resource import Resource, resource_of
from fhir_adapter.errors import EhrAnswerInvalid


class _Mode(msgspec.Struct, frozen=True):
    mode: str = "match"


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = msgspec.Raw()
    search: _Mode = _Mode()


class _Link(msgspec.Struct, frozen=True):
    relation: str
    url: str


class _Bundle(msgspec.Struct, frozen=True, rename={"resource_type": "resourceType"}):
    resource_type: str
    link: tuple[_Link, ...] = ()
    entry: tuple[_Entry, ...] = ()


class Page(msgspec.Struct, frozen=True):
    resources: tuple[Resource, ...]
    next_link: str | None


_bundle = msgspec.json.Decoder(_Bundle)


def page_of(answer: bytes, what: str) -> Page:
    try:
        bundle = _bundle.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EhrAnswerInvalid(f"{what}: the answer is not a Bundle in JSON") from None
    if bundle.resource_type != "Bundle":
        raise EhrAnswerInvalid(f"{what}: the answer is not a Bundle")
    found, outcomes = list[Resource](), list[bytes]()
    for entry in bundle.entry:
        if body := bytes(entry.resource):
            resource = resource_of(body, what)
            if entry.search.mode == "outcome" or resource.type == "OperationOutcome":
                outcomes.append(body)
            else:
                found.append(resource)
    _refuse_partial(outcomes, what)
    next_link = next((link.url for link in bundle.link if link.relation == "next"), None)
    return Page(tuple(found), next_link)


def _refuse_partial(outcomes: list[bytes], what: str) -> None:
    for body in outcomes:
        issue = worst_issue(body)
        if issue is not None:
            raise EhrAnswerInvalid(f"{what}: the search reports an error ({issue}); a part is not taken for the whole")
