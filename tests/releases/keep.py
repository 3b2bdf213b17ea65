"""Keeps a release for the tests of the next ones: `python3 -m tests.releases.keep`, in its checkout, before the tag.

Packages the app and lives a life on that package: what the tables hold then is `rows.json`, one ended instance of each
orchestration is a file in `histories`. The package of the release before goes.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from azure.data.tables import EntityProperty, TableServiceClient

from devstack.host.store import HistoryStore, Instance, InstanceFilter
from devstack.package import write_zip
from devstack.release import read_version
from devstack.stack import Stack
from tenantsync.wire import ORCHESTRATORS
from tests.releases import life
from tests.releases.kept import HERE, HISTORIES, KINDS, PACKAGE, ROWS, records_in, unpack

_NOT_KEPT: Final = frozenset({"Inventory", "Fingerprints", "Scratch", "PsaCompanies", "Secrets"})
"""Tables of content, which the test of an upgrade has by the thousand, and of secrets."""
_MOST_ROWS: Final = 12
"""Of a partition: one of each kind, and a run with its checkpoints."""


class KeepError(Exception):
    """The life has not shown all; the text says what is missing."""


def main() -> int:
    """0 when all was kept."""
    home = HERE / read_version()
    home.mkdir(exist_ok=True)
    write_zip(home / PACKAGE)
    keep(home)
    for older in HERE.glob(f"*/{PACKAGE}"):
        if older.parent != home:
            older.unlink()
    return 0


def keep(home: Path) -> None:
    """Writes histories and rows beside the package; raises KeepError when the life has left something out."""
    with tempfile.TemporaryDirectory() as directory:
        app = unpack(Path(directory) / "app", home / PACKAGE)
        with Stack(Path(directory) / "stack", **life.settings_of_stack(), app_directory=app) as stack:
            life.begin(stack)
            life.lead_on(stack)
            stack.stop_host()
            rows = {table: list(found) for table, found in read_rows(stack.tables())}
            histories = list(read_histories(stack.directory / "host/history.sqlite"))
    _refuse_gaps(set(ORCHESTRATORS) - {history["name"] for history in histories})
    _refuse_gaps({kind.__name__ for kind in set(KINDS) - {kind for kind, _ in records_in(rows)}})
    write_rows(home / ROWS, rows)
    shutil.rmtree(home / HISTORIES, ignore_errors=True)
    (home / HISTORIES).mkdir()
    for history in histories:
        (home / HISTORIES / f"{history['name']}.json").write_text(json.dumps(history, indent=1) + "\n")


def _refuse_gaps(missing: set[str]) -> None:
    if missing:
        raise KeepError(f"tests/releases/life.py left nothing of {', '.join(sorted(missing))}.")


def read_rows(connection_string: str) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """The tables with some rows of each partition."""
    service = TableServiceClient.from_connection_string(connection_string)
    for table in sorted(item.name for item in service.list_tables()):
        if table not in _NOT_KEPT:
            yield table, _some_rows(service.get_table_client(table).list_entities())


def _some_rows(entities: Any) -> Iterator[dict[str, Any]]:
    for _, rows in groupby(entities, key=lambda entity: entity["PartitionKey"]):
        for entity in list(rows)[:_MOST_ROWS]:
            yield {name: _plain(value) for name, value in entity.items()}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, EntityProperty) else value


def read_histories(path: Path) -> Iterator[dict[str, Any]]:
    """Of each orchestration the completed instance with most to tell."""
    store = HistoryStore(path)
    completed = store.find_instances(InstanceFilter(statuses=frozenset({"Completed"}), limit=1000))
    by_name = sorted(completed, key=lambda instance: instance.name)
    for name, instances in groupby(by_name, key=lambda instance: instance.name):
        id_, events = max(((one.id, _events_of(store, one)) for one in instances), key=lambda found: len(found[1]))
        yield {"name": name, "instanceId": id_, "events": events}
    store.close()


def _events_of(store: HistoryStore, instance: Instance) -> list[Any]:
    return store.read_history(instance.id, instance.execution_id)


def write_rows(path: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    """A row a line, so that a difference can be read."""
    tables = []
    for table, found in rows.items():
        lines = ",\n".join(f"  {json.dumps(row, sort_keys=True)}" for row in found)
        tables.append(f" {json.dumps(table)}: [\n{lines}\n ]")
    path.write_text("{\n" + ",\n".join(tables) + "\n}\n")


if __name__ == "__main__":
    sys.exit(main())
