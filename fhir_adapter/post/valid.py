"""The last look at what goes out: a body that is not R4 never leaves. It is checked and not changed."""

from __future__ import annotations

from pydantic import BaseModel, ValidationError

from fhir_adapter.errors import Fault, InputFaults


def valid(body: bytes, model: type[BaseModel]) -> bytes:
    """The body as it is; `InputFaults` names each element that the model refuses, without its value."""
    try:
        model.model_validate_json(body)
    except ValidationError as error:
        places = [".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)]
        raise InputFaults(tuple(Fault(f"$.{place}", f"not valid in a {model.__name__}") for place in places)) from None
    return body
