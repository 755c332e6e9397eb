"""The drug tables: how long they take to load, what they hold in memory, and one look-up of an NDC."""

import subprocess
import sys
import time
from datetime import date

from fhir_adapter.catalog import load_catalog
from fhir_adapter.catalog.load import _book_over, shipped_texts

TURNS = 5
MEASURED = """
import tracemalloc
from fhir_adapter.catalog.load import shipped_book
tracemalloc.start()
book = shipped_book()
print(tracemalloc.get_traced_memory()[0])
"""


def rows():
    yield "drug tables, load, ms", f"{min(_load_time() for _ in range(TURNS)) * 1000:.0f}", "≤ 100"
    held = int(subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True).stdout)
    yield "drug tables, memory held, MB", f"{held / 1e6:.1f}", "≤ 20"
    yield "look-up of an NDC, µs, over all NDCs", f"{_look_up_time() * 1e6:.2f}", "≤ 2"


def _load_time():
    shipped_texts.cache_clear()
    _book_over.cache_clear()
    begun = time.process_time()
    load_catalog()
    return time.process_time() - begun


def _look_up_time():
    catalog, on = load_catalog(), date(2026, 8, 3)
    ndcs = sorted(catalog.book.ndcs)
    look_up = catalog.look_up
    for ndc in ndcs:
        look_up(ndc=ndc, rxcui=None, name=None, on=on)
    return min(_once(look_up, ndcs, on) for _ in range(TURNS)) / len(ndcs)


def _once(look_up, ndcs, on):
    begun = time.process_time()
    for ndc in ndcs:
        look_up(ndc=ndc, rxcui=None, name=None, on=on)
    return time.process_time() - begun
