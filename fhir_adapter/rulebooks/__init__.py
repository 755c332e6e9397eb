"""What the rules say: dated files with their sources, read and laid out as `coding.Rulebook`.

A rulebook names its policies with a value, what that value means and which rules it rests on; an overlay `extends`
another and changes a few. Refuses (`RulebookError`) what it does not know, naming the file and the key.
"""

from fhir_adapter.rulebooks.load import load_rulebook, rulebook_names

__all__ = ["load_rulebook", "rulebook_names"]
