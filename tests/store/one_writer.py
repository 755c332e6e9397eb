"""A process to be killed: keeps notifications and says the number of each when it is kept."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fhir_adapter.store import inbox, open_store

AT_ONCE = {"settle": timedelta(0), "max_wait": timedelta(0)}


async def tell(store, patient):
    told = inbox.Notification(source="main", shape="resource", method="POST", patient=patient, body=b"x" * 500)
    while True:
        print(await store.write(lambda conn: inbox.record(conn, told, **AT_ONCE)), flush=True)


async def main(url, folder):
    store = open_store(url, Path(folder), lambda: datetime.now(UTC))
    await asyncio.gather(*(tell(store, f"Patient/{number}") for number in range(16)))


asyncio.run(main(*sys.argv[1:]))
