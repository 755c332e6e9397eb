"""The way into the database: a bounded queue, and threads that commit what they find in it together.

An item is a function of a connection. A batch is one transaction with a SAVEPOINT per item, so one bad item fails
alone. An item's future resolves after the COMMIT and never before; when the COMMIT fails, all of the batch failed.

SQLite has one thread, hence one connection that writes and checkpoints; waiting items share its COMMIT, which is what
makes `synchronous=FULL` fast. PostgreSQL has several threads and one item to a transaction: it groups commits by
itself, and an item never waits for another's row locks.

A lost claim (`ClaimLost`) is rolled back with its item and counted in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Engine

from fhir_adapter.errors import ClaimLost, StoreBusy
from fhir_adapter.store import counters
from fhir_adapter.store.failure import translated

Work = Callable[[Connection], Any]


class Item:
    """Work, and the future of whoever waits for it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.future: Future[Any] = Future()
        self.failure: Exception | None = None
        self.answer: Any = None

    def resolve(self) -> None:
        if self.failure is None:
            self.future.set_result(self.answer)
        else:
            self.future.set_exception(self.failure)


class Writer:
    """Takes work from any thread; `close` does what is queued and stops.

    The threads do not keep a failing process alive: what was not committed was not answered either.
    """

    def __init__(self, engine: Engine, *, threads: int, batch: int, queue: int) -> None:
        self._engine = engine
        self._batch = batch
        self._queue: Queue[Item | None] = Queue(queue)
        self._closed = False
        names = [f"store-writer-{number}" for number in range(threads)]
        self._threads = [Thread(target=self._run, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work) -> Future[Any]:
        if self._closed:
            raise StoreBusy("the store is closed; whoever opens it next takes this")
        item = Item(work)
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
            live = [item for item in batch if item.future.set_running_or_notify_cancel()]
            if live:
                self._commit(live)
                for item in live:
                    item.resolve()

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
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing of the batch is in the database
            for item in batch:
                item.failure = item.failure or translated(error)


def _attempt(conn: Connection, item: Item) -> None:
    try:
        with conn.begin_nested():
            item.answer = item.work(conn)
    except Exception as error:  # the item's caller gets it; the others of the batch go on
        item.failure = translated(error)
        if _transaction_is_gone(conn):
            raise
        if isinstance(error, ClaimLost):
            counters.add(conn, counters.FENCED)


def _transaction_is_gone(conn: Connection) -> bool:
    """SQLite rolls everything back by itself when the disk is full, savepoints and all."""
    return not getattr(conn.connection.dbapi_connection, "in_transaction", True)
