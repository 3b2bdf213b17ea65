"""Secrets in Azure Key Vault, by the app's own identity. The only file that imports azure.keyvault."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient

from tenantsync.errors import TransientError
from tenantsync.settings import Secret, Settings

_CONTENT_TYPE: Final = "application/json"
_CONFLICT: Final = 409
_PATIENCE: Final[Mapping[str, Any]] = {"connection_timeout": 5, "read_timeout": 10, "retry_total": 2}
"""The SDK's own would outlast the request that waits."""
_T = TypeVar("_T")


class KeyVault:
    """The vault of `KEY_VAULT_URL`; the identity needs the role Key Vault Secrets Officer on it."""

    def __init__(self, client: SecretClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, settings: Settings) -> "KeyVault":
        """By managed identity, or whatever DefaultAzureCredential finds on a developer's machine."""
        from azure.identity import DefaultAzureCredential

        client_id = settings.credential.managed_identity_client_id or None
        credential = DefaultAzureCredential(managed_identity_client_id=client_id)
        return cls(SecretClient(vault_url=settings.key_vault_url, credential=credential, **_PATIENCE))

    def check(self) -> None:
        """It is set up; whether it answers shows when it is asked."""

    def put(self, name: str, value: Secret) -> None:
        """Stores a secret as the newest version of its name."""
        _run(lambda: self._client.set_secret(name, value.reveal(), content_type=_CONTENT_TYPE))

    def read(self, name: str) -> Secret | None:
        """The secret, or None when it is gone."""
        try:
            found = _run(lambda: self._client.get_secret(name).value)
        except ResourceNotFoundError:
            return None
        return Secret(found) if found else None

    def delete(self, name: str) -> None:
        """Marks a secret as deleted; Key Vault purges it by itself when its retention ends."""
        try:
            _run(lambda: self._client.begin_delete_secret(name))
        except ResourceNotFoundError:
            return


def _run(call: Callable[[], _T]) -> _T:
    """Maps the SDK's exceptions, whose texts may name the vault's contents."""
    try:
        return call()
    except ResourceNotFoundError:
        raise
    except HttpResponseError as error:
        if error.status_code == _CONFLICT:
            raise TransientError("vault_unavailable", "the secret is just being deleted") from error
        raise TransientError("vault_unavailable", f"Key Vault: {error.status_code}") from error
    except AzureError as error:
        raise TransientError("vault_unavailable", f"Key Vault: {type(error).__name__}") from error
