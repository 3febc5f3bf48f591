# ruff: noqa: TC001 (pydantic reads these annotations when the program runs)
"""Sections of the configuration: the firm's own people, and what they are told by mail."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from relance.config.base import Section
from relance.config.places import check_timezone
from relance.config.schema_mail import MailConfig
from relance.config.values import Count, EmailAddress, Hour, Identifier, Line, Text, Weekday

ALL: Final = "all"
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


def _named(value: object) -> object:
    """Read the companies of a collaborator: a list of ids, or "all" (no list)."""
    if value == ALL:
        return None
    if not isinstance(value, list) or not value:
        raise ValueError("must be all, or a list of company ids such as [dupont, martin]")
    return tuple(value)


CompanyIds = Annotated[tuple[Identifier, ...] | None, BeforeValidator(_named)]


class FirmConfig(Section):
    """Who runs the installation, and how it writes to its own people."""

    name: Line = ""
    timezone: Text = ""
    mail: MailConfig | None = None

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, value: str) -> str:
        return check_timezone(value) if value else value

    @field_validator("mail")
    @classmethod
    def _has_a_way_out(cls, value: MailConfig | None) -> MailConfig | None:
        if value is not None and value.smtp is None and value.maildir is None:
            raise ValueError("needs smtp, or a maildir that takes the mails as files")
        return value


class AccountOwnerConfig(Section):
    """How long before a reminder leaves its customer's account owner is told."""

    days_before: Annotated[Count, Field(ge=1, le=30)] = 2
    channel: Literal["email"] = "email"


class CollaboratorConfig(Section):
    """A person of the firm who gets one mail a day about their companies."""

    name: Line
    email: EmailAddress
    companies: CompanyIds = None
    at: Hour = time(8, 0)
    days: tuple[Weekday, ...] | None = None
    language: Text = ""

    @field_validator("days")
    @classmethod
    def _leaves_a_day(cls, value: tuple[Weekday, ...] | None) -> tuple[Weekday, ...] | None:
        if value is not None and not value:
            raise ValueError("names no day: leave the key out for the days on which mail is sent")
        return value

    @field_validator("language")
    @classmethod
    def _is_a_language(cls, value: str) -> str:
        if value and not _LANGUAGE.fullmatch(value):
            raise ValueError("must be a language's two small letters, such as fr or en")
        return value
