"""Sections of the configuration: how a company's mail leaves, and when."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from relance.config.base import Section, problem_at
from relance.config.values import (
    Count,
    Day,
    EmailAddress,
    FilePath,
    Flag,
    Hour,
    Line,
    Port,
    SecretRef,
    Sender,
    Weekday,
    is_loopback,
)


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailAuth(StrEnum):
    """How Relance logs in to the mail server."""

    PASSWORD = "password"  # noqa: S105 (the name of a way to log in)
    XOAUTH2 = "xoauth2"


_PORTS: Final = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


class SmtpConfig(Section):
    """The mail server of a company."""

    host: Line
    security: Security = Security.STARTTLS
    port: Port | None = Field(default=None, validate_default=True)
    auth: MailAuth = MailAuth.PASSWORD
    username: Line | None = None
    password: SecretRef | None = Field(default=None, validate_default=True)

    @field_validator("security")
    @classmethod
    def _is_encrypted_on_the_network(cls, value: Security, info: ValidationInfo) -> Security:
        if value is Security.NONE and not is_loopback(info.data.get("host", "localhost")):
            raise ValueError("none is only for a server on this machine; use starttls or tls")
        return value

    @field_validator("port")
    @classmethod
    def _has_the_usual_port(cls, value: int | None, info: ValidationInfo) -> int:
        return value or _PORTS[info.data.get("security", Security.STARTTLS)]

    @field_validator("password")
    @classmethod
    def _goes_with_a_user_name(cls, value: object, info: ValidationInfo) -> object:
        if "username" not in info.data:
            return value
        if value is None and info.data["username"] is not None:
            raise problem_at("needs a password beside it: password: {env: NAME}", "username")
        if value is not None and info.data["username"] is None:
            raise ValueError("needs a username beside it")
        return value


class MailConfig(Section):
    """Who a company's mails come from, and what takes them: a mail server or a folder."""

    sender: Sender = Field(alias="from")
    reply_to: EmailAddress | None = None
    bcc: EmailAddress | None = None
    smtp: SmtpConfig | None = None
    maildir: FilePath | None = None

    @field_validator("maildir")
    @classmethod
    def _is_the_only_way_out(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("smtp") is not None:
            raise ValueError("mails go either through smtp or into a maildir: keep one of the two")
        return value


class RampConfig(Section):
    """How many notices may leave on the first day of use, and by how many more on each further day."""

    start: Annotated[Count, Field(ge=1)]
    step: Annotated[Count, Field(ge=1)]


class SendConfig(Section):
    """On which days and between which hours mail may leave, local time of the company, and how much of it in a day."""

    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    between: tuple[Hour, Hour] = (time(9, 0), time(17, 0))
    holidays: Flag = True
    customer_holidays: Flag = True
    bridge_days: Flag = True
    prefer: tuple[Weekday, ...] = ()
    prefer_within: Annotated[Count, Field(ge=1, le=6)] = 3
    per_day: Annotated[Count, Field(ge=1)] | None = None
    ramp: RampConfig | None = None

    @field_validator("prefer")
    @classmethod
    def _are_days_on_which_mail_leaves(cls, value: tuple[Weekday, ...], info: ValidationInfo) -> tuple[Weekday, ...]:
        never = [day for day in value if day not in info.data.get("days", value)]
        if never:
            raise ValueError(f"{', '.join(never)} is not among days: nothing leaves then")
        return value

    @field_validator("ramp")
    @classmethod
    def _starts_below_the_limit(cls, value: RampConfig | None, info: ValidationInfo) -> RampConfig | None:
        most = info.data.get("per_day")
        if value is not None and most is not None and value.start > most:
            raise problem_at(f"is more than per_day ({most}): the ramp would never apply", "ramp", "start")
        return value

    @field_validator("days")
    @classmethod
    def _leaves_a_day(cls, value: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not value:
            raise ValueError("names no day: nothing could ever be sent; to send nothing, use mode: off")
        return value

    @field_validator("between")
    @classmethod
    def _opens_before_it_closes(cls, value: tuple[time, time]) -> tuple[time, time]:
        if value[0] >= value[1]:
            raise ValueError("the first hour must be before the second")
        return value


class ClosedConfig(Section):
    """Days, both included, on which a company sends nothing."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")

    @field_validator("last")
    @classmethod
    def _ends_after_it_begins(cls, value: Day, info: ValidationInfo) -> Day:
        if "first" in info.data and value < info.data["first"]:
            raise ValueError("the last day is before the first")
        return value
