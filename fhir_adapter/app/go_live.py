"""The gate before the first charge: a source may ask for agreement with people over so many visits in shadow.

    [sources.main]
    mode = "post"
    go_live = { agreement = 0.95, visits = 50 }

Looked at when `serve` or `work` starts, over the latest visits that can be compared with people's charges on the
server. Passed once, it is noted and not asked again: from then on people charge otherwise. Refused
(`ConfigurationError`): too few visits, or too little agreement; the source can stay in shadow.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fhir_adapter.app.clock import clock
from fhir_adapter.catalog.prices import load_rates
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.history.kept import coded_visits, people_on_the_server
from fhir_adapter.history.report import Compared, report
from fhir_adapter.post import Names
from fhir_adapter.settings import GoLive, Settings, Source
from fhir_adapter.store import Store, counters


async def must_have_agreed(settings: Settings, store: Store) -> None:
    for name, source in settings.sources.items():
        if source.mode == "post" and source.go_live is not None:
            await _pass(name, source, source.go_live, settings.canonical_base or "", store)


async def _pass(name: str, source: Source, asked: GoLive, base: str, store: Store) -> None:
    passed = f"went live {name}"
    if (await store.read(counters.listed)).get(passed):
        return
    latest = (await _compared(name, source, base, store))[: asked.visits]
    if len(latest) < asked.visits:
        raise _refusal(
            name, f"{len(latest)} visits could be compared with people's charges; {asked.visits} are asked for"
        )
    agreement = sum(one.agrees for one in latest) / len(latest)
    if agreement < asked.agreement:
        raise _refusal(
            name, f"{agreement:.3f} of the latest {len(latest)} visits agree; {asked.agreement} is asked for"
        )
    await store.write(lambda conn: counters.add(conn, passed))


async def _compared(name: str, source: Source, base: str, store: Store) -> list[Compared]:
    """The latest first."""
    zone, system = ZoneInfo(source.words.time_zone), Names(base=base, source=name).identifier_system
    visits = await store.read(lambda conn: coded_visits(conn, name))
    people = await store.read(lambda conn: people_on_the_server(conn, name, visits, our_system=system, zone=zone))
    days = [day for visit in visits for day in visit.dates]
    today = clock().astimezone(zone).date()
    found = report(name, visits, people.charges, load_rates(), min(days, default=today), max([*days, today]))
    return sorted(found.compared, key=lambda one: one.visit.dates[-1], reverse=True)


def _refusal(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"sources.{name}.go_live: {why}. Leave the source in shadow, or change what is asked for."
    )
