"""oidc-provider as SMART token server, a process of its own (smart/token_server.mjs), installed once into build/.

Needs node and npm; where they are missing the tests that need them are skipped with one clear line (in CI: failed).
"""

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "smart"
CACHE = Path(__file__).parents[2] / "build" / "smart"
FILES = ("package.json", "token_server.mjs")
NPM = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent")


@pytest.fixture(scope="session")
def token_server():
    """Starts one for a client: `with token_server(scopes=[...], jwks={...}) as address`."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are missing (Debian: apt-get install nodejs npm)")
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(HERE / name, CACHE / name)
    if not (CACHE / "node_modules" / "oidc-provider").exists():
        done = subprocess.run(NPM, cwd=CACHE, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
    return _started


@contextmanager
def _started(folder, **client):
    described = folder / "client.json"
    described.write_text(json.dumps(client), "utf-8")
    with (folder / "token-server.err").open("w") as complaints:
        command = ["node", "token_server.mjs", str(described)]
        process = subprocess.Popen(command, cwd=CACHE, stdout=subprocess.PIPE, stderr=complaints, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("ready "), (folder / "token-server.err").read_text("utf-8")
        yield line.removeprefix("ready ").strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
