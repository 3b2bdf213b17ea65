"""Azurite's life around a host that is killed, and the directories it belongs to."""

import json
import os
import signal
import socket
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableServiceClient

from devstack.stack import ROOT
from devstack.storage import Storage, _ports_of, find_storage, free_port, lasting_port, read_account_key, start_storage

STARTER = """
import sys, time
from pathlib import Path
from devstack.stack import ROOT
from devstack.storage import start_storage
print(start_storage(Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def put(storage: Storage, key: str) -> None:
    service = TableServiceClient.from_connection_string(storage.connection_string)
    service.create_table_if_not_exists("Kept").create_entity({"PartitionKey": "p", "RowKey": key})
    service.close()


def keys(storage: Storage) -> list[str]:
    service = TableServiceClient.from_connection_string(storage.connection_string)
    found = [entity["RowKey"] for entity in service.get_table_client("Kept").list_entities()]
    service.close()
    return found


def test_second_start_adopts_the_first(tmp_path: Path):
    storage = start_storage(tmp_path)
    try:
        assert start_storage(tmp_path) == storage
    finally:
        storage.stop()
    assert find_storage(tmp_path) is None


def test_stop_saves_what_was_written_a_moment_ago(tmp_path: Path):
    storage = start_storage(tmp_path)
    put(storage, "just-written")
    storage.stop()
    again = start_storage(tmp_path)
    try:
        assert keys(again) == ["just-written"]
    finally:
        again.stop()


def test_store_outlives_its_killed_starter_and_is_adopted(tmp_path: Path):
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        os.killpg(starter.pid, signal.SIGKILL)
    storage = start_storage(tmp_path)
    try:
        assert storage.pid == pid
        put(storage, "after-the-crash")
        assert keys(storage) == ["after-the-crash"]
    finally:
        storage.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_in_the_moment_of_the_start_leaves_no_store_behind(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started: list[subprocess.Popen[bytes]] = []

    class Interrupting(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)
            signal.raise_signal(number)

    monkeypatch.setattr(subprocess, "Popen", Interrupting)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            start_storage(tmp_path)
    finally:
        signal.signal(number, before)
    assert [process.poll() is None for process in started] == [False]


def test_two_directories_have_a_store_each(tmp_path: Path):
    one, other = start_storage(tmp_path / "one"), start_storage(tmp_path / "other")
    try:
        put(one, "mine")
        put(other, "yours")
        assert (one.port != other.port, keys(one), keys(other)) == (True, ["mine"], ["yours"])
    finally:
        one.stop()
        other.stop()


def test_record_of_a_process_that_is_another_now_is_ignored(tmp_path: Path):
    (tmp_path / "azurite.json").write_text(f'{{"directory": "{tmp_path}", "pid": {os.getpid()}, "port": 1}}')
    assert find_storage(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"pid": 1}'])
def test_record_that_cannot_be_read_is_ignored(tmp_path: Path, content: str):
    (tmp_path / "azurite.json").write_text(content)
    assert find_storage(tmp_path) is None


def test_account_key_is_random_and_private(tmp_path: Path):
    directories = [tmp_path / name for name in ("one", "other")]
    for directory in directories:
        directory.mkdir()
    assert read_account_key(directories[0]) != read_account_key(directories[1])
    assert all((directory / "account-key").stat().st_mode & 0o777 == 0o600 for directory in directories)


def test_telemetry_is_not_even_installed():
    lock = json.loads((ROOT / "devstack/azurite/package-lock.json").read_text())
    assert not [path for path in lock["packages"] if "opentelemetry" in path]


def test_free_port_can_be_listened_on():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))


def test_port_that_is_listened_on_only_later_is_given_once():
    given = [lasting_port() for _ in range(400)]
    assert len(set(given)) == len(given)


def test_processes_that_begin_one_after_the_other_give_different_ports():
    given = [port for pid in range(4000, 4100) for port in islice(_ports_of(pid), 100)]
    assert len(set(given)) == len(given)
