"""Stored histories of finished runs still replay on today's orchestrators; one of another shape must not.

`python3 -m tests.replay.record` records what today's version (host.json) lacks. A plan that asks for other things than
the recorded ones of its version needs a new version: docs/operations.md. Histories that releases have really made, with
the answers of their own activities, are kept in tests/releases.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from devstack.host.episode import ask_sdk
from devstack.host.events import EventType, kind_of
from devstack.host.replay import NonDeterminismError, replay
from orchestrators import triggers
from tenantsync import wire
from tests.releases import kept
from tests.replay.record import SCRIPTS, VERSIONING, context_of, record

HISTORIES = Path(__file__).resolve().parents[1] / "fixtures/histories"
ORCHESTRATORS: dict[str, Any] = {name: getattr(triggers, name) for name in wire.ORCHESTRATORS}


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((HISTORIES / f"{name}.json").read_text())
    return document


def episodes(events: list[dict[str, Any]]) -> list[int]:
    """Where each episode of a history ends."""
    return [n + 1 for n, event in enumerate(events) if kind_of(event) is EventType.ORCHESTRATOR_COMPLETED]


def run(document: dict[str, Any], end: int) -> Any:
    handle = ORCHESTRATORS[document["name"]]._function.get_user_function()
    events = document["events"][:end]
    return replay(ask_sdk(handle, context_of(document, events)), events)


DECISIONS = {EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_INSTANCE_CREATED, EventType.TIMER_CREATED}


def decisions(document: dict[str, Any]) -> list[tuple[EventType, str, str]]:
    """What the plan asked for, in its order."""
    asked = [event for event in document["events"] if kind_of(event) in DECISIONS]
    return [(kind_of(event), event.get("Name", ""), event.get("InstanceId", "")) for event in asked]


FOUND = sorted(str(path.relative_to(HISTORIES).with_suffix("")) for path in HISTORIES.rglob("*.json"))
GOOD = [name for name in FOUND if not name.startswith("bad_")]
RELEASED = {
    f"{path.parts[-3]}/{path.stem}": json.loads(path.read_text())
    for path in kept.HERE.glob(f"*/{kept.HISTORIES}/*.json")
}
CORPUS = {**{name: load(name) for name in GOOD}, **RELEASED}


@pytest.mark.parametrize("name", CORPUS)
def test_history_replays_to_its_end_asking_for_nothing_new(name: str):
    document = CORPUS[name]
    outcome = run(document, len(document["events"]))
    assert (outcome.is_ended, outcome.decisions, outcome.error) == (True, [], None)


@pytest.mark.parametrize("name", CORPUS)
def test_every_prefix_replays_the_same_twice(name: str):
    document = CORPUS[name]
    for end in episodes(document["events"]):
        assert run(document, end) == run(document, end)


def test_corpus_covers_the_paths_that_matter():
    assert {load(name)["name"] for name in GOOD} == set(wire.ORCHESTRATORS)
    assert {"onboarding_completed", "onboarding_waited", "onboarding_failed", "resource_waited"} <= set(GOOD)


def test_histories_are_of_the_version_they_are_filed_under():
    for name in GOOD:
        started = next(event for event in load(name)["events"] if kind_of(event) is EventType.EXECUTION_STARTED)
        assert (started["Version"] or "") == name.rpartition("/")[0]


def test_todays_version_has_its_histories():
    assert {name for name in GOOD if name.startswith(f"{VERSIONING.current}/")} == {
        f"{VERSIONING.current}/{name}" for name in SCRIPTS
    }


@pytest.mark.parametrize("name", SCRIPTS)
def test_plan_that_asks_for_other_things_has_a_new_version(name: str):
    assert decisions(record(name)) == decisions(load(f"{VERSIONING.current}/{name}"))


def test_history_of_another_shape_is_refused():
    document = load("bad_other_activity")
    with pytest.raises(NonDeterminismError):
        run(document, len(document["events"]))
