"""PostgreSQL goes away in the middle of work: every connection of `serve` and two `work` is cut, again and again, and
the server is stopped and started. No process may end, and no fact that was acknowledged may be lost."""

import time
from contextlib import ExitStack

import psycopg
from chaos.judge import charges, judge
from chaos.kills import Load
from chaos.stage import wait

OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"
CUT = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}"
PAUSE, RESTARTS = 0.5, 2


def prove(stage, cluster, expected, times=10):
    """Connections cut, servers restarted, processes that ended by it, and the verdict on each patient."""
    with ExitStack() as there:
        processes = [there.enter_context(stage.running(command)) for command in ("serve", "work", "work")]
        for process in processes:
            process.until(process.is_ready)
        with Load(stage.ehr) as load:
            load.hooks = processes[0].address("hooks")
            connections = sum(_cut(stage.database) for _ in range(times))
            for _ in range(RESTARTS):
                cluster.restart()
                time.sleep(PAUSE)
        for patient in load.patients:
            if not patient.is_heard:
                processes[0].until(lambda patient=patient: patient.tell(load.hooks))
        wait(lambda: all(charges(stage.ehr, one) == expected for one in load.patients), 120)
        ended = sum(process.process.poll() is not None for process in processes)
    return connections, ended, judge(stage.ehr, load.patients, expected)


def _cut(url):
    time.sleep(PAUSE)
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return len(conn.execute(CUT).fetchall())
