"""`explain VISIT`: the visit's story line by line in a coder's words.

For each line: why it is there, the minutes counted and given up, what was not chosen and why, and the rules with their
sources. Findings follow. Exit status: 0, or 2 for a faulty file or call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from fhir_adapter.cli.given import (
    Asked,
    Book,
    Config,
    Data,
    Fhir,
    Files,
    Format,
    Place,
    Policies,
    TimeZone,
    Words,
    allowed,
    given,
)

if TYPE_CHECKING:
    from fhir_adapter.coding import Finding
    from fhir_adapter.coding.story import Story, Told


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
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
    """Tell why each line of a visit is there: minutes, deductions, what was not chosen, rule and source."""
    import msgspec

    from fhir_adapter.cli.code import NO_VISIT
    from fhir_adapter.coding.story import story_of
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
    stories = [
        story_of(visit, asked.rulebook, asked.drugs, derive(visit, asked.rulebook, asked.drugs, findings=findings))
        for visit, findings in asked.visits
    ]
    if form == "json":
        print(msgspec.json.format(msgspec.json.encode(stories if asked.many else stories[0])).decode())
    else:
        print("\n\n".join("\n".join(_story(story)) for story in stories) or NO_VISIT)


def _story(story: Story) -> Iterator[str]:
    result = story.result
    yield f"Visit {result.id}: {result.disposition} under {result.rulebook}"
    for told in story.lines:
        yield ""
        yield from _line(told)
    if not story.lines:
        yield from ("", "No line.")
    if result.findings:
        yield from ("", "Findings")
    for finding in result.findings:
        yield from _finding(finding)


def _line(told: Told) -> Iterator[str]:
    line = told.line
    yield f"{line.date}  {'-'.join((line.code, *line.modifiers))} ×{line.units}  ({', '.join(line.administrations)})"
    yield f"  Why: {line.because}"
    yield from (f"  Minutes: {text}" for text in told.minutes)
    yield from (f"  Not chosen: {text}" for text in told.not_chosen)
    for rule in told.rules:
        yield f"  Rule {rule.id}, {rule.title}: {rule.says}"
        yield f"    Source: {rule.source}"


def _finding(finding: Finding) -> Iterator[str]:
    about = f" ({', '.join(finding.administrations)})" if finding.administrations else ""
    yield f"  {finding.severity}: {finding.id}{about}: {finding.message}"
    if finding.fix:
        yield f"    Do: {finding.fix}"
