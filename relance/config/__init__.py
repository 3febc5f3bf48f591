"""The configuration: read, checked with places and reasons, and turned into the engine's values."""

from __future__ import annotations

from relance.config.check import check_config
from relance.config.load import Config, UnknownCompanyError, load_config
from relance.config.problems import ConfigError, Problem
from relance.config.schema import CompanyConfig
from relance.config.secrets import Secret, SecretMissingError

__all__ = [
    "CompanyConfig",
    "Config",
    "ConfigError",
    "Problem",
    "Secret",
    "SecretMissingError",
    "UnknownCompanyError",
    "check_config",
    "load_config",
]
