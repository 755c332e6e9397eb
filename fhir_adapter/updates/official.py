"""The bytes of an official file as lines of text: ZIP members, encodings and line ends are settled here.

CMS writes cp1252 (a no-break space, byte 0xA0, is no UTF-8), NLM writes UTF-8, Excel adds a byte-order mark. A byte
that cp1252 does not define is read as latin-1. A workbook (.xlsx) stays what it is until its sheets are asked for.
Refused (`RulebookError`): the older .xls, an empty file, a file that is neither text nor workbook.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from fhir_adapter.errors import RulebookError

_TEXT = (".txt", ".csv", ".rrf", ".tsv")
_WORKBOOK = ".xlsx"
_ZIP, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MOST_BYTES = 2_000_000_000
_INSTEAD = (
    "this is a workbook of the older form (.xls); give the ZIP as it was downloaded, in which the same table stands as "
    ".csv ('section 508 version of ...') or .txt, or open the workbook and save it as .xlsx or .csv"
)


class OfficialFile(msgspec.Struct, frozen=True):
    """One file as a person downloaded it, or a sheet of it. `name` has no folder."""

    name: str
    data: bytes
    encoding: str
    sha256: str
    """Of what was downloaded: of a sheet, that of its workbook."""
    archive: str = ""
    """The ZIP or workbook that it came in: beside the table of a ZIP stand others, which are passed over."""

    @property
    def is_workbook(self) -> bool:
        return self.data.startswith(_ZIP)

    def lines(self) -> Iterator[str]:
        """Every line with its end as `\\n`, decoded one by one: RXNSAT is larger than a person's patience."""
        source = io.TextIOWrapper(io.BytesIO(self.data), encoding=self.encoding, newline=None)
        yield from source


def opened(paths: list[Path]) -> tuple[OfficialFile, ...]:
    """The files at these paths and inside their ZIPs, by name."""
    found = [file for path in paths for file in _opened(path)]
    if not found:
        raise RulebookError("no file was given (.txt, .csv, .RRF, .xlsx or .zip)")
    return tuple(found)


def _opened(path: Path) -> list[OfficialFile]:
    try:
        if zipfile.is_zipfile(path) and path.suffix.lower() != _WORKBOOK:
            return list(_members(path))
        return [official(path.name, path.read_bytes())]
    except OSError as error:
        raise RulebookError(f"{path.name}: cannot be read ({error.strerror})") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise RulebookError(f"{path.name}: the ZIP cannot be read ({error})") from None


def _members(path: Path) -> Iterator[OfficialFile]:
    with zipfile.ZipFile(path) as archive:
        kinds = (*_TEXT, _WORKBOOK)
        members = [one for one in archive.infolist() if one.filename.lower().endswith(kinds) and one.file_size]
        must_be_of_a_size(path.name, members)
        if not members:
            raise RulebookError(f"{path.name}: the ZIP holds no .txt, .csv, .RRF or .xlsx file")
        for member in members:
            file = official(member.filename.rpartition("/")[2], archive.read(member))
            yield msgspec.structs.replace(file, archive=path.name)


def must_be_of_a_size(name: str, members: list[zipfile.ZipInfo]) -> None:
    if sum(one.file_size for one in members) > _MOST_BYTES:
        raise RulebookError(f"{name}: unpacked it is larger than any official file")


def official(name: str, data: bytes) -> OfficialFile:
    """A file from its bytes."""
    digest = sha256(data).hexdigest()
    if not data.strip():
        raise RulebookError(f"{name}: the file is empty")
    if data.startswith(_OLD_WORKBOOK):
        raise RulebookError(f"{name}: {_INSTEAD}")
    if data.startswith(_ZIP):
        return OfficialFile(name, data, "", digest)
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RulebookError(f"{name}: the file is not text")
    return OfficialFile(name, data, _encoding(data), digest)


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16" if _decodes(data, "utf-16") else "latin-1"
    return next((one for one in ("utf-8-sig", "cp1252") if _decodes(data, one)), "latin-1")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
