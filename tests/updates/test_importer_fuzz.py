"""Files cut, shuffled, with doubled columns or wrong bytes: taken whole or refused in words, never half."""

import io
import random
import zipfile

import pytest
from official_files import FILES, GROUPS, NOW, SINGLE, said, workbook

from fhir_adapter.catalog import load_catalog
from fhir_adapter.errors import AdapterError
from fhir_adapter.rulebooks.tables import load_tables
from fhir_adapter.updates import Folder, imports, installed, official

ROUNDS = 12


def cut(data, chance):
    return data[: chance.randrange(len(data))]


def shuffled(data, chance):
    lines = data.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def doubled(data, chance):
    mark = b"\t" if b"\t" in data else b"|" if b"|" in data else b","
    place = chance.randrange(8)
    rows = [line.split(mark) for line in data.split(b"\n")]
    return b"\n".join(mark.join([*row[: place + 1], *row[place:]]) for row in rows)


def dropped(data, chance):
    mark = b"\t" if b"\t" in data else b"|" if b"|" in data else b","
    place = chance.randrange(8)
    rows = [line.split(mark) for line in data.split(b"\n")]
    return b"\n".join(mark.join([*row[:place], *row[place + 1 :]]) for row in rows)


def other_bytes(data, chance):
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 30)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def quoted(data, chance):
    place = chance.randrange(len(data))
    return data[:place] + b'"' + data[place:]


MISHAPS = (cut, shuffled, doubled, dropped, other_bytes, quoted)


def taken(damaged, names):
    try:
        return imports([official(name, data) for name, data in damaged.items()], said(*names)), ""
    except AdapterError as error:
        return None, str(error)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_a_damaged_file_is_whole_or_refused(names, tmp_path):
    chance = random.Random(names[0])
    whole = {name: (FILES / name).read_bytes() for name in names}
    refused = 0
    for number in range(ROUNDS):
        damaged = dict(whole)
        for name in names:
            damaged[name] = MISHAPS[number % len(MISHAPS)](whole[name], chance)
        folder = Folder(tmp_path / str(number))
        made, words = taken(damaged, names)
        if made is None:
            refused += 1
            assert words.startswith(tuple(names))
            continue
        folder.install(made, NOW)
        assert all(one.rows_in == one.rows_kept + one.rows_rejected for one in made)
        found = installed(folder)
        load_catalog(releases=found.drugs)
        load_tables(found.edits)
    assert refused


def unpacked(book):
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("name", [name for name in SINGLE if name.startswith(("AOC", "MCR"))])
def test_a_damaged_workbook_is_whole_or_refused(name):
    chance, book = random.Random(name), workbook(name)
    refused = 0
    for number in range(30):
        parts = unpacked(book)
        part = chance.choice(sorted(parts))
        parts[part] = (cut, other_bytes, quoted)[number % 3](parts[part], chance)
        damaged = packed(parts) if number % 2 else other_bytes(book, chance)
        made, words = taken({name + ".xlsx": damaged}, (name,))
        assert made or words.startswith(name)
        refused += made is None
    assert refused
