"""The decisions: timed drug events in, charge lines and findings out. Pure: standard library and msgspec only."""
