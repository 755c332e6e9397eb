"""What a database's tables are, in a form that two of them can be compared by."""

import subprocess

from sqlalchemy.engine import make_url

NOT_OURS = ("alembic_version",)


def of_sqlite(conn):
    """Columns, keys and indexes as SQLite knows them, and the text of each index with its predicate."""
    names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: _table(conn, name) for name in names if name not in NOT_OURS}


def _table(conn, name):
    indexes = {row[1]: row[2:] for row in conn.execute(f"PRAGMA index_list({name})")}
    texts = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (name,))
    return {
        "columns": conn.execute(f"PRAGMA table_xinfo({name})").fetchall(),
        "indexes": indexes,
        "keys": {index: conn.execute(f"PRAGMA index_xinfo({index})").fetchall() for index in indexes},
        "texts": {index: sql and " ".join(sql.split()) for index, sql in texts},
    }


def of_postgresql(url):
    """The schema as pg_dump writes it, without the table of revisions."""
    address = make_url(url)
    wanted = ["--schema-only", "--no-owner", *(f"--exclude-table={name}" for name in NOT_OURS)]
    command = ["pg_dump", *wanted, "-h", address.query["host"], "-U", address.username, address.database]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line for line in text.splitlines() if not line.startswith("\\")]
