"""Official files in: one importer per file of CMS, FDA and NLM, and the releases that they become.

A file is known by its layout, read with every row counted, judged by bounds and canaries, and becomes an immutable
release in the data folder; or it is refused and nothing changes. What counts lies over the tables that ship.
"""

from fhir_adapter.updates.folder import About, Folder, State
from fhir_adapter.updates.imports import IMPORTERS, Imported, Said, imports
from fhir_adapter.updates.installed import NOTHING, Installed, installed, kept_under, over
from fhir_adapter.updates.official import OfficialFile, official, opened

__all__ = [
    "IMPORTERS", "NOTHING", "About", "Folder", "Imported", "Installed", "OfficialFile", "Said", "State", "imports",
    "installed", "kept_under", "official", "opened", "over",
]  # fmt: skip
