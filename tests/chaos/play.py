"""Plays a chaos plan against real processes and proves what is left."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from devstack.demo.proof import find_failures
from tenantsync.store.progress import ENDED_RESOURCE_STATES
from tests.chaos.plan import FORGETFUL, ChaosPlan, Disturbance, SyncPlan, make_plan
from tests.chaos.stage import TENANT_ID, UNREACHABLE, Stage, processes_of
from tests.e2e.steps import inventory_ids, true_ids

_LONGEST_SYNC_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.2
_IDLE_POLLS: Final = 5
"""So often nobody must have been at work before a run counts as left alone."""
_WORKING: Final = frozenset({"verifying", "syncing"})
_ENDED: Final = frozenset({"completed", "completed_with_issues", "failed"})
_COMPARED: Final = ("users", "groups", "memberships", "devices", "mailboxes")
_UNCOUNTED: Final = "memberships"
"""Microsoft counts everything else. Rows of a page that are forgotten before its checkpoint leave no trace here:
whoever has lost a part of the store lists everything anew."""
_TAIL_CHARACTERS: Final = 6000

Status = Mapping[str, Any]


class ChaosError(AssertionError):
    """What was wrong, the plan, what happened when, and the ends of the logs."""


def play(seed: int, directory: Path) -> list[str]:
    """What happened when, a line each; raises ChaosError."""
    return _Run(make_plan(seed), directory).play()


class _Run:
    def __init__(self, plan: ChaosPlan, directory: Path) -> None:
        self._plan = plan
        self._directory = directory.resolve()
        first = plan.first
        self._stage = Stage(self._directory, first.users, plan.latency_ms, plan.fault_documents(first))
        self._story: list[str] = []
        self._began = time.monotonic()
        self._run_id = ""
        """Of the second sync; the first one is whichever the latest connection has."""
        self._has_forgotten = False

    def play(self) -> list[str]:
        try:
            with self._stage.stack:
                self._play()
        except Exception as error:
            raise ChaosError(self._report(error)) from error
        if left := processes_of(self._directory):
            raise ChaosError(self._report(AssertionError(f"processes are left: {left}")))
        self._note("nothing is left of it")
        return self._story

    def _play(self) -> None:
        self._note("the stack is up")
        self._stage.connect()
        self._prove(self._sync(self._plan.first), self._plan.first)
        if self._plan.second:
            self._stage.change(self._plan.second.users, self._plan.fault_documents(self._plan.second))
            self._run_id = self._stage.sync_again("delta")
            self._prove(self._sync(self._plan.second), self._plan.second)

    # One sync

    def _sync(self, sync: SyncPlan) -> Status:
        """Disturbs it, and gives the status it has ended with when nothing more will happen."""
        began, due, idle = time.monotonic(), list(sync.disturbances), 0
        self._has_forgotten = False
        while time.monotonic() - began < _LONGEST_SYNC_SECONDS:
            status, busy = self._look()
            for disturbance in [item for item in due if _is_due(item, status, time.monotonic() - began)]:
                due.remove(disturbance)
                self._disturb(disturbance, sync)
                status = None
            idle = idle + 1 if status is not None and not busy else 0
            if idle and not due and self._has_ended(status):
                return status or {}
            if idle >= _IDLE_POLLS and self._has_forgotten:
                self._go_on(status or {})
                idle = 0
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"the sync does not end: {self._look()}")

    def _look(self) -> tuple[Status | None, list[str]]:
        """The status, empty if the tenant is not known and None if nobody answers; the orchestrations at work."""
        try:
            return self._stage.status() or {}, self._stage.busy()
        except UNREACHABLE:
            return None, []

    def _has_ended(self, status: Status | None) -> bool:
        if status is None or status.get("state") not in _ENDED or self._run_id not in ("", status.get("runId")):
            return False
        # The end was written to a store that had just forgotten what it is the end of
        return not self._has_forgotten or all(map(_has_resource_ended, status.get("resources", {}).values()))

    def _disturb(self, disturbance: Disturbance, sync: SyncPlan) -> None:
        self._note(f"{disturbance.kind} ({disturbance.lasts_seconds} s)")
        self._stage.disturb(disturbance, sync.changed_users)
        self._has_forgotten |= disturbance.kind in FORGETFUL
        self._note(f"{disturbance.kind} is over")

    def _go_on(self, status: Status) -> None:
        """The store has forgotten something, and nobody is at work: what the timer or the technician does then."""
        state = status.get("state", "")
        self._note(f"nobody is at work, the status says {state!r} of {status.get('runId')}")
        try:
            if state in _WORKING:
                self._note(f"minutes later the timer has resumed {self._stage.resume()}")
            elif state in _ENDED:
                self._run_id = self._stage.sync_again("delta")
            else:
                self._stage.connect()
        except UNREACHABLE as error:
            self._note(f"that failed: {error!r}"[:500])

    # The proof

    def _prove(self, status: Status, sync: SyncPlan) -> None:
        self._note(f"ended as {status['state']}: {status['summary']}")
        resumed, left = self._stage.resume(), self._stage.left_under_way()
        assert (resumed, left) == (0, []), f"runs are left under way: {left}"
        if sync.changed_users:  # what was changed while it was listed is exact after the sync that follows
            assert status["state"] in ("completed", "completed_with_issues")
            return
        failures = self._find_failures(status)
        if self._has_forgotten and failures and all(failure.startswith(_UNCOUNTED) for failure in failures):
            self._note(f"the store has forgotten some of a page: {failures}"[:500])
            self._run_id = self._stage.sync_again("full")
            failures = self._find_failures(self._sync(replace(sync, disturbances=())))
        assert not failures, "\n".join(failures)

    def _find_failures(self, status: Status) -> list[str]:
        failures = find_failures(status, self._stage.stack.truth(TENANT_ID))
        for resource in _COMPARED:
            failures += self._compare(resource, status["resources"][resource]["certificate"])
        return failures

    def _compare(self, resource: str, certificate: Mapping[str, Any]) -> list[str]:
        stored = inventory_ids(self._stage.stack, TENANT_ID, resource)
        true = true_ids(self._stage.stack, TENANT_ID, resource)
        failures = []
        if sorted(stored) != sorted(true):
            missing, extra = sorted(set(true) - set(stored)), sorted(set(stored) - set(true))
            failures.append(f"{resource}: {len(stored)} rows for {len(true)} objects, -{missing[:3]} +{extra[:3]}")
        if certificate["stored"] != len(stored) or certificate["expected"] not in (None, len(true)):
            failures.append(f"{resource}: {len(stored)} rows of {len(true)}, certified as {certificate}")
        return failures

    # What a failure tells

    def _note(self, text: str) -> None:
        self._story.append(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def _report(self, error: BaseException) -> str:
        parts = [f"seed {self._plan.seed}: {error}", *self._story, json.dumps(asdict(self._plan), indent=1)]
        for name in ("host", "simulator"):
            path = self._directory / f"logs/{name}.log"
            parts.append(
                f"--- {name}.log\n{path.read_text(errors='replace')[-_TAIL_CHARACTERS:] if path.exists() else ''}"
            )
        return "\n".join(parts)


def _has_resource_ended(resource: Mapping[str, Any]) -> bool:
    return resource["state"] in ENDED_RESOURCE_STATES


def _is_due(item: Disturbance, status: Status | None, seconds: float) -> bool:
    """A share of the work is reached at the end of it at the latest; while nobody answers, only the time counts."""
    if item.at_percent == 0:
        return seconds >= item.at_seconds
    return status is not None and (status.get("percent") or 0) >= item.at_percent
