"""A stand-in for Xero, QuickBooks Online and Sage over one fictional ledger, for trials and tests."""
