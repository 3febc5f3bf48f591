"""Books kept in Sage Business Cloud Accounting (API v3.1)."""
