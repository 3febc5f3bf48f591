"""Customers: the books' facts, with what was imported and what a person has set laid over them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from engine.kinds import AddressForm, ContactRole, CustomerKind, PaymentMethod
from engine.model import Contact, Customer
from state.companies import ensure_company
from state.customer_settings import parse_setting
from state.database import Part
from state.due import look_again
from state.errors import CustomerSettingError, UnknownCustomerError
from state.events import Event, tell
from state.payers import check_payer, settle_payers
from state.values import instant, read_day, read_object, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from state.database import Database

# The later layer wins, key by key; for contacts role by role.
_LAYERS: Final = ("books", "import", "person")
_CONTACT_KEYS: Final = {"email": ContactRole.BILLING, "director_email": ContactRole.DIRECTOR}


def _facts(customer: Customer) -> dict[str, Any]:
    """Give the facts that are known of a customer, without what is unknown or empty."""
    known: dict[str, Any] = {
        "kind": "" if customer.kind is CustomerKind.UNKNOWN else customer.kind.value,
        "language": customer.language,
        "address": customer.address_form.value if customer.address_form else "",
        "tags": list(customer.tags),
        "country": customer.country,
        "postal_address": list(customer.postal_address),
        "owner": customer.owner,
        "owner_email": customer.owner_email,
        "payment_method": customer.payment_method.value if customer.payment_method else "",
        "payer": customer.payer_id,
        "pay_days": list(customer.pay_days),
        "subdivision": customer.subdivision,
        "postcode": customer.postcode,
        "plan": customer.plan,
        "timezone": customer.timezone,
        "do_not_contact": customer.do_not_contact,
    }
    return {key: value for key, value in known.items() if value}


def store_books_customers(db: Database, company_id: str, customers: Iterable[Customer]) -> set[str]:
    """Upsert the customers of a page; give the ids of those whose facts or contacts changed."""
    shown = {customer.customer_id: customer for customer in customers}
    ids = list(shown)
    stored = {
        row["customer_id"]: (row["name"], row["facts"])
        for row in db.chosen(
            "SELECT customer_id, name, facts FROM customers WHERE company_id = ? AND customer_id IN ({ids})",
            (company_id,),
            ids,
        )
    }
    contacts: dict[str, list[tuple[str, ...]]] = {}
    for row in db.chosen(
        "SELECT customer_id, role, email, name, phone FROM contacts "
        "WHERE company_id = ? AND layer = 'books' AND customer_id IN ({ids}) ORDER BY customer_id, position",
        (company_id,),
        ids,
    ):
        contacts.setdefault(row["customer_id"], []).append(tuple(row)[1:])
    facts = {customer_id: (c.name, to_json(_facts(c))) for customer_id, c in shown.items()}
    differ = [customer_id for customer_id in ids if stored.get(customer_id) != facts[customer_id]]
    db.write_many(
        "INSERT INTO customers (company_id, customer_id, name, facts) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (company_id, customer_id) DO UPDATE SET name = excluded.name, facts = excluded.facts",
        ((company_id, customer_id, *facts[customer_id]) for customer_id in differ),
    )
    others = [c for c in shown.values() if contacts.get(c.customer_id, []) != _contact_rows(c.contacts)]
    _remove_contacts(db, company_id, "books", [c for c in others if c.customer_id in contacts])
    _add_contacts(db, company_id, "books", others)
    return set(differ) | {customer.customer_id for customer in others}


def _contact_rows(contacts: Iterable[Contact]) -> list[tuple[str, ...]]:
    return [(c.role.value, c.email, c.name, c.phone) for c in contacts]


def _remove_contacts(db: Database, company_id: str, layer: str, customers: Sequence[Customer]) -> None:
    db.write_many(
        "DELETE FROM contacts WHERE company_id = ? AND customer_id = ? AND layer = ?",
        ((company_id, customer.customer_id, layer) for customer in customers),
    )


def _add_contacts(db: Database, company_id: str, layer: str, customers: Sequence[Customer]) -> None:
    db.write_many(
        "INSERT INTO contacts (company_id, customer_id, layer, position, role, email, name, phone) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (company_id, customer.customer_id, layer, position, *row)
            for customer in customers
            for position, row in enumerate(_contact_rows(customer.contacts))
        ),
    )


def read_customer(db: Database, company_id: str, customer_id: str) -> Customer | None:
    """Give a customer with every layer laid over the books; None where neither books nor a person know them."""
    key = (company_id, customer_id)
    row = db.one("SELECT name, facts FROM customers WHERE company_id = ? AND customer_id = ?", key)
    facts: dict[str, Any] = {} if row is None else {"name": row["name"], **read_object(row["facts"])}
    laid_over = db.all(
        "SELECT key, value FROM customer_settings WHERE company_id = ? AND customer_id = ? "
        "ORDER BY CASE layer WHEN 'import' THEN 1 ELSE 2 END",
        key,
    )
    for setting in laid_over:
        facts[setting["key"]] = read_object(setting["value"])["is"]
    contacts = db.all(
        "SELECT c.layer, c.role, c.email, c.name, c.phone, f.address IS NOT NULL AS failed FROM contacts c "
        "LEFT JOIN failed_addresses f ON f.company_id = c.company_id AND f.address = lower(c.email) "
        "WHERE c.company_id = ? AND c.customer_id = ? ORDER BY c.position",
        key,
    )
    if row is None and not laid_over and not contacts:
        return None
    return _customer(customer_id, facts, contacts)


def _customer(customer_id: str, facts: Mapping[str, Any], rows: Sequence[sqlite3.Row]) -> Customer:
    contacts: list[Contact] = []
    barred = set(facts.get("do_not_write_to", ()))
    for role in ContactRole:
        of_role = [row for row in rows if row["role"] == role.value]
        highest = max((_LAYERS.index(row["layer"]) for row in of_role), default=0)
        contacts += [
            Contact(
                email=row["email"],
                name=row["name"],
                role=role,
                phone=row["phone"],
                failed=bool(row["failed"]),
                barred=row["email"].lower() in barred,
            )
            for row in of_role
            if _LAYERS.index(row["layer"]) == highest
        ]
    return Customer(
        customer_id=customer_id,
        name=facts.get("name") or customer_id,
        kind=CustomerKind(facts.get("kind") or "unknown"),
        language=facts.get("language", ""),
        address_form=AddressForm(facts["address"]) if facts.get("address") else None,
        contacts=tuple(contacts),
        tags=tuple(facts.get("tags", ())),
        country=facts.get("country", ""),
        postal_address=tuple(facts.get("postal_address", ())),
        owner=facts.get("owner", ""),
        owner_email=facts.get("owner_email", ""),
        payment_method=PaymentMethod(facts["payment_method"]) if facts.get("payment_method") else None,
        payer_id=facts.get("payer", ""),
        pay_days=tuple(facts.get("pay_days", ())),
        subdivision=facts.get("subdivision", ""),
        postcode=facts.get("postcode", ""),
        plan=facts.get("plan", ""),
        timezone=facts.get("timezone", ""),
        do_not_contact=bool(facts.get("do_not_contact", False)),
        pace_days=facts.get("pace", 0),
        pace_until=read_day(facts.get("pace_until")),
    )


def is_known(db: Database, company_id: str, customer_id: str) -> bool:
    """Tell whether books, imports or items of a company name a customer."""
    return any(
        db.value(f"SELECT 1 FROM {table} WHERE company_id = ? AND customer_id = ?", (company_id, customer_id))  # noqa: S608 (our own table names)
        for table in ("customers", "items", "customer_settings", "contacts")
    )


class Customers(Part):
    """Customers as a person sees and sets them."""

    def customer(self, company_id: str, customer_id: str) -> Customer:
        """Give a customer; raise UnknownCustomerError where nothing names them."""
        with self.db.snapshot():
            known = read_customer(self.db, company_id, customer_id)
            if known is None and not is_known(self.db, company_id, customer_id):
                raise UnknownCustomerError(f"company {company_id} has no customer {customer_id}")
        return known or Customer(customer_id=customer_id, name=customer_id)

    def has_customer(self, company_id: str, customer_id: str) -> bool:
        """Tell whether the books, an import or a person ever named a customer of this id."""
        return is_known(self.db, company_id, customer_id)

    def known_customers(self, company_id: str, customer_ids: Sequence[str]) -> set[str]:
        """Give those of these customers that the books have told of."""
        rows = self.db.chosen(
            "SELECT customer_id FROM customers WHERE company_id = ? AND customer_id IN ({ids})",
            (company_id,),
            customer_ids,
        )
        return {row["customer_id"] for row in rows}

    def set_customer(
        self, company_id: str, customer_id: str, key: str, value: str, author: str, now: datetime
    ) -> Customer:
        """Set one thing on a customer for good: it survives every sync. "" takes the setting away again.

        Raises CustomerSettingError for an unknown key or a value that makes no sense, UnknownCustomerError.
        """
        parsed = parse_setting(key, value)
        if key == "payer" and value == customer_id:
            raise CustomerSettingError("a customer cannot be their own payer")
        with self.db.tx():
            self.customer(company_id, customer_id)
            if key == "payer" and value:
                if not is_known(self.db, company_id, value):
                    raise CustomerSettingError(f"payer: company {company_id} has no customer {value}")
                check_payer(self.db, company_id, customer_id, value)
            ensure_company(self.db, company_id)
            if key in _CONTACT_KEYS:
                self._set_contact(company_id, customer_id, _CONTACT_KEYS[key], value)
            elif value == "":
                self.db.write(
                    "DELETE FROM customer_settings "
                    "WHERE company_id = ? AND customer_id = ? AND layer = 'person' AND key = ?",
                    (company_id, customer_id, key),
                )
            else:
                self._lay(company_id, customer_id, "person", {key: parsed}, author, now)
            tell(
                self.db,
                company_id,
                now,
                [Event(kind="customer_set", customer_id=customer_id, author=author, detail={"key": key, "to": value})],
            )
            if key == "payer":
                settle_payers(self.db, company_id, now)
            look_again(self.db, company_id, [customer_id])
        return self.customer(company_id, customer_id)

    def paces_ended(self, company_id: str, as_of: date) -> list[tuple[str, date]]:
        """List the customers whose slower pace has ended before a day, with its last day."""
        rows = self.db.all(
            "SELECT customer_id, json_extract(value, '$.is') AS until FROM customer_settings "
            "WHERE company_id = ? AND layer = 'person' AND key = 'pace_until' AND json_extract(value, '$.is') < ? "
            "AND customer_id IN (SELECT customer_id FROM customer_settings "
            "WHERE company_id = ? AND layer = 'person' AND key = 'pace') ORDER BY customer_id",
            (company_id, as_of.isoformat(), company_id),
        )
        return [(row["customer_id"], date.fromisoformat(row["until"])) for row in rows]

    def import_contacts(self, company_id: str, customers: Sequence[Customer], author: str, now: datetime) -> int:
        """Lay imported customers over the books' own; give how many changed. An earlier import of them is replaced."""
        changed = []
        with self.db.tx():
            ensure_company(self.db, company_id)
            for customer in customers:
                before = read_customer(self.db, company_id, customer.customer_id)
                facts = _facts(customer)
                if customer.name and customer.name != customer.customer_id:
                    facts["name"] = customer.name
                self.db.write(
                    "DELETE FROM customer_settings WHERE company_id = ? AND customer_id = ? AND layer = 'import'",
                    (company_id, customer.customer_id),
                )
                self._lay(company_id, customer.customer_id, "import", facts, author, now)
                if customer.contacts:
                    _remove_contacts(self.db, company_id, "import", [customer])
                    _add_contacts(self.db, company_id, "import", [customer])
                if read_customer(self.db, company_id, customer.customer_id) != before:
                    changed.append(customer.customer_id)
            tell(
                self.db,
                company_id,
                now,
                [Event(kind="customer_imported", customer_id=customer_id, author=author) for customer_id in changed],
            )
            if changed:
                settle_payers(self.db, company_id, now)
            look_again(self.db, company_id, changed)
        return len(changed)

    def mark_address_failed(self, company_id: str, address: str, reason: str, now: datetime) -> None:
        """Remember that an address takes no mail; no customer is written to there until a person sets it again."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.upsert(
                "failed_addresses",
                {"company_id": company_id, "address": address.lower(), "reason": reason, "at": instant(now)},
                key=("company_id", "address"),
            )
            rows = self.db.all(
                "SELECT DISTINCT customer_id FROM contacts WHERE company_id = ? AND lower(email) = ? ORDER BY customer_id",
                (company_id, address.lower()),
            )
            owners = [str(row["customer_id"]) for row in rows]
            told_of: list[str | None] = [*owners] or [None]
            tell(
                self.db,
                company_id,
                now,
                [
                    Event(kind="address_failed", customer_id=one, detail={"address": address, "reason": reason})
                    for one in told_of
                ],
            )
            look_again(self.db, company_id, owners)

    def _set_contact(self, company_id: str, customer_id: str, role: ContactRole, email: str) -> None:
        self.db.write(
            "DELETE FROM contacts WHERE company_id = ? AND customer_id = ? AND layer = 'person' AND role = ?",
            (company_id, customer_id, role.value),
        )
        if not email:
            return
        self.db.insert(
            "contacts",
            {
                "company_id": company_id,
                "customer_id": customer_id,
                "layer": "person",
                "position": list(ContactRole).index(role),
                "role": role.value,
                "email": email,
                "name": "",
                "phone": "",
            },
        )
        # Who sets an address vouches for it.
        self.db.write("DELETE FROM failed_addresses WHERE company_id = ? AND address = ?", (company_id, email.lower()))

    def _lay(
        self, company_id: str, customer_id: str, layer: str, facts: Mapping[str, Any], author: str, now: datetime
    ) -> None:
        self.db.write_many(
            "INSERT INTO customer_settings (company_id, customer_id, layer, key, value, author, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, customer_id, layer, key) "
            "DO UPDATE SET value = excluded.value, author = excluded.author, at = excluded.at",
            (
                (company_id, customer_id, layer, key, to_json({"is": value}), author, instant(now))
                for key, value in facts.items()
            ),
        )
