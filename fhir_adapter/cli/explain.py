"""`explain VISIT`: the visit's story line by line in a coder's words.

For each line: why it is there, the minutes counted and given up, what was not chosen and why, and the rules with their
sources. Findings follow. Exit status: 0, or 2 for a faulty file or call.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.given import CONFIG, Asked, given

if TYPE_CHECKING:
    from fhir_adapter.coding import Finding
    from fhir_adapter.coding.story import Story, Told


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    files: Annotated[list[str] | None, typer.Argument(help="Visit files, - , or a stored visit's number.")] = None,
    rulebook: Annotated[str | None, typer.Option(help="A rulebook's name, or the path of a file.")] = None,
    policy: Annotated[list[str] | None, typer.Option(help="NAME=VALUE: one policy for this run.")] = None,
    fhir: Annotated[Path | None, typer.Option(help="A FHIR Bundle of one patient, instead of visit files.")] = None,
    words: Annotated[Path | None, typer.Option(help="TOML: what the site says differently (--fhir).")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Where the Bundle was written (--fhir).")] = None,
    setting: Annotated[str | None, typer.Option(help="facility or office (--fhir).")] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",  # noqa: A002 - the option's name
    config: Annotated[Path, typer.Option("--config", help="The configuration, for a stored visit.")] = CONFIG,
) -> None:
    """Tell why each line of a visit is there: minutes, deductions, what was not chosen, rule and source."""
    import msgspec

    from fhir_adapter.cli.code import allowed
    from fhir_adapter.coding.story import story_of
    from fhir_adapter.derive import derive

    allowed(format, ("text", "json"), "--format")
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
        )
    )
    stories = [
        story_of(visit, asked.rulebook, asked.drugs, derive(visit, asked.rulebook, asked.drugs, findings=findings))
        for visit, findings in asked.visits
    ]
    if format == "json":
        print(msgspec.json.format(msgspec.json.encode(stories if len(stories) != 1 else stories[0])).decode())
    else:
        print("\n\n".join("\n".join(_story(story)) for story in stories))


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
