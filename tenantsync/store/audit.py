"""The audit trail: who did what to which tenant. Entries are only ever added."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import orjson

from tenantsync import logs
from tenantsync.clock import Clock, to_rfc3339
from tenantsync.errors import ConflictError
from tenantsync.store.keys import newest_first
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import AUDIT_TABLE

SYSTEM: Final = "system"
ADMIN: Final = "customer_admin"
_STEP: Final = 500
_MOST_STEPS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Record):
    """One deed. `actor` is an Entra object id, `system`, or empty when nobody signed in; `detail` is JSON."""

    entry_id: str
    at: str
    msp_id: str
    tenant_id: str = ""
    actor: str
    actor_msp_id: str = ""
    """Of the person: the operator's people act for other MSPs."""
    action: str
    correlation_id: str = ""
    detail: str = "{}"


class Audit:
    """Entries by MSP, the newest first."""

    def __init__(self, tables: TableStore, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    def record(
        self,
        action: str,
        *,
        msp_id: str,
        actor: str,
        tenant_id: str = "",
        actor_msp_id: str = "",
        detail: Mapping[str, object] | None = None,
        once: tuple[str, str] | None = None,
    ) -> None:
        """Adds an entry; `detail` holds ids, codes and counts only.

        `once` is (key, time) for a deed that may be recorded again after a crash: the second time changes nothing.
        """
        key, at = once or (str(uuid4()), to_rfc3339(self._clock.now()))
        entry = AuditEntry(
            entry_id=key,
            at=at,
            msp_id=msp_id,
            tenant_id=tenant_id,
            actor=actor,
            actor_msp_id=actor_msp_id or msp_id,
            action=action,
            correlation_id=logs.correlation_id(),
            detail=orjson.dumps(detail or {}).decode(),
        )
        with suppress(ConflictError):
            self._tables.insert(AUDIT_TABLE, to_row(entry, msp_id, newest_first(at, key)))

    def read_page(self, msp_id: str, tenant_id: str, top: int, after: str) -> tuple[list[AuditEntry], str]:
        """Up to `top` entries, the newest first, of one tenant if it is named; and where the next page begins."""
        found: list[AuditEntry] = []
        for rows in self._steps(msp_id, after):
            for key, entry in rows:
                after = key
                if tenant_id in ("", entry.tenant_id):
                    found.append(entry)
                if len(found) == top:
                    return found, after
            if len(rows) < _STEP:
                return found, ""
        return found, after

    def _steps(self, msp_id: str, after: str) -> Iterator[list[tuple[str, AuditEntry]]]:
        for _ in range(_MOST_STEPS):
            rows = self._tables.scan(AUDIT_TABLE, msp_id, after=after, limit=_STEP)
            yield [(row.key, from_row(AuditEntry, row)) for row in rows]
            after = rows[-1].key if rows else after
