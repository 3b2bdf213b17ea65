"""A lane's slices: in which order, after which waits, and what is left to the next generation."""

from datetime import timedelta
from typing import Any

import pytest

from orchestrators import lanes, policy
from tests.unit.orchestrators.driving import NOW, FakeContext, names, run, script

JOB = {"runId": "r", "resource": "users"}
MORE = {"ok": True, "ended": False, "delaySeconds": 0}


def test_slices_go_on_until_the_resource_has_ended():
    context = FakeContext(JOB)
    wait = {"ok": True, "ended": False, "delaySeconds": 17}
    ended = {"ok": True, "ended": True, "delaySeconds": 0}
    result = run(lanes.sync_resource, context, script(sync_slice=[MORE, wait, ended]))
    assert result == {"resource": "users", "ok": True}
    assert context.asked == [
        ("activity", "sync_slice", JOB),
        ("activity", "sync_slice", JOB),
        ("timer", 17),
        ("activity", "sync_slice", JOB),
    ]


def test_long_resource_continues_as_new_with_a_bounded_history():
    context = FakeContext(JOB)
    run(lanes.sync_resource, context, script(sync_slice=MORE))
    assert len(context.asked) == policy.SLICES_A_GENERATION <= 100
    assert context.continued == {**JOB, "lost": 0}


def test_lost_slices_are_repeated_and_counted_over_generations():
    context = FakeContext({**JOB, "lost": policy.LOST_SLICES - 2})
    result = run(lanes.sync_resource, context, script(sync_slice=RuntimeError("worker died")))
    assert result == {"resource": "users", "ok": False}
    assert names(context) == ["sync_slice", "timer", "sync_slice"]


def test_slice_that_works_again_forgets_the_lost_ones():
    context = FakeContext(JOB)
    lost = {"ok": False, "code": "storage_unavailable", "action": "retry"}
    ended = {"ok": True, "ended": True}
    answers = [lost] * (policy.LOST_SLICES - 1) + [MORE] + [lost] * (policy.LOST_SLICES - 1) + [ended]
    assert run(lanes.sync_resource, context, script(sync_slice=answers)) == {"resource": "users", "ok": True}


@pytest.mark.parametrize("code", ["internal_error", "unexpected_answer"])
def test_slice_that_must_stop_ends_the_resource(code: str):
    context = FakeContext(JOB)
    stop = {"ok": False, "code": code, "action": "stop"}
    assert run(lanes.sync_resource, context, script(sync_slice=stop)) == {"resource": "users", "ok": False}
    assert len(context.asked) == 1


@pytest.mark.parametrize(
    "end", [{"ok": True, "ended": True}, {"ok": False, "code": "internal_error", "action": "stop"}]
)
def test_next_resource_of_a_lane_follows_in_a_new_generation(end: dict[str, Any]):
    context = FakeContext({**JOB, "then": ["groups", "devices"], "lost": 3})
    run(lanes.sync_resource, context, script(sync_slice=end))
    assert context.asked == [("activity", "sync_slice", JOB)]
    assert context.continued == {"runId": "r", "resource": "groups", "then": ["devices"]}


def test_lane_is_not_forgotten_between_generations():
    context = FakeContext({**JOB, "then": ["groups"]})
    run(lanes.sync_resource, context, script(sync_slice=MORE))
    assert context.continued == {**JOB, "then": ["groups"], "lost": 0}


ENDED = {"ok": True, "ended": True, "delaySeconds": 0}
SLICE_SECONDS = 10


def waits(seconds: float, reason: str = "throttled") -> dict[str, Any]:
    return {"ok": True, "ended": False, "delaySeconds": seconds, "reason": reason}


