"""One run: its resources, its times, its orchestration; and histories in sentences."""

import json
from typing import Any

import pytest

from tenantsync.clock import to_rfc3339
from tenantsync.services import Services
from tenantsync.store.progress import ResourceState
from tenantsync.store.runs import Run, RunState, WaitReason
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import OTHER_MSP
from tests.unit.journey import checkpoint
from tests.unit.ops.conftest import Ops, keeps, recorded


def at(seconds: int) -> str:
    """A time as Durable writes it on Azure: seven digits."""
    return f"2026-03-02T09:00:{seconds:02d}.1234567Z"


def told(seconds: int) -> str:
    return f"2026-03-02T09:00:{seconds:02d}.123Z"


def slice_done(begun: int, until: int, **result: Any) -> dict[str, Any]:
    outcome = {"ok": True, "ended": False, "delaySeconds": 0, **result}
    return {
        "EventType": "TaskCompleted",
        "Result": json.dumps(outcome),
        "Timestamp": at(until),
        "ScheduledTime": at(begun),
        "FunctionName": "sync_slice",
    }


STARTED = {"EventType": "ExecutionStarted", "Timestamp": at(0), "FunctionName": "sync_resource"}
WAITED = {"EventType": "TimerFired", "ScheduledTime": at(9), "Timestamp": at(20), "FireAt": at(19)}
LANE = [
    STARTED,
    slice_done(1, 4, pages=12),
    slice_done(4, 6, pages=1),
    slice_done(6, 9, delaySeconds=10, reason="throttled"),
    WAITED,
    {"EventType": "TaskFailed", "Timestamp": at(23), "ScheduledTime": at(20), "FunctionName": "sync_slice"},
    {"EventType": "TimerCreated", "Timestamp": at(23), "FireAt": at(38)},
]


def remember(ops: Ops, run: Run, *events: dict[str, Any], lane: str = "", **job: Any) -> str:
    """Durable knows the run's orchestration, or one of its lanes, with this history."""
    name, instance_id = ("sync_resource", f"{run.run_id}-{lane}") if lane else ("onboard_tenant", run.run_id)
    ops.app.client.instances[instance_id] = (name, {"runId": run.run_id, **job})
    ops.app.client.histories[instance_id] = list(events)
    return instance_id


def history(ops: Ops, run: Run, instance: str = "") -> Any:
    answer = ops.get(f"runs/{run.run_id}/history{f'?instance={instance}' if instance else ''}")
    assert answer.status == 200, answer.body
    assert keeps("OpsHistory", answer.body)
    return answer.body


def test_run_is_shown_as_the_contract_says(ops: Ops, run: Run, services: Services, clock: FakeClock):
    remember(ops, run, *recorded("onboarding_in_lanes"))
    remember(ops, run, *LANE, lane="users", resource="users", then=["devices"])
    checkpoint(services, run, started_at=to_rfc3339(clock.now()))
    body = ops.get(f"runs/{run.run_id}").body
    assert keeps("OpsRunDetails", body)
    assert (body["runId"], body["customerName"]) == (run.run_id, "Contoso")
    assert body["resources"]["users"]["endedAt"] is None
    assert body["orchestration"]["runtimeStatus"] == "Running"
    (lane,) = body["orchestration"]["children"]
    assert (lane["instanceId"], lane["resource"]) == (f"{run.run_id}-users", "users")


def test_timeline_has_work_and_waits_with_their_reasons(ops: Ops, run: Run, services: Services):
    remember(ops, run)
    remember(ops, run, *LANE, lane="users", resource="users")
    checkpoint(services, run, started_at="2026-03-02T08:59:00.000Z")
    assert ops.get(f"runs/{run.run_id}").body["timeline"] == [
        span("2026-03-02T08:59:00.000Z", told(1)),
        span(told(1), told(9)),
        span(told(9), told(20), "waiting", "throttled"),
        span(told(20), told(23)),
        span(told(23), told(38), "waiting", "retry"),
    ]


def test_waits_of_earlier_generations_are_told_by_the_checkpoint(ops: Ops, run: Run, services: Services):
    remember(ops, run)
    remember(ops, run, *LANE, lane="users", resource="users")
    started, first, second = (f"2026-03-02T08:59:{seconds}.000Z" for seconds in ("00", "10", "40"))
    waits = f"{first}/{second}/throttled {told(9)}/{told(20)}/throttled"
    checkpoint(services, run, started_at=started, waits=waits)
    assert ops.get(f"runs/{run.run_id}").body["timeline"][:4] == [
        span(started, first),
        span(first, second, "waiting", "throttled"),
        span(second, told(1)),
        span(told(1), told(9)),
    ]


def span(begun: str, ended: str | None, what: str = "working", reason: str | None = None) -> dict[str, Any]:
    return {"at": begun, "until": ended, "resource": "users", "what": what, "reason": reason}


