"""The crash points, read from the code: every commit that a function asks the store for, every kind of request.

A commit is a call of `….store.write(work)`; its point has the name of the function that holds it, which is the name
that telemetry/points.py finds at run time. A request is one of the words that begin the name of one in ehr/client.py.
"""

import ast
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "fhir_adapter"
WORDS = re.compile(r"(GET|SEARCH|POST|PUT|PATCH|DELETE)\b")


@cache
def points():
    """Every name that a process can be told to stand still at."""
    commits = [name for path in sorted(PACKAGE.rglob("*.py")) for name in commits_of(path)]
    kept = [f"{name}: {side}" for name in dict.fromkeys(commits) for side in ("before commit", "after commit")]
    asked = [f"{word}: {side}" for word in requests() for side in ("before request", "after answer")]
    return kept + asked


def requests():
    tree = ast.parse((PACKAGE / "ehr" / "client.py").read_text("utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return sorted({found[1] for text in texts if (found := WORDS.match(text))})


def commits_of(path):
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    tree = ast.parse(path.read_text("utf-8"))
    return [f"{module}.{name}" for name in _commits(tree, ())]


def _commits(node, within):
    """Qualified names of the functions that ask for a commit, in order."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        within = (*within, node)
    if isinstance(node, ast.Call) and is_commit(node):
        yield _named(node.args[0], within)
    for child in ast.iter_child_nodes(node):
        yield from _commits(child, within)


def is_commit(call):
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr == "write"):
        return False
    owner = function.value
    return (owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")) in ("store", "_store")


def _named(work, within):
    names = [node.name for node in within]
    if isinstance(work, ast.Attribute) and getattr(work.value, "id", "") == "self":
        return f"{names[0]}.{work.attr}"
    outer = next(number for number, node in enumerate(within) if not isinstance(node, ast.ClassDef))
    return ".".join(names[: outer + 1])
