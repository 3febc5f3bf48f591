"""Texts of mails, letters and pages: data only."""
