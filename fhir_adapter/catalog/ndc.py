"""National Drug Codes as 11 digits, the form of billing; FHIR charts often have the ten-digit hyphenated one.

Three segments tell which one lacks its zero: 4-4-2 the labeler, 5-3-2 the product, 5-4-1 the package. 11 digits or
5-4-2 are whole. Everything else is refused: ten digits without hyphens have three readings, and a zero in the wrong
place names another drug. Examples: `50242-061-01` is 50242006101; `5114400301` is nothing.
"""

from __future__ import annotations

_SEGMENTS = frozenset({(4, 4, 2), (5, 3, 2), (5, 4, 1), (5, 4, 2)})


def readings(text: str) -> tuple[str, ...]:
    """The three numbers that ten digits without hyphens may be; empty for every other text."""
    digits = text.strip()
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        return ()
    return f"0{digits}", f"{digits[:5]}0{digits[5:]}", f"{digits[:9]}0{digits[9:]}"


def ndc11(text: str) -> str | None:
    """The NDC as 11 digits, None if it is malformed."""
    segments = text.strip().split("-")
    if not all(segment.isascii() and segment.isdigit() for segment in segments):
        return None
    if len(segments) == 1:
        return segments[0] if len(segments[0]) == 11 else None
    if tuple(map(len, segments)) not in _SEGMENTS:
        return None
    labeler, product, package = segments
    return f"{labeler:0>5}{product:0>4}{package:0>2}"
