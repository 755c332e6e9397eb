"""From FHIR bytes to lines with reasons, on one core, beside two parsers that only parse the same bytes.

The visits are those of `days`: no two are alike, and none is coded twice, so a kept answer helps only where a
hospital's days repeat a drug, a word, a dose or a minute. Each turn takes a batch of them; fhir.resources and HAPI's
parser (`hapi_parser`) take the same batch in the same turn, so that a busy machine slows all three. Time is that of the
processor, and the best turn of each counts. The first batch warms up and is not counted.
"""

import time

import msgspec
from fhir.resources.R4B.bundle import Bundle

from benchmarks.days import ADMINISTRATIONS, WORDS, bundle
from benchmarks.hapi_parser import hapi_parser
from fhir_adapter.catalog import load_catalog
from fhir_adapter.derive import derive
from fhir_adapter.fhir_r4 import chart_of_bundle
from fhir_adapter.normalize import visits_of
from fhir_adapter.rulebooks import load_rulebook

BATCH, TURNS = 1000, 5


def rows():
    batches = [[bundle(turn * BATCH + number) for number in range(BATCH)] for turn in range(TURNS + 1)]
    code = visit_coder()
    with hapi_parser(batches) as hapi:
        ours, theirs, javas = [], [], []
        for turn, batch in enumerate(batches):
            ours.append(_rate(code, batch))
            theirs.append(_rate(Bundle.model_validate_json, batch))
            javas.append(hapi(turn) if hapi else 0)
    lines = sum(map(code, batches[0])) / BATCH
    best, parsed, java = max(ours[1:]), max(theirs[1:]), max(javas[1:])
    said = f"FHIR bytes to {lines:.1f} lines with reasons, {ADMINISTRATIONS} administrations, visits/s/core"
    yield said, f"{best:,.0f}", "≥ 10,000"
    yield "the same bytes only parsed by fhir.resources.R4B, visits/s/core", f"{parsed:,.0f}", ""
    yield "ratio", f"{best / parsed:.1f}", ""
    shown = f"{java:,.0f}" if hapi else "no Java, or HAPI not built"
    yield "the same bytes only parsed by HAPI's parser, visits/s/core", shown, ""


def visit_coder():
    """Codes one Bundle and says how many lines it has."""
    book, drugs = load_rulebook("cpt-2026"), load_catalog(WORDS)

    def code(raw):
        (charted,) = visits_of(chart_of_bundle(raw), WORDS)
        result = derive(charted.visit, book, drugs, findings=charted.findings)
        msgspec.json.encode(result)
        return len(result.lines)

    return code


def _rate(contestant, batch):
    start = time.process_time()
    for raw in batch:
        contestant(raw)
    return len(batch) / (time.process_time() - start)
