"""QuickBooks Online as the sandbox speaks it."""

from __future__ import annotations

from connectors.sandbox.quickbooks.dialect import QuickBooksDialect

__all__ = ["QuickBooksDialect"]
