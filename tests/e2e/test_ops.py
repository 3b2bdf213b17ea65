"""Ops beside a real host: a run that stands still is found, read, ended, forgotten, and what it was for is synced."""

import time
from pathlib import Path
from typing import Any

import requests

from devstack.demo.journey import AdminBrowser, Portal
from devstack.stack import Stack
from tests.e2e.steps import follow_until, held, hurried
from tests.e2e.tenants import MEMBERSHIPS, fault, tenant

_PATIENCE_SECONDS = 60.0


class Ops:
    """The calls of somebody with the role, at the MSP itself."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._headers = {"Authorization": f"Bearer {stack.portal_token('Ops')}"}

    def call(self, method: str, path: str) -> requests.Response:
        return requests.request(method, f"{self._stack.api}/api/ops/{path}", headers=self._headers, timeout=30)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == requests.codes.ok, answer.text
        return answer.json()

    def wait_for_suspended(self) -> dict[str, Any]:
        """The run, once the watchdog has said that it stands still for this, and not that it takes its time."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            items: list[dict[str, Any]] = self.get("runs?state=stuck")["items"]
            if items and items[0]["stalled"]["reason"] == "instance_suspended":
                return items[0]
            time.sleep(0.3)
        raise AssertionError((self._stack.logs / "host.log").read_text()[-3000:])

    def wait_for_purge(self, run_id: str) -> int:
        """How many orchestrations were forgotten, once they have ended."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self.call("POST", f"runs/{run_id}/purge")
            if answer.status_code == requests.codes.ok:
                return int(answer.json()["purged"])
            assert answer.json()["code"] == "sync_running"
            time.sleep(0.2)
        raise AssertionError(answer.text)


def manage(stack: Stack, path: str) -> int:
    """Durable's own API by a path the run names, with the key that ops have of their own."""
    key = (stack.directory / "host/system-key").read_text()
    return requests.post(f"{stack.api}{path}", headers={"x-functions-key": key}, timeout=30).status_code


def test_ops_find_read_end_and_repair_a_stuck_run(tmp_path: Path):
    stuck = tenant(1, "stuck.test", faults=[fault("throttle", retryAfterSeconds=3)])
    with Stack(tmp_path / "stack", [stuck], app_directory=hurried(tmp_path / "app")) as stack:
        portal, ops = Portal(stack), Ops(stack)
        connected = portal.connect("stuck.test", "Stuck")
        with held(stack, connected["tenantId"], MEMBERSHIPS):
            AdminBrowser(stack).open(connected["authUrl"])
            follow_until(portal, connected["tenantId"], 1)  # its lanes have begun
            (run,) = ops.get("runs?state=active")["items"]
            urls = ops.get(f"runs/{run['runId']}")["management"]
            assert manage(stack, urls["suspendUrl"]) == requests.codes.accepted

        assert ops.wait_for_suspended()["runId"] == run["runId"]
        shown = ops.get(f"runs/{run['runId']}")
        assert shown["orchestration"]["runtimeStatus"] == "Suspended"
        assert {child["instanceId"] for child in shown["orchestration"]["children"]} >= {f"{run['runId']}-memberships"}
        assert {span["what"] for span in shown["timeline"]} >= {"verifying", "planning", "working"}
        texts = [event["text"] for event in ops.get(f"runs/{run['runId']}/history")["events"]]
        assert {"Consent is proven.", "Suspended from outside: it goes on when it is resumed."} <= set(texts)
        for child in shown["orchestration"]["children"]:
            told = ops.get(f"runs/{run['runId']}/history?instance={child['instanceId']}")
            assert told["events"][0]["text"].startswith(f"Sync of {child['resource']}")
            assert any(event["text"].startswith(f"Slice of {child['resource']}") for event in told["events"])
        (throttled,) = ops.get("throttling")["items"]
        assert (throttled["workload"], throttled["tenantDomain"]) == ("directory", "stuck.test")
        assert throttled["throttledSeconds"] >= 3
        health = {part["name"]: part for part in ops.get("health")["parts"]}
        assert {part["problem"] for part in health.values()} == {None}
        assert (health["runs"]["pending"], health["runs"]["detail"]) == (1, "1 noted as standing still.")

        assert ops.call("POST", f"runs/{run['runId']}/terminate").json()["terminated"] is True
        status = portal.call("GET", f"tenants/{connected['tenantId']}/sync-status")
        assert (status["state"], status["problem"]["code"]) == ("cancelled", "ended_by_ops")
        assert ops.wait_for_purge(run["runId"]) == len(shown["orchestration"]["children"]) + 1
        assert ops.call("GET", f"runs/{run['runId']}/history").json()["code"] == "history_unknown"

        again = ops.call("POST", f"runs/{run['runId']}/resources/users/retry").json()
        final = list(portal.follow(connected["tenantId"]))[-1]
        assert (final["runId"], final["resources"]["users"]["state"]) == (again["runId"], "completed")
        assert final["summary"]["users"] == stack.truth(connected["tenantId"])["users"]
        assert [item["runId"] for item in ops.get("runs?state=ended")["items"]] == [again["runId"], run["runId"]]
