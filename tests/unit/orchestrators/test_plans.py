"""The plans as plain generators: what they ask for, in which order, for which answers."""

from typing import Any

from orchestrators import lanes, partner_plans, plans, policy
from orchestrators.context import correlated
from tests.unit.orchestrators.driving import FakeContext, names, run, script

VERIFIED = {"ok": True, "state": "verified"}
DONE = {"ok": True, "state": "completed", "unfinished": []}


def test_onboarding_verifies_plans_syncs_and_finishes():
    context = FakeContext({"runId": "onboard-1", "tenantId": "t"})
    plan = {"ok": True, "resources": ["users", "groups"]}
    result = run(plans.onboard_tenant, context, script(verify_consent=VERIFIED, plan_sync=plan, finish_run=DONE))
    assert result == DONE
    assert names(context) == ["verify_consent", "plan_sync", "all", "finish_run"]
    children = context.asked[2][1]
    assert [child[3] for child in children] == ["onboard-1-users", "onboard-1-groups"]
    assert [child[2] for child in children] == [
        {"runId": "onboard-1", "resource": "users"},
        {"runId": "onboard-1", "resource": "groups"},
    ]


def test_propagation_waits_by_timer_with_a_growing_attempt_number():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    waiting = [{"ok": True, "state": "waiting", "delaySeconds": seconds} for seconds in (2, 5)]
    answers = script(verify_consent=[*waiting, VERIFIED], plan_sync={"ok": True, "resources": []}, finish_run=DONE)
    run(plans.onboard_tenant, context, answers)
    assert [task for task in context.asked if task[0] == "timer"] == [("timer", 2), ("timer", 5)]
    assert [task[2]["attempt"] for task in context.asked if task[1] == "verify_consent"] == [0, 1, 2]


def test_failed_verification_finishes_with_the_problem_and_syncs_nothing():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    problem = {"code": "consent_not_found", "message": "AADSTS700016"}
    failed = {"ok": True, "state": "failed", "problem": problem}
    run(plans.onboard_tenant, context, script(verify_consent=failed, finish_run=DONE))
    assert context.asked[-1] == ("activity", "finish_run", {"runId": "r", "problem": problem})
    assert "all" not in names(context)


def test_verification_never_goes_on_for_ever():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    waiting = {"ok": True, "state": "waiting", "delaySeconds": 60}
    run(plans.onboard_tenant, context, script(verify_consent=waiting, finish_run=DONE))
    assert names(context).count("verify_consent") == policy.VERIFY_TRIES


def test_failing_child_does_not_keep_the_run_from_finishing():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    answers = script(verify_consent=VERIFIED, plan_sync={"ok": True, "resources": ["users"]}, finish_run=DONE)

    def answer(task: Any) -> Any:
        return RuntimeError("child failed") if task[0] == "all" else answers(task)

    assert run(plans.onboard_tenant, context, answer) == DONE


def test_resources_that_have_not_ended_are_synced_on_under_new_ids():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    again = {"ok": True, "unfinished": ["users"]}
    answers = script(
        verify_consent=VERIFIED, plan_sync={"ok": True, "resources": ["users"]}, finish_run=[again, again, DONE]
    )
    run(plans.onboard_tenant, context, answers)
    ids = [child[3] for task in context.asked if task[0] == "all" for child in task[1]]
    assert ids == ["r-users", "r-users-1", "r-users-2"]


def test_resources_that_never_end_are_given_up():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    answers = script(
        verify_consent=VERIFIED,
        plan_sync={"ok": True, "resources": ["users"]},
        finish_run={"ok": True, "unfinished": ["users"]},
    )
    run(plans.onboard_tenant, context, answers)
    assert context.asked[-1] == ("activity", "finish_run", {"runId": "r", "force": True})


