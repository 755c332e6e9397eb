"""What the rules say: dated files with their sources, read and laid out as `coding.Rulebook`.

A rulebook names its policies with a value, the dates on which it holds and what it rests on; an overlay `extends`
another and changes a few; a payer may read a few otherwise. Refuses (`RulebookError`) what it does not know, naming
file, line and place.
"""

from fhir_adapter.rulebooks.chain import rulebook_names
from fhir_adapter.rulebooks.load import faults_in, load_rulebook

__all__ = ["faults_in", "load_rulebook", "rulebook_names"]
