"""Commands the documents show, called as people call them; tests/contract/test_commands.py knows who runs which."""

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from devstack.demo.journey import AdminBrowser, Portal
from devstack.leftovers import end_leftovers
from devstack.stack import ROOT, Stack
from devstack.storage import find_storage, lasting_port, start_storage
from tenantsync.settings import Settings

OPERATIONS = (ROOT / "docs/operations.md").read_text()
DURABLE_CALLS = re.findall(r'curl (?:-X POST )?"https://<host>/runtime/webhooks/durabletask[^"]+"', OPERATIONS)
"""Of the page, in its order: one instance, resume, terminate."""


def dev(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "dev.py"), *arguments]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(dev(*arguments), capture_output=True, text=True, timeout=120, check=False)


def test_demo_proves_every_number_and_prints_the_status():
    done = call("demo", "--users", "60", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "completed"
    assert "Every number is proven and equals the simulated tenant." in done.stderr


def test_up_serves_the_portal_until_it_is_interrupted(tmp_path: Path):
    port = lasting_port()
    command = dev("up", "--port", str(port), "--data", str(tmp_path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        try:
            assert up.stdout is not None
            told = next(line for line in up.stdout if line.startswith("The portal is at "))
            page = requests.get(f"http://127.0.0.1:{port}/", timeout=10)
        finally:
            up.send_signal(signal.SIGINT)
    assert f"http://127.0.0.1:{port}/" in told
    assert "<title>" in page.text
    assert up.returncode == 0
    assert list(end_leftovers(tmp_path)) == []


@pytest.mark.parametrize("command", ["up", "demo"])
def test_folder_that_is_in_use_is_left_alone(command: str, stack: Stack):
    done = call(command, "--data", str(stack.directory), *(["--port", str(lasting_port())] if command == "up" else []))
    assert done.returncode == 3
    assert f"Another one is running on {stack.directory}" in done.stderr
    stack.check()
    assert requests.get(f"{stack.api}/api/health", timeout=10).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_host_that_is_stopped_while_it_starts_leaves_no_store_behind(number: signal.Signals, tmp_path: Path):
    with subprocess.Popen(dev("host", "--port", str(lasting_port()), "--data", str(tmp_path))) as host:
        while not (tmp_path / "azurite/azurite.json").exists():
            assert host.poll() is None
        host.send_signal(number)
    assert host.returncode == 0
    assert find_storage(tmp_path / "azurite") is None


@pytest.mark.parametrize("command", ["up", "host"])
@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_wrong_port_is_refused_with_the_right_ones(command: str, port: str):
    done = call(command, f"--port={port}")
    assert done.returncode == 2
    assert f"{port!r} is no port: give a number from 1 to 65535" in done.stderr


def test_setting_up_can_be_interrupted():
    never = "lambda **_: [print(flush=True), time.sleep(60)]"
    wait = f"import dev, sys, time; dev.set_up = {never}; sys.exit(dev.until_interrupted(['setup']))"
    with subprocess.Popen([sys.executable, "-c", wait], cwd=ROOT, stdout=-1, stderr=-1, text=True) as setting_up:
        assert setting_up.stdout is not None
        setting_up.stdout.readline()
        setting_up.send_signal(signal.SIGINT)
        told = setting_up.communicate(timeout=10)[1]
    assert (setting_up.returncode, told) == (130, "\nStopped.\n")


def test_settings_of_the_caller_are_none_of_the_stacks(stack: Stack):
    others = {"CLIENT_CERTIFICATE_PATH": "app.pem", "KEY_VAULT_URL": "https://kv.vault.azure.net"}
    assert Settings.from_env({**others, **stack.settings()}).key_vault_url == ""


def test_down_ends_what_was_left_running(tmp_path: Path):
    left = start_storage(tmp_path / "azurite", is_large=True)
    done = call("down", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, f"ended the table store (process {left.pid})\n")
    assert find_storage(tmp_path / "azurite") is None
    assert call("down", "--data", str(tmp_path)).stdout == "Nothing was left running.\n"


def test_durables_own_api_is_asked_as_operations_says(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("durable.test", "Durable")
    AdminBrowser(stack).open(connected["authUrl"])
    run_id = portal.call("GET", f"tenants/{connected['tenantId']}/sync-status")["runId"]
    key = (stack.directory / "host/system-key").read_text()
    answers = [_ask(command, stack.api, run_id, key) for command in DURABLE_CALLS]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert answers[0].json()["instanceId"] == run_id
    portal.call("POST", f"tenants/{connected['tenantId']}/cancel")


def _ask(command: str, api: str, run_id: str, key: str) -> requests.Response:
    """What curl would be answered."""
    words = shlex.split(command.replace("<run id>", run_id).replace("<key>", key))
    method = "POST" if "POST" in words else "GET"
    return requests.request(method, words[-1].replace("https://<host>", api), timeout=30)
