"""What mutmut found out: each mutant with its change, and the score of a file."""

import json
from contextlib import chdir
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

BY_TYPES, NOT_TRIED, LIVES = 37, (None, 2), (0, 5, 33, 34, 35)
"""mutmut's exit codes: caught by the type checker; not run, or interrupted; all tests passed, or none came there."""


@dataclass
class Mutant:
    name: str
    path: str
    exit_code: int | None
    place: Path
    why: str | None = None

    @property
    def is_tried(self):
        return self.exit_code not in NOT_TRIED

    @property
    def survived(self):
        return self.exit_code in LIVES

    @property
    def function(self):
        return self.name.rpartition("__mutmut_")[0].rpartition(".")[2].removeprefix("x_").strip("ǁ").replace("ǁ", ".")

    @cached_property
    def change(self):
        """The lines before and after, as a diff without its head. mutmut reads its settings where it is imported."""
        with chdir(self.place):
            from mutmut.mutation.diff_apply import get_diff_for_mutant

            diff = get_diff_for_mutant(self.name, path=self.path).split("\n")
        return "\n".join(line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def mutants_of(place):
    for meta in sorted((place / "mutants").rglob("*.py.meta")):
        path = meta.relative_to(place / "mutants").as_posix().removesuffix(".meta")
        for name, exit_code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            yield Mutant(name, path, exit_code, place)


@dataclass
class Score:
    what: str
    counts: tuple[int, int, int, int, int]
    """Mutants, killed by types, killed by a test, survived, of these explained."""

    @classmethod
    def of(cls, what, tried):
        by_types = sum(one.exit_code == BY_TYPES for one in tried)
        survived = [one for one in tried if one.survived]
        by_test = len(tried) - by_types - len(survived)
        return cls(what, (len(tried), by_types, by_test, len(survived), sum(bool(one.why) for one in survived)))

    @property
    def percent(self):
        mutants, _, _, survived, _ = self.counts
        return 100 * (mutants - survived) / max(mutants, 1)
