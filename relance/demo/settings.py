"""The demonstration's configuration: what a small firm and its four fictional companies would write themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where the secrets of the demonstration lie, in its own folder.
VAULT_KEY_FILE: Final = "vault.key"
SECRET_FILE: Final = "app.secret"  # noqa: S105 (a file's name)

CONFIG: Final = """\
# The demonstration's configuration, made by `relance demo`.
data_dir: relance-data
vault:
  key: {{file: vault.key}}
firm: {{name: "Cabinet Exemple"}}
plans:
  standard:
    levels:
      - {{id: pre_due, offset: -5, channel: email, tone: friendly}}
      - {{id: first, offset: 5, channel: email, tone: friendly, deadline_days: 8}}
      - {{id: second, offset: 15, channel: email, tone: firm, deadline_days: 8}}
      - {{id: third, offset: 30, channel: email, tone: final, deadline_days: 8, charges: show, cc: [director]}}
      - {{id: formal, offset: 45, channel: registered_letter, tone: formal, deadline_days: 8, charges: claim, approval: true}}
  copy_first:
    levels:
      # Xero's own invoice mail comes before the first worded reminder.
      - {{id: copy, offset: 3, channel: provider, tone: friendly}}
      - {{id: first, offset: 10, channel: email, tone: friendly, deadline_days: 8}}
      - {{id: second, offset: 20, channel: email, tone: firm, deadline_days: 8}}
      - {{id: third, offset: 35, channel: email, tone: final, deadline_days: 8, cc: [director]}}
companies:
  - id: menuiserie
    name: Menuiserie Exemple SARL
    legal:
      form: SARL
      capital: "10 000 €"
      siren: "732829320"
      rcs: "Lyon 732 829 320"
      address: "12 rue des Ateliers, 69000 Lyon"
    signatory: {{name: "Claire Exemple", title: "Gérante"}}
    contact: {{name: "Claire Exemple", phone: "04 00 00 00 00", email: compta@menuiserie.example}}
    mode: auto
    books:
      provider: fec
      path: menuiserie
      terms:
        default: "30 jours"
        by_customer: {{CGARAGE: "30 jours", CPINS: "30 jours", CDELMAS: "30 jours"}}
      contacts: contacts.csv
    mail:
      from: "Menuiserie Exemple <compta@menuiserie.example>"
      smtp: {{host: 127.0.0.1, port: {port}, security: none}}
    send: {{days: [mon, tue, wed, thu, fri], between: ["09:00", "17:00"], holidays: true}}
    bank: {{iban: "FR14 2004 1010 0505 0001 3M02 606", bic: PSSTFRPPXXX}}
    brand: {{color: "#1f5fa8"}}
  - id: larch
    name: Larch Joinery Example Ltd
    legal: {{form: Ltd, address: "3 Saw Mill Lane, Exampleton"}}
    signatory: {{name: "Ann Larch", title: "Director"}}
    contact: {{name: "Ann Larch", phone: "0100 000 0010", email: accounts@larch.example}}
    country: GB
    timezone: Europe/London
    language: en
    mode: auto
    plan: copy_first
    books:
      provider: xero
{xero}
    mail:
      from: "Larch Joinery <accounts@larch.example>"
      smtp: {{host: 127.0.0.1, port: {port}, security: none}}
    bank: {{iban: "GB33 BUKB 2020 1555 5555 55"}}
    brand: {{color: "#7a4a0b"}}
  - id: galway
    name: Galway Glass Example Ltd
    legal: {{form: Ltd, address: "8 Quay Street, Exampleport"}}
    signatory: {{name: "Maeve Glass", title: "Director"}}
    contact: {{name: "Maeve Glass", phone: "091 000 000", email: accounts@galway-glass.example}}
    country: IE
    timezone: Europe/Dublin
    language: en
    mode: auto
    books:
      provider: sage
{sage}
    mail:
      from: "Galway Glass <accounts@galway-glass.example>"
      smtp: {{host: 127.0.0.1, port: {port}, security: none}}
    bank: {{iban: "IE29 AIBK 9311 5212 3456 78", bic: AIBKIE2D}}
    payment_link: "https://pay.example/{{number}}"
    brand: {{color: "#0b7a5a"}}
  - id: erable
    name: Érable Conseil Exemple
    legal: {{form: "société par actions", address: "200 rue des Érables, Montréal"}}
    signatory: {{name: "Noé Tremblay", title: "Président"}}
    contact: {{name: "Noé Tremblay", phone: "514 555 0100", email: noe@erable.example}}
    country: CA
    subdivision: QC
    timezone: America/Toronto
    language: fr
    address: tu
    mode: auto
    books:
      provider: quickbooks
{quickbooks}
    mail:
      from: "Érable Conseil <noe@erable.example>"
      smtp: {{host: 127.0.0.1, port: {port}, security: none}}
    brand: {{color: "#a8321f"}}
"""

CONTACTS: Final = """\
customer_id;name;email;role;kind
CDELMAS;Jeanne Delmas;jeanne@delmas.example;billing;business
CGARAGE;Service comptabilité;compta@garage-du-pont.example;billing;business
CPINS;Service fournisseurs;fournisseurs@hotel-des-pins.example;billing;business
CPINS;Direction;direction@hotel-des-pins.example;director;business
CECOLE;Secrétariat;secretariat@tilleuls.example;billing;consumer
"""


def books_keys(organisation: str, client_id: str, urls: Mapping[str, str]) -> str:
    """Write what stands under `books:` of a company at a provider, as indented YAML."""
    keys = {
        "organisation": f'"{organisation}"',
        "client_id": client_id,
        "client_secret": f"{{file: {SECRET_FILE}}}",
        **urls,
    }
    return "\n".join(f"      {key}: {value}" for key, value in keys.items())
