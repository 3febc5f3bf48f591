"""The first configuration that `relance init` writes: commented, in preview, with nothing secret in it."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

PROVIDERS: Final = ("fec", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterAnswers:
    """What `relance init` asks; the defaults are what `--yes` takes.

    `path` is the FEC file or folder, or the CSV file, relative to the configuration. `smtp_host` is "" where the mail
    server is to be filled in later: in preview nothing leaves, so none is needed.
    """

    company_name: str = "Mon entreprise"
    provider: str = "fec"
    path: str = ""
    sender: str = "compta@entreprise.example"
    smtp_host: str = ""


def company_id_of(name: str) -> str:
    """Make a short name for a company: small letters, digits and dashes; "entreprise" where nothing is left."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40].strip("-") or "entreprise"


def starter_config(answers: StarterAnswers) -> str:
    """Write the text of a first config.yaml; it loads as it stands."""
    name = _printable(answers.company_name) or "Mon entreprise"
    shown = re.sub(r'[<>"]', "", name)
    return _TEXT.format(
        company_id=_quoted(company_id_of(name)),
        name=_quoted(name),
        books=_books(answers),
        sender=_quoted(f"{shown} <{_printable(answers.sender)}>"),
        address=_quoted(answers.sender),
        smtp=_smtp(answers),
    )


def _quoted(text: str) -> str:
    # A JSON string is a YAML string, as long as it holds nothing that YAML does not print.
    return json.dumps(_printable(text), ensure_ascii=False)


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _books(answers: StarterAnswers) -> str:
    if answers.provider == "csv":
        return _CSV.format(path=_quoted(_printable(answers.path) or "invoices.csv"))
    return _FEC.format(path=_quoted(_printable(answers.path) or "exports/"))


def _smtp(answers: StarterAnswers) -> str:
    host = answers.smtp_host.strip()
    username = _quoted(answers.sender)
    if host:
        return _SMTP.format(mark="", host=_quoted(host), username=username)
    return _SMTP.format(mark="# ", host="smtp.entreprise.example", username=username)


_FEC: Final = """\
      # An FEC export, or a folder of them (every French accounting package makes one; see docs/).
      provider: fec
      path: {path}
      # An FEC holds no due dates. Write here what was agreed; the default is only assumed: items that follow it get
      # no reminder before the due date, no charges and no formal notice.
      terms:
        default: "30 jours"
        # by_customer: {{CMARTIN: "45 jours fin de mois"}}
      # Nor does it hold e-mail addresses: a CSV with customer_id, name, email.
      # contacts: contacts.csv
      # Books older than this many days send nothing.
      max_age_days: 5"""

_CSV: Final = """\
      # A CSV of open items, with the columns number, customer_id, customer, email, kind, issued_on, due_on,
      # currency, total, balance.
      provider: csv
      invoices: {path}
      # If your file has other titles, name them here:
      # mapping: {{number: "N° facture", due_on: "Échéance"}}
      # Books older than this many days send nothing.
      max_age_days: 5"""

_SMTP: Final = """\
      # The mail server that sends for this address. The password is never written here: put it into the
      # environment variable SMTP_PASSWORD, or use {{file: PATH}} or {{keyring: NAME}}.
      {mark}smtp:
      {mark}  host: {host}
      {mark}  port: 587
      {mark}  security: starttls
      {mark}  username: {username}
      {mark}  password: {{env: SMTP_PASSWORD}}"""

_TEXT: Final = """\
# Relance: who is chased, how firmly, and by whom. Every key is explained in docs/configuration.md.
# After a change: `relance check` says whether the file is right, `relance plan` what would be sent.

# Where Relance keeps its memory (one SQLite file), relative to this file.
data_dir: relance-data

firm:
  name: {name}

# The dunning plan. `offset` counts days from the due date (negative: before it). One level at a time: the next waits
# until the deadline that the last reminder printed has passed. Other plans are built in and need not be written: gentle,
# brisk, big_accounts, public, consumer.
plans:
  standard:
    # One mail a customer for all that is due; `invoice` sends one for each invoice.
    group: customer
    # At least this many days between two contacts of one customer.
    min_gap_days: 5
    # A smaller total is not asked for.
    min_balance: "5.00"
    levels:
      - {{id: pre_due, offset: -5, channel: email, tone: friendly}}
      - {{id: first, offset: 5, channel: email, tone: friendly, deadline_days: 8}}
      - {{id: second, offset: 15, channel: email, tone: firm, deadline_days: 8}}
      - {{id: third, offset: 30, channel: email, tone: final, deadline_days: 8, charges: show, cc: [director]}}
      # The formal notice (mise en demeure): a person approves each one.
      - {{id: formal, offset: 45, channel: registered_letter, tone: formal, deadline_days: 8, charges: claim, approval: true}}
    # A short thank-you when everything overdue has been paid.
    thank_you: true

companies:
  - id: {company_id}
    name: {name}
    country: FR
    timezone: Europe/Paris
    language: fr
    # preview computes and shows everything and sends nothing. Then: redirect (all mails go to redirect_to, as a
    # test), approve (you release each one), auto.
    mode: preview
    # redirect_to: you@entreprise.example
    plan: standard
    books:
{books}
    mail:
      from: {sender}
{smtp}
    # Reminders leave on these days, between these hours, never on a public holiday.
    send:
      days: [mon, tue, wed, thu, fri]
      between: ["09:00", "17:00"]
      holidays: true
    # What your mails show: your account, the mentions of your letterhead, who signs.
    # bank: {{iban: "FR76 3000 6000 0112 3456 7890 189", bic: "AGRIFRPP"}}
    # legal: {{form: SARL, capital: "10 000 €", siren: "…", rcs: "…", vat: "…", address: "…"}}
    # signatory: {{name: "…", title: "…"}}
    # contact: {{name: "…", phone: "…", email: {address}}}
"""
