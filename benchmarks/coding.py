"""From FHIR bytes to lines with reasons, on one core, beside fhir.resources only parsing the same bytes.

The visit is fixtures/charts/r-chop.json, brought to eight administrations by a further premedication.
Both sides run in turns in one process, so that a busy machine slows both; the best turn of each counts.
"""

import json
import time
from pathlib import Path

import msgspec
from fhir.resources.R4B.bundle import Bundle

from fhir_adapter.catalog import load_catalog
from fhir_adapter.cli.chart import words_of
from fhir_adapter.derive import derive
from fhir_adapter.fhir_r4 import chart_of_bundle
from fhir_adapter.normalize import visits_of
from fhir_adapter.rulebooks import load_rulebook

CHARTS = Path(__file__).parents[1] / "fixtures" / "charts"
ADMINISTRATIONS, TURNS, SECONDS = 8, 5, 0.6


def rows():
    bundle = _bundle()
    ours, theirs = _visit_coder(bundle), _parser(bundle)
    lines = ours()
    rates = _rates(ours, theirs)
    code, parse = max(rates[0]), max(rates[1])
    yield f"FHIR bytes to {lines} lines, {ADMINISTRATIONS} administrations, visits/s/core", f"{code:,.0f}", "≥ 10,000"
    yield "the same bytes only parsed by fhir.resources.R4B, visits/s/core", f"{parse:,.0f}", ""
    yield "ratio", f"{code / parse:.1f}", ""


def _bundle():
    bundle = json.loads((CHARTS / "r-chop.json").read_bytes())
    given = [one for one in bundle["entry"] if one["resource"]["resourceType"] == "MedicationAdministration"]
    others = [one for one in bundle["entry"] if one not in given]
    while len(given) < ADMINISTRATIONS:
        again = json.loads(json.dumps(given[0]))
        again["resource"]["id"] = f"more{len(given)}"
        again["fullUrl"] = f"{again['fullUrl'].rpartition('/')[0]}/more{len(given)}"
        given.append(again)
    return json.dumps({**bundle, "entry": others + given[:ADMINISTRATIONS]}).encode()


def _visit_coder(bundle):
    words = words_of(CHARTS / "words.toml", None, None)
    book, drugs = load_rulebook("cpt-2026"), load_catalog(words)

    def code():
        (chart_visit,) = visits_of(chart_of_bundle(bundle), words)
        result = derive(chart_visit.visit, book, drugs, findings=chart_visit.findings)
        msgspec.json.encode(result)
        return len(result.lines)

    return code


def _parser(bundle):
    def parse():
        Bundle.model_validate_json(bundle)

    return parse


def _rates(*contestants):
    rates = [[] for _ in contestants]
    for _ in range(TURNS):
        for measured, contestant in zip(rates, contestants, strict=True):
            measured.append(_rate(contestant))
    return rates


def _rate(contestant):
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < SECONDS:
        contestant()
        count += 1
    return count / passed
