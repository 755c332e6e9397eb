"""`drug` shows what the catalog knows of an NDC, RxCUI, HCPCS code or name: class, codes with dates, and why which one.

It looks exactly where coding looks. Exit status 1: the catalog does not know it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.catalog.catalog import Catalog
    from fhir_adapter.catalog.codes import Code
    from fhir_adapter.coding.drugs import DrugFacts


class Keys(TypedDict):
    ndc: str | None
    rxcui: str | None
    name: str | None


def register(app: typer.Typer) -> None:
    app.command("drug")(drug)


def drug(
    what: Annotated[str, typer.Argument(help="An NDC, RxCUI, HCPCS code or name.")],
    on: Annotated[str | None, typer.Option(help="The service date, YYYY-MM-DD; today if not given.")] = None,
) -> None:
    """Show class, HCPCS codes with dates, and billing unit of a drug."""
    from fhir_adapter.catalog import load_catalog

    catalog = load_catalog()
    day = _today() if on is None else _day(on)
    if what.upper() in catalog.book.codes:
        _print_rows((catalog.book.codes[what.upper()],), day)
        _print_sources(catalog)
        return
    keys = keys_of(what)
    facts = catalog.look_up(**keys, on=day)
    rows = catalog.rows_about(**keys, on=day)
    print(f"{what} on {day}")
    if product := catalog.product_name(ndc=keys["ndc"], rxcui=keys["rxcui"], on=day):
        print(f"  product    {product}")
    _print_answer(keys, facts)
    _print_rows(rows, day)
    _print_sources(catalog)
    if not rows:
        raise typer.Exit(1)


def keys_of(what: str) -> Keys:
    """Which key of a drug a text is: digits with hyphens or nine and more are an NDC, fewer an RxCUI."""
    text = what.strip()
    if re.fullmatch(r"[\d-]*\d-[\d-]*\d|\d{9,}", text):
        return {"ndc": text, "rxcui": None, "name": None}
    if text.isdigit():
        return {"ndc": None, "rxcui": text, "name": None}
    return {"ndc": None, "rxcui": None, "name": text}


def _print_answer(keys: Keys, facts: DrugFacts) -> None:
    print(f"  class      {facts.drug_class or 'unknown'}")
    if facts.code is not None:
        unit = f"{facts.unit.value} {facts.unit.unit} a unit" if facts.unit else "not billed by one quantity"
        print(f"  code       {facts.code}, {unit}")
    else:
        print(f"  code       {_problem(keys, facts)}")
    if facts.candidates:
        print(f"  may be     {', '.join(facts.candidates)}: give the NDC")
    if facts.set_aside:
        print(f"  set aside  {', '.join(facts.set_aside)}: not chosen by name, not excluded either")
    if facts.shared_ingredient:
        print("  note       this ingredient has several formulations or conjugates")
    for release in facts.releases:
        age = f", {release.age_days} days past its quarter" if release.age_days > 0 else ""
        print(f"  looked up  {release.table} {release.name}{age}")


def _problem(keys: Keys, facts: DrugFacts) -> str:
    if keys["ndc"] and facts.ndc is None:
        return "none: the NDC is malformed (11 digits, or three parts with hyphens)"
    return "several" if facts.problem == "drug-code-ambiguous" else "none"


def _print_rows(rows: tuple[Code, ...], on: date) -> None:
    from fhir_adapter.catalog.choice import why_not

    for code in sorted(rows, key=lambda row: row.code):
        unit = f"{code.unit.value} {code.unit.unit}" if code.unit else "–"
        start = str(code.first or "–") + (f" ({code.dated_by})" if code.dated_by else "")
        against = why_not(code, on, None)
        route = "/".join(sorted(code.routes)) or "route not stated"
        print(f"  {code.code}  {unit:12} {start} to {code.last or '–'}  {code.kind or '–'}, {route}, {code.descriptor}")
        print(f"         {code.ingredient or 'ingredient not known'}{f'; not by name: {against}' if against else ''}")


def _print_sources(catalog: Catalog) -> None:
    for source in catalog.book.sources:
        print(f"  source: {source}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--on: '{text}' is no date; write YYYY-MM-DD") from None


def _today() -> date:
    from fhir_adapter.app import clock

    return clock().date()
