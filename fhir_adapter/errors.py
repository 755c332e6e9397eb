"""Every error that crosses a room's door. The docstring of a class says what it means; its class decides what follows.

    AdapterError
    ├── ConfigurationError      a setting is missing or wrong: refuse to start, exit 2
    ├── InputFaults             a visit file breaks its contract: exit 2, one line per fault
    ├── RulebookError           a rulebook or table file is malformed, or no rule is in force: exit 2
    ├── EhrError                the EHR did not do what was asked
    │   ├── EhrUnavailable      not reached, 5xx or 429: try again later
    │   ├── EhrRefused          401 or 403: a person must grant a right
    │   ├── EhrNotFound         404 or 410: the resource is gone
    │   ├── EhrConflict         409 or 412: changed under you, read again
    │   ├── EhrRejected         any other 4xx: this request will never succeed
    │   ├── EhrAmbiguous        the write was sent, no answer came: look it up before sending it again
    │   ├── EhrAnswerInvalid    the answer is not FHIR
    │   └── ForeignOrigin       a link, reference or redirect leads to another origin: refused
    ├── SourcePaused            a person stopped posting at this source: nothing more is sent
    └── StoreError
        ├── StoreBusy           the write queue is full: 503 with Retry-After
        ├── StoreFull           the disk takes no more: 503 with Retry-After
        ├── StoreLocked         another process is the one writer of this data folder
        └── ClaimLost           the fence: somebody else holds this patient now; discard the work

Inside the rules trouble is no error but a value: `fhir_adapter.coding.Finding`.
No message of an error carries a patient's data: ids are hashed before they are logged, bodies are never quoted.
"""

from __future__ import annotations

from dataclasses import dataclass


class AdapterError(Exception):
    """The root: `except AdapterError` catches what this program foresees."""


class ConfigurationError(AdapterError):
    """A setting is missing or wrong; the message names the file, the key and what is allowed."""


@dataclass(frozen=True)
class Fault:
    """One broken rule of an input: `path` is a JSON path such as `$.administrations[2].start`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InputFaults(AdapterError):
    """An input breaks its contract. `faults` has all of them, in the order of the input."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class RulebookError(AdapterError):
    """A rulebook, policy or table is unknown, malformed or has no rule in force."""


class EhrError(AdapterError):
    """The EHR did not do what was asked. `status` is the HTTP status, None when there was no answer."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class EhrUnavailable(EhrError):
    """Not reached, a 5xx or a 429; `retry_after` (seconds) is what the server asked for, if it did."""


class EhrRefused(EhrError):
    """401 or 403: the credentials or rights are not enough; trying again changes nothing."""


class EhrNotFound(EhrError):
    """404 or 410."""


class EhrConflict(EhrError):
    """409 or 412: the resource changed under us, or a conditional create raced."""


class EhrRejected(EhrError):
    """Another 4xx: the request as it is will never succeed."""


class EhrAmbiguous(EhrError):
    """A write was sent and no answer came: it may have happened. Look it up before sending again."""


class EhrAnswerInvalid(EhrError):
    """An answer that is not the FHIR that was asked for."""


class ForeignOrigin(EhrError):
    """A next link, reference or redirect leads away from the configured origin; tokens never follow."""


class SourcePaused(AdapterError):
    """A person stopped posting at this source; what waits stays in the outbox."""


class StoreError(AdapterError):
    """The database did not do what was asked."""


class StoreBusy(StoreError):
    """The bounded write queue is full."""


class StoreFull(StoreError):
    """The disk is full or not writable."""


class StoreLocked(StoreError):
    """Another process already writes to this database."""


class ClaimLost(StoreError):
    """The claim on a patient expired and somebody else took it: nothing of this work may be kept."""
