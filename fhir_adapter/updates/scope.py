"""Which codes this program can meet: drug administration in CPT, and HCPCS Level II drugs and their services.

A PTP file is nine tenths about surgery. What is outside is rejected with that reason, so that the count still holds.
"""

from __future__ import annotations

import re

FAMILY = (("36000", "36593"), ("96360", "96549"), ("99211", "99211"))
_LEVEL_II = re.compile(r"[ACGJPQS]\d{4}")
_CODE = re.compile(r"[A-Z0-9]\d{3}[A-Z0-9]")
OUTSIDE = "not about drugs or their administration"
NO_CODE = "no code in the first column (a footnote or a heading)"


def is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def is_ours(code: str) -> bool:
    return _LEVEL_II.fullmatch(code) is not None or any(first <= code <= last for first, last in FAMILY)


def why_not(code: str) -> str | None:
    """Why a row about this code is not kept; None: it is ours."""
    if not is_code(code):
        return NO_CODE
    return None if is_ours(code) else OUTSIDE
