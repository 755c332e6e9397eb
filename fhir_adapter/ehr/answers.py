"""From an HTTP answer, or none, to the error class that decides what follows (`fhir_adapter.errors`).

A write is ambiguous when it left us and no answer of the EHR itself came back: a broken or timed-out connection, or a
proxy's 502 and 504. A connection that was never made sent nothing. Messages name the method, the resource type, the
status and the coded issue of an OperationOutcome: no id, no address, no text of the body.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from fhir_adapter.errors import (
    EhrAmbiguous,
    EhrAnswerInvalid,
    EhrConflict,
    EhrError,
    EhrNotFound,
    EhrRefused,
    EhrRejected,
    EhrUnavailable,
)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_BY_STATUS: dict[int, type[EhrError]] = {
    401: EhrRefused,
    403: EhrRefused,
    404: EhrNotFound,
    408: EhrUnavailable,
    409: EhrConflict,
    410: EhrNotFound,
    412: EhrConflict,
    429: EhrUnavailable,
}
_NO_ANSWER_OF_THE_EHR = (502, 504)
_ISSUE_CODE = re.compile(r"[a-z-]{1,40}")


class _Issue(msgspec.Struct, frozen=True):
    code: str = ""
    severity: str = ""


class _Outcome(msgspec.Struct, frozen=True):
    issue: tuple[_Issue, ...] = ()


def no_answer(what: str, error: httpx.HTTPError, *, write: bool) -> EhrError:
    """The error for a request that brought no answer."""
    if write and not isinstance(error, _NEVER_SENT):
        return EhrAmbiguous(f"{what}: sent, and no answer came")
    return EhrUnavailable(f"{what}: the EHR was not reached ({type(error).__name__})")


def check(what: str, answer: httpx.Response, now: datetime, *, write: bool) -> None:
    """Returns for a 2xx; else raises the class of the status."""
    if answer.is_success:
        return
    status = answer.status_code
    kind = _class_of(status, write=write)
    code = _issue_code(answer.content)
    message = f"{what}: HTTP {status}" + (f" ({code})" if code else "")
    raise kind(message, status=status, retry_after=_retry_after(answer.headers.get("Retry-After"), now))


def _class_of(status: int, *, write: bool) -> type[EhrError]:
    if write and status in _NO_ANSWER_OF_THE_EHR:
        return EhrAmbiguous
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return EhrUnavailable
    return EhrRejected if status >= 400 else EhrAnswerInvalid


def worst_issue(body: bytes) -> str | None:
    """The code of the first error or fatal issue of an OperationOutcome, if it has one."""
    for issue in _issues(body):
        if issue.severity in ("error", "fatal"):
            return issue.code if _ISSUE_CODE.fullmatch(issue.code) else "unknown"
    return None


def _issue_code(body: bytes) -> str | None:
    return next((issue.code for issue in _issues(body) if _ISSUE_CODE.fullmatch(issue.code)), None)


def _issues(body: bytes) -> tuple[_Issue, ...]:
    try:
        return msgspec.json.decode(body, type=_Outcome).issue
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def _retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3); None where it says nothing readable."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None
