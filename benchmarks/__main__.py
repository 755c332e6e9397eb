"""Measures and prints one table. Each row says what was done, not what was hoped for."""

import os
import platform

from rich.console import Console
from rich.table import Table

from benchmarks import catalog, coding, hapi, serving, webhook


def main():
    table = Table(title=f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}")
    for name in ("what", "seen", "design"):
        table.add_column(name, overflow="fold", justify="right" if name == "seen" else "left")
    for row in (*coding.rows(), *catalog.rows(), *serving.rows(), *webhook.rows(), *hapi.rows()):
        table.add_row(*row)
    Console(width=110).print(table)


main()
