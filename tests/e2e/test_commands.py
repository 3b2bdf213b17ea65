"""Commands the documents show, called as people call them; tests/contract/test_commands.py knows who runs which."""

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import requests

from devstack.demo.journey import AdminBrowser, Portal
from devstack.leftovers import end_leftovers
from devstack.stack import ROOT, Stack
from devstack.storage import find_storage, free_port, start_storage

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
    port = free_port()
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
