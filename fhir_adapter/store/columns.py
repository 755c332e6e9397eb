"""How values of ours lie in a column, the same on both databases.

An instant is a whole number of microseconds since 1970 in UTC: exact, ordered, and arithmetic on it is the same SQL on
SQLite and PostgreSQL. A naive time is refused. A tuple of words is a JSON list.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Number = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts up: SQLite numbers rows by themselves only under the name INTEGER."""


def micros(length: timedelta) -> int:
    """The length in whole microseconds, as it is added to an instant in SQL."""
    return length // MICROSECOND


def instant(value: datetime) -> int:
    if value.tzinfo is None:
        raise ValueError("a time without offset never gets into the store")
    return (value - EPOCH) // MICROSECOND


def moment_of(value: int) -> datetime:
    """An instant read back."""
    return EPOCH + timedelta(microseconds=value)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else instant(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else moment_of(int(value))


def words(value: tuple[str, ...]) -> str:
    """As they lie in the column."""
    return msgspec.json.encode(value).decode()


class Words(TypeDecorator[tuple[str, ...]]):
    """Short texts, in order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        return words(value or ())

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        return msgspec.json.decode(value, type=tuple[str, ...])
