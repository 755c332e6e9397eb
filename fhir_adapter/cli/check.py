"""`check VISIT`: the denial desk. What was billed and authorized beside what the chart supports, before the payer asks.

For each denial that the bill invites: its CARC, what to change, and a letter that says only what the chart holds. What
was billed stands in the visit file (`billed`) or is the ChargeItems of a Bundle. Exit status: 0 checked, also with
denials; 2 for a faulty file or call, and where there is nothing to check.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
import typer
from msgspec.structs import replace

from fhir_adapter.cli.given import (
    Asked,
    Book,
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
    from fhir_adapter.coding import Finding, Visit, VisitResult
    from fhir_adapter.coding.model import Comparison

AUTHORIZATION = "differs-from-authorization"


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    files: Files = None,
    rulebook: Book = None,
    policy: Policies = None,
    fhir: Fhir = None,
    words: Words = None,
    time_zone: TimeZone = None,
    setting: Place = None,
    form: Format = "text",
    config: Config = None,
    data: Data = None,
) -> None:
    """Check a bill before the payer does: the denials it invites, each with its fix and a letter."""
    from fhir_adapter.derive import derive

    allowed(form, ("text", "json"), "--format")
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
        )
    )
    visits = _checkable(_charged(asked) if fhir else asked.visits, some=fhir is not None)
    results = [derive(visit, asked.rulebook, asked.drugs, findings=findings) for visit, findings in visits]
    if form == "json":
        checked = [_as_json(result) for result in results]
        print(msgspec.json.format(msgspec.json.encode(checked if asked.many else checked[0])).decode())
    else:
        print("\n\n".join("\n".join(_checked(result)) for result in results))


Checked = tuple["Visit", tuple["Finding", ...]]


def _charged(asked: Given) -> tuple[Checked, ...]:
    """The visits of a Bundle with what its ChargeItems bill."""
    from fhir_adapter.cli.charged import billed_in

    return tuple(
        (replace(visit, billed=billed_in(asked.bundle, charted, asked.time_zone)), found)
        for (visit, found), charted in zip(asked.visits, asked.charted, strict=True)
    )


def _checkable(visits: Sequence[Checked], *, some: bool) -> list[Checked]:
    """Those with something to check. A visit of a file that has nothing is refused, `some` of a Bundle's are enough."""
    found = [one for one in visits if one[0].billed is not None or one[0].authorized is not None]
    if not found or (len(found) < len(visits) and not some):
        named = ", ".join(one[0].id for one in visits if one not in found) or "none was given"
        raise ConfigurationError(f"visit {named}: has neither billed nor authorized lines to check")
    return found


def _as_json(result: VisitResult) -> dict[str, object]:
    return {
        "id": result.id,
        "rulebook": result.rulebook,
        "disposition": result.disposition,
        "comparison": None if result.comparison is msgspec.UNSET else result.comparison,
        "denials": _denials(result),
        "authorization": [finding for finding in result.findings if finding.id == AUTHORIZATION],
        "chart": _chart(result),
    }


def _denials(result: VisitResult) -> list[Finding]:
    return [finding for finding in result.findings if finding.about == "billed"]


def _chart(result: VisitResult) -> list[Finding]:
    """What stands against the chart itself: errors hold it, a payer may raise warnings, and why it supports nothing."""
    derived = [one for one in result.findings if one.about == "derived" and one.id != AUTHORIZATION]
    return [finding for finding in derived if finding.severity != "info" or not result.lines]


def _checked(result: VisitResult) -> Iterator[str]:
    denials, chart = _denials(result), _chart(result)
    authorization = [finding for finding in result.findings if finding.id == AUTHORIZATION]
    yield f"Visit {result.id} under {result.rulebook}"
    if result.comparison is not msgspec.UNSET:
        yield from _compared(result)
    yield ""
    yield from _summed(result, denials, authorization, chart)
    for title, findings in (("The bill", denials), ("The authorization", authorization), ("The chart", chart)):
        yield from (["", f"  {title}"] if findings else [])
        for finding in findings:
            yield from _finding(finding)


def _compared(result: VisitResult) -> Iterator[str]:
    rows = result.comparison or ()
    missing = {(row.date, row.code, row.derived): row for row in rows if row.kind == "missing"}
    yield f"  {'date':<12}{'code':<14}{'chart':>6}{'billed':>8}"
    for row in rows:
        other = missing.get((row.date, row.code, row.billed)) if row.kind == "unsupported" else None
        hint = f": the chart has it as {_named(other)}" if other else ""
        yield f"  {row.date!s:<12}{_named(row):<14}{row.derived:>6}{row.billed:>8}  {row.kind}{hint}"


def _named(row: Comparison) -> str:
    return "-".join((row.code, *row.modifiers))


def _summed(
    result: VisitResult, denials: list[Finding], authorization: list[Finding], chart: list[Finding]
) -> Iterator[str]:
    if result.comparison is not msgspec.UNSET:
        differing = sum(row.kind != "match" for row in result.comparison)
        yield f"  {differing or 'No'} line{'s' * (differing != 1)} of the bill and the chart differ."
    counts = [_count(denials, "the bill")] if result.comparison is not msgspec.UNSET else []
    counts += [_count(authorization, "the authorization")] if authorization or not counts else []
    counts += [_count(chart, "the chart")] if chart else []
    yield f"  {', '.join(counts)}."
    if result.disposition == "held":
        errors = dict.fromkeys(finding.id for finding in chart if finding.severity == "error")
        yield f"  The visit is held by {', '.join(errors)}: send no claim and no letter before that is mended."


def _count(findings: list[Finding], about: str) -> str:
    return f"{len(findings) or 'No'} finding{'s' * (len(findings) != 1)} about {about}"


def _finding(finding: Finding) -> Iterator[str]:
    carc = f", CARC {finding.carc}" if finding.carc else ""
    about = f" ({', '.join(finding.administrations)})" if finding.administrations else ""
    yield ""
    yield f"  {finding.severity}: {finding.id}{carc}{about}"
    yield f"    {finding.message}"
    yield from ([f"    Fix: {finding.fix}"] if finding.fix else [])
    yield from ([f"    Letter: {finding.appeal}"] if finding.appeal else [])
