"""The dunning trade: what is due, why, and the loops that carry it out over ports."""
