"""A release with runs in flight: begun on one version, stopped in the middle, ended on the next."""

import json
import shutil
import sqlite3
from pathlib import Path

from devstack.demo.journey import AdminBrowser, Portal
from devstack.stack import ROOT, Stack
from tests.e2e.conftest import tenant
from tests.e2e.test_kill import follow_until


def release(directory: Path, version: str) -> Path:
    """A copy of what is deployed, with another `defaultVersion`."""
    packages = [path for path in ROOT.iterdir() if (path / "__init__.py").exists() and path.name != "tests"]
    for package in packages:
        shutil.copytree(package, directory / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("function_app.py", "openapi.yaml"):
        shutil.copy(ROOT / name, directory / name)
    document = json.loads((ROOT / "host.json").read_text())
    document["extensions"]["durableTask"]["defaultVersion"] = version
    (directory / "host.json").write_text(json.dumps(document))
    return directory


def versions(stack: Stack) -> dict[str, set[str]]:
    """Of the instances Durable knows, by orchestrator."""
    found: dict[str, set[str]] = {}
    database = sqlite3.connect(stack.directory / "host/history.sqlite")
    for name, version in database.execute("SELECT name, version FROM instances"):
        found.setdefault(name, set()).add(version)
    database.close()
    return found


def test_run_in_flight_ends_exact_on_the_next_release(tmp_path: Path):
    first, second = (release(tmp_path / version, version) for version in ("1.0", "1.1"))
    with Stack(tmp_path / "stack", [tenant(1, "release.test", users=1500, latencyMs=60)], app_directory=first) as stack:
        portal = Portal(stack)
        connected = portal.connect("release.test", "Release")
        AdminBrowser(stack).open(connected["authUrl"])
        assert follow_until(portal, connected["tenantId"], 5) == "syncing"
        stack.stop_host()
        stack.app_directory = second
        stack.start_host()
        final = list(portal.follow(connected["tenantId"]))[-1]
        assert (final["state"], final["summary"]) == ("completed", stack.truth(connected["tenantId"]))
        assert versions(stack)["onboard_tenant"] == {"1.0"}
        portal_headers = {"Authorization": f"Bearer {stack.portal_token('Connect', 'Read')}"}
        url = f"{stack.api}/api/msp-portal/tenants/{connected['tenantId']}/resync"
        assert stack.http.post(url, headers=portal_headers, timeout=30).status_code == 202
        assert list(portal.follow(connected["tenantId"]))[-1]["state"] == "completed"
        assert versions(stack) == {"onboard_tenant": {"1.0", "1.1"}, "sync_resource": {"1.0", "1.1"}}
