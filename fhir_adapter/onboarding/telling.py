"""A survey in words, and the configuration that it suggests: in shadow, and what the site has to decide is visible."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from fhir_adapter.onboarding.survey import UNKNOWN, Survey, Word

SHOWN = 12


def as_text(seen: Survey) -> str:
    return "\n".join((*_figures(seen), *_tables(seen)))


def _figures(seen: Survey) -> Iterator[str]:
    yield f"{seen.administrations} administrations; the charts of {seen.patients} patients: {seen.visits} visits"
    if seen.unreadable_charts:
        yield f"  charts that could not be read   {seen.unreadable_charts}"
    yield f"  visits held or open             {_of(seen.held, seen.visits)}"
    yield f"  infusions without a stop        {_of(seen.without_stop, seen.timed)}"
    yield f"  encounters without a class      {_of(seen.without_class, seen.encounters)}"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.0f} %)" if whole else "")


def _tables(seen: Survey) -> Iterator[str]:
    yield from _table("what stood in the way (docs/findings)", seen.findings)
    yield from _table("drugs without a code or a class", seen.drugs)
    yield from _table("statuses", seen.statuses)
    yield from _table("actions of the medication record", _shown(seen.actions))
    yield from _table("routes", _shown(seen.routes))
    yield from _table("methods", _shown(seen.methods))
    yield from _table("extensions", seen.extensions)
    yield from _table("places of encounters", seen.places)


def _shown(words: Counter[Word]) -> Counter[str]:
    return Counter({f"{text} → {meaning}" if meaning else text: count for (text, meaning), count in words.items()})


def _table(title: str, counted: Counter[str]) -> Iterator[str]:
    if not counted:
        return
    yield f"\n{title}"
    for name, count in counted.most_common(SHOWN):
        yield f"{count:>6}  {name}"
    if len(counted) > SHOWN:
        yield f"        and {len(counted) - SHOWN} more"


def configuration(base_url: str, name: str, time_zone: str, seen: Survey, *, by_worklist: bool = False) -> str:
    """A file that `serve --check` accepts. What the survey cannot know is asked for in comments: the setting of each
    place, the meaning of each word that is in no table. `by_worklist`: administrations cannot be searched by change."""
    places = [f'{json.dumps(place)} = "facility" or "office"' for place, _ in seen.places.most_common()]
    return f"""# Made from a survey of the server. It codes and compares, and posts nothing.
[sources.{name}]
base_url = {json.dumps(base_url)}
mode = "shadow"
rulebook = "cpt-2026"
second_opinion = "carecost-96417"
sweep_every = {300 if by_worklist else 60}
{'sweep_by = "worklist"' + chr(10) if by_worklist else ""}
[sources.{name}.words]
time_zone = {json.dumps(time_zone)}

# Without an entry a visit is held as setting-unknown. `"*"` stands for every other place.
[sources.{name}.words.facilities]
{_asked_for(places) or "# no encounter of the sample named a place"}
{"".join(_unmapped(name, seen))}"""


def _unmapped(name: str, seen: Survey) -> Iterator[str]:
    """A table of the words that the sample had and nobody knows, with what each may mean."""
    kinds = '"start", "continue", "pause", "stop", "bolus", "none", "not-given" or "waste"'
    tables = (("actions", seen.actions, kinds), ("routes", seen.routes, '"iv" or a technique'))
    for table, words, choices in (*tables, ("methods", seen.methods, 'a technique such as "infusion"')):
        unknown = [f"{json.dumps(text)} = {choices}" for (text, how), _ in words.most_common() if how == UNKNOWN]
        if unknown:
            yield f"\n# Met in the sample and in no table (docs/chart.md).\n[sources.{name}.words.{table}]\n"
            yield f"{_asked_for(unknown)}\n"


def _asked_for(lines: list[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)
