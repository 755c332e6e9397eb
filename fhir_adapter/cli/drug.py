"""`drug` shows everything known of an NDC, RxCUI, HCPCS code or name on a date, from where, and why which code.

It looks exactly where coding looks, releases that the site installed and its own words included: those of the one
source of the configuration, of `--source`, or of a file. Exit status 1: the catalog does not know it.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from fhir_adapter.cli.tables_at import CONFIG, Config, Data
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.catalog.catalog import Catalog
    from fhir_adapter.catalog.codes import Code
    from fhir_adapter.catalog.prices import Rates
    from fhir_adapter.coding.drugs import DrugFacts
    from fhir_adapter.updates import Installed
    from fhir_adapter.vocabulary import SourceWords


class Keys(TypedDict):
    ndc: str | None
    rxcui: str | None
    name: str | None


def register(app: typer.Typer) -> None:
    app.command("drug")(drug)


def drug(
    what: Annotated[str, typer.Argument(help="An NDC, RxCUI, HCPCS code or name.")],
    on: Annotated[str | None, typer.Option(help="The service date, YYYY-MM-DD; today if not given.")] = None,
    words: Annotated[Path | None, typer.Option(help="TOML: what the site says differently.")] = None,
    source: Annotated[str | None, typer.Option(help="Whose words count, where the configuration has several.")] = None,
    config: Config = CONFIG,
    data: Data = None,
) -> None:
    """Show class, HCPCS codes with dates, billing unit, package and rates of a drug, each with its source."""
    from fhir_adapter.catalog import load_catalog
    from fhir_adapter.catalog.prices import load_rates
    from fhir_adapter.cli.chart import words_of
    from fhir_adapter.cli.tables_at import installed_at, words_at

    day = _today() if on is None else _day(on)
    tables = installed_at(config, data)
    said = words_of(words, "UTC", None) if words else words_at(config, source)
    catalog = load_catalog(said, tables.drugs)
    rates = load_rates(tables.drugs)
    _print_words(what, said, day)
    what = said.drugs.get(what, what) if said else what
    if what.upper() in catalog.book.codes:
        _print_rows(catalog, catalog.book.meanings(what.upper()), day)
        _print_code(what.upper(), day, rates, tables)
    else:
        keys = keys_of(what)
        facts, rows = catalog.look_up(**keys, on=day), catalog.rows_about(**keys, on=day)
        _print_drug(what, keys, facts, rows, catalog, day)
        if facts.code:
            _print_code(facts.code, day, rates, tables)
        if not rows and facts.code is None:
            _print_sources(catalog)
            raise typer.Exit(1)
    _print_sources(catalog)


def _print_words(what: str, words: SourceWords | None, on: date) -> None:
    """What the site says of this very text: the product that it means, and what payers take it for."""
    if words is None:
        return
    if what in words.drugs:
        print(f"{what} is {words.drugs[what]} (words.drugs)")
    for one in words.payer_classes:
        if one.drug.strip().lower() == what.strip().lower() and one.covers(on):
            print(f"for {one.payer} it is {one.drug_class} (words.payer_classes: {one.source})")


def keys_of(what: str) -> Keys:
    """Which key of a drug a text is: digits with hyphens or nine and more are an NDC, fewer an RxCUI."""
    text = what.strip()
    if re.fullmatch(r"[\d-]*\d-[\d-]*\d|\d{9,}", text):
        return {"ndc": text, "rxcui": None, "name": None}
    if text.isdigit():
        return {"ndc": None, "rxcui": text, "name": None}
    return {"ndc": None, "rxcui": None, "name": text}


def _print_drug(
    what: str, keys: Keys, facts: DrugFacts, rows: tuple[Code, ...], catalog: Catalog, day: date
) -> None:  # fmt: skip
    print(f"{what} on {day}")
    if product := catalog.product_name(ndc=keys["ndc"], rxcui=keys["rxcui"], on=day):
        print(f"  product    {product}")
    if label := catalog.label(keys["ndc"]):
        ends = f", marketed until {label.ends}" if label.ends else ""
        print(f"  package    {label.brand} ({label.generic}), {label.form}, {label.route}{ends} [{label.source}]")
    _print_answer(keys, facts, rows)
    _print_rows(catalog, rows, day)


def _print_answer(keys: Keys, facts: DrugFacts, rows: tuple[Code, ...]) -> None:
    print(f"  class      {facts.drug_class or 'unknown'}")
    if facts.code is not None:
        unit = f"{facts.unit.value} {facts.unit.unit} a unit" if facts.unit else "not billed by one quantity"
        print(f"  code       {facts.code}, {unit}")
    else:
        print(f"  code       {_problem(keys, facts, rows)}")
    if facts.container:
        print(f"  container  {facts.container}")
    if facts.candidates:
        print(f"  may be     {', '.join(facts.candidates)}: give the NDC")
    if facts.set_aside:
        print(f"  set aside  {', '.join(facts.set_aside)}: not chosen by name, not excluded either")
    if facts.shared_ingredient:
        print("  note       this ingredient has several formulations or conjugates")
    for release in facts.releases:
        age = f", {release.age_days} days past its quarter" if release.age_days > 0 else ""
        print(f"  looked up  {release.table} {release.name}{age}")


def _problem(keys: Keys, facts: DrugFacts, rows: tuple[Code, ...]) -> str:
    if keys["ndc"] and facts.ndc is None:
        return "none: the NDC is malformed (11 digits, or three parts with hyphens)"
    if facts.problem == "drug-code-ambiguous":
        return "several"
    return "none" if rows else f"none: no table that is here knows this {_kind(keys)}"


def _kind(keys: Keys) -> str:
    return "NDC" if keys["ndc"] else "RxCUI" if keys["rxcui"] else "name"


def _print_rows(catalog: Catalog, rows: tuple[Code, ...], on: date) -> None:
    from fhir_adapter.catalog.choice import why_not

    for code in sorted(rows, key=lambda row: row.code):
        amount = catalog.book.unit(code, on)
        unit = f"{amount.value} {amount.unit}" if amount else "–"
        start = str(code.first or "–") + (f" ({code.dated_by})" if code.dated_by else "")
        against = why_not(code, on, None)
        route = "/".join(sorted(code.routes)) or "route not stated"
        print(f"  {code.code}  {unit:12} {start} to {code.last or '–'}  {code.kind or '–'}, {route}, {code.descriptor}")
        print(f"         {code.ingredient or 'ingredient not known'}{f'; not by name: {against}' if against else ''}")
        print(f"         class by {code.basis or 'the judgement of the table that ships'}{_payers(code)}")


def _payers(code: Code) -> str:
    return "; payers read it differently, a payer's own word is one line of a rulebook" if code.payers_differ else ""


def _print_code(code: str, on: date, rates: Rates, tables: Installed) -> None:
    """What the edit tables and price lists say of a code."""
    from fhir_adapter.rulebooks.tables import load_tables

    edits = load_tables(tables.edits)
    for setting in ("facility", "office"):
        mue, release = edits.mue(code, setting, on)
        most = f"at most {mue.units} units a date (MUE {release.name})" if mue and release else "no MUE is known"
        rate = rates.of(code, setting, on)
        paid = f"{rate.amount if rate.amount is not None else 'nothing'} a unit ({rate.table})" if rate else "no rate"
        print(f"  {setting:<10} {most}; {paid}")
    print(f"  OPPS       {edits.opps_status(code, on) or 'no status is known'}")


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
