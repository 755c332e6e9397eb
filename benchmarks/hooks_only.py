"""The hooks listener of `serve` alone, as a process to be measured: with its store, or with one that keeps nothing."""

import asyncio
import sys
from pathlib import Path

from fhir_adapter.app.listeners import bind, listen, url_of
from fhir_adapter.app.serving import built, on_the_loop
from fhir_adapter.receive import webhook
from fhir_adapter.settings import load
from fhir_adapter.telemetry import Hasher, configure, site_key

CONFIGURATION = """\
data = "data"
[listen]
hooks = "127.0.0.1:0"
[sources.main]
base_url = "http://127.0.0.1:9/fhir"
mode = "shadow"
rulebook = "cpt-2026"
[sources.main.words]
time_zone = "America/Chicago"
"""


async def main(folder, keeping):
    path = Path(folder, "c.toml")
    path.write_text(CONFIGURATION)
    settings = load(path)
    configure(Hasher(site_key(settings)), sys.stderr)
    app = built(settings, print)
    if not keeping:
        app.store.write, webhook.keep = answer, lambda *what: ()
    socket, ready = bind("hooks", settings.listen.hooks), asyncio.Event()
    serving = asyncio.create_task(listen(app.hooks, socket, asyncio.Event(), ready))
    await ready.wait()
    print(url_of(socket), flush=True)
    await serving


async def answer(work):
    """The work is done without a database, and nothing is kept."""
    return work(None)


if __name__ == "__main__":
    on_the_loop(main(sys.argv[1], sys.argv[2] == "keeping"))
