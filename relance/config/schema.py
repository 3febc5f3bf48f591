# ruff: noqa: TC001 (pydantic reads these annotations when the program runs)
"""Sections of the configuration: the file as a whole, and a company."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from engine.kinds import AddressForm, Imputation, Mode
from relance.config.base import Section, problem_at, section
from relance.config.places import HOME, check_area, check_country, check_timezone, default_language, default_timezone
from relance.config.presets import STANDARD
from relance.config.schema_books import Books
from relance.config.schema_mail import ClosedConfig, MailConfig, SendConfig
from relance.config.schema_messages import ConfirmationsConfig, StatementsConfig
from relance.config.schema_pay import BankConfig, PaymentMeans
from relance.config.schema_people import AccountOwnerConfig, CollaboratorConfig, FirmConfig
from relance.config.schema_plan import PlanConfig
from relance.config.schema_rules import PlanRule, known_plan
from relance.config.values import (
    Amount,
    Color,
    Day,
    EmailAddress,
    FilePath,
    HostName,
    Identifier,
    Line,
    Lines,
    PaymentLink,
    SecretRef,
    Text,
)

SENDING_MODES: Final = frozenset({Mode.REDIRECT, Mode.APPROVE, Mode.AUTO})
_MAX_RATE: Final = 100
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


class LegalConfig(Section):
    """What the law makes a company print in its letters and mails."""

    form: Line = ""
    capital: Line = ""
    siren: Line = ""
    rcs: Line = ""
    vat: Line = ""
    address: Lines = ""


class SignatoryConfig(Section):
    """Who signs."""

    name: Line = ""
    title: Line = ""


class ContactConfig(Section):
    """Who answers the customer's questions."""

    name: Line = ""
    phone: Line = ""
    email: EmailAddress | None = None


class LettersConfig(Section):
    """What letters are printed for: envelopes with a window on one side, None where it is the country's habit."""

    window: Literal["right", "left"] | None = None


class BrandConfig(Section):
    """How the company's mails look."""

    logo: FilePath | None = None
    color: Color | None = None

    @field_validator("logo")
    @classmethod
    def _is_a_picture_that_mail_programs_show(cls, value: FilePath | None) -> FilePath | None:
        if value is not None and value.suffix.lower() not in {".png", ".jpg", ".jpeg", ".gif"}:
            raise ValueError("must be a .png, .jpg or .gif file: mail programs show no others")
        return value


class MandateConfig(Section):
    """The written mandate under which a firm chases for the company."""

    signed_on: Day | None = None


class CompanyConfig(Section):
    """A company whose invoices are chased."""

    company_id: Identifier = Field(alias="id")
    name: Line
    legal: LegalConfig = section()
    signatory: SignatoryConfig = section()
    signatories: dict[Identifier, SignatoryConfig] = section()
    contact: ContactConfig = section()
    country: Annotated[Line, Field(validate_default=True)] = "FR"
    subdivision: Line | None = None
    postcode: Line | None = None
    timezone: Text = Field(default="", validate_default=True)
    language: Text = Field(default="", validate_default=True)
    address: AddressForm = AddressForm.VOUS
    mode: Mode = Mode.PREVIEW
    redirect_to: EmailAddress | None = Field(default=None, validate_default=True)
    plan: Identifier = Field(default=STANDARD, validate_default=True)
    plan_rules: tuple[PlanRule, ...] = ()
    late_rate: Annotated[Amount, Field(le=_MAX_RATE)] | None = None
    imputation: Imputation = Imputation.PRINCIPAL
    books: Books
    mail: MailConfig | None = Field(default=None, validate_default=True)
    account_owner: AccountOwnerConfig | None = None
    send: SendConfig = section()
    closed: tuple[ClosedConfig, ...] = ()
    bank: BankConfig = section()
    payment_link: PaymentLink | None = None
    payment_means: PaymentMeans = section()
    terms: FilePath | None = None
    link_hosts: tuple[HostName, ...] = ()
    brand: BrandConfig = section()
    letters: LettersConfig = section()
    mandate: MandateConfig = section()
    confirmations: ConfirmationsConfig = section()
    statements: StatementsConfig | None = None

    @field_validator("country")
    @classmethod
    def _is_known(cls, value: str) -> str:
        return check_country(value)

    @field_validator("subdivision")
    @classmethod
    def _is_a_part_of_the_country(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "country" in info.data:
            check_area(info.data["country"], value)
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, value: str, info: ValidationInfo) -> str:
        return check_timezone(value) if value else default_timezone(info.data.get("country", HOME))

    @field_validator("language")
    @classmethod
    def _is_a_language(cls, value: str, info: ValidationInfo) -> str:
        if value and not _LANGUAGE.fullmatch(value):
            raise ValueError("must be a language's two small letters, such as fr or en")
        return value or default_language(info.data.get("country", HOME))

    @field_validator("closed")
    @classmethod
    def _do_not_overlap(cls, value: tuple[ClosedConfig, ...]) -> tuple[ClosedConfig, ...]:
        for place, period in enumerate(value):
            for earlier in value[:place]:
                if period.first <= earlier.last and earlier.first <= period.last:
                    message = f"overlaps the period from {earlier.first} to {earlier.last}: write one for both"
                    raise problem_at(message, "closed", place)
        return value

    @field_validator("redirect_to")
    @classmethod
    def _is_there_when_mails_are_redirected(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("mode") is Mode.REDIRECT:
            raise problem_at("redirect needs redirect_to: the address that gets every mail instead", "mode")
        return value

    @field_validator("plan")
    @classmethod
    def _exists(cls, value: str, info: ValidationInfo) -> str:
        return known_plan(value, info)

    @field_validator("mail")
    @classmethod
    def _has_a_way_out_when_it_sends(cls, value: MailConfig | None, info: ValidationInfo) -> MailConfig | None:
        mode = info.data.get("mode")
        if mode in SENDING_MODES and value is None:
            raise problem_at(f"{mode} sends mail: the company needs mail (from, and smtp or maildir)", "mode")
        if mode in SENDING_MODES and value is not None and value.smtp is None and value.maildir is None:
            raise ValueError(f"mode {mode} sends mail: give smtp, or a maildir that takes the mails as files")
        return value


class VaultConfig(Section):
    """Where the key lies that encrypts the tokens of the companies' books."""

    key: SecretRef | None = None


class RootConfig(Section):
    """The main file; companies are read one by one, so that one never hides the problems of another."""

    firm: FirmConfig = section()
    data_dir: FilePath = Field(default=Path("relance-data"), validate_default=True)
    vault: VaultConfig = section()
    rates: FilePath | None = None
    plans: dict[Identifier, PlanConfig] = section()
    collaborators: tuple[CollaboratorConfig, ...] = ()
    companies: tuple[Any, ...] = ()

    @field_validator("collaborators")
    @classmethod
    def _are_different_people(cls, value: tuple[CollaboratorConfig, ...]) -> tuple[CollaboratorConfig, ...]:
        seen: set[str] = set()
        for index, one in enumerate(value):
            if one.email.casefold() in seen:
                message = f"{one.email} is there already: one digest a day goes to an address"
                raise problem_at(message, "collaborators", index, "email")
            seen.add(one.email.casefold())
        return value
