"""The way into the database: a bounded queue, and threads that commit what they find in it together.

An item is a function of a connection. A batch is one transaction with a SAVEPOINT per item, so one bad item fails
alone. An item's future resolves after the COMMIT and never before; when the COMMIT fails, all of the batch failed.

SQLite has one thread, hence one connection that writes and checkpoints; waiting items share its COMMIT, which is what
makes `synchronous=FULL` fast. PostgreSQL has several threads and one item to a transaction: it groups commits by
itself, and an item never waits for another's row locks.

A lost claim (`ClaimLost`) is rolled back with its item and counted in the same transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import groupby
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Engine

from fhir_adapter.errors import ClaimLost, StoreBusy
from fhir_adapter.store import counters
from fhir_adapter.store.failure import translated
from fhir_adapter.store.prepared import run
from fhir_adapter.telemetry import Reached, name_of, passed

Work = Callable[[Connection], Any]


class Item:
    """Work, and the future of whoever waits for it on its loop."""

    def __init__(self, work: Work, loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.failure: Exception | None = None
        self.answer: Any = None

    def resolve(self) -> None:
        if self.future.cancelled():
            return
        if self.failure is None:
            self.future.set_result(self.answer)
        else:
            self.future.set_exception(self.failure)


class Writer:
    """Takes work from any loop; `close` does what is queued and stops.

    The threads do not keep a failing process alive: what was not committed was not answered either.
    """

    def __init__(self, engine: Engine, *, threads: int, batch: int, queue: int, reached: Reached = passed) -> None:
        self._engine = engine
        self._batch = batch
        self._reached = reached
        self._queue: Queue[Item | None] = Queue(queue)
        self._closed = False
        names = [f"store-writer-{number}" for number in range(threads)]
        self._threads = [Thread(target=self._run, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work) -> asyncio.Future[Any]:
        if self._closed:
            raise StoreBusy("the store is closed; whoever opens it next takes this")
        item = Item(work, asyncio.get_running_loop())
        try:
            self._queue.put_nowait(item)
        except Full:
            raise StoreBusy("the write queue is full; try again in a moment") from None
        return item.future

    def close(self) -> None:
        self._closed = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._gather()
            live = [item for item in batch if not item.future.cancelled()]
            if live:
                self._commit(live)
                self._pass(live, "after commit")
                _tell(live)

    def _pass(self, batch: list[Item], side: str) -> None:
        if self._reached is not passed:
            for item in batch:
                self._reached(f"{name_of(item.work)}: {side}")

    def _gather(self) -> tuple[list[Item], bool]:
        """Wait for one item, and take with it what else is there; True when the writer is to stop."""
        batch: list[Item] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == self._batch:
                return batch, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[Item]) -> None:
        try:
            with self._engine.connect() as conn, conn.begin():
                for item in batch:
                    _attempt(conn, item)
                self._pass(batch, "before commit")
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing of the batch is in the database
            for item in batch:
                item.failure = item.failure or translated(error)


def _tell(batch: Iterable[Item]) -> None:
    """One wake-up for each loop: waking it for every item costs more than the item."""
    for loop, items in groupby(batch, key=lambda item: item.loop):
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, list(items))


def _resolve(items: list[Item]) -> None:
    for item in items:
        item.resolve()


def _attempt(conn: Connection, item: Item) -> None:
    try:
        run(conn, "SAVEPOINT item")
        item.answer = item.work(conn)
    except Exception as error:  # the item's caller gets it; the others of the batch go on
        item.failure = translated(error)
        if _transaction_is_gone(conn):
            raise
        run(conn, "ROLLBACK TO SAVEPOINT item")
    run(conn, "RELEASE SAVEPOINT item")
    if isinstance(item.failure, ClaimLost):
        counters.add(conn, counters.FENCED)


def _transaction_is_gone(conn: Connection) -> bool:
    """SQLite rolls everything back by itself when the disk is full, savepoints and all."""
    return not getattr(conn.connection.dbapi_connection, "in_transaction", True)
