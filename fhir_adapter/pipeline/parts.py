"""What the pipeline works with: built by `app`, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_adapter.coding.drugs import DrugTables
from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.ehr import EhrClient
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.post import Names
from fhir_adapter.store import Store
from fhir_adapter.telemetry import Metrics
from fhir_adapter.vocabulary import Clock, Mode, PostWhen, SourceWords


@dataclass(frozen=True, kw_only=True)
class SourceParts:
    """One EHR. `second` is the rulebook of the second opinion; it decides nothing."""

    ehr: EhrClient
    mode: Mode
    words: SourceWords
    rulebook: Rulebook
    second: Rulebook | None = None
    first_day: date | None = None
    """Nothing before it is read, and no charge of before it is touched."""
    drugs: DrugTables
    names: Names
    needs_product: bool
    post_when: PostWhen = "clean"
    transactions: bool = False
    """The EHR keeps a Bundle of writes whole or not at all."""
    provenance: bool = False
    audit_event: bool = False

    @property
    def attests(self) -> bool:
        return self.provenance or self.audit_event


@dataclass(frozen=True, kw_only=True)
class Parts:
    """`lease` is how long a claim holds from the last time it was asked for; a request may take most of it."""

    store: Store
    sources: Mapping[str, SourceParts]
    clock: Clock
    metrics: Metrics
    lease: timedelta = timedelta(seconds=60)

    @property
    def longest_request(self) -> float:
        return self.lease.total_seconds() * 0.75

    def source(self, name: str) -> SourceParts:
        if name not in self.sources:
            raise ConfigurationError(f"sources.{name}: work is waiting for a source that the configuration lacks")
        return self.sources[name]
