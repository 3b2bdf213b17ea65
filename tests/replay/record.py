"""Records histories from the local host: scripted activities, the real orchestrators, the real SDK."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from devstack.host.config import read_config
from devstack.host.events import EventType, kind_of
from orchestrators import lanes, partner_plans, plans
from orchestrators.context import correlated
from tenantsync.wire import ACTIVITIES, ORCHESTRATORS
from tests.unit.host.harness import Host, play

ROOT = Path(__file__).resolve().parents[2]
VERSIONING = read_config(ROOT).versioning
FIXTURES = ROOT / "tests/fixtures/histories"
"""The oldest histories have no version; later ones are in a directory of their version."""
VERIFIED = {"ok": True, "state": "verified"}
WAITING = {"ok": True, "state": "waiting", "delaySeconds": 2}
FAILED = {"ok": True, "state": "failed", "problem": {"code": "consent_not_found", "message": "AADSTS700016"}}
PLAN = {"ok": True, "resources": ["organization", "users", "groups"]}
LANES = {**PLAN, "lanes": [["users"], ["groups", "organization"]]}
TURNS = {**LANES, "turns": True}
PLACE = {"ok": True, "state": "admitted"}
QUEUED = {"ok": True, "state": "waiting", "delaySeconds": 2.5}
DONE = {"ok": True, "state": "completed", "unfinished": []}
MORE = {"ok": True, "ended": False, "delaySeconds": 0}
THROTTLED = {"ok": True, "ended": False, "delaySeconds": 17}
RESTED = {"ok": True, "ended": False, "delaySeconds": 20, "reason": "rest"}
ENDED = {"ok": True, "ended": True, "delaySeconds": 0}
RUN = {"runId": "onboard-1", "tenantId": "11111111-1111-4111-8111-111111111111"}
RESOURCE = {"runId": "onboard-1", "resource": "users"}
LEFT = {"until": "2026-03-02T09:01:30+00:00", "reason": "throttled"}
LANE = {**RESOURCE, "then": [], "begun": {}}
CAUSE = {"correlationId": "12345678-1234-4234-8234-123456789abc"}
TENANT = {"mspId": "m", "tenantId": "t"}
BATCH = {"mspId": "m", "batchId": "b"}
GRANT = {**TENANT, "grantId": "g"}
LETTING_GO = {**TENANT, "connectionId": "c"}
RELATIONSHIP = {**TENANT, "key": "k"}
LOOKED = {"ok": True, "ended": False, "delaySeconds": 15}
REFUSED = {"ok": False, "code": "partner_access_missing", "action": "stop"}
MOVE = {"mspId": "m", "moveId": "v", "after": ""}
MOVED = {"ok": True, "ended": False, "after": "t"}
PAGE = {"ok": True, "tenants": [TENANT, {"mspId": "m", "tenantId": "u"}], "cursor": ""}
COMPANIES = {"mspId": "m", "provider": "autotask", "number": 1}
LOST = {"ok": False, "code": "storage_unavailable", "action": "retry"}

SCRIPTS: dict[str, tuple[str, dict[str, Any], dict[str, list[Any]]]] = {
    "onboarding_completed": ("onboard_tenant", RUN, {"verify_consent": [VERIFIED]}),
    "onboarding_waited": ("onboard_tenant", RUN, {"verify_consent": [WAITING, WAITING, VERIFIED]}),
    "onboarding_failed": ("onboard_tenant", RUN, {"verify_consent": [FAILED]}),
    "onboarding_unfinished": ("onboard_tenant", RUN, {"finish_run": [{"ok": True, "unfinished": ["users"]}, DONE]}),
    "onboarding_in_lanes": ("onboard_tenant", RUN, {"plan_sync": [LANES]}),
    "onboarding_queued": ("onboard_tenant", RUN, {"plan_sync": [LANES], "admit_run": [QUEUED, LOST, PLACE]}),
    "onboarding_queued_long": ("onboard_tenant", {**RUN, "plan": LANES}, {"admit_run": [QUEUED] * 12}),
    "onboarding_lane_unfinished": (
        "onboard_tenant",
        RUN,
        {"plan_sync": [LANES], "finish_run": [{"ok": True, "unfinished": ["users", "groups", "organization"]}, DONE]},
    ),
    "resource_completed": ("sync_resource", RESOURCE, {"sync_slice": [MORE, MORE, ENDED]}),
    "onboarding_correlated": ("onboard_tenant", {**RUN, **CAUSE}, {"plan_sync": [LANES]}),
    "resource_correlated": ("sync_resource", {**RESOURCE, **CAUSE}, {"sync_slice": [MORE, THROTTLED, ENDED]}),
    "onboarding_in_turns": ("onboard_tenant", RUN, {"plan_sync": [TURNS]}),
    "lane_in_turns": ("sync_resource", LANE, {"sync_slice": [MORE, THROTTLED, RESTED, THROTTLED, ENDED]}),
    "lane_handed_on": ("sync_resource", {**LANE, **LEFT}, {"sync_slice": [MORE, ENDED]}),
    "disconnected": ("disconnect_tenant", LETTING_GO, {"remove_inventory": [MORE, LOST, ENDED]}),
    "consents_watched": ("watch_consents", {"cursor": ""}, {"list_tenants": [PAGE]}),
    "grant_verified": ("verify_grant", GRANT, {"check_grant": [THROTTLED, ENDED]}),
    "companies_synced": ("sync_companies", COMPANIES, {"sync_company_slice": [MORE, THROTTLED, LOST, ENDED]}),
    "companies_synced_long": ("sync_companies", COMPANIES, {"sync_company_slice": [MORE] * 41}),
    "batch_connected": ("connect_batch", BATCH, {"connect_items": [MORE, THROTTLED, LOST, ENDED]}),
    "batch_connected_long": ("connect_batch", BATCH, {"connect_items": [*[MORE] * 42, ENDED]}),
    "resource_waited": ("sync_resource", RESOURCE, {"sync_slice": [THROTTLED, MORE, THROTTLED, ENDED]}),
    "relationship_watched": (
        "watch_relationship",
        RELATIONSHIP,
        {"check_relationship": [LOOKED, REFUSED, LOOKED, ENDED]},
    ),
    "relationship_watched_long": ("watch_relationship", RELATIONSHIP, {"check_relationship": [LOOKED] * 12}),
    "customers_moved": ("move_to_gdap", MOVE, {"move_tenant": [MOVED, LOST, MOVED, ENDED]}),
}
DEFAULTS: Mapping[str, Any] = {
    "verify_consent": VERIFIED,
    "plan_sync": PLAN,
    "sync_slice": ENDED,
    "finish_run": DONE,
    "remove_inventory": ENDED,
    "list_tenants": {"ok": True, "tenants": [], "cursor": ""},
    "check_consent": {"ok": True, "consent": "granted"},
    "check_grant": ENDED,
    "admit_run": PLACE,
    "sync_company_slice": ENDED,
    "connect_items": ENDED,
    "check_relationship": ENDED,
    "move_tenant": ENDED,
}


def scripted_app(answers: dict[str, list[Any]]) -> df.DFApp:
    """The orchestrators with activities that answer from a script, then by default."""
    app = df.DFApp()
    for name in ACTIVITIES:
        app.activity_trigger(input_name="job", activity=name)(_scripted(name, answers))
    for name in ORCHESTRATORS:
        app.orchestration_trigger(context_name="context", orchestration=name)(_planned(name))
    return app


def _scripted(name: str, answers: dict[str, list[Any]]) -> Any:
    def answer(job: dict) -> dict:
        return answers[name].pop(0) if answers.get(name) else DEFAULTS[name]

    answer.__name__ = name
    return answer


def _planned(name: str) -> Any:
    plan = next(getattr(module, name) for module in (plans, lanes, partner_plans) if hasattr(module, name))

    def run(context):
        return (yield from plan(correlated(context)))

    run.__name__ = name
    return run


def record(name: str) -> dict[str, Any]:
    """The history of one script."""
    orchestrator, input_, answers = SCRIPTS[name]
    recorded: list[Any] = []

    async def scenario(host: Host) -> None:
        host.management.start(orchestrator, "onboard-1", json.dumps(json.dumps(input_)))
        while not host.instance("onboard-1").is_terminal:
            host.pass_time(60)
            await asyncio.sleep(0.01)
        instance = host.instance("onboard-1")
        recorded.extend(host.store.read_history(instance.id, instance.execution_id))

    with tempfile.TemporaryDirectory() as directory:
        play(
            scripted_app({key: list(value) for key, value in answers.items()}),
            Path(directory),
            scenario,
            versioning=VERSIONING,
        )
    return {"name": orchestrator, "instanceId": "onboard-1", "events": recorded}


def context_of(document: Mapping[str, Any], events: list[dict[str, Any]]) -> str:
    """The trigger's value for a prefix of a history."""
    started = next(event for event in events if kind_of(event) is EventType.EXECUTION_STARTED)
    return json.dumps(
        {
            "history": events,
            "input": json.loads(started["Input"]),
            "instanceId": document["instanceId"],
            "isReplaying": True,
            "parentInstanceId": None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 3,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )


def main() -> int:
    """Writes the histories of today's version that are missing: what was released is never recorded anew."""
    directory = FIXTURES / VERSIONING.current
    directory.mkdir(exist_ok=True)
    for name in SCRIPTS:
        path = directory / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(record(name), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
