"""`make chaos`: every proof of crashes and faults, as one table. Ends with 1 when anything was lost or doubled.

python -m chaos [--ehr sandbox|hapi] [--kills N] [--faults N] [--only TEXT] [--database sqlite|postgresql]
"""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from chaos import crashes, faults, stopped
from chaos.points import points
from chaos.stage import Stage, sandbox
from real import hapi_server
from real.postgres import running as postgres
from rich.console import Console
from rich.table import Table


def main():
    asked = _arguments()
    tables, clean = [], True
    with contextlib.ExitStack() as open_things:
        folder = Path(open_things.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        cluster = open_things.enter_context(postgres())
        ehr = open_things.enter_context(_ehr(asked.ehr, folder / "ehr"))
        for database in asked.database or ("sqlite", "postgresql"):
            url = "sqlite" if database == "sqlite" else cluster.new_database()
            stage = Stage(folder / database, ehr, url)
            for prove in (_crashes, _kills, _faults, _stopped):
                table, good = prove(stage, database, asked)
                clean = clean and good
                Console(width=130).print(table)
                tables.append(table)
    sys.exit(0 if clean else 1)


def _arguments():
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--ehr", choices=("sandbox", "hapi"), default="sandbox")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--faults", type=int, default=10_000)
    parser.add_argument("--only", default="", help="only points with this text")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    return parser.parse_args()


def _ehr(name, folder):
    return hapi_server.running(notify_every=hapi_server.AS_SHIPPED) if name == "hapi" else sandbox(folder)


def _crashes(stage, database, asked):
    table = _table(f"SIGKILL at each point, {database}", "point", "reached", "lost", "doubled", "wrong")
    expected, reached, clean = crashes.reference(stage), 0, True
    for point in points():
        if asked.only in point:
            there, verdict = crashes.crash(stage, point, expected)
            reached, clean = reached + there, clean and verdict.is_clean
            table.add_row(point, "yes" if there else "not in this play", *_counts(verdict))
    table.add_row("reached", str(reached), "", "", "")
    return table, clean


def _kills(stage, database, asked):
    expected = crashes.reference(stage, "charted only", ("chart",))
    patients, verdicts = crashes.random_kills(stage, asked.kills, expected[0])
    table = _table(f"{asked.kills} kills under load, {database}", "patients", "lost", "doubled", "wrong")
    table.add_row(str(patients), *_sums(verdicts))
    return table, all(one.is_clean for one in verdicts)


def _faults(stage, database, asked):
    table = _table(
        f"{asked.faults} faulted writes, {database}",
        "fault",
        "times",
        "had been committed",
        "looked up",
        "lost",
        "doubled",
    )
    rows, verdicts = faults.prove(stage, asked.faults)
    for row in rows:
        table.add_row(*map(str, row), "", "")
    lost, doubled, wrong = _sums(verdicts)
    table.add_row(f"{len(verdicts)} patients", "", "", "", f"{lost} ({wrong} wrong)", doubled)
    return table, all(one.is_clean for one in verdicts)


def _stopped(stage, database, asked):
    table = _table(f"SIGSTOP past the lease, then SIGCONT, {database}", "what", "seen")
    if database == "sqlite":
        table.add_row("one writer only: there is nobody to take over", "")
        return table, True
    fenced, verdict = stopped.prove(stage)
    table.add_row("claims that were refused to the one who had slept", str(fenced))
    table.add_row("lost, doubled, wrong", ", ".join(_counts(verdict)))
    return table, bool(fenced) and verdict.is_clean


def _table(title, *columns):
    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _counts(verdict):
    return str(verdict.lost), str(verdict.doubled), str(verdict.wrong)


def _sums(verdicts):
    return tuple(str(sum(getattr(one, name) for one in verdicts)) for name in ("lost", "doubled", "wrong"))


main()
