"""Faults planted in the engine, one or more for each decision: the second coder finds every one of them.

Each fault is one line of a copy of the package, replaced in a temporary folder; another process codes the same random
visits with that copy. `python -m tests.properties.planted_faults` plants them all and prints the table.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.properties.agreement import Run, run

ROOT = Path(__file__).parents[2]
VISITS = 500


class Fault(NamedTuple):
    decision: str
    name: str
    module: str
    right: str
    wrong: str


FAULTS = (
    Fault("D2", "what a physician may bill is not named", "place", "if own:", "if False:"),
    Fault(
        "D3",
        "a therapeutic infusion before a chemotherapy push",
        "initial",
        '("therapeutic", "infusion"): 2',
        '("therapeutic", "infusion"): 0',
    ),
    Fault("D4", "a facility obeys the reason of the visit", "initial", 'visit.setting == "office" and ', ""),
    Fault("D5", "the shorter is the initial service", "initial", "self.on, -self.minutes,", "self.on, self.minutes,"),
    Fault("D6", "blanks around a name make another drug", "same_drug", ".strip().lower()", ".lower()"),
    Fault(
        "D7",
        "a pause after an early stop is not bridged",
        "merge",
        'given.family != "hydration" and parts[-1].discontinued',
        "False",
    ),
    Fault("D8", "a bag change stops the clock", "merge", "<= BAG_CHANGE", "<= 0"),
    Fault(
        "D9",
        "times are added over all dates",
        "merge",
        "dates.setdefault(service.on, [])",
        "dates.setdefault(None, [])",
    ),
    Fault("D10", "a repeat push counts at exactly 30 minutes", "pushes", "> REPEAT_AFTER", ">= REPEAT_AFTER"),
    Fault(
        "D11",
        "the first infusion before the first push",
        "initial",
        "(c.start // MINUTE, c.pushed,",
        "(c.pushed, c.start // MINUTE,",
    ),
    Fault(
        "D12", "infusion-only drops therapeutic pushes too", "pushes", "also_infused and chemo and", "also_infused and"
    ),
    Fault("D13", "same-site is not obeyed", "site", 'reading.policies.required_second_site == "same-site" or ', ""),
    Fault("D14", "a return visit has no modifier", "engine", "frozenset(initials)", "frozenset()"),
    Fault("D15", "the second site has no modifier", "site_charges", "if position > 0:", "if position > 1:"),
    Fault(
        "D16",
        "chemotherapy gives up minutes to another drug",
        "overlap",
        "(service is initial, one.chemo, one.minutes,",
        "(service is initial, not one.chemo, one.minutes,",
    ),
    Fault("D17", "each concurrent drug is reported", "site_charges", "if number == 0:", "if number >= 0:"),
    Fault("D18", "a fluid without a stop is a push", "technique", ' and given.family != "hydration"', ""),
    Fault(
        "D19",
        "minutes are rounded, not cut",
        "spans",
        "return sum([span.stop - span.start for span in spans]) // MINUTE",
        "return round(sum([span.stop - span.start for span in spans]) / MINUTE)",
    ),
    Fault("D20", "hydration counts at 30 minutes", "hydration", "SHORTEST = 31", "SHORTEST = 30"),
    Fault(
        "D21",
        "a pump without a stop takes nothing from hydration",
        "hydration",
        "pump.stop or FOREVER",
        "pump.stop or pump.start",
    ),
    Fault("D22", "a pump of exactly 8 hours is prolonged", "technique", "<= PROLONGED", "< PROLONGED"),
    Fault("D23", "a hormone is injected as chemotherapy", "routes", '"hormonal": "96402"', '"hormonal": "96401"'),
    Fault(
        "D24",
        "hours keep the date of the start",
        "hours",
        'policies.midnight == "date-provided"',
        'policies.midnight == "never"',
    ),
    Fault("D25", "90 minutes never have a second hour", "hours", "needed = 30 if", "needed = 31 if"),
    Fault(
        "D26",
        "a later interval has no hour of its own",
        "by_vein",
        "count = 1 + beyond_first_hour(",
        "count = beyond_first_hour(",
    ),
    Fault("D27", "a bag ends with its first member", "classify", "max(stops)", "min(stops)"),
    Fault("D28", "an unknown class does not hold the visit", "classify", 'severity="error"', 'severity="warning"'),
    Fault("D29", "every payer is Medicare", "waste", 'payer == "medicare"', "payer is not None"),
    Fault("D30", "a code chosen by name is not said", "drug_units", "if facts.set_aside else []", "if False else []"),
    Fault("D31", "units are rounded down", "amounts", " + (amount % unit.value > 0)", ""),
    Fault(
        "D32", "waste overfills the vial", "waste", "- started_units(given, unit), 0)", "- whole_units(given, unit), 0)"
    ),
    Fault("D33", "what is not in the family is not named", "classify", "findings.append(outside)", "pass"),
    Fault("D38", "a date without a rule does not hold the visit", "in_force", 'severity="error"', 'severity="info"'),
    Fault("D39", "the MUE itself is too many", "edits", "units <= mue.units", "units < mue.units"),
    Fault("D40", "a flush beside another service is reported", "after", "if flush.on in taken", "if False"),
    Fault(
        "D41",
        "the initial service is concurrent with a push",
        "overlap",
        "if one.chemo or one.service is initial:",
        "if one.chemo:",
    ),
    Fault(
        "D42",
        "a long push is never an infusion",
        "technique",
        'push_over_15_min == "time"',
        'push_over_15_min == "never"',
    ),
    Fault(
        "D43",
        "a drug that gave up any minute is concurrent",
        "overlap",
        "one.gave and one.minutes <= LONGEST_PUSH",
        "one.gave",
    ),
)


def kept_runs(folder: Path, visits: int = VISITS) -> Path:
    """The random visits with what the second coder makes of them, for the other processes."""
    file = folder / "runs.pickle"
    file.write_bytes(pickle.dumps([run(seed) for seed in range(visits)]))
    return file


def first_found(fault: Fault, runs: Path) -> int | None:
    """After how many visits the second coder finds the fault; none if it never does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "fhir_adapter"
        shutil.copytree(ROOT / "fhir_adapter", copy, ignore=shutil.ignore_patterns("__pycache__"))
        module = copy / "coding" / f"{fault.module}.py"
        text = module.read_text("utf-8")
        if text.count(fault.right) < 1:
            raise LookupError(f"{fault.decision}: {fault.module}.py has no {fault.right!r} to replace")
        module.write_text(text.replace(fault.right, fault.wrong, 1), "utf-8")
        said = subprocess.run(
            [sys.executable, "-m", "tests.properties.planted_faults", "--probe", str(runs), folder],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": f"{folder}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    answer = said.stdout.strip()
    return int(answer) if answer != "never" else None


def probe(runs: list[Run], folder: str) -> str:
    """In the other process: the number of visits until the engine and the second coder part."""
    import fhir_adapter
    from tests.properties.agreement import differences, engine

    if not str(fhir_adapter.__file__).startswith(folder):
        raise SystemExit("the copy was not imported")
    for number, one in enumerate(runs, 1):
        if differences(one, engine(one)):
            return str(number)
    return "never"


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        runs = kept_runs(Path(folder))
        for fault in FAULTS:
            number = first_found(fault, runs)
            missed += number is None
            print(f"{fault.decision:4} {fault.module:13} {fault.name:58} {number or 'not found'}", flush=True)
    print(f"{len(FAULTS) - missed} of {len(FAULTS)} faults found within {VISITS} visits")
    return 1 if missed else 0


if __name__ == "__main__":
    if "--probe" in sys.argv:
        print(probe(pickle.loads(Path(sys.argv[2]).read_bytes()), sys.argv[3]))
    else:
        sys.exit(main())
