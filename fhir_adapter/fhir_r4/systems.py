"""The spellings under which the code systems of drugs and charges are met, and the one that this program uses.

Senders write http or https, with or without a trailing slash, or an OID. A system that is not listed is returned as
it is: no system is inferred from the shape of a code (6,761 ICD-10-CM codes look like HCPCS without their dot).
Sources: HL7 Terminology for the canonical addresses and the HCPCS OID; the others as met in public code.
"""

from __future__ import annotations

from functools import lru_cache

from fhir_adapter.vocabulary import CPT, HCPCS, NDC, RXNORM, SNOMED, UCUM

_SPELLINGS = {
    "www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "hl7.org/fhir/sid/ndc": NDC,
    "urn:oid:2.16.840.1.113883.6.69": NDC,
    "www.cms.gov/medicare/coding/hcpcsreleasecodesets": HCPCS,
    "terminology.hl7.org/codesystem/hcpcs-level-ii": HCPCS,
    "hcpcs-level-ii": HCPCS,
    "urn:oid:2.16.840.1.113883.6.285": HCPCS,
    "www.ama-assn.org/go/cpt": CPT,
    "urn:oid:2.16.840.1.113883.6.12": CPT,
    "snomed.info/sct": SNOMED,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "unitsofmeasure.org": UCUM,
    "urn:oid:2.16.840.1.113883.6.8": UCUM,
}


@lru_cache(maxsize=256)
def canonical_system(system: str | None) -> str | None:
    """The one spelling of a known code system; another system, or none, as it came."""
    if system is None:
        return None
    bare = system.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    return _SPELLINGS.get(bare, system)
