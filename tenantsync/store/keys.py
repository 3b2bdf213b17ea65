"""Partition and row keys: safe for any Microsoft id, spread over shards, one encoding for all tables."""

import hashlib
import re
from typing import Final

from tenantsync.clock import parse_rfc3339

SHARDS: Final = 16
"""A partition takes about 2,000 rows a second and an account 20,000: sixteen keep one big tenant off both limits."""

FURTHER: Final = SHARDS
"""The partition for what the items' own rows cannot hold."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._~@=:-]")
_MAX_KEY_CHARACTERS: Final = 500
_END_OF_TIME_MS: Final = 10**14


def encode_key(identifier: str) -> str:
    """`identifier` without the characters Table Storage refuses; different ids stay different.

    Ids too long for a key (1 KiB of UTF-16) keep their head and end in a hash of the whole.
    """
    encoded = _UNSAFE.sub(_escape, identifier)
    if len(encoded) <= _MAX_KEY_CHARACTERS:
        return encoded
    digest = hashlib.sha256(identifier.encode()).hexdigest()
    return f"{encoded[: _MAX_KEY_CHARACTERS - 65]}!{digest}"


def _escape(match: re.Match[str]) -> str:
    return "".join(f"!{byte:02x}" for byte in match.group().encode("utf-8", "surrogatepass"))


def shard_of(row_key: str) -> int:
    """The shard of a row; stable for ever, since rows are found again by it."""
    return hashlib.blake2b(row_key.encode(), digest_size=1).digest()[0] % SHARDS


def inventory_partition(tenant_id: str, resource: str, shard: int) -> str:
    """One of a resource's partitions."""
    return f"{tenant_id}_{resource}_{shard:02d}"


def newest_first(at: str, key: str) -> str:
    """A row key for things that are read newest first: Table Storage sorts upwards, so the newest gets the smallest."""
    return f"{_END_OF_TIME_MS - int(parse_rfc3339(at).timestamp() * 1000):014d}_{key}"
