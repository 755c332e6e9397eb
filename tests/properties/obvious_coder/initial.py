"""Which service is the initial one of a site, and which site of an encounter is unmodified (D3-D5, D11, D14, D15)."""

from __future__ import annotations

from tests.properties.obvious_coder.services import Service
from tests.properties.obvious_coder.timeline import minutes

REASONS = {"chemotherapy": (0, 1), "therapeutic": (2, 3), "hydration": (4,)}


def rank(one: Service) -> int:
    """The ladder: chemotherapy before therapeutic before fluid, infusion before push (R2.2)."""
    if one.fluid:
        return 4
    return (0 if one.chemo else 2) + (1 if one.push else 0)


def documented(one: Service) -> int:
    """The minutes that a tie is broken by; of the fluids, all that count."""
    return minutes(one.counted if one.fluid else one.row)


def ladder(one: Service, reason: str | None) -> tuple:
    """Smaller is chosen first."""
    wanted = reason is not None and rank(one) in REASONS[reason]
    return (not wanted, rank(one), one.date, -documented(one), one.start, one.position)


def chosen(candidates: list[Service], visit: dict, policies: dict[str, str], infused: set) -> Service | None:
    reason = visit.get("primary_reason") if visit["setting"] == "office" else None
    if policies["initial-chemo"] == "first-given":
        chemo = [one for one in candidates if one.chemo and not one.fluid]
        if chemo:
            return min(chemo, key=lambda one: (one.start // 60, one.push, one.start, one.position))
    open_ones = [one for one in candidates if not (one.push and one.drug in infused)]
    return min(open_ones, key=lambda one: ladder(one, reason), default=None)
