"""From a stored connection to a PSA one can ask."""

from collections.abc import Mapping

import orjson

from tenantsync.companies.sync import MOST_AN_HOUR, account_of
from tenantsync.errors import RequestError
from tenantsync.psa.port import Provider, PsaAdapter, PsaKind
from tenantsync.services import Services
from tenantsync.store.psa_connections import PsaConnection


def find_kind(provider: str, services: Services) -> PsaKind:
    """The kind of PSA of that name; raises RequestError `not_found`."""
    known = {kind.value for kind in services.psa_kinds}
    if provider not in known:
        raise RequestError("not_found", f"PSAs: {', '.join(sorted(known))}.")
    return services.psa_kinds[Provider(provider)]


def find_psa(msp_id: str, provider: str, services: Services) -> PsaConnection:
    """The MSP's connection; raises RequestError `not_found` or `psa_not_connected`."""
    find_kind(provider, services)
    connection = services.psa_connections.read(msp_id, provider)
    if connection is None:
        raise RequestError("psa_not_connected")
    return connection


def open_psa(connection: PsaConnection, services: Services) -> PsaAdapter:
    """The adapter with the stored credentials; asks the PSA nothing yet.

    Raises RequestError `psa_secret_lost` when the vault no longer has them.
    """
    return open_kind(find_kind(connection.provider, services), read_values(connection, services), connection)


def read_values(connection: PsaConnection, services: Services) -> dict[str, str]:
    """The connection's fields, the secret ones included: for adapters only."""
    secret = services.vault.read(connection.secret_name)
    if secret is None:
        raise RequestError("psa_secret_lost")
    return {**orjson.loads(connection.values), **orjson.loads(secret.reveal())}


def open_kind(kind: PsaKind, values: Mapping[str, str], connection: PsaConnection) -> PsaAdapter:
    """The adapter for these fields and the connection's choice of company types."""
    return kind.open({**values, "customerTypes": connection.customer_types})


def count_requests(msp_id: str, adapter: PsaAdapter, services: Services, before: int = 0) -> None:
    """Counts what was asked since `before`, where all that work with an account share an hour's requests."""
    provider, made = adapter.provider.value, adapter.requests - before
    if made and provider in MOST_AN_HOUR:
        services.request_budget.spend(account_of(msp_id, provider), made)