@pytest.mark.parametrize(
    ("changes", "spans"),
    [
        ({}, [span(told(1), None)]),
        ({"state": ResourceState.COMPLETED}, [span(told(1), told(9))]),
        (
            {"state": ResourceState.WAITING, "waiting_reason": WaitReason.THROTTLED, "waiting_until": told(30)},
            [span(told(1), told(9)), span(told(9), told(30), "waiting", "throttled")],
        ),
        (
            {"state": ResourceState.COMPLETED, "waits": f"{told(3)}/{told(20)}/throttled"},
            [span(told(1), told(3)), span(told(3), told(9), "waiting", "throttled")],
        ),
        ({"carried_from": "earlier"}, []),
    ],
)
def test_checkpoints_alone_tell_the_times_when_durable_has_forgotten(
    ops: Ops, run: Run, services: Services, changes: dict[str, Any], spans: list[Any]
):
    checkpoint(services, run, **{"started_at": told(1), "updated_at": told(9), **changes})
    body = ops.get(f"runs/{run.run_id}").body
    assert keeps("OpsRunDetails", body)
    assert (body["orchestration"], body["timeline"]) == (None, spans)


def test_wait_that_is_left_from_an_earlier_turn_keeps_its_reason(ops: Ops, run: Run, services: Services):
    remember(ops, run)
    left = {"EventType": "TimerCreated", "Timestamp": at(10), "FireAt": at(40)}
    wait = {"until": "2026-03-02T09:00:40+00:00", "reason": "throttled"}
    lane = remember(ops, run, STARTED, left, lane="users", resource="users", begun={}, **wait)
    assert history(ops, run, lane)["events"][-1]["text"] == f"Waits until {told(40)} because Microsoft throttles."
    checkpoint(services, run, started_at=told(0), updated_at=told(5), waits=f"{told(5)}/{told(40)}/throttled")
    timeline = ops.get(f"runs/{run.run_id}").body["timeline"]
    assert [item for item in timeline if item["resource"] == "users"] == [
        span(told(0), told(5)),
        span(told(5), told(10), "waiting", "throttled"),
        span(told(10), told(40), "waiting", "throttled"),
    ]


def test_resource_whose_lane_others_have_is_not_shown_at_work(ops: Ops, run: Run, services: Services):
    remember(ops, run)
    others = {"resource": "devices", "begun": {"users": {"until": "2026-03-02T09:00:20+00:00", "reason": "retry"}}}
    remember(ops, run, *LANE, lane="users", **others)
    checkpoint(services, run, started_at=told(0), updated_at=told(1))
    timeline = ops.get(f"runs/{run.run_id}").body["timeline"]
    assert [item for item in timeline if item["resource"] == "users"] == [span(told(0), told(1))]


def test_run_that_waits_for_its_place_shows_it(ops: Ops, run: Run, services: Services, clock: FakeClock):
    now, until = to_rfc3339(clock.now()), told(30)
    waits = {"waiting_reason": WaitReason.QUEUED, "waiting_until": until}
    services.runs.change(run.run_id, state=RunState.SYNCING, updated_at=now, **waits)
    queued = {"at": now, "until": until, "resource": None, "what": "waiting", "reason": "queued"}
    assert queued in ops.get(f"runs/{run.run_id}").body["timeline"]


def test_durable_that_does_not_answer_hides_no_run(ops: Ops, run: Run, monkeypatch: pytest.MonkeyPatch):
    async def away(*_: Any, **__: Any) -> None:
        raise OSError("host is away")

    monkeypatch.setattr(ops.app.client, "get_status", away, raising=False)
    shown = ops.get(f"runs/{run.run_id}")
    assert (shown.status, shown.body["orchestration"]) == (200, None)
    assert ops.get(f"runs/{run.run_id}/history").status == 503


def test_management_has_paths_and_no_key(ops: Ops, run: Run):
    found = ops.get(f"runs/{run.run_id}").body["management"]
    instance = f"/runtime/webhooks/durabletask/instances/{run.run_id}"
    assert all(path.startswith(instance) for path in found.values())
    assert "code" not in json.dumps(found)


