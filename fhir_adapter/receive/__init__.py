"""Facts come in: what the EHR tells (webhook), what we ask it (sweep, hints), and a patient's whole set (snapshot)."""
