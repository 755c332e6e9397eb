"""The HL7 validator with the profiles of R4, offline (the program is in `validator/`): the strongest check there is.

One process checks many resources: getting ready takes it several seconds, each resource milliseconds.
"""

import json
import subprocess

import pytest
from real.maven import MISSING, built, class_path, have_java


@pytest.fixture(scope="session")
def errors_of():
    """`errors_of(resources)`: a line for each error of any of them."""
    if not have_java():
        pytest.skip(MISSING)
    return _errors_of


def _errors_of(resources):
    lines = "".join(json.dumps(resource) + "\n" for resource in resources)
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", class_path(built("validator")), "Validator"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=300, check=False)
    *errors, checked = done.stdout.splitlines() or [""]
    assert checked == f"checked {len(resources)}", done.stderr[-2000:]
    return errors
