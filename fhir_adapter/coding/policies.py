"""Where authorities disagree, a rulebook names the reading it follows: one policy each, its values a closed list.

The lists are types, so that a stage which compares with a value that cannot occur does not pass the type checker.
The first 22 are those of docs/visit.md section 3. `concurrent-drug` is one more, for the sentence there that says of
two chemotherapy drugs under `carecost-96417` the later-started one is the concurrent one.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args, get_type_hints

import msgspec


class Policies(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """One value for each policy, as in force on one date."""

    concurrent_chemo: Literal["96549", "96416"]
    sequential_chemo_push: Literal["96411", "96417"]
    pump_start: Literal["96416", "G0498", "96521"]
    concurrent_therapeutic: Literal["96368", "96367"]
    additional_hour_at_exactly_90: Literal["no", "yes"]
    additional_hours_of_sequential_therapeutic: Literal["yes", "no"]
    partial_overlap: Literal["deduct-from-shorter", "concurrent"]
    concurrent_drug: Literal["shorter", "later-started"]
    overlap_with_push: Literal["ignore", "concurrent"]
    same_drug_separate_infusions: Literal["add-times", "each-interval-additional-hour", "96376"]
    same_drug_push_and_infusion: Literal["both", "infusion-only"]
    initial_chemo: Literal["hierarchy", "first-given"]
    required_second_site: Literal["own-initial", "same-site"]
    missing_stop: Literal["hold", "push"]
    discontinued_infusion: Literal["push", "53"]
    push_over_15_min: Literal["documented-technique", "time"]
    hydration_segments: Literal["total", "each-alone"]
    midnight: Literal["date-provided", "start-date"]
    second_initial_modifier: Literal["X", "59"]
    second_site_add_on_modifier: Literal["none", "59"]
    injection_with_iv_modifier: Literal["none", "59"]
    jw_lines: Literal["medicare", "any-payer", "never"]
    repeat_push: Literal["96376", "none"]


@cache
def allowed_values() -> dict[str, tuple[str, ...]]:
    """Each policy's name with its values, in the contract's order."""
    hints = get_type_hints(Policies)
    return {field.encode_name: get_args(hints[field.name]) for field in msgspec.structs.fields(Policies)}
