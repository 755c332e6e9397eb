"""Where every part is built, once, from Settings. Nothing else constructs a collaborator or asks what time it is.

This package imports only the clock: commands that need no server start fast.
"""

from fhir_adapter.app.clock import clock

__all__ = ["clock"]
