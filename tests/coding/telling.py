"""A visit's story by the code of the line, under a shipped rulebook."""

from __future__ import annotations

from fhir_adapter.coding.drugs import DrugTables, unknown_drugs
from fhir_adapter.coding.model import Administration, Visit
from fhir_adapter.coding.story import Told, story_of
from fhir_adapter.rulebooks import load_rulebook


def told(
    *administrations: Administration,
    setting: str = "facility",
    reason: str | None = None,
    book: str = "cpt-2026",
    drugs: DrugTables = unknown_drugs,
    **policies: str,
) -> dict[str, Told]:
    visit = Visit(id="v", setting=setting, administrations=administrations, primary_reason=reason)
    chosen = {name.replace("_", "-"): value for name, value in policies.items()}
    return {one.line.code: one for one in story_of(visit, load_rulebook(book, chosen), drugs).lines}
