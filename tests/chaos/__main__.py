"""`make chaos`: every proof of crashes and faults, as tables. Ends with 1 when anything was lost or doubled.

python -m chaos [--ehr hapi|sandbox] [--database sqlite|postgresql] [--part PART] [--only TEXT] [--kills N] [--faults N]
"""

import argparse
import contextlib
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chaos import crashes, parts
from chaos.stage import Stage, sandbox
from real import hapi_server
from real.postgres import running as postgres
from rich.console import Console

DATABASES = ("sqlite", "postgresql")


@dataclass
class Place:
    """Where one part is proved: folders and databases of its own, one EHR for all."""

    folder: Path
    ehr: str
    database: str
    cluster: object
    asked: argparse.Namespace

    @cached_property
    def charted(self):
        """What one has whose visit was charted and told of, where nobody disturbs."""
        return crashes.reference(Stage(self.folder / "undisturbed", self.ehr), crashes.CHARTED)[-1]

    def new(self, name):
        """A folder and an empty database."""
        return self.folder / name, "sqlite" if self.database == "sqlite" else self.cluster.new_database()


def main():
    asked, clean = _arguments(), True
    with contextlib.ExitStack() as open_things:
        folder = Path(open_things.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        cluster = open_things.enter_context(postgres())
        for database in asked.database or DATABASES:
            with _ehr(asked.ehr, folder / f"ehr-{database}") as ehr:
                place = Place(folder / database, ehr, database, cluster, asked)
                for name in asked.part or parts.PARTS:
                    table, good = parts.PARTS[name](place)
                    clean = clean and good
                    Console(width=120).print(table)
    sys.exit(0 if clean else 1)


def _arguments():
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--ehr", choices=("hapi", "sandbox"), default="hapi")
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--part", action="append", choices=parts.PARTS)
    parser.add_argument("--only", default="", help="only points whose name has this regular expression")
    parser.add_argument("--kills", type=int, default=200, help="on each database")
    parser.add_argument("--faults", type=int, default=10_000, help="on each database")
    return parser.parse_args()


def _ehr(name, folder):
    return hapi_server.running(notify_every=hapi_server.AS_SHIPPED) if name == "hapi" else sandbox(folder)


main()