def test_store_that_is_away_while_finishing_is_waited_for():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    away = {"ok": False, "code": "storage_unavailable", "action": "retry"}
    answers = script(
        verify_consent=VERIFIED, plan_sync={"ok": True, "resources": []}, finish_run=[away, RuntimeError("lost"), DONE]
    )
    assert run(plans.onboard_tenant, context, answers) == DONE
    assert [task[1] for task in context.asked if task[0] == "timer"] == [policy.FINISH_DELAY_SECONDS] * 2


LANES = {"ok": True, "resources": ["users", "groups", "devices"], "lanes": [["users"], ["devices", "groups"]]}
PLACE = {"ok": True, "state": "admitted"}
QUEUED = {"ok": True, "state": "waiting", "delaySeconds": 7.5}


def test_run_waits_for_its_place_by_timer_and_then_syncs_its_lanes_at_once():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    lost = RuntimeError("the worker died")
    answers = script(verify_consent=VERIFIED, plan_sync=LANES, admit_run=[QUEUED, lost, QUEUED, PLACE], finish_run=DONE)
    assert run(plans.onboard_tenant, context, answers) == DONE
    waits = [task[1] for task in context.asked if task[0] == "timer"]
    assert waits == [7.5, policy.LOST_SLICE_DELAY_SECONDS, 7.5]
    (children,) = [task[1] for task in context.asked if task[0] == "all"]
    assert [child[2:] for child in children] == [
        ({"runId": "r", "resource": "users"}, "r-users"),
        ({"runId": "r", "resource": "devices", "then": ["groups"]}, "r-devices"),
    ]


def test_resources_of_a_lane_take_turns_where_the_plan_says_so():
    context = FakeContext({"runId": "r", "tenantId": "t", "plan": {**LANES, "turns": True}})
    left = {"ok": True, "unfinished": ["users", "groups", "devices"]}
    run(plans.onboard_tenant, context, script(admit_run=PLACE, finish_run=[left, DONE]))
    first, again = ([child[2] for child in task[1]] for task in context.asked if task[0] == "all")
    assert first == [
        {"runId": "r", "resource": "users"},
        {"runId": "r", "resource": "devices", "then": ["groups"], "begun": {}},
    ]
    assert again[0] == {"runId": "r", "resource": "users", "then": ["devices"], "begun": {}}


def test_long_wait_goes_on_in_a_new_generation_that_only_waits():
    context = FakeContext({"runId": "r", "tenantId": "t", "again": "2026"})
    run(plans.onboard_tenant, context, script(verify_consent=VERIFIED, plan_sync=LANES, admit_run=QUEUED))
    assert names(context).count("admit_run") == policy.LOOKS_A_GENERATION
    assert context.continued == {"runId": "r", "tenantId": "t", "again": "2026", "plan": LANES}
    following = FakeContext(context.continued)
    run(plans.onboard_tenant, following, script(admit_run=PLACE, finish_run=DONE))
    assert names(following) == ["admit_run", "all", "finish_run"]
    assert following.asked[1][1][0][3] == "r-users-2026"


def test_run_ends_when_nobody_can_say_whether_it_has_a_place():
    context = FakeContext({"runId": "r", "tenantId": "t"})
    broken = {"ok": False, "code": "internal_error", "action": "stop"}
    run(
        plans.onboard_tenant,
        context,
        script(verify_consent=VERIFIED, plan_sync=LANES, admit_run=broken, finish_run=DONE),
    )
    assert names(context) == ["verify_consent", "plan_sync", "admit_run", "finish_run"]
    assert context.asked[-1][2] == {"runId": "r", "problem": {"code": "internal_error"}}


def test_what_is_left_is_synced_by_no_more_lanes_than_before():
    context = FakeContext({"runId": "r", "tenantId": "t", "plan": LANES})
    left = {"ok": True, "unfinished": ["users", "groups", "devices"]}
    run(plans.onboard_tenant, context, script(admit_run=PLACE, finish_run=[left, DONE]))
    again = [task[1] for task in context.asked if task[0] == "all"][1]
    assert [child[2] for child in again] == [
        {"runId": "r", "resource": "users", "then": ["devices"]},
        {"runId": "r", "resource": "groups"},
    ]


