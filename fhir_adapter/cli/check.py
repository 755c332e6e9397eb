"""`check VISIT`: the denial desk. What was billed and authorized beside what the chart supports, before the payer asks.

For each denial that the bill invites: its CARC, what to change, and a letter that says only what the chart holds.
Exit status: 0 checked, also with denials; 2 for a faulty file or call, and for a visit with nothing to check.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from fhir_adapter.cli.given import CONFIG, Asked, given
from fhir_adapter.errors import ConfigurationError

if TYPE_CHECKING:
    from fhir_adapter.coding import Finding, VisitResult

AUTHORIZATION = "differs-from-authorization"


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    files: Annotated[list[str] | None, typer.Argument(help="Visit files with `billed` or `authorized`; - .")] = None,
    rulebook: Annotated[str | None, typer.Option(help="A rulebook's name, or the path of a file.")] = None,
    policy: Annotated[list[str] | None, typer.Option(help="NAME=VALUE: one policy for this run.")] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
    config: Annotated[Path, typer.Option("--config", help="The configuration, for a stored visit.")] = CONFIG,
) -> None:
    """Check a bill before the payer does: the denials it invites, each with its fix and a letter."""
    from fhir_adapter.cli.code import allowed
    from fhir_adapter.derive import derive

    allowed(format, ("text", "json"), "--format")
    asked = given(Asked(files=tuple(files or ()), rulebook=rulebook, policies=tuple(policy or ()), config=config))
    for visit, _ in asked.visits:
        if visit.billed is None and visit.authorized is None:
            raise ConfigurationError(f"visit {visit.id}: has neither billed nor authorized lines to check")
    results = [derive(visit, asked.rulebook, asked.drugs, findings=findings) for visit, findings in asked.visits]
    if format == "json":
        checked = [_as_json(result) for result in results]
        print(msgspec.json.format(msgspec.json.encode(checked if len(checked) != 1 else checked[0])).decode())
    else:
        print("\n\n".join("\n".join(_checked(result)) for result in results))


def _as_json(result: VisitResult) -> dict[str, object]:
    return {
        "id": result.id,
        "rulebook": result.rulebook,
        "comparison": None if result.comparison is msgspec.UNSET else result.comparison,
        "denials": _denials(result),
        "authorization": [finding for finding in result.findings if finding.id == AUTHORIZATION],
        "chart": [finding for finding in result.findings if finding.severity == "error" and finding.about == "derived"],
    }


def _denials(result: VisitResult) -> list[Finding]:
    return [finding for finding in result.findings if finding.about == "billed"]


def _checked(result: VisitResult) -> Iterator[str]:
    yield f"Visit {result.id} under {result.rulebook}"
    if result.comparison is not msgspec.UNSET:
        yield f"  {'date':<12}{'code':<14}{'chart':>6}{'billed':>8}"
        for row in result.comparison:
            code = "-".join((row.code, *row.modifiers))
            yield f"  {row.date!s:<12}{code:<14}{row.derived:>6}{row.billed:>8}  {row.kind}"
        yield ""
        yield f"  {len(_denials(result)) or 'No'} finding{'s' * (len(_denials(result)) != 1)} about the bill"
    for finding in result.findings:
        held = finding.severity == "error" and finding.about == "derived"
        if finding.about == "billed" or finding.id == AUTHORIZATION or held:
            yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    carc = f", CARC {finding.carc}" if finding.carc else ""
    about = f" ({', '.join(finding.administrations)})" if finding.administrations else ""
    yield ""
    yield f"  {finding.severity}: {finding.id}{carc}{about}"
    yield f"    {finding.message}"
    yield from ([f"    Fix: {finding.fix}"] if finding.fix else [])
    yield from ([f"    Letter: {finding.appeal}"] if finding.appeal else [])
