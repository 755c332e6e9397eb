"""An integrator's first hour with an EHR: what its charts look like to the adapter, and where to start from."""
