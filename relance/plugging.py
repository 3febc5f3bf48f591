"""Opening books by a connector of another distribution: its options with their secrets, its folder, its transports."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from connectors.registry import PluginSettings, find, open_books
from relance.config.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.http import Manners, TokenSource, Transport
    from engine.ports import Books
    from relance.config import CompanyConfig
    from relance.config.schema_books import PluginBooks
    from relance.installation import Installation
    from state.store import Store


@contextmanager
def plugged(
    installation: Installation,
    company: CompanyConfig,
    settings: PluginBooks,
    store: Store,
    wait: Callable[[float], None],
) -> Iterator[Books]:
    """Open a company's books by the connector that is registered for its provider.

    Raises what `connectors.registry` raises, and SecretMissingError where an option's secret is not to be had.
    """
    registered = find(settings.provider)
    with ExitStack() as held:

        def connect(manners: Manners, tokens: TokenSource, organisation: str) -> Transport:
            from connectors.http import Transport  # noqa: PLC0415 (only a connector that calls somebody needs it)

            return held.enter_context(
                Transport(
                    manners=manners,
                    tokens=tokens,
                    clock=installation.clock,
                    budget=store.call_budget(company.company_id),
                    wait=wait,
                    organisation=organisation,
                    gates=installation.gates,
                )
            )

        yield open_books(
            registered,
            PluginSettings(
                company_id=company.company_id,
                provider=settings.provider,
                options={name: _revealed(value) for name, value in settings.options.items()},
                base=installation.config.base.absolute(),
                folder=_folder(installation.data_dir, settings.provider, company.company_id),
                clock=installation.clock,
                connect=connect,
            ),
        )


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {name: _revealed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_revealed(inner) for inner in value]
    return value


def _folder(data_dir: Path, provider: str, company_id: str) -> Path:
    """Make the folder in which a company's connector may keep something; only its owner reads it."""
    folder = data_dir.absolute() / "connectors" / provider / company_id
    for one in (folder.parent.parent, folder.parent, folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
