"""The demonstration's configuration: what its two fictional companies would write themselves."""

from __future__ import annotations

from typing import Final

CONFIG: Final = """\
# The demonstration's configuration, made by `relance demo`.
data_dir: relance-data
firm: {{name: "Cabinet Exemple"}}
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
  - id: studio
    name: Studio Exemple
    legal: {{form: SAS, capital: "5 000 €", siren: "552100554", rcs: "Nantes 552 100 554", address: "3 quai des Images, 44000 Nantes"}}
    signatory: {{name: "Noé Exemple", title: "Président"}}
    contact: {{name: "Noé Exemple", phone: "02 00 00 00 00", email: noe@studio.example}}
    address: tu
    mode: auto
    books: {{provider: csv, invoices: studio.csv}}
    mail:
      from: "Studio Exemple <noe@studio.example>"
      smtp: {{host: 127.0.0.1, port: {port}, security: none}}
    bank: {{iban: "FR76 3000 6000 0112 3456 7890 189"}}
    brand: {{color: "#0b7a5a"}}
    payment_link: "https://pay.example/{{number}}"
"""

CONTACTS: Final = """\
customer_id;name;email;role;kind
CDELMAS;Jeanne Delmas;jeanne@delmas.example;billing;business
CGARAGE;Service comptabilité;compta@garage-du-pont.example;billing;business
CPINS;Service fournisseurs;fournisseurs@hotel-des-pins.example;billing;business
CPINS;Direction;direction@hotel-des-pins.example;director;business
CECOLE;Secrétariat;secretariat@tilleuls.example;billing;consumer
"""