def test_lane_reads_as_a_story(ops: Ops, run: Run):
    instance = remember(ops, run, *LANE, lane="users", resource="users", then=["devices"])
    found = history(ops, run, instance)
    assert (found["resource"], found["truncated"], found["instanceId"]) == ("users", False, instance)
    assert [event["text"] for event in found["events"]] == [
        "Sync of users, then devices.",
        "Slice of users: 12 pages, goes on.",
        "Slice of users: 1 page, goes on.",
        "Slice of users: goes on.",
        "Waited 11 s because Microsoft throttles.",
        "A slice of users was lost: it crashed or took too long.",
        f"Waits until {told(38)} before it is tried again.",
    ]
    assert [event["isError"] for event in found["events"]] == [False] * 5 + [True, False]
    waiting = {"groups": {"until": "2026-03-02T09:05:00+00:00", "reason": "retry"}, "<b>": {}}
    instance = remember(ops, run, STARTED, lane="users", resource="users", then=["devices"], begun=waiting)
    (begun,) = history(ops, run, instance)["events"]
    assert begun["text"] == "Sync of users, in turns with groups, then devices."
    assert (found["events"][1]["at"], found["events"][1]["scheduledAt"], found["events"][1]["seconds"]) == (
        told(4),
        told(1),
        3.0,
    )


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        (
            "onboarding_in_lanes",
            [
                "Orchestration of the run begun.",
                "Consent is proven.",
                "Planned: organization, users, groups.",
                "It has its place.",
                "A lane of resources has ended.",
                "Run closed: completed.",
                "Orchestration ended: Completed.",
            ],
        ),
        ("onboarding_waited", ["No consent seen yet.", "Waited 2 s until consent has reached Microsoft's services."]),
        ("onboarding_queued", ["No place is free yet.", "Asking for a place failed: storage_unavailable."]),
        ("onboarding_failed", ["Consent could not be proven: consent_not_found."]),
        ("onboarding_unfinished", ["Not ended yet, so synced on: users."]),
        ("resource_waited", ["Slice of users: has ended."]),
    ],
)
def test_recorded_histories_read_as_sentences(ops: Ops, run: Run, name: str, sentences: list[str]):
    instance = remember(ops, run, *recorded(name), resource="users") if name.startswith("onb") else ""
    instance = instance or remember(ops, run, *recorded(name), lane="users", resource="users")
    found = history(ops, run, instance)
    texts = [event["text"] for event in found["events"]]
    assert [text for text in dict.fromkeys(texts) if text in sentences] == sentences
    assert all(event["at"] for event in found["events"])


def test_nothing_but_known_fields_leaves_a_history(ops: Ops, run: Run):
    """Names, mails and messages may stand in results and reasons; none of them is shown."""
    secret = "Ada Lovelace <ada@contoso.com> eyJhbGciOi"
    result = {"ok": False, "code": secret, "state": secret, "message": secret, "resources": [secret], "problem": secret}
    events = [
        {**STARTED, "Input": json.dumps({"runId": secret})},
        {**slice_done(1, 2), "Result": json.dumps(result)},
        {**slice_done(2, 3), "Result": secret, "FunctionName": secret},
        {"EventType": "TaskFailed", "Timestamp": secret, "Reason": secret, "Details": secret, "FunctionName": "x"},
        {"EventType": "ExecutionTerminated", "Timestamp": at(4), "Input": secret, "Reason": secret},
        {"EventType": "ExecutionCompleted", "Timestamp": at(4), "OrchestrationStatus": "Failed", "Result": secret},
        {"EventType": "EventRaised", "Timestamp": at(4), "Name": secret, "Input": secret},
    ]
    instance = remember(ops, run, *events, lane="users", resource=secret, then=[secret])
    body = json.dumps([history(ops, run, instance), ops.get(f"runs/{run.run_id}").body])
    assert "Ada" not in body
    assert "eyJ" not in body


def test_long_history_gives_the_newest_events(ops: Ops, run: Run):
    remember(ops, run, *[slice_done(1, 2)] * 501, slice_done(5, 6, ended=True))
    found = history(ops, run)
    assert (len(found["events"]), found["truncated"]) == (500, True)
    assert found["events"][-1]["at"] == told(6)


@pytest.mark.parametrize("other", ["x", "{run}x", "onboard-x-users", "{run}-users/../x", "{run}-a%3Fb", "{run}-%23"])
def test_instances_of_others_are_not_found(ops: Ops, run: Run, other: str):
    answer = ops.get(f"runs/{run.run_id}/history?instance={other.format(run=run.run_id)}")
    assert (answer.status, answer.body["code"]) == (404, "run_unknown")


def test_history_that_is_gone_is_said_to_be(ops: Ops, run: Run):
    answer = ops.get(f"runs/{run.run_id}/history")
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (404, "history_unknown", "msp_ops")


@pytest.mark.parametrize("name", ["under_way", "watch", "no/such", "a b", "%27", "x" * 300])
def test_what_is_no_run_is_unknown(ops: Ops, run: Run, name: str):
    assert ops.get(f"runs/{name}").status == 404


def test_operator_sees_the_runs_of_all_and_an_msp_its_own(operator: Ops, ops: Ops, run: Run):
    remember(ops, run, *recorded("onboarding_in_lanes"))
    for path in (f"runs/{run.run_id}", f"runs/{run.run_id}/history"):
        assert operator.get(path).body == ops.get(path).body
        assert Ops(ops.app, OTHER_MSP).get(path).body["code"] == "run_unknown"
