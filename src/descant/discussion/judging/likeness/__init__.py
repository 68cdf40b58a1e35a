"""Which comments are alike, over all forums: fingerprints, and the floods that are found by them."""
