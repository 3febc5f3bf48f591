"""QuickBooks Online: query and change data capture in, notes and the provider's own invoice mail out."""
