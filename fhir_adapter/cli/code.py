"""`code`: visits in, lines out, without FHIR, network or database.

Exit status: 0 coded, also with findings; 2 a faulty file or call; 1 only with --fail-on, when a finding is that severe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.given import (
    Asked,
    Config,
    Data,
    Fhir,
    Files,
    Format,
    Given,
    Place,
    Policies,
    TimeZone,
    Words,
    allowed,
    given,
)
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.coding import Rulebook, VisitResult

SEVERITIES = ("error", "warning", "info")
NO_VISIT = "There is no visit in what was given."


def register(app: typer.Typer) -> None:
    app.command("code")(code)


def code(
    rulebook: Annotated[str, typer.Option(help="A rulebook's name, or the path of a file. There is no default.")],
    files: Files = None,
    policy: Policies = None,
    fhir: Fhir = None,
    trace: Annotated[bool, typer.Option("--trace", help="Where in the Bundle each fact stands.")] = False,
    words: Words = None,
    time_zone: TimeZone = None,
    setting: Place = None,
    form: Format = "text",
    fail_on: Annotated[str | None, typer.Option(help="Exit 1 on a finding of error, warning or info.")] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Code visits: CPT and HCPCS lines with their reasons."""
    from fhir_adapter.derive import derive

    allowed(form, ("text", "json"), "--format")
    if fail_on is not None:
        allowed(fail_on, SEVERITIES, "--fail-on")
    if trace and not fhir:
        raise ConfigurationError("--trace shows where facts stand in a Bundle: it needs --fhir")
    asked = given(
        Asked(
            files=tuple(files or ()),
            fhir=fhir,
            words=words,
            time_zone=time_zone,
            setting=setting,
            rulebook=rulebook,
            policies=tuple(policy or ()),
            config=config,
            data=data,
            traced=trace,
        )
    )
    results = [derive(visit, asked.rulebook, asked.drugs, findings=findings) for visit, findings in asked.visits]
    print(_as_json(asked, results, trace) if form == "json" else _as_text(asked, results, trace))
    if fail_on is not None and _severe(results, fail_on):
        raise typer.Exit(1)


def _as_json(asked: Given, results: list[VisitResult], trace: bool) -> str:
    import msgspec

    from fhir_adapter.catalog.prices import load_rates
    from fhir_adapter.cli.chart import trace_as_json
    from fhir_adapter.cli.payment import with_payment

    rates = load_rates(asked.tables.drugs)
    settings = [visit.setting for visit, _ in asked.visits]
    priced = [with_payment(result, at, rates) for result, at in zip(results, settings, strict=True)]
    shown: object = priced if asked.many else priced[0]
    if trace:
        shown = {"results": priced, "trace": trace_as_json(asked.charted)}
    return msgspec.json.format(msgspec.json.encode(shown)).decode()


def _as_text(asked: Given, results: list[VisitResult], trace: bool) -> str:
    from fhir_adapter.catalog.prices import load_rates
    from fhir_adapter.cli.chart import trace_as_text
    from fhir_adapter.cli.payment import payment_told

    rates = load_rates(asked.tables.drugs)
    settings = [visit.setting for visit, _ in asked.visits]
    texts = [
        "\n".join(part for part in (told(result, asked.rulebook), payment_told(result, at, rates)) if part)
        for result, at in zip(results, settings, strict=True)
    ]
    return "\n\n".join([*texts, *(map(trace_as_text, asked.charted) if trace else ())]) or NO_VISIT


def told(result: VisitResult, book: Rulebook) -> str:
    """One visit for people."""
    rows = [f"{result.id}: {result.disposition} under {result.rulebook}"]
    for line in result.lines:
        modifiers = "".join(f"-{modifier}" for modifier in line.modifiers)
        rows.append(f"  {line.date}  {line.code + modifiers:<12} x{line.units:<4} {line.because}")
        rows.append(f"{'':32}[{titled(line.citations, book)}] {', '.join(line.administrations)}")
    for finding in result.findings:
        about = f" ({', '.join(finding.administrations)})" if finding.administrations else ""
        rows.append(f"  {finding.severity}: {finding.id}{about}: {finding.message}")
        rows += [f"    {finding.fix}"] if finding.fix else []
    return "\n".join(rows)


def titled(citations: tuple[str, ...], book: Rulebook) -> str:
    """Ids of rules with their titles: `R3.1 Additional hours`."""
    return ", ".join(f"{cite} {book.rules[cite].title}" for cite in citations)


def _severe(results: list[VisitResult], least: str) -> bool:
    bad = SEVERITIES[: SEVERITIES.index(least) + 1]
    return any(finding.severity in bad for result in results for finding in result.findings)
