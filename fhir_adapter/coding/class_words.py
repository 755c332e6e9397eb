"""Says in a line's reason that a class is not the tables' but the hospital's or the payer's word (D28).

Worked examples. Denosumab is therapeutic in the tables; a hospital writes `"993449" = "chemotherapy"`, and 96401's
reason ends `denosumab is chemotherapy by the visit's own word, therapeutic in the tables`. A payer's line in the
rulebook ends `… by the rulebook for independence, …`. Where both agree, or the tables know nothing, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fhir_adapter.coding.amounts import name_of
from fhir_adapter.coding.drugs import DrugTables
from fhir_adapter.coding.model import Administration, Line, Visit
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.vocabulary import DrugClass


def classes_named(
    lines: Sequence[Line], visit: Visit, readings: Mapping[str | None, Reading], drugs: DrugTables
) -> tuple[Line, ...]:
    """The administration lines, with whose word a class is where the tables say another."""
    words = {one.id: word for one in visit.administrations if (word := _word(one, visit, readings, drugs))}
    return tuple(_with(line, words) for line in lines)


def _with(line: Line, words: Mapping[str, str]) -> Line:
    said = dict.fromkeys(words[id_] for id_ in line.administrations if id_ in words)
    if not said:
        return line
    return msgspec.structs.replace(line, because="; ".join((line.because.removesuffix("."), *said)) + ".")


def _word(
    one: Administration, visit: Visit, readings: Mapping[str | None, Reading], drugs: DrugTables
) -> str | None:  # fmt: skip
    given = _given(one, visit, readings[one.encounter])
    if given is None:
        return None
    kind, whose = given
    tables = drugs.look_up(ndc=one.ndc, rxcui=one.rxcui, name=one.drug, on=one.service_date).drug_class
    if tables is None or tables == kind:
        return None
    return f"{name_of(one)} is {kind} by {whose}, {tables} in the tables"


def _given(one: Administration, visit: Visit, reading: Reading) -> tuple[DrugClass, str] | None:
    """The class that is not the tables', and whose word it is."""
    if one.drug_class is not None:
        return one.drug_class, "the visit's own word"
    key = reading.class_key(one)
    if key is None:
        return None
    return reading.drug_classes[key], "the rulebook" + (f" for {visit.payer}" if visit.payer else "")
