"""Xero's Accounting API 2.0 and its list of connections, over the sandbox's ledger."""
