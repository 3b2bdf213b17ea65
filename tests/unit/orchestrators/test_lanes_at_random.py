"""Lanes of any outcomes, in any order, through all their generations, however their input travels."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from orchestrators import lanes, policy
from orchestrators.context import correlated
from tests.unit.orchestrators.driving import NOW, FakeContext, run

KEYS = ["users", "groups", "devices", "mailboxes"]
ENDED = {"ok": True, "ended": True, "delaySeconds": 0}
STOPPED = {"ok": False, "code": "internal_error", "action": "stop"}
LOST = [{"ok": False, "code": "storage_unavailable", "action": "retry"}, RuntimeError("the worker died")]


def made(job: Any) -> Any:
    return orjson.loads(orjson.dumps(job))


def sorted_by_the_store(job: Any) -> Any:
    return json.loads(json.dumps(job, sort_keys=True))


def any_outcome(random: random.Random) -> Any:
    more = {"ok": True, "ended": False, "delaySeconds": 0}
    waits = {**more, "delaySeconds": random.choice([1, 4.9, 5, 17.3, 100, 3600]), "reason": "throttled"}
    rests = {**more, "delaySeconds": random.choice([1.2, 8, 20.0]), "reason": "rest"}
    kinds = [more, waits, rests, random.choice(LOST), random.choice([STOPPED, ENDED])]
    return random.choices(kinds, weights=[40, 35, 10, 13, 2])[0]


class Lane:
    """Microsoft's side of a lane, which knows who may be asked when."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        keys = KEYS[: self.random.randint(1, len(KEYS))]
        self.job: Any = {"runId": "r", "resource": keys[0], "correlationId": "c", "then": keys[1:], "begun": {}}
        self.scripts = {
            key: [*(any_outcome(self.random) for _ in range(self.random.randint(0, 120))), ENDED] for key in keys
        }
        self.until = dict.fromkeys(keys, NOW)
        self.lost = dict.fromkeys(keys, 0)
        self.live = set(keys)
        self.keeps_the_turn = False

    def slice(self, key: str, context: FakeContext) -> Any:
        assert key in self.live, "a slice after the end"
        assert context.current_utc_datetime >= self.until[key], "a slice before its wait is over"
        context.current_utc_datetime += timedelta(seconds=self.random.choice([0.000001, 1, 20, 200]))
        outcome = self.scripts[key].pop(0)
        told: dict[str, Any] = outcome if isinstance(outcome, dict) else {"ok": False}
        self.lost[key] = 0 if told["ok"] else self.lost[key] + 1
        if told.get("ended") or told.get("action") == "stop" or self.lost[key] >= policy.LOST_SLICES:
            self.live.discard(key)
        delay = told["delaySeconds"] if told["ok"] else policy.LOST_SLICE_DELAY_SECONDS
        self.until[key] = context.current_utc_datetime + timedelta(seconds=delay)
        is_short = told.get("reason") == "rest" or delay < policy.TURN_SECONDS
        self.keeps_the_turn = key in self.live and (not told["ok"] or is_short)
        return outcome

    def wait(self, seconds: float, context: FakeContext) -> None:
        assert 0 < seconds <= 3600
        others = [key for key in self.live if self.until[key] <= context.current_utc_datetime]
        assert self.keeps_the_turn or not others, "a wait although another could go on"


@pytest.mark.parametrize("travel", [made, sorted_by_the_store])
@pytest.mark.parametrize("seed", range(60))
def test_lane_serves_every_resource_to_its_end_and_never_too_early(seed: int, travel: Callable[[Any], Any]):
    lane = Lane(seed)
    job, now = lane.job, NOW
    while job:
        assert {job["resource"], *job["then"], *job["begun"]} == lane.live
        context = FakeContext(job, now)

        def answer(task: Any, context: FakeContext = context) -> Any:
            return lane.slice(task[2]["resource"], context) if task[0] == "activity" else lane.wait(task[1], context)

        run(lambda given: lanes.sync_resource(correlated(given)), context, answer)
        assert len(context.asked) <= 2 * policy.SLICES_A_GENERATION + 1
        job, now = travel(context.continued), context.current_utc_datetime
    assert not lane.live
