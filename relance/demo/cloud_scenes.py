"""The firm's three companies at a provider: a joinery at Xero, a consultancy at QuickBooks Online, a glazier at Sage."""

from __future__ import annotations

from typing import Final

from connectors.sandbox.ledger import Organisation, Person
from relance.demo.cloud_story import Bill, Debtor, Pays, Scene, Undone
from relance.demo.story import Happening

_ROWAN: Final = "Rowan Hotel"
_SCHOOL: Final = "Willow School"
_BRIDGE: Final = "Bridge Garage"
_BAKERY: Final = "Corner Bakery"

# Its first level after the due date is Xero's own invoice mail.
LARCH: Final = Scene(
    company_id="larch",
    provider="xero",
    organisation=Organisation(
        id="6f0c1f6e-5b1d-4c67-9a44-3f3b0f6f2a01",
        name="Larch Joinery Example Ltd",
        timezone="Europe/London",
        online_payments=True,
    ),
    debtors=(
        Debtor(
            name=_ROWAN,
            email="accounts@rowan-hotel.example",
            address="1 Rowan Street",
            people=(Person(name="Mary Rowan", email="mary@rowan-hotel.example", role="director"),),
        ),
        Debtor(name=_SCHOOL, email="office@willow-school.example", address="2 Willow Lane"),
        Debtor(name=_BRIDGE, email="pay@bridge-garage.example", address="3 Bridge Road"),
        Debtor(name=_BAKERY, email="hello@corner-bakery.example", address="4 Corner Street"),
    ),
    bills=(
        Bill(
            number="INV-1041",
            customer=_ROWAN,
            issued=-33,
            due=-3,
            total="1250.00",
            work="Staircase, oak",
            pays=(Pays(after="second", days=4),),
        ),
        Bill(
            number="INV-1042",
            customer=_ROWAN,
            issued=-33,
            due=-3,
            total="186.40",
            work="Handrail, oak",
            hurried=True,
        ),
        Bill(number="INV-1043", customer=_SCHOOL, issued=-31, due=-1, total="540.00", work="Six school desks"),
        Bill(
            number="INV-1044",
            customer=_BRIDGE,
            issued=-27,
            due=3,
            total="860.40",
            work="Workshop doors",
            pays=(Pays(after="copy", days=5),),
        ),
        Bill(number="INV-1045", customer=_BAKERY, issued=2, due=32, total="312.75", work="Shop counter", paid_on=29),
        Bill(
            number="INV-1046",
            customer=_BRIDGE,
            issued=4,
            due=34,
            total="98.00",
            work="Shelf for the office",
            pays=(Pays(after="first", days=2),),
        ),
        Bill(number="INV-1047", customer=_BAKERY, issued=21, due=51, total="228.50", work="Window frame"),
    ),
    undone=(Undone(day=15, number="INV-1043", credit="CN-0107"),),
)

_CAFE: Final = "Café Boréal"
_THEATRE: Final = "Théâtre du Fleuve"
_LIBRAIRIE: Final = "Librairie Tremblay"

ERABLE: Final = Scene(
    company_id="erable",
    provider="quickbooks",
    organisation=Organisation(
        id="9130357766000001",
        name="Érable Conseil Exemple inc.",
        country="CA",
        currency="CAD",
        timezone="America/Toronto",
        online_payments=True,
    ),
    debtors=(
        Debtor(name=_CAFE, email="compta@cafe-boreal.example", address="5 rue du Nord"),
        Debtor(name=_THEATRE, email="administration@theatre-du-fleuve.example", address="6 quai du Fleuve"),
        Debtor(name=_LIBRAIRIE, email="comptes@librairie-tremblay.example", address="7 rue des Livres"),
    ),
    bills=(
        Bill(
            number="2026-0311",
            customer=_CAFE,
            issued=-34,
            due=-4,
            total="1840.00",
            work="Site web",
            pays=(Pays(after="second", days=5),),
        ),
        Bill(
            number="2026-0312",
            customer=_THEATRE,
            issued=-32,
            due=-2,
            total="2400.00",
            work="Billetterie en ligne",
            pays=(Pays(after="second", days=3),),
        ),
        Bill(number="2026-0313", customer=_THEATRE, issued=-30, due=0, total="350.00", work="Formation du personnel"),
        Bill(
            number="2026-0314",
            customer=_LIBRAIRIE,
            issued=-22,
            due=8,
            total="960.00",
            work="Catalogue en ligne",
            pays=(Pays(after="first", days=4, part="500.00"), Pays(after="second", days=6)),
        ),
        Bill(number="2026-0315", customer=_CAFE, issued=30, due=60, total="620.00", work="Menu en ligne"),
    ),
    undone=(Undone(day=26, number="2026-0313"),),
    happenings=(
        Happening(
            day=12,
            told=f"{_THEATRE} conteste 2026-0313 : la formation n'a pas eu lieu. La facture est mise en litige.",
            command=("dispute", "2026-0313", "--reason", "la formation n'a pas eu lieu"),
        ),
    ),
)

_HARBOUR: Final = "Harbour Books"
_CLADDAGH: Final = "Claddagh Crafts"
_BURREN: Final = "Burren Tours"

GALWAY: Final = Scene(
    company_id="galway",
    provider="sage",
    organisation=Organisation(
        id="0d40342d0287cd6b13555c54afca6c90",
        name="Galway Glass Example Ltd",
        country="IE",
        currency="EUR",
        timezone="Europe/Dublin",
    ),
    debtors=(
        Debtor(name=_HARBOUR, email="accounts@harbour-books.example", address="8 Harbour Road"),
        Debtor(name=_CLADDAGH, email="orders@claddagh-crafts.example", address="9 Claddagh Quay"),
        Debtor(name=_BURREN, email="office@burren-tours.example", address="10 Burren Way"),
    ),
    bills=(
        Bill(
            number="SI-0081",
            customer=_HARBOUR,
            issued=-33,
            due=-3,
            total="1560.50",
            work="Shop window",
            pays=(Pays(after="third", days=2),),
        ),
        Bill(
            number="SI-0082",
            customer=_CLADDAGH,
            issued=-28,
            due=2,
            total="430.00",
            work="Display cases",
            pays=(Pays(after="first", days=6),),
        ),
        Bill(
            number="SI-0083",
            customer=_BURREN,
            issued=-20,
            due=10,
            total="712.20",
            work="Double glazing",
            pays=(Pays(after="first", days=3),),
        ),
        Bill(
            number="SI-0084",
            customer=_BURREN,
            issued=9,
            due=39,
            total="145.00",
            work="Repair of a pane",
            pays=(Pays(after="pre_due", days=1),),
        ),
        Bill(number="SI-0085", customer=_HARBOUR, issued=14, due=44, total="389.90", work="Glass shelves"),
    ),
)
