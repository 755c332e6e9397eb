"""What is written down while one resource is read: findings, and where each field came from.

Tracing is off unless somebody will look at it: most charts are coded and never shown.
"""

from __future__ import annotations

from fhir_adapter.coding.model import Finding
from fhir_adapter.normalize.model import FieldTrace
from fhir_adapter.vocabulary import Severity


class Notes:
    """The findings and traces of one resource; `about` are the administrations that its findings name."""

    def __init__(self, resource: str, about: tuple[str, ...], traced: bool) -> None:
        self.resource = resource
        self.about = about
        self.traced = traced
        self.findings: list[Finding] = []
        self.trace: list[FieldTrace] = []

    def read(self, field: str, value: object, path: str | None, *ignored: str) -> None:
        """The field was read as `value` from `path`; None: it is absent."""
        if self.traced:
            shown = None if value is None else str(value)
            row = FieldTrace(resource=self.resource, field=field, value=shown, path=path, ignored=ignored)
            self.trace.append(row)

    def find(
        self,
        name: str,
        message: str,
        fix: str | None = None,
        severity: Severity = "error",
        about: tuple[str, ...] | None = None,
    ) -> None:
        named = self.about if about is None else about
        self.findings.append(Finding(id=name, severity=severity, administrations=named, message=message, fix=fix))


def silent() -> Notes:
    """Notes that nobody reads: for looking something up that is read again, and told of, elsewhere."""
    return Notes("", (), traced=False)
