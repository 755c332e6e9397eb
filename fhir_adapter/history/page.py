"""The shadow report as one HTML file with its plots in it: nothing is fetched when it is opened."""

from __future__ import annotations

from collections import Counter
from datetime import date

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from fhir_adapter.history.report import Compared, Report
from fhir_adapter.history.text import money, percent, units

WIDTH, BAR = 480, 22


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a plot, in pixels: two lengths one after the other, with its words."""

    label: str
    first: float
    second: float
    value: str


def as_page(report: Report) -> str:
    pages = Environment(
        loader=PackageLoader("fhir_adapter.history"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters.update(money=money, units=units)
    agreeing, lines = report.lines
    return pages.get_template("shadow.html").render(
        report=report,
        visits=percent(report.agreeing, len(report.compared)),
        lines=percent(agreeing, lines),
        by_cause=by_cause(report),
        by_day=by_day(report.compared),
        width=WIDTH,
        bar=BAR,
    )


def by_cause(report: Report) -> list[Bar]:
    """Money missed and charged beyond, by cause."""
    most = max((cause.missed + cause.excess for cause in report.causes), default=0) or 1
    return [
        Bar(
            label=cause.words,
            first=float(cause.missed / most) * WIDTH,
            second=float(cause.excess / most) * WIDTH,
            value=f"{money(cause.missed)} / {money(cause.excess)}",
        )
        for cause in report.causes
    ]


def by_day(compared: tuple[Compared, ...]) -> list[Bar]:
    """Visits that agree and that do not, by their first service date."""
    agreeing: Counter[date] = Counter(one.visit.dates[0] for one in compared if one.agrees)
    every: Counter[date] = Counter(one.visit.dates[0] for one in compared)
    most = max(every.values(), default=1)
    return [
        Bar(
            label=day.isoformat(),
            first=agreeing[day] / most * WIDTH,
            second=(every[day] - agreeing[day]) / most * WIDTH,
            value=f"{agreeing[day]} of {every[day]}",
        )
        for day in sorted(every)
    ]
