"""A Java program of these tests, built once by Maven into `build/java`, under the hash of its sources.

Where Java 17 or Maven is missing the tests that need it are skipped with one clear line (in CI: failed).
"""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build" / "java"
MISSING = "Java 17 or Maven is missing (Debian: apt-get install openjdk-17-jdk-headless maven)"
PATIENCE = 10 * 60


def have_java():
    return shutil.which("java") is not None and shutil.which("mvn") is not None


def built(name):
    """The folder of jar and libraries of the program `name`. It appears whole or not at all; one builds at a time."""
    folder = _folder(name)
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _build(HERE / name, CACHE / f"{name}.part").rename(folder)
    return folder


def is_built(name):
    return _folder(name).exists()


def class_path(folder):
    return f"{folder}/*:{folder}/lib/*"


def _folder(name):
    return CACHE / f"{name}-{_hash(HERE / name)}"


def _build(sources, folder):
    shutil.rmtree(folder, ignore_errors=True)
    command = ["mvn", "-B", "-q", "-f", sources / "pom.xml", f"-Dbuilt.in={folder}", "package"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return folder


def _hash(sources):
    digest = hashlib.sha256()
    for file in sorted(path for path in sources.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(sources)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
