"""Who writes: the company whose invoices are chased, as its customers read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.kinds import AddressForm, Imputation

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalIdentity:
    """The mentions that a company's letters carry (Code de commerce R123-237 and R123-238); "" where there is none.

    `capital` is written as in the statutes ("10 000 €"), `rcs` as registered ("RCS Lyon 912 345 678").
    """

    form: str = ""
    capital: str = ""
    siren: str = ""
    rcs: str = ""
    vat: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who signs."""

    name: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who answers a customer's questions."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """Where customers pay; `holder` is "" where it is the company itself. Only the configuration sets it.

    `qr_code` shows the code that banking applications read; `rf_reference` asks for an RF reference (ISO 11649) made of
    the invoice's number instead of the number itself.
    """

    iban: str
    bic: str = ""
    holder: str = ""
    qr_code: bool = True
    rf_reference: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """An image that is embedded in the mail: its bytes and media type (image/png, image/jpeg, image/gif)."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The company's colour as #rrggbb ("" for none) and its logo."""

    color: str = ""
    logo: Logo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Creditor:
    """A company as its customers read it.

    `language` and `address_form` apply to customers without their own. `tu_when_final` keeps the "tu" in the last
    amicable reminder, which says "vous" otherwise; a formal notice always says "vous". `payment_link` is an https
    address in which {number} stands for the invoice. `firm_name` and `mandate_signed_on` say who chases for the company,
    and under which written mandate. `payment_means` are lines on other ways to pay, for each language that has its own ("":
    for the others). `late_rate` is the contract's rate in percent a year, None where the law's applies; `imputation` is
    what part payments settle first where interest is reckoned.
    """

    company_id: str
    name: str
    legal: LegalIdentity = field(default_factory=LegalIdentity)
    signatory: Signatory = field(default_factory=Signatory)
    signatories: tuple[tuple[str, Signatory], ...] = ()
    contact: Desk = field(default_factory=Desk)
    bank: BankAccount | None = None
    payment_link: str = ""
    brand: Brand = field(default_factory=Brand)
    country: str = "FR"
    language: str = "fr"
    address_form: AddressForm = AddressForm.VOUS
    tu_when_final: bool = False
    firm_name: str = ""
    mandate_signed_on: date | None = None
    late_rate: Decimal | None = None
    imputation: Imputation = Imputation.PRINCIPAL
    payment_means: tuple[tuple[str, tuple[str, ...]], ...] = ()
