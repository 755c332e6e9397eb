"""Whether a visit is still open, and what becomes of one whose encounter nobody ever finishes.

The problem: an infusion center often never finishes an encounter, and a visit that waits for it waits for ever. That
it is over is then an assumption, so the source makes it (`never_finished`), and only so many hours after the last stop
(`assume_finished_after`): a nurse charts late, and something else may still be hung.

    last stop 12:00, encounter in-progress, 20:00 the same day  → open
    the same, 12:00 the next day, `hold` (the default)          → held: `never-finished`
    the same, `code`                                            → coded as finished

Decided: what is running is never assumed to have ended. The time is handed in; without one nothing is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from fhir_adapter.fhir_r4 import Encounter
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.placed import Placed

_OVER = ("finished", "cancelled", "entered-in-error")


def is_open(
    encounters: Iterable[Encounter],
    placed: Iterable[Placed],
    running: bool,
    now: datetime | None,
    lexicon: Lexicon,
    notes: Notes,
) -> bool:
    """Something runs, or an encounter is waited for. Notes `never-finished` where the source has such visits held."""
    waited_for = [each for each in encounters if each.status not in _OVER]
    if running or not waited_for:
        return running
    last = max((at for each in placed if (at := each.timing.stop or each.timing.start)), default=None)
    hours = lexicon.words.assume_finished_after
    if now is None or last is None or now - last < timedelta(hours=hours):
        return True
    if lexicon.words.never_finished == "hold":
        said = f"Its encounter is still {waited_for[0].status or 'without a status'} {hours} hours after the last stop."
        notes.find("never-finished", said, 'Finish the encounter, or set never_finished = "code" for the source.')
    return False
