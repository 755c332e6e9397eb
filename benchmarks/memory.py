"""What coding holds in memory after ten thousand visits and after a hundred thousand, no two alike (`days`).

A process of its own, which makes each visit, codes it and forgets it. What grows is caches, and they have an end.
Linux only: the figures are the kernel's.
"""

import os
import subprocess
import sys

from benchmarks.coding import visit_coder
from benchmarks.days import bundle
from benchmarks.serving import kernel

MARKS = (10_000, 100_000)


def rows():
    command = [sys.executable, "-m", "benchmarks.memory"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    few, many = done.stdout.split()
    yield f"memory after coding {MARKS[0]:,} visits, MB", few, ""
    yield f"memory after coding {MARKS[1]:,} visits, MB", many, "the same"


def main():
    code = visit_coder()
    for number in range(1, MARKS[-1] + 1):
        code(bundle(number))
        if number in MARKS:
            print(f"{kernel(os.getpid(), 'VmRSS'):.0f}", flush=True)


if __name__ == "__main__":
    main()
