"""Where the secrets of MSPs are kept: Key Vault in production, sealed rows of the table store in development.

A name is used for one secret only: what replaces it gets a name of its own. So a crash never leaves half a change, and
Key Vault, which keeps deleted secrets for months, never refuses a name.
"""

from typing import Protocol

from tenantsync.errors import RequestError
from tenantsync.settings import Secret, Settings
from tenantsync.store.sealed_secrets import SealedSecrets
from tenantsync.store.tables import TableStore


class SecretVault(Protocol):
    """Secrets by name: letters, digits and hyphens, at most 127. Raises TransientError `vault_unavailable`."""

    def check(self) -> None:
        """Raises RequestError `vault_missing` when no secret can be kept."""

    def put(self, name: str, value: Secret) -> None:
        """Stores a secret; storing the same again changes nothing."""

    def read(self, name: str) -> Secret | None:
        """The secret, or None when it is gone or can no longer be opened."""

    def delete(self, name: str) -> None:
        """Forgets a secret; nothing happens if it is gone."""


class NoVault:
    """Stands where no vault is set up, and says so to whoever wants to keep a secret."""

    def check(self) -> None:
        """Always raises."""
        raise RequestError("vault_missing")

    def put(self, name: str, value: Secret) -> None:  # noqa: ARG002 - the protocol's
        raise RequestError("vault_missing")

    def read(self, name: str) -> Secret | None:  # noqa: ARG002 - the protocol's
        return None

    def delete(self, name: str) -> None:
        """There is nothing to forget."""


def open_vault(settings: Settings, tables: TableStore) -> SecretVault:
    """The vault the settings name; they never name two."""
    if settings.key_vault_url:
        from tenantsync.key_vault import KeyVault

        return KeyVault.connect(settings)
    if settings.secrets_keys:
        return SealedSecrets(tables, settings.secrets_keys)
    return NoVault()
