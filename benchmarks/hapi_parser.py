"""HAPI FHIR's own parser on the visits of the benchmark: `Parsing.java`, run from its source with the tests' jars.

It waits for the number of a batch and says how many Bundles a second of processor time it parsed; all of its threads
count, the garbage collector's too. Where Java is missing or HAPI was not built (`make hapi`) there is no figure.
"""

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from real.maven import built, class_path, have_java, is_built

PROGRAM = Path(__file__).with_name("Parsing.java")


@contextmanager
def hapi_parser(batches):
    """Parses a batch by its number and gives the rate; None where it cannot run."""
    if not have_java() or not is_built("hapi"):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, batch in enumerate(batches):
            Path(folder, f"{number}.ndjson").write_bytes(b"\n".join(batch))
        command = ["java", "-XX:+UseSerialGC", "-Xmx1g", "-cp", class_path(built("hapi")), PROGRAM, folder]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as java:

            def parsed(number):
                print(number, file=java.stdin, flush=True)
                return float(java.stdout.readline())

            yield parsed
            java.stdin.close()