def test_inventory_is_removed_slice_by_slice_and_a_lost_slice_is_repeated():
    context = FakeContext({"mspId": "m", "tenantId": "t", "connectionId": "c"})
    answers = iter([{"ok": True, "ended": False}, Exception("host gone"), None, {"ok": True, "ended": True}])
    assert run(plans.disconnect_tenant, context, lambda task: next(answers)) == {"ok": True}
    assert [task[0] for task in context.asked] == ["activity", "activity", "timer", "activity"]


def test_endless_removal_goes_on_in_a_new_generation():
    job = {"mspId": "m", "tenantId": "t", "connectionId": "c", "settleSeconds": 120}
    context = FakeContext(job)
    run(plans.disconnect_tenant, context, lambda task: {"ok": True, "ended": False})
    assert context.asked[0] == ("timer", 120.0)
    assert len(context.asked) == policy.SLICES_A_GENERATION + 1
    assert context.continued == {**job, "settleSeconds": 0}  # waited for once


def test_consents_are_watched_a_page_at_a_time():
    context = FakeContext({"cursor": ""})
    page = {"ok": True, "tenants": [{"mspId": "m", "tenantId": "t"}], "cursor": "m t"}
    run(plans.watch_consents, context, lambda task: page if task[0] == "activity" else [{"ok": True}])
    assert [task[0] for task in context.asked] == ["activity", "all"]
    assert context.continued == {"cursor": "m t"}


def test_one_failing_look_does_not_end_the_watch():
    context = FakeContext({"cursor": ""})
    page = {"ok": True, "tenants": [{"mspId": "m", "tenantId": "t"}], "cursor": ""}
    outcome = run(
        plans.watch_consents, context, lambda task: page if task[0] == "activity" else Exception("one failed")
    )
    assert outcome == {"ok": True}


def test_grant_is_looked_for_until_the_activity_says_so():
    context = FakeContext({"grantId": "g", "mspId": "m", "tenantId": "t"})
    answers = iter([{"ok": True, "ended": False, "delaySeconds": 5}, None, {"ok": True, "ended": True}])
    assert run(plans.verify_grant, context, lambda task: next(answers)) == {"ok": True}
    assert context.asked[1] == ("timer", 5.0)


def test_grant_is_not_given_up_while_no_activity_answers():
    job = {"grantId": "g", "mspId": "m", "tenantId": "t"}
    context = FakeContext(job)
    run(plans.verify_grant, context, lambda task: {"ok": False, "action": "retry"} if task[0] == "activity" else None)
    assert context.asked[-1] == ("timer", float(policy.LONG_PAUSE_SECONDS))
    assert context.continued == job


def test_watch_finishes_removals_that_were_forgotten():
    context = FakeContext({"cursor": ""})
    job = {"mspId": "m", "tenantId": "t", "connectionId": "c"}
    answers = iter([{"ok": True, "tenants": [], "leaving": [job], "cursor": ""}, {"ok": True, "ended": True}])
    assert run(plans.watch_consents, context, lambda task: next(answers)) == {"ok": True}
    assert context.asked[1] == ("activity", "remove_inventory", job)


def test_orchestration_that_is_started_anew_has_children_of_its_own():
    """The ids of the first one's children are taken, and one of them may still be running."""
    job = {"runId": "r", "tenantId": "t"}
    ids = []
    for again in ({}, {"again": "20260302T090000Z"}):
        context = FakeContext({**job, **again})
        answers = script(
            verify_consent={"ok": True, "state": "verified"},
            plan_sync={"ok": True, "resources": ["users"]},
            finish_run={"ok": True, "unfinished": []},
        )
        run(plans.onboard_tenant, context, answers)
        ids += [task[1][0][3] for task in context.asked if task[0] == "all"]
    assert len(set(ids)) == 2


