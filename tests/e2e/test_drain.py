"""A deployment is drained by one command: what is in flight ends exact, what comes meanwhile waits until it is over."""

import os
import subprocess
import sys

from devstack.demo.journey import AdminBrowser, Portal
from devstack.stack import OTHER_MSP, ROOT, Stack
from tests.e2e.steps import onboard, run_timer, spread


def drain(stack: Stack, *options: str) -> tuple[int, str]:
    """Exit code and what was told, of the operator's ops."""
    environment = {**os.environ, "TOKEN": stack.portal_token("Ops", msp=OTHER_MSP)}
    command = [sys.executable, "-m", "devstack.drain", stack.api, *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


def test_drain_ends_what_is_in_flight_and_holds_back_the_rest(stack: Stack):
    portal, held = Portal(stack), onboard(stack, "held.test")["tenantId"]
    connected = portal.connect("ending.test", "Ending")
    AdminBrowser(stack).open(connected["authUrl"])
    try:
        code, told = drain(stack, "--seconds", "0")
        assert code == 1, told
        assert "onboard " in told
        run_id = portal.call("POST", f"tenants/{held}/resync")["runId"]
        spread(stack, connected["tenantId"])
        code, told = drain(stack, "--seconds", "90")
        assert code == 0, told
        status = portal.call("GET", f"tenants/{connected['tenantId']}/sync-status")
        assert (status["state"], status["summary"]) == ("completed", stack.truth(connected["tenantId"]))
        assert portal.call("GET", f"tenants/{held}/sync-status")["waiting"]["reason"] == "paused"
    finally:
        assert drain(stack, "--resume")[0] == 0
    run_timer(stack, "resume_runs")
    final = list(portal.follow(held))[-1]
    assert (final["runId"], final["state"]) == (run_id, "completed")
