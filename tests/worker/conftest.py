"""A PostgreSQL server of its own for tests that stop it."""

import pytest
from real import postgres as server


@pytest.fixture
def own_postgres(postgres):
    """`postgres` is asked for only to be skipped where there is no server."""
    with server.running() as cluster:
        yield cluster
