"""Bulk export: all of some types, written by the EHR in its own time and fetched as files of one resource a line.

    GET $export, Prefer: respond-async   202 and Content-Location: where to ask how far it is
    GET that address                     202 with Retry-After, or 200 with the files
    GET each file                        application/fhir+ndjson

Every address of an answer must be on the configured origin, because the token goes along: a file elsewhere is refused.
Source: https://hl7.org/fhir/uv/bulkdata/STU2/export.html; HAPI 8.8 asks to be asked again after 120 seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

import msgspec

from fhir_adapter.ehr.client import FHIR_JSON, EhrClient
from fhir_adapter.ehr.origin import path_of
from fhir_adapter.errors import EhrAnswerInvalid, EhrUnavailable

NDJSON = "application/fhir+ndjson"
WHAT = "$export"
LONGEST_LINE = 16 * 1024 * 1024
ASK_AGAIN = 60.0
"""Seconds, where the EHR does not say."""


class _File(msgspec.Struct, frozen=True):
    url: str
    type: str = ""


class _Manifest(msgspec.Struct, frozen=True):
    output: tuple[_File, ...] = ()
    error: tuple[_File, ...] = ()


async def kick_off(ehr: EhrClient, types: Iterable[str], *, since: datetime | None, group: str | None) -> str:
    """The address to poll."""
    place = f"{path_of('Group', group)}/$export" if group else "$export"
    params = {"_type": ",".join(types), "_outputFormat": NDJSON}
    if since is not None:
        params["_since"] = since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    url = ehr.base.join(place).copy_merge_params(params)
    answer = await ehr.get(str(url), WHAT, {"Accept": FHIR_JSON, "Prefer": "respond-async"})
    poll = answer.headers.get("Content-Location")
    if answer.status_code != 202 or not poll:
        raise EhrAnswerInvalid(f"{WHAT}: HTTP {answer.status_code} without a place to ask how far it is")
    return str(poll)


async def files_of(ehr: EhrClient, poll: str) -> tuple[str, ...]:
    """The addresses of what was written. EhrUnavailable with `retry_after` while the EHR still works on it."""
    answer = await ehr.get(poll, WHAT, {"Accept": "application/json"})
    if answer.status_code == 202:
        asked = answer.headers.get("Retry-After", "")
        wait = float(asked) if asked.isdigit() else ASK_AGAIN
        raise EhrUnavailable(f"{WHAT}: the EHR still works on it", status=202, retry_after=wait)
    try:
        manifest = msgspec.json.decode(answer.content, type=_Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise EhrAnswerInvalid(f"{WHAT}: the answer lists no files") from None
    if manifest.error:
        raise EhrAnswerInvalid(f"{WHAT}: the EHR could not export everything; a part is not taken for the whole")
    return tuple(file.url for file in manifest.output)


async def lines_of(ehr: EhrClient, file: str) -> AsyncIterator[bytes]:
    """Each resource of a file, as it comes. Cut at line feeds only: other line ends may stand within a text."""
    left = b""
    async for chunk in ehr.stream(file, WHAT, {"Accept": NDJSON}):
        *whole, left = (left + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
        if len(left) > LONGEST_LINE:
            raise EhrAnswerInvalid(f"{WHAT}: a line of more than {LONGEST_LINE} bytes")
    if left.strip():
        yield left


async def forget(ehr: EhrClient, poll: str) -> None:
    """The EHR may throw the files away."""
    await ehr.delete(poll, WHAT)
