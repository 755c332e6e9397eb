"""R-CHOP as the charges of its visit file say it, and what HAPI's history tells of an item."""

from hapi.ward import label, place

R_CHOP = {
    "96413": 1, "96415": 3, "96417": 3, "96375": 2,
    "J9312": 68, "J9075": 270, "J9000": 9, "J9370": 2, "J1200": 1, "J2919": 20,
}  # fmt: skip


def stands(units, *, since="1", verb="POST"):
    return verb, since, "billable", units


CHARGED = {code: [stands(units)] for code, units in R_CHOP.items()}
REVERSED = {code: [stands(units), ("PUT", "2", "entered-in-error", units)] for code, units in R_CHOP.items()}
WITHOUT_VINCRISTINE = CHARGED | {
    "J9370": REVERSED["J9370"],
    "96417": [stands(3), stands(2, verb="PUT", since="2")],
}


def told(charted):
    """Code → what HAPI says happened to its one item: (verb, version, status, units)."""
    items = charted.charges()
    assert len({label(item) for item in items}) == len(items), "one item for each line"
    return {label(item): [_event(*event) for event in charted.server.history(place(item))] for item in items}


def _event(verb, item):
    return verb, item["meta"]["versionId"], item["status"], item["quantity"]["value"]
