"""Where requests may go: the configured origin and nowhere else, because the token goes along.

Refuses (`ForeignOrigin`) a next link, reference or redirect to another scheme, host or port.
"""

from __future__ import annotations

import re

import httpx

from fhir_adapter.errors import EhrRejected, ForeignOrigin

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme)


def on_origin(base: httpx.URL, link: str, what: str) -> httpx.URL:
    """The absolute URL of `link`, which may be relative to the base; the same origin or an error."""
    try:
        url = base.join(link)
    except httpx.InvalidURL:
        raise ForeignOrigin(f"{what}: a link that is no URL") from None
    if origin_of(url) != origin_of(base):
        raise ForeignOrigin(f"{what}: a link to another origin than the configured one; tokens never go there")
    return url


def path_of(resource_type: str, resource_id: str | None = None) -> str:
    """`Type` or `Type/id`, refusing anything that could lead out of the resource's own place."""
    if not _TYPE.fullmatch(resource_type):
        raise EhrRejected("a resource type that FHIR does not allow")
    if resource_id is None:
        return resource_type
    if not _ID.fullmatch(resource_id) or set(resource_id) == {"."}:
        raise EhrRejected(f"{resource_type}: an id that FHIR does not allow")
    return f"{resource_type}/{resource_id}"
