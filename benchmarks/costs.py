"""The five functions that take the most time of their own between FHIR bytes and lines, by Python's own profiler.

It makes small functions look dearer than they are; the order is what counts.
"""

import cProfile
import pstats
from pathlib import Path

from benchmarks.coding import visit_coder
from benchmarks.days import bundle

VISITS, LARGEST = 1000, 5


def rows():
    code, bundles = visit_coder(), [bundle(number) for number in range(2 * VISITS)]
    for raw in bundles[:VISITS]:
        code(raw)
    profile = cProfile.Profile()
    profile.enable()
    for raw in bundles[VISITS:]:
        code(raw)
    profile.disable()
    own = {where: row[2:0:-1] for where, row in pstats.Stats(profile).stats.items()}
    total = sum(seconds for seconds, _ in own.values())
    for where in sorted(own, key=own.get, reverse=True)[:LARGEST]:
        seconds, calls = own[where]
        yield _named(where), f"{seconds / total:.1%}", f"{calls / VISITS:.0f}"


def _named(where):
    file, line, function = where
    return f"{Path(file).parent.name}/{Path(file).name}:{line} {function}" if line else function
