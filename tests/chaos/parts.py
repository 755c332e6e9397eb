"""The parts of `make chaos`: each proves one thing at a place, and gives a table and whether all was as it must be."""

import re

from chaos import crashes, cut, faults, full_disk, kills, stopped
from chaos.judge import Verdict, judge
from chaos.points import points
from chaos.spoiled import AMBIGUOUS
from chaos.stage import Stage
from rich.table import Table

VERDICT = ("lost", "doubled", "wrong")
POINTS = ("point", "play", "killed", "recovered", *VERDICT)
SOON = 1.0
"""Seconds in which a sender must be told that the disk is full."""


def crash_points(place):
    """A point that no play leads to is a fault, too."""
    table, clean = _table(f"SIGKILL at each point, {place.database}", *POINTS), True
    asked = [point for point in points() if re.search(place.asked.only, point)]
    for play in crashes.PLAYS:
        led_to = [point for point in asked if play in crashes.plays_of(point, place.database)]
        for point, reached, verdict in _killed(place, play, led_to) if led_to else ():
            clean = clean and reached and verdict.is_clean
            row = "yes" if reached else "NOT REACHED", "yes" if verdict.is_clean else "NO", *_counts(verdict)
            table.add_row(point, play.name, *row)
    table.caption = f"{table.row_count} kills; elsewhere: " + "; ".join(
        f"{name} ({why})" for name, why in crashes.ELSEWHERE.items()
    )
    return table, clean


def _killed(place, play, led_to):
    with crashes.opened(play, place.ehr, *place.new(play.name)) as here:
        tried = [(point, *here.crash(point)) for point in led_to]
    verdicts = judge(place.ehr, [patient for _, _, patient in tried], here.after[-1])
    return [(point, reached, verdict) for (point, reached, _), verdict in zip(tried, verdicts, strict=True)]


def random_kills(place):
    folder, database = place.new("kills")
    table = _table(f"{place.asked.kills} kills at random under load, {place.database}", "kills", "patients", *VERDICT)
    stage = Stage(folder, place.ehr, database, more=crashes.TRANSACTIONS)
    verdicts = kills.prove(stage, place.asked.kills, place.charted)
    verdict = sum(verdicts, Verdict())
    table.add_row(str(place.asked.kills), str(len(verdicts)), *_counts(verdict))
    return table, verdict.is_clean


def spoiled_transactions(place):
    return spoiled_writes(place, "in transactions", crashes.TRANSACTIONS)


def spoiled_writes(place, how="one by one", more=""):
    """Each write that the adapter could not know the end of must have been looked up, and none sent again before."""
    names = ("fault", "times", "had been committed", "looked up", "sent again unseen")
    table = _table(f"{place.asked.faults} faulted writes {how}, {place.database}", *names)
    folder, database = place.new(f"faults {how}")
    rows, verdicts = faults.prove(folder, place.ehr, database, place.asked.faults, more=more)
    clean = True
    for kind, times, committed, looked_up, unseen in rows:
        clean = clean and not unseen and (looked_up == times or kind not in AMBIGUOUS)
        table.add_row(kind, *map(str, (times, committed, looked_up if kind in AMBIGUOUS else "", unseen)))
    verdict = sum(verdicts, Verdict())
    table.caption = f"{len(verdicts)} patients: {_said(verdict)}"
    return table, clean and verdict.is_clean


def stopped_past_the_lease(place):
    table = _table(f"SIGSTOP past the lease, then SIGCONT, {place.database}", "what", "seen")
    if place.database == "sqlite":
        table.add_row("one process only writes to SQLite: there is nobody to take over", "")
        return table, True
    counts, verdicts = stopped.prove(place.folder / "stopped", place.ehr, place.new("")[1], place.charted)
    for what, count in counts.items():
        table.add_row(what, str(count))
    verdict = sum(verdicts, Verdict())
    table.caption = f"{len(verdicts)} patients: {_said(verdict)}"
    return table, verdict.is_clean and not counts[stopped.TWO]


def database_away(place):
    table = _table(f"Connections cut, server restarted, {place.database}", "what", "seen")
    if place.database == "sqlite":
        table.add_row("SQLite has no server", "")
        return table, True
    folder, url = place.new("cut")
    connections, ended, verdicts = cut.prove(Stage(folder, place.ehr, url), place.cluster, place.charted)
    table.add_row("connections of serve and two work that were cut", str(connections))
    table.add_row("restarts of the server", str(cut.RESTARTS))
    table.add_row("processes that ended by it", str(ended))
    verdict = sum(verdicts, Verdict())
    table.caption = f"{len(verdicts)} patients: {_said(verdict)}"
    return table, verdict.is_clean and not ended


def disk_full(place):
    table = _table(f"A full disk, {place.database}", "what was full", "answered 204", "503", "longest wait for a 503")
    if place.database != "sqlite":
        table.add_row("the disk of a PostgreSQL server is its own", "", "", "")
        return table, True
    kept, told, longest, what = full_disk.prove(place.folder / "full", place.ehr)
    table.add_row(what, str(kept), str(told), f"{longest * 1000:.0f} ms")
    return table, longest <= SOON


PARTS = {
    "points": crash_points,
    "full": disk_full,
    "stopped": stopped_past_the_lease,
    "cut": database_away,
    "faults": spoiled_writes,
    "transactions": spoiled_transactions,
    "kills": random_kills,
}


def _table(title, *columns):
    table = Table(title=title, caption_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _counts(verdict):
    return tuple(str(getattr(verdict, name)) for name in VERDICT)


def _said(verdict):
    return ", ".join(f"{name} {getattr(verdict, name)}" for name in VERDICT)
