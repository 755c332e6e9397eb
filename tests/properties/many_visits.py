"""Both coders on as many random visits as wanted, on every core: where they part, and what was exercised how often.

    python -m tests.properties.many_visits 100000

Ends with 1 where the coders part once, or where the first 500 visits exercise a policy value, a finding or a decision
fewer than 20 times.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from multiprocessing import Pool

from tests.properties.agreement import differences, engine, run, told
from tests.properties.exercised import exercised, seldom, table

VISITS = 500
SHOWN = 10
Tried = tuple[list[str], Counter[str]]
"""Where the coders part, told, and how often each thing was exercised."""


def tried(seeds: range) -> Tried:
    said: list[str] = []
    counts: Counter[str] = Counter()
    for seed in seeds:
        one = run(seed)
        result = engine(one)
        counts.update(exercised(one, result))
        if found := differences(one, result):
            said.append(told(one, found))
    return said, counts


def main(count: int) -> int:
    parted: list[str] = []
    counts: Counter[str] = Counter()
    too_few: dict[str, int] | None = None
    batches = [range(first, min(first + VISITS, count)) for first in range(0, count, VISITS)]
    with Pool(os.cpu_count()) as cores:
        for seeds, (said, more) in zip(batches, cores.imap(tried, batches), strict=True):
            too_few = seldom(more) if too_few is None else too_few
            parted += said
            counts += more
            print(f"{seeds.stop} of {count} visits, {len(parted)} differ", file=sys.stderr, flush=True)
    print("\n".join(parted[:SHOWN]))
    print(table(counts))
    print(f"{count - len(parted)} of {count} visits agree; seldom in the first {VISITS}: {too_few or 'nothing'}")
    return 1 if parted or too_few else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else VISITS))
