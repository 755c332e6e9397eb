"""The data folder holds patients' data: it is made for us alone (0700), or refused."""

from __future__ import annotations

from pathlib import Path

from fhir_adapter.errors import ConfigurationError

OTHERS = 0o077


def private_folder(path: Path) -> Path:
    """Makes the folder, or tightens an empty one. One with content that others may enter is left to a person."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & OTHERS:
            _tighten(path)
    except OSError as error:
        raise ConfigurationError(f"data: the folder {path} cannot be used ({error.strerror})") from None
    return path


def _tighten(path: Path) -> None:
    if any(path.iterdir()):
        raise ConfigurationError(
            f"data: others may enter the folder {path}; allowed: a folder of its own with mode 700"
        )
    path.chmod(0o700)