def drive(job: dict[str, Any], **slices: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """The slices of a lane through all its generations, each with the second at which it has ended."""
    done: list[tuple[str, float]] = []
    context = FakeContext(job)

    def answer(task: Any) -> Any:
        if task[0] != "activity":
            return None
        resource = task[2]["resource"]
        context.current_utc_datetime += timedelta(seconds=SLICE_SECONDS)
        done.append((resource, (context.current_utc_datetime - NOW).total_seconds()))
        return slices[resource].pop(0)

    while context.get_input():
        result = run(lanes.sync_resource, context, answer)
        assert (result is None) == (context.continued is not None)
        context = FakeContext(context.continued, context.current_utc_datetime)
    assert not any(slices.values())
    return done


TURNS = {**JOB, "then": ["groups", "devices"], "begun": {}}


def test_others_of_the_lane_go_on_while_a_resource_waits():
    assert drive(TURNS, users=[waits(30), ENDED], groups=[MORE, ENDED], devices=[ENDED]) == [
        ("users", 10),
        ("groups", 20),
        ("groups", 30),
        ("devices", 40),
        ("users", 50),
    ]


def test_begun_resources_take_turns_and_the_others_begin_when_all_wait():
    done = drive(
        TURNS, users=[waits(5), MORE, MORE, waits(60), ENDED], groups=[MORE, waits(90), ENDED], devices=[ENDED]
    )
    assert [resource for resource, _ in done] == [
        *("users", "groups", "users", "groups", "users", "users", "devices", "users", "groups")
    ]


def test_lane_in_which_all_wait_goes_on_with_the_first_that_may():
    done = drive(TURNS, users=[waits(100), ENDED], groups=[waits(200), ENDED], devices=[waits(20), ENDED])
    assert done == [("users", 10), ("groups", 20), ("devices", 30), ("devices", 60), ("users", 120), ("groups", 230)]


@pytest.mark.parametrize("outcome", [waits(2), waits(20, "rest")])
def test_short_wait_and_the_rest_for_other_tenants_are_sat_out(outcome: dict[str, Any]):
    done = drive(TURNS, users=[outcome, ENDED], groups=[ENDED], devices=[ENDED])
    assert [resource for resource, _ in done] == ["users", "users", "groups", "devices"]
    assert done[1][1] == 2 * SLICE_SECONDS + outcome["delaySeconds"]


def test_lost_slices_of_a_resource_are_counted_by_itself():
    lost = {"ok": False, "code": "storage_unavailable", "action": "retry"}
    slices = [lost] * (policy.LOST_SLICES - 1) + [waits(60)] + [lost] * policy.LOST_SLICES
    done = drive(TURNS, users=slices, groups=[lost, ENDED], devices=[ENDED])
    assert [resource for resource, _ in done[policy.LOST_SLICES :][:4]] == ["groups", "groups", "devices", "users"]


def test_wait_belongs_to_the_generation_of_the_resource_that_waits():
    moment = (NOW + timedelta(seconds=30)).isoformat()
    left = {"until": moment, "reason": "throttled"}
    ending = FakeContext({**JOB, "then": [], "begun": {"groups": left}})
    run(lanes.sync_resource, ending, script(sync_slice=ENDED))
    assert names(ending) == ["sync_slice"]
    assert ending.continued == {"runId": "r", "resource": "groups", "then": [], "begun": {}, **left}
    waiting = FakeContext(ending.continued)
    run(lanes.sync_resource, waiting, script(sync_slice=MORE))
    assert waiting.asked[:2] == [("timer", 30), ("activity", "sync_slice", {"runId": "r", "resource": "groups"})]
    assert not {"until", "reason"} & set(waiting.continued)


def test_lane_remembers_who_waits_through_long_generations():
    done = drive(TURNS, users=[waits(10_000), ENDED], groups=[MORE] * 90 + [ENDED], devices=[ENDED])
    assert [resource for resource, _ in done] == ["users", *["groups"] * 91, "devices", "users"]


def test_plan_of_an_earlier_release_keeps_its_lane_while_it_waits():
    job = {**JOB, "then": ["groups"]}
    assert drive(job, users=[waits(30), ENDED], groups=[ENDED]) == [("users", 10), ("users", 50), ("groups", 60)]
