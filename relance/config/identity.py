"""Who a formal notice must say it comes from: what French letters carry, and which company does not give it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.kinds import Tone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relance.config.schema import CompanyConfig
    from relance.config.schema_plan import PlanConfig

# On all correspondence of a registered business: number and, for a company, form, capital and register
# (Code de commerce R123-237 and R123-238).
_ALWAYS: Final = ("siren", "address")
_OF_COMPANIES: Final = ("capital", "rcs")
# Forms that have neither capital nor, for most, a register: a person in business, an association.
_WITHOUT_CAPITAL: Final = ("EI", "EIRL", "ASSOCIATION", "MICRO", "AUTO-ENTREPRENEUR", "ENTREPRISE INDIVIDUELLE", "GIE")


def missing_identity(company: CompanyConfig) -> tuple[str, ...]:
    """Name the keys under `legal` that a French company's formal notice needs and that are not there."""
    if company.country != "FR":
        return ()
    legal = company.legal
    of_company = bool(legal.form) and not legal.form.upper().startswith(_WITHOUT_CAPITAL)
    wanted = (*_ALWAYS, *(_OF_COMPANIES if of_company else ()))
    return tuple(name for name in wanted if not getattr(legal, name))


def identity_advice(company: CompanyConfig, plans: Iterable[PlanConfig]) -> str:
    """Say what a company's formal notice would lack; "" where it lacks nothing or none of its plans has one."""
    missing = missing_identity(company)
    if not missing or not any(level.tone is Tone.FORMAL for plan in plans for level in plan.levels):
        return ""
    keys = ", ".join(f"legal.{name}" for name in missing)
    return f"a formal notice must say who sends it (Code de commerce R123-237 and R123-238): give {keys}"
