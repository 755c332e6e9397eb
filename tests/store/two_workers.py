"""A worker process for the fence's proof: claims, says so, waits for a line, then keeps its work and finishes."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fhir_adapter.errors import ClaimLost
from fhir_adapter.store import due, open_store, versions

LEASE = timedelta(seconds=1)


def claim(conn):
    return due.claim(conn, slots=1, lease=LEASE, max_attempts=9)


async def work(name, url, folder):
    store = open_store(url, Path(folder), lambda: datetime.now(UTC), exclusive=False)
    try:
        while not (claims := await store.write(claim)):
            await asyncio.sleep(0.05)
        print("claimed", flush=True)
        sys.stdin.readline()

        def conclude(conn):
            done = versions.Version(
                type="Work", id="w", version_id=name, last_updated=None, patient=None, body=name.encode()
            )
            versions.keep(conn, "main", [done])
            due.finish(conn, claims[0])

        await store.write(conclude)
        print("finished", flush=True)
    except ClaimLost:
        print("refused", flush=True)
    finally:
        store.close()


asyncio.run(work(*sys.argv[1:]))
