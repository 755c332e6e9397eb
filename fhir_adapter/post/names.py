"""The names under which our charges stand in patients' records: addresses below the site's own `canonical_base`.

They are stable for ever (docs/charge.md). `{base}/charge-line/{source}` is the identifier system, everything else is
the same for all sources.
"""

from __future__ import annotations

import msgspec

from fhir_adapter.vocabulary import HCPCS

MODIFIER = "charge-modifier"
DERIVATION = "charge-derivation"


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """`enterer` is the adapter's Device where the source names one, `run` a sandbox run's own tag; `hcpcs` is the
    address that the EHR's biller knows HCPCS by."""

    base: str
    source: str
    enterer: str | None = None
    run: str | None = None
    hcpcs: str = HCPCS

    @property
    def identifier_system(self) -> str:
        return f"{self._root}/charge-line/{self.source}"

    @property
    def rulebook_system(self) -> str:
        return f"{self._root}/CodeSystem/rulebook"

    @property
    def run_system(self) -> str:
        return f"{self._root}/CodeSystem/run"

    def extension(self, name: str) -> str:
        return f"{self._root}/StructureDefinition/{name}"

    def definition(self, rulebook: str, rulebook_hash: str) -> str:
        """Names the exact rulebook: the version is the first twelve digits of its hash."""
        return f"{self._root}/ChargeItemDefinition/{rulebook}|{rulebook_hash.partition(':')[2][:12]}"

    @property
    def _root(self) -> str:
        return self.base.rstrip("/")
