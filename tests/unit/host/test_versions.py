"""Versions of instances: given at birth, kept for life, run only where they may be; and how plans ask for them."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.host.config import read_config
from devstack.host.versions import FailureStrategy, MatchStrategy, Versioning, compare_versions
from orchestrators.context import is_at_least
from tests.unit.host.harness import Host, play

OLD = Versioning("1.0")
NEW = Versioning("1.1")


def sample_app() -> df.DFApp:
    """A plan that says its version and its child's, after a pause; another begins a new generation."""
    app = df.DFApp()

    @app.orchestration_trigger(context_name="context")
    def tell(context):
        yield context.create_timer(context.current_utc_datetime.replace(hour=23))
        child = yield context.call_sub_orchestrator("child", {"again": False}, f"{context.instance_id}-child")
        return [context.version, child, is_at_least(context, "1.1")]

    @app.orchestration_trigger(context_name="context")
    def child(context):
        if not context.get_input()["again"]:
            context.continue_as_new({"again": True})
            return None
        return context.version
        yield

    return app


async def begun(host: Host) -> None:
    host.start("tell", None)
    await host.until(lambda: host.instance().status == "Running")
    await host.idle()


async def ended(host: Host) -> None:
    host.pass_time(24 * 3600)
    await host.ended()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1.0", "1.0", 0), ("1.9", "1.10", -1), ("2.0", "1.10", 1), ("", "1.0", -1), ("b", "a", 1), ("1.0.1", "1.0", 1)],
)
def test_versions_compare_as_numbers(one: str, other: str, expected: int):
    assert compare_versions(one, other) == expected


@pytest.mark.parametrize(
    ("match", "allowed"),
    [
        (MatchStrategy.NONE, {"", "1.0", "1.1", "1.2"}),
        (MatchStrategy.STRICT, {"1.1"}),
        (MatchStrategy.CURRENT_OR_OLDER, {"", "1.0", "1.1"}),
    ],
)
def test_strategy_decides_what_is_run(match: MatchStrategy, allowed: set[str]):
    versioning = replace(NEW, match=match)
    assert {version for version in ("", "1.0", "1.1", "1.2") if versioning.may_run(version)} == allowed


@pytest.mark.parametrize(
    ("version", "asked", "expected"),
    [(None, "1.0", False), ("", "1.0", False), ("1.0", "1.0", True), ("1.9", "1.10", False), ("1.10", "1.9", True)],
)
def test_plan_asks_for_a_version(version: Any, asked: str, expected: bool):
    assert is_at_least(SimpleNamespace(version=version), asked) is expected  # type: ignore[arg-type]


def test_children_and_new_generations_have_the_version(tmp_path: Path):
    async def scenario(host: Host) -> None:
        await begun(host)
        await ended(host)
        assert host.output() == ["1.1", "1.1", True]

    play(sample_app(), tmp_path, scenario, versioning=NEW)


@pytest.mark.parametrize(("born", "said"), [(Versioning(), None), (OLD, "1.0")])
def test_instance_keeps_its_version_under_a_newer_release(tmp_path: Path, born: Versioning, said: str | None):
    """Its children are made by the newer one."""
    play(sample_app(), tmp_path, begun, versioning=born)

    async def scenario(host: Host) -> None:
        await ended(host)
        assert host.output() == [said, "1.1", False]

    play(sample_app(), tmp_path, scenario, versioning=NEW)


def test_instance_of_a_newer_release_waits_for_it(tmp_path: Path):
    play(sample_app(), tmp_path, begun, versioning=NEW)

    async def rolled_back(host: Host) -> None:
        host.pass_time(24 * 3600)
        host.start("tell", None, "other")
        await host.until(lambda: host.instance("other").status == "Running")
        assert host.instance().status == "Running"
        assert host.store.due_instances(host.clock.now()) == ["one"]

    async def back_again(host: Host) -> None:
        await ended(host)
        assert host.output() == ["1.1", "1.1", True]

    play(sample_app(), tmp_path, rolled_back, versioning=OLD)
    play(sample_app(), tmp_path, back_again, versioning=NEW)


def test_instance_of_a_newer_release_fails_where_that_is_asked_for(tmp_path: Path):
    play(sample_app(), tmp_path, begun, versioning=NEW)

    async def scenario(host: Host) -> None:
        host.pass_time(24 * 3600)
        await host.ended(status="Failed")
        assert "1.1" in host.output()

    play(sample_app(), tmp_path, scenario, versioning=replace(OLD, failure=FailureStrategy.FAIL))


def test_unknown_strategy_is_refused(tmp_path: Path):
    document = {"extensions": {"durableTask": {"defaultVersion": "1.0", "versionMatchStrategy": "Newest"}}}
    (tmp_path / "host.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="Newest"):
        read_config(tmp_path)
