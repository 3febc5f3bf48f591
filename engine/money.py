"""Money as whole minor units of one currency: never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

# ISO 4217, list one: currencies whose minor unit is not a hundredth.
_EXPONENTS: Final = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),  # noqa: SIM905 (a list of codes reads best as words)
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies cannot be added or compared."""


class InexactAmountError(ValueError):
    """The amount has more decimals than its currency has."""


def exponent(currency: str) -> int:
    """Give the number of decimals of an ISO 4217 currency (2 where it has none of its own)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in minor units (cents for EUR, yen for JPY, millimes for TND) of an ISO 4217 currency."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """Convert an amount in major units; raise InexactAmountError when it does not fit the currency's decimals."""
        scaled = amount.scaleb(exponent(currency))
        minor = int(scaled)
        if scaled != minor:
            raise InexactAmountError(f"{amount} has more decimals than {currency} has ({exponent(currency)})")
        return cls(minor=minor, currency=currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Give nothing, in a currency."""
        return cls(minor=0, currency=currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        """Give the plain figure with the currency's decimals, as JSON prints it: ``1234.50``."""
        return f"{self.amount:f}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} cannot be combined")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __neg__(self) -> Money:
        return Money(minor=-self.minor, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor


def totals(amounts: list[Money]) -> dict[str, Money]:
    """Sum amounts for each currency, currencies in alphabetical order."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Money.zero(amount.currency)) + amount
    return dict(sorted(sums.items()))