RELATIONSHIP = {"mspId": "m", "tenantId": "t", "key": "k"}


def test_relationship_is_looked_at_as_often_as_the_look_says_until_it_has_ended():
    context = FakeContext(RELATIONSHIP)
    looks = [{"ok": True, "ended": False, "delaySeconds": seconds} for seconds in (15, 900, 86_400)]
    answers = script(check_relationship=[*looks, {"ok": True, "ended": True}])
    assert run(partner_plans.watch_relationship, context, answers) == {"ok": True}
    assert [task[1] for task in context.asked if task[0] == "timer"] == [15, 900, 86_400]


def test_look_that_fails_for_good_ends_no_watch():
    context = FakeContext(RELATIONSHIP)
    failed = {"ok": False, "code": "partner_access_missing", "action": "stop"}
    assert run(partner_plans.watch_relationship, context, script(check_relationship=failed)) is None
    assert {task[1] for task in context.asked if task[0] == "timer"} == {policy.FAILED_LOOK_SECONDS}
    assert context.continued == RELATIONSHIP
    assert len(context.asked) == 2 * policy.LOOKS_A_GENERATION


def test_customers_are_moved_one_after_the_other_and_one_that_fails_is_counted():
    context = FakeContext({"mspId": "m", "moveId": "v", "after": ""})
    moved = [{"ok": True, "ended": False, "after": name} for name in ("a", "b")]
    failed = {"ok": False, "code": "throttled", "action": "wait"}
    answers = script(move_tenant=[moved[0], failed, failed, moved[1], {"ok": True, "ended": True}])
    assert run(partner_plans.move_to_gdap, context, answers) == {"ok": True}
    jobs = [task[2] for task in context.asked if task[0] == "activity"]
    assert [(job["after"], job.get("lost", 0)) for job in jobs] == [("", 0), ("a", 0), ("a", 1), ("a", 2), ("b", 0)]
    assert jobs[3]["code"] == "throttled"


def test_long_move_goes_on_in_a_new_generation():
    context = FakeContext({"mspId": "m", "moveId": "v", "after": ""})
    run(partner_plans.move_to_gdap, context, lambda task: {"ok": True, "ended": False, "after": "x"})
    assert context.continued["after"] == "x"
    assert len(context.asked) == policy.SLICES_A_GENERATION


CAUSE = {"correlationId": "12345678-1234-4234-8234-123456789abc"}


def test_id_of_the_cause_goes_on_to_activities_children_and_generations():
    context = FakeContext({"runId": "onboard-1", "tenantId": "t", **CAUSE})
    answers = {
        "plan_sync": {"ok": True, "resources": ["users"], "lanes": [["users", "groups"]]},
        "admit_run": {"ok": True, "state": "admitted"},
    }
    fine = {"ok": True, "state": "verified", "unfinished": []}

    def answer(task: Any) -> Any:
        return answers.get(str(task[1]), fine)

    run(lambda given: plans.onboard_tenant(correlated(given)), context, answer)
    jobs = [task[2] for task in context.asked if task[0] == "activity"]
    jobs += [child[2] for kind, children in (task for task in context.asked if task[0] == "all") for child in children]
    assert len(jobs) == 5
    assert all(job["correlationId"] == CAUSE["correlationId"] for job in jobs)
    lane = FakeContext({"runId": "onboard-1", "resource": "users", "then": ["groups"], **CAUSE})
    run(lambda given: lanes.sync_resource(correlated(given)), lane, lambda task: {"ok": True, "ended": True})
    assert lane.continued == {"runId": "onboard-1", "resource": "groups", "then": [], **CAUSE}


def test_job_of_an_earlier_release_is_handed_on_as_it_is():
    context = FakeContext({"runId": "onboard-1", "resource": "users"})
    assert correlated(context) is context
