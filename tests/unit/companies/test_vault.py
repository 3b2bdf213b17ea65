"""Secrets: sealed in rows, or in Key Vault; gone when they are deleted, and useless under another name."""

from base64 import b64encode
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceRequestError

from tenantsync.errors import ConfigurationError, RequestError, TransientError
from tenantsync.key_vault import KeyVault
from tenantsync.settings import Secret, Settings
from tenantsync.store.sealed_secrets import SealedSecrets
from tenantsync.vault import SecretVault, open_vault
from tenantsync.wire import SECRETS_TABLE
from tests.fakes.memory_tables import MemoryTables
from tests.services import ENVIRONMENT

OLD, NEW = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@dataclass
class FakeKeyVault:
    """SecretClient as far as it is used; `failure` is raised by the next call."""

    secrets: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None

    def set_secret(self, name: str, value: str, *, content_type: str) -> None:
        self._maybe_fail()
        self.secrets[name] = value

    def get_secret(self, name: str) -> Any:
        self._maybe_fail()
        if name not in self.secrets:
            raise ResourceNotFoundError("SecretNotFound")
        return SimpleNamespace(value=self.secrets[name])

    def begin_delete_secret(self, name: str) -> None:
        self._maybe_fail()
        if self.secrets.pop(name, None) is None:
            raise ResourceNotFoundError("SecretNotFound")

    def _maybe_fail(self) -> None:
        failure, self.failure = self.failure, None
        if failure:
            raise failure


def sealed(tables: MemoryTables) -> SecretVault:
    return SealedSecrets(tables, [Secret(NEW)])


def in_key_vault(tables: MemoryTables) -> SecretVault:
    return KeyVault(FakeKeyVault())  # type: ignore[arg-type]


each_vault = pytest.mark.parametrize("vault_of", [sealed, in_key_vault])


@each_vault
def test_secret_is_kept_replaced_and_forgotten(vault_of: Any, tables: MemoryTables):
    vault = vault_of(tables)
    vault.check()
    assert vault.read("psa-1") is None
    vault.put("psa-1", Secret("first"))
    vault.put("psa-1", Secret("second"))
    assert vault.read("psa-1").reveal() == "second"
    vault.delete("psa-1")
    vault.delete("psa-1")
    assert vault.read("psa-1") is None


def test_row_shows_nothing_and_opens_under_its_own_name_only(tables: MemoryTables):
    vault = sealed(tables)
    vault.put("psa-1", Secret("canary"))
    (row,) = tables.rows(SECRETS_TABLE)
    assert b"canary" not in row.values["sealed"]
    assert NEW not in str(row.values)
    tables.upsert(SECRETS_TABLE, {**row.values, "RowKey": "psa-2"})
    assert vault.read("psa-2") is None


def test_same_secret_is_never_sealed_the_same_twice(tables: MemoryTables):
    vault = sealed(tables)
    vault.put("psa-1", Secret("canary"))
    first = tables.rows(SECRETS_TABLE)[0].values["sealed"]
    vault.put("psa-1", Secret("canary"))
    assert tables.rows(SECRETS_TABLE)[0].values["sealed"] != first


def test_new_key_seals_while_the_old_one_still_opens(tables: MemoryTables):
    SealedSecrets(tables, [Secret(OLD)]).put("old", Secret("a"))
    both = SealedSecrets(tables, [Secret(NEW), Secret(OLD)])
    both.put("new", Secret("b"))
    assert [both.read(name).reveal() for name in ("old", "new")] == ["a", "b"]  # type: ignore[union-attr]
    only_new = sealed(tables)
    assert only_new.read("old") is None
    assert only_new.read("new") is not None


@pytest.mark.parametrize(
    "failure", [HttpResponseError("canary"), ServiceRequestError("canary"), ResourceNotFoundError("canary")]
)
def test_key_vault_that_does_not_answer_is_told_without_its_words(failure: Exception):
    client = FakeKeyVault(failure=failure)
    vault = KeyVault(client)  # type: ignore[arg-type]
    if isinstance(failure, ResourceNotFoundError):
        assert vault.read("x") is None
        return
    with pytest.raises(TransientError) as raised:
        vault.read("x")
    assert raised.value.code == "vault_unavailable"
    assert "canary" not in str(raised.value)


def test_settings_choose_the_vault(tables: MemoryTables):
    assert isinstance(open_vault(Settings.from_env({**ENVIRONMENT, "SECRETS_KEY": NEW}), tables), SealedSecrets)
    url = "https://kv-1.vault.azure.net/"
    assert isinstance(open_vault(Settings.from_env({**ENVIRONMENT, "KEY_VAULT_URL": url}), tables), KeyVault)


def test_without_a_vault_nothing_is_kept(tables: MemoryTables):
    vault = open_vault(Settings.from_env(ENVIRONMENT), tables)
    with pytest.raises(RequestError, match="vault_missing"):
        vault.check()
    with pytest.raises(RequestError, match="vault_missing"):
        vault.put("x", Secret("y"))
    assert vault.read("x") is None
    vault.delete("x")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"SECRETS_KEY": "short"}, "SECRETS_KEY must be 32 random bytes"),
        ({"SECRETS_KEY": f"{NEW},{OLD[:-4]}"}, "SECRETS_KEY must be 32 random bytes"),
        ({"SECRETS_KEY": NEW, "KEY_VAULT_URL": "https://kv.vault.azure.net"}, "set only one of them"),
        ({"KEY_VAULT_URL": "http://kv.vault.azure.net"}, "KEY_VAULT_URL must be https"),
    ],
)
def test_wrong_settings_are_named_and_never_shown(more: dict[str, str], complaint: str):
    with pytest.raises(ConfigurationError, match=complaint) as raised:
        Settings.from_env({**ENVIRONMENT, **more})
    assert NEW not in str(raised.value)
