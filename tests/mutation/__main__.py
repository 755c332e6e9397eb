"""`make mutants`: the mutation score of coding/ and reconcile/, and every survivor that nobody has explained.

python -m mutation [--at FOLDER] [PATTERN ...]     PATTERN: names of mutants, as `fhir_adapter.coding.told.*`; else: all

mutmut changes one expression at a time in a copy of the tracked files (build/mutants); a mutant is killed when the
type checker refuses it or a fast test fails. What survives must be explained in survivors.toml. Ends with 1 when the
score is under 95 %, when a survivor is not explained, when one was not tried, or when an explanation explains nothing.
"""

import argparse
import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

from mutation import copy, survivors
from mutation.results import Score, mutants_of
from rich.console import Console
from rich.table import Table

HOUSE = Path(__file__).parents[2]
WANTED = 95.0


def main(folder, patterns):
    place = copy.made(HOUSE, folder)
    _run(place, patterns)
    asked = [one for one in mutants_of(place) if any(fnmatch(one.name, pattern) for pattern in patterns or ["*"])]
    tried = [one for one in asked if one.is_tried]
    explained = survivors.read(Path(__file__).with_name("survivors.toml"))
    for one in tried:
        one.why = one.survived and next((reason.why for reason in explained if reason.explains(one)), None)
    whole = Score.of("all", tried)
    Console(width=120).print(_table(tried, whole))
    unexplained = [one for one in tried if one.survived and not one.why]
    for one in unexplained:
        print(f"{one.path} {one.function} [{one.name}]\n{one.change}\n")
    idle = [] if patterns else [reason for reason in explained if not reason.used]
    for reason in idle:
        print(f"survivors.toml explains nothing: {reason.told}")
    untried = len(asked) - len(tried)
    if untried:
        print(f"not tried: {untried} of {len(asked)}")
    sys.exit(1 if unexplained or idle or untried or whole.percent < WANTED else 0)


def _run(place, patterns):
    """mutmut tells its progress by thousands of lines; they go to a file."""
    told = place / "mutmut.txt"
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with told.open("wb") as out:
        command = [sys.executable, "-m", "mutmut", "run", *patterns]
        ended = subprocess.run(command, cwd=place, env=environment, stdout=out, stderr=subprocess.STDOUT)
    if ended.returncode:
        sys.exit(f"mutmut did not come to its end:\n{told.read_text('utf-8')[-2000:]}")


def _table(tried, whole):
    table = Table(title="Mutation score", caption=f"wanted: {WANTED:.0f} %")
    for column in ("file", "mutants", "by the type checker", "by a test", "survived", "explained", "score"):
        table.add_column(column, justify="left" if column == "file" else "right")
    paths = dict.fromkeys(one.path for one in tried)
    for score in (*(Score.of(path, [one for one in tried if one.path == path]) for path in paths), whole):
        table.add_row(score.what, *map(str, score.counts), f"{score.percent:.1f} %")
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--at", type=Path, default=HOUSE / "build" / "mutants", metavar="FOLDER")
    parser.add_argument("pattern", nargs="*")
    asked = parser.parse_args()
    main(asked.at.absolute(), asked.pattern)
