"""Instances, histories and queues in SQLite. One transaction per episode: after a crash nothing is half done.

Used from one thread only: the event loop's.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from devstack.host.events import Event, format_time

TERMINAL: Final = frozenset({"Completed", "Failed", "Terminated", "Canceled"})

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, input TEXT, output TEXT, custom_status TEXT,
    created TEXT NOT NULL, updated TEXT NOT NULL, execution_id TEXT NOT NULL,
    parent_id TEXT, parent_execution_id TEXT, parent_task_id INTEGER, version TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS instances_created ON instances (created);
CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT, execution_id TEXT, position INTEGER, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, execution_id, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT,
    visible_at TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_due ON inbox (visible_at);
CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance_id, visible_at);
CREATE TABLE IF NOT EXISTS activities (
    instance_id TEXT, execution_id TEXT, task_id INTEGER, name TEXT NOT NULL, input TEXT,
    PRIMARY KEY (instance_id, execution_id, task_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, last TEXT, next TEXT, updated TEXT);
"""


@dataclass(frozen=True, slots=True)
class Instance:
    """An orchestration instance; input, output and custom status are JSON texts."""

    id: str
    name: str
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    created: str
    updated: str
    execution_id: str
    parent_id: str | None = None
    parent_execution_id: str | None = None
    parent_task_id: int | None = None
    version: str = ""

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Message:
    """An event waiting for its instance; one with an execution id is for that generation only."""

    number: int
    execution_id: str | None
    event: Event


@dataclass(frozen=True, slots=True)
class ActivityCall:
    """A scheduled activity without a result."""

    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str | None


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Conditions of a status query or a purge; texts compare as UTC times."""

    statuses: frozenset[str] = frozenset()
    created_from: str = ""
    created_to: str = "9999"
    id_prefix: str = ""
    after: str = ""
    limit: int = 100


class HistoryStore:
    """All state of the durable part of the host."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def read_instance(self, instance_id: str) -> Instance | None:
        row = self._database.execute("SELECT * FROM instances WHERE id = ?", (instance_id,)).fetchone()
        return Instance(**dict(row)) if row else None

    def put_instance(self, instance: Instance) -> None:
        """Creates or replaces an instance's row."""
        names = Instance.__slots__
        marks = ", ".join("?" * len(names))
        sql = f"INSERT OR REPLACE INTO instances ({', '.join(names)}) VALUES ({marks})"
        self._database.execute(sql, [getattr(instance, name) for name in names])

    def find_instances(self, wanted: InstanceFilter) -> list[Instance]:
        """Instances in the order of their ids."""
        sql = "SELECT * FROM instances WHERE id > ? AND substr(id, 1, ?) = ? AND created >= ? AND created <= ?"
        prefix = wanted.id_prefix
        values: list[Any] = [wanted.after, len(prefix), prefix, wanted.created_from, wanted.created_to]
        if wanted.statuses:
            sql += f" AND status IN ({', '.join('?' * len(wanted.statuses))})"
            values += sorted(wanted.statuses)
        rows = self._database.execute(f"{sql} ORDER BY id LIMIT ?", [*values, wanted.limit])
        return [Instance(**dict(row)) for row in rows]

    def purge(self, instance_id: str) -> None:
        """Forgets an instance altogether."""
        self._database.execute("DELETE FROM instances WHERE id = ?", (instance_id,))
        self.drop_generations(instance_id)

    def drop_generations(self, instance_id: str) -> None:
        """Forgets an instance's histories, messages and open activities."""
        for table in ("history", "inbox", "activities"):
            self._database.execute(f"DELETE FROM {table} WHERE instance_id = ?", (instance_id,))

    def drop_open_work(self, instance_id: str) -> None:
        """Forgets what an ended generation still waited for."""
        for table in ("inbox", "activities"):
            self._database.execute(f"DELETE FROM {table} WHERE instance_id = ?", (instance_id,))

    def read_history(self, instance_id: str, execution_id: str) -> list[Event]:
        sql = "SELECT event FROM history WHERE instance_id = ? AND execution_id = ? ORDER BY position"
        return [json.loads(row["event"]) for row in self._database.execute(sql, (instance_id, execution_id))]

    def read_trace_parent(self, instance_id: str, execution_id: str) -> str:
        """The trace a generation of an instance was started in, as a `traceparent` header; empty without one."""
        sql = "SELECT event FROM history WHERE instance_id = ? AND execution_id = ? ORDER BY position LIMIT 2"
        events = [json.loads(row["event"]) for row in self._database.execute(sql, (instance_id, execution_id))]
        named = [event["ParentTraceContext"] for event in events if event.get("ParentTraceContext")]
        return str(named[0]["TraceParent"]) if named else ""

    def append_history(self, instance_id: str, execution_id: str, position: int, events: Sequence[Event]) -> None:
        rows = [
            (instance_id, execution_id, position + offset, json.dumps(event)) for offset, event in enumerate(events)
        ]
        self._database.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", rows)

    def send(self, instance_id: str, event: Event, *, visible_at: datetime, execution_id: str | None = None) -> None:
        """Puts an event into an instance's inbox."""
        sql = "INSERT INTO inbox (instance_id, execution_id, visible_at, event) VALUES (?, ?, ?, ?)"
        self._database.execute(sql, (instance_id, execution_id, format_time(visible_at), json.dumps(event)))

    def read_inbox(self, instance_id: str, now: datetime) -> list[Message]:
        """The due messages in order of arrival."""
        sql = "SELECT * FROM inbox WHERE instance_id = ? AND visible_at <= ? ORDER BY number"
        rows = self._database.execute(sql, (instance_id, format_time(now)))
        return [Message(row["number"], row["execution_id"], json.loads(row["event"])) for row in rows]

    def remove_messages(self, messages: Sequence[Message]) -> None:
        self._database.executemany("DELETE FROM inbox WHERE number = ?", [(item.number,) for item in messages])

    def due_instances(self, now: datetime) -> list[str]:
        sql = "SELECT DISTINCT instance_id FROM inbox WHERE visible_at <= ?"
        return [row["instance_id"] for row in self._database.execute(sql, (format_time(now),))]

    def next_due(self, now: datetime) -> str | None:
        """The time text of the first message that is not due yet."""
        sql = "SELECT MIN(visible_at) AS due FROM inbox WHERE visible_at > ?"
        due: str | None = self._database.execute(sql, (format_time(now),)).fetchone()["due"]
        return due

    def put_activity(self, call: ActivityCall) -> None:
        values = (call.instance_id, call.execution_id, call.task_id, call.name, call.input)
        self._database.execute("INSERT INTO activities VALUES (?, ?, ?, ?, ?)", values)

    def read_activities(self) -> list[ActivityCall]:
        """Everything scheduled that has no result yet, oldest instance first."""
        rows = self._database.execute("SELECT * FROM activities ORDER BY instance_id, task_id")
        return [ActivityCall(**dict(row)) for row in rows]

    def remove_activity(self, call: ActivityCall) -> bool:
        """False when nobody waits for it any more."""
        sql = "DELETE FROM activities WHERE instance_id = ? AND execution_id = ? AND task_id = ?"
        return self._database.execute(sql, (call.instance_id, call.execution_id, call.task_id)).rowcount > 0

    def read_timer(self, name: str) -> dict[str, str] | None:
        """`{"last", "next", "updated"}` of a timer trigger."""
        row = self._database.execute("SELECT last, next, updated FROM timers WHERE name = ?", (name,)).fetchone()
        return dict(row) if row else None

    def put_timer(self, name: str, last: str, following: str, updated: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?)", (name, last, following, updated))
