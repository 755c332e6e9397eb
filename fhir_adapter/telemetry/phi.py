"""The filter every log line goes through. A key passes only when it is on one of three lists; all else is left out.

    PLAIN    numbers, and words of our own code or the site's configuration
    CODED    words of a closed list: any other value becomes `other`
    HASHED   ids: HMAC-SHA256 with the site's key, 16 digits, so that lines of one patient can be found together

    log.info("notification kept", source="main", patient="Patient/1", name="Jane")
    → {"event": "notification kept", "source": "main", "patient": "3f0c…", "left_out": 1}

Decided: a list of what passes, not of what is hidden, because a hidden-list forgets. Text of an error is left out with
everything else: its class and the places in our code are enough to find it.
"""

from __future__ import annotations

import hmac
import traceback
from collections.abc import MutableMapping
from typing import Any

PLAIN = frozenset(
    {
        "event", "level", "room", "timestamp", "at", "error", "source", "listener", "url", "rulebook", "mode",
        "attempts", "count", "charges", "codes", "field", "generation", "lines", "pages", "port", "seconds", "state",
        "state_code", "status", "visits", "lane", "code", "ledger", "ehr", "differences", "unwritten", "raised_at",
    }
)  # fmt: skip
HASHED = frozenset({"patient", "resource", "encounter", "visit", "charge"})
CODED: dict[str, frozenset[str]] = {
    "method": frozenset({"GET", "POST", "PUT", "DELETE", "sweep", "replay", "export", "watch"}),
    "shape": frozenset(
        {
            "resource", "deletion", "empty", "bundle", "subscription", "event-grid", "pubsub", "unreadable", "sweep",
            "gap", "subscription-error", "silence",
        }
    ),
    "type": frozenset(
        {
            "Account", "Bundle", "ChargeItem", "Coverage", "Encounter", "Medication", "MedicationAdministration",
            "Patient",
        }
    ),
}  # fmt: skip
SHOWN_DIGITS = 16
SHOWN_FRAMES = 6


class Hasher:
    """Hashes ids with the site's key: the same id gives the same digits here, and nothing elsewhere."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, value: str) -> str:
        return hmac.new(self._key, value.encode(), "sha256").hexdigest()[:SHOWN_DIGITS]


class PhiFilter:
    """A structlog processor; the last one before a line is written."""

    def __init__(self, hashed: Hasher) -> None:
        self._hashed = hashed

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        _describe_error(event)
        line = {key: self._shown(key, value) for key, value in event.items() if _passes(key)}
        left_out = len(event) - len(line)
        return line | {"left_out": left_out} if left_out else line

    def _shown(self, key: str, value: Any) -> Any:
        if value is None or key in PLAIN:
            return value
        return self._hashed(str(value)) if key in HASHED else value if value in CODED[key] else "other"


def _passes(key: str) -> bool:
    return key in PLAIN or key in HASHED or key in CODED


def _describe_error(event: MutableMapping[str, Any]) -> None:
    """An exception becomes its class and the places it came through; its text may quote a chart."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-SHOWN_FRAMES:]
        event["error"] = type(error).__name__
        event["at"] = [f"{frame.name}:{frame.lineno}" for frame in frames]
