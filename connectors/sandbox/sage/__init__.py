"""The stand-in's Sage Accounting v3.1, written from its Swagger and its guides."""

from connectors.sandbox.sage.dialect import SageDialect

__all__ = ["SageDialect"]
