"""The chart on the command line: `code --fhir BUNDLE.json` reads its visits from FHIR, `--trace` shows from where.

A Bundle says nothing of the site that wrote it, so the call does: in a TOML file of the site's words (`--words`, the
keys that a configuration has under `[sources.NAME.words]`), or in two options, `--time-zone` and `--setting`, which
win over the file. Without a time zone there is no service date: it is asked for, never assumed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from fhir_adapter.errors import ConfigurationError, Fault, InputFaults
from fhir_adapter.vocabulary import Setting, SourceWords

if TYPE_CHECKING:
    from fhir_adapter.normalize import ChartVisit, FieldTrace


def words_of(file: Path | None, time_zone: str | None, setting: str | None) -> SourceWords:
    """The site's words from the file and the options. Raises ConfigurationError, naming file and key."""
    if setting is not None and setting not in get_args(Setting):
        raise ConfigurationError(f"--setting: allowed are {', '.join(get_args(Setting))}")
    text = _text(file) if file else ""
    said = _parsed(text, file)
    if time_zone:
        said["time_zone"] = time_zone
    if setting:
        said["facilities"] = {"*": setting}
    if "time_zone" not in said:
        raise ConfigurationError(
            "--time-zone is missing: say where the chart was written, such as America/Chicago; "
            "the service date is the local date there"
        )
    try:
        return msgspec.convert(said, SourceWords)
    except msgspec.ValidationError as error:
        raise _refusal(error, said, text, file) from None


def _refusal(error: msgspec.ValidationError, said: dict[str, Any], text: str, file: Path | None) -> ConfigurationError:
    from fhir_adapter.settings.explain import explain
    from fhir_adapter.settings.place import line_of

    fault = explain(error, said, lambda candidate: msgspec.convert(candidate, SourceWords), SourceWords)
    line = line_of(text, fault)
    return ConfigurationError(f"{file or 'options'}: {fault}" + (f" (line {line})" if line else ""))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: is not UTF-8") from None


def _parsed(text: str, file: Path | None) -> dict[str, Any]:
    """The words, laid over those of the profile that the file may name."""
    from fhir_adapter.settings.profile import with_profile_words

    try:
        return with_profile_words(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: is not TOML: {error}") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from None


def visits_in(bundle: bytes, words: SourceWords, *, traced: bool = False) -> tuple[ChartVisit, ...]:
    """The visits of a Bundle. Raises InputFaults when it is none, or has no administration and no visit."""
    from fhir_adapter.fhir_r4 import chart_of_bundle
    from fhir_adapter.normalize import visits_of

    chart = chart_of_bundle(bundle)
    visits = visits_of(chart, words, traced=traced)
    if not visits:
        unread = tuple(Fault(f"{fault.resource} {fault.path}", fault.message) for fault in chart.faults)
        raise InputFaults((Fault("$.entry", "has no MedicationAdministration to make a visit of"), *unread))
    return visits


def trace_as_json(visits: Iterable[ChartVisit]) -> list[dict[str, Any]]:
    """For machines: one object per visit, its rows in the order of reading."""
    return [{"visit": visit.key, "trace": msgspec.to_builtins(visit.trace)} for visit in visits]


def trace_as_text(visit: ChartVisit) -> str:
    """For people: each resource, each field with its value and the element that it came from."""
    return "\n".join([f"Where the facts of visit {visit.key} stand in the chart", *_rows(visit.trace)])


def _rows(trace: Iterable[FieldTrace]) -> Iterator[str]:
    for resource, rows in groupby(trace, key=lambda row: row.resource):
        yield f"\n{resource}"
        absent = []
        for row in rows:
            if row.value is None:
                absent.append(row.field)
            else:
                yield f"  {row.field:<16} {row.value}" + (f"  ← {row.path}" if row.path else "")
            yield from (f"  {row.field:<16} not used: {reason}" for reason in row.ignored if reason)
        if absent:
            yield f"  {'not in the chart':<16} {', '.join(absent)}"
