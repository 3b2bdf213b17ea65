"""Secrets as rows of the table store, sealed with AES-GCM. The only file of the library that imports cryptography."""

import base64
import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenantsync.settings import Secret
from tenantsync.store.tables import TableStore
from tenantsync.wire import SECRETS_TABLE

_PARTITION: Final = "secrets"
_NONCE_BYTES: Final = 12


class SealedSecrets:
    """Sealed with the first key, opened with whichever fits: a new key goes in front, the old one stays for a while.

    The name is part of what is sealed, so a row that is copied to another name does not open.
    """

    def __init__(self, tables: TableStore, keys: Sequence[Secret]) -> None:
        self._tables = tables
        self._keys = {_key_id(key): AESGCM(base64.b64decode(key.reveal())) for key in keys}
        self._first = _key_id(keys[0])

    def check(self) -> None:
        """It is set up."""

    def put(self, name: str, value: Secret) -> None:
        """Stores a secret."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._keys[self._first].encrypt(nonce, value.reveal().encode(), name.encode())
        row = {"PartitionKey": _PARTITION, "RowKey": name, "key_id": self._first, "sealed": sealed}
        self._tables.upsert(SECRETS_TABLE, row)

    def read(self, name: str) -> Secret | None:
        """The secret; None when it is gone, its key is no longer known, or the row was tampered with."""
        row = self._tables.read(SECRETS_TABLE, _PARTITION, name)
        key = self._keys.get(row.text("key_id")) if row else None
        if row is None or key is None:
            return None
        sealed = bytes(row.values["sealed"])
        try:
            return Secret(key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode()).decode())
        except InvalidTag:
            return None

    def delete(self, name: str) -> None:
        """Forgets a secret."""
        self._tables.delete(SECRETS_TABLE, _PARTITION, [name])


def _key_id(key: Secret) -> str:
    return sha256(key.reveal().encode()).hexdigest()[:12]
