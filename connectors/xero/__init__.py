"""Xero: the Accounting API 2.0 as open items, customers, payments, notes and mail."""
