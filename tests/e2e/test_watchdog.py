"""The watchdog beside a real host: what was lost is found, said, and ended exact. Its minutes are seconds here."""

import re
import sqlite3
from pathlib import Path

import pytest

from devstack.demo.journey import AdminBrowser, Portal
from devstack.stack import Stack
from tests.e2e.steps import follow_until, held, hurried
from tests.e2e.tenants import MEMBERSHIPS, USERS, tenant


def lose(stack: Stack, what: str) -> None:
    """Takes the run's orchestration, or the ones of its resources, out of a host that is stopped."""
    database = sqlite3.connect(stack.directory / "host/history.sqlite")
    ids = [
        row[0] for row in database.execute("SELECT id FROM instances WHERE name = ? AND status = 'Running'", (what,))
    ]
    assert ids
    for table, column in (("instances", "id"), ("inbox", "instance_id"), ("activities", "instance_id")):
        database.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(name,) for name in ids])
    database.commit()
    database.close()


@pytest.mark.parametrize(
    ("what", "reasons"),
    [("onboard_tenant", ["instance_lost"]), ("sync_resource", [*3 * ["resource_lost"], "instance_lost"])],
)
def test_lost_orchestration_is_found_and_its_run_ends_exact(tmp_path: Path, what: str, reasons: list[str]):
    lost = tenant(1, "lost.test", users=1500, latencyMs=60)
    with Stack(tmp_path / "stack", [lost]) as stack:
        portal = Portal(stack)
        connected = portal.connect("lost.test", "Lost")
        with held(stack, connected["tenantId"], USERS, MEMBERSHIPS):
            AdminBrowser(stack).open(connected["authUrl"])
            assert follow_until(portal, connected["tenantId"], 5) == "syncing"
            stack.kill_host()
        lose(stack, what)
        if what == "onboard_tenant":
            lose(stack, "sync_resource")
        stack.app_directory = hurried(tmp_path / "app")  # only now, or it would find whatever takes its time before
        stack.start_host()
        final = list(portal.follow(connected["tenantId"]))[-1]
        assert (final["state"], final["stalled"]) == ("completed", None)
        assert final["summary"] == stack.truth(connected["tenantId"])
        log = (stack.logs / "host.log").read_text()
        assert re.findall(r"run_stalled .* reason=(\w+)", log)[: len(reasons)] == reasons
        assert log.count("run_stuck ") == 1 or len(reasons) == 1
