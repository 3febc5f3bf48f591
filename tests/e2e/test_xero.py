"""Xero's books through the installed commands, against the sandbox."""

from __future__ import annotations

from tests.e2e.cloud import PROVIDERS
from tests.e2e.cloud_scenarios import CloudScenarios


class TestXero(CloudScenarios):
    """What all providers go through."""

    provider = PROVIDERS["xero"]
