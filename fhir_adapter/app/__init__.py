"""Where every part is built, once, from Settings. Nothing else constructs a collaborator or asks what time it is."""

from fhir_adapter.app.clock import clock

__all__ = ["clock"]
