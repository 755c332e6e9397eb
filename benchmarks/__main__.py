"""Measures and prints two tables. Each row says what was done, not what was hoped for."""

import os
import platform

from rich.console import Console
from rich.table import Table

from benchmarks import acknowledged, catalog, coding, costs, hapi, memory, serving, size, to_charge, webhook


def main():
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"
    every = (coding, memory, catalog, size, serving, webhook, acknowledged, to_charge, hapi)
    _print(machine, ("what", "seen", "design"), (row for room in every for row in room.rows()))
    _print("The largest costs of coding a visit", ("function", "own time", "calls a visit"), costs.rows())


def _print(title, columns, rows):
    table = Table(title=title)
    for place, name in enumerate(columns):
        table.add_column(name, overflow="fold", justify="right" if place == 1 else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)


main()
