"""Indexing rules, routes, schedules, settings of the local host."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from devstack.host.config import read_config
from devstack.host.indexing import AppFunction, IndexingError
from devstack.host.routes import MethodNotAllowedError, NoRouteError, Routes
from devstack.host.schedule import parse_schedule
from tests.unit.host.harness import index


def surplus(app: df.DFApp) -> None:
    @app.route(route="x")
    def bad(req: func.HttpRequest, extra: str) -> str:
        return ""


def missing(app: df.DFApp) -> None:
    @app.route(route="x")
    def bad(request: func.HttpRequest) -> str:
        return ""


def generic(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="job")
    def bad(job: dict[str, int]) -> str:
        return ""


def optional(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="job")
    def bad(job: dict | None) -> str:
        return ""


def other_context(app: df.DFApp) -> None:
    @app.orchestration_trigger(context_name="ctx")
    def bad(ctx):
        yield


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (surplus, "parameters without a binding: extra"),
        (missing, "bindings without a parameter: req"),
        (generic, "which the worker rejects"),
        (optional, "which the worker rejects"),
        (other_context, 'needs context_name="context"'),
    ],
)
def test_rule_of_the_worker_is_enforced_by_name(declare: Any, said: str):
    app = df.DFApp()
    declare(app)
    with pytest.raises(IndexingError) as refused:
        index(app)
    assert "bad: " in str(refused.value)
    assert said in str(refused.value)


def test_every_violation_is_reported_at_once():
    app = df.DFApp()
    surplus(app)

    @app.activity_trigger(input_name="job")
    def worse(job: list[int]) -> str:
        return ""

    with pytest.raises(IndexingError) as refused:
        index(app)
    assert "bad: " in str(refused.value)
    assert "worse: " in str(refused.value)


def test_module_without_an_app_is_refused():
    from types import ModuleType

    from devstack.host.indexing import index_app

    with pytest.raises(IndexingError, match="exactly one function app"):
        index_app(ModuleType("function_app"))


def function(name: str, route: str, *methods: str) -> AppFunction:
    trigger = {"type": "httpTrigger", "name": "req", "route": route, "methods": methods}
    return AppFunction(name, lambda: None, trigger)


ROUTES = Routes(
    [
        function("literal", "tenants/connect", "POST"),
        function("status", "tenants/{tenantId}/sync-status", "GET"),
        function("parameter", "tenants/{id}", "GET"),
        function("number", "runs/{n:int}", "GET"),
        function("optional", "pages/{page?}", "GET"),
        function("rest", "files/{*path}", "GET"),
        function("mixed", "v{major}.{minor}/x", "GET"),
    ],
    "api",
)


@pytest.mark.parametrize(
    ("method", "path", "name", "values"),
    [
        ("POST", "/api/tenants/connect", "literal", {}),
        ("POST", "/API/Tenants/CONNECT/", "literal", {}),
        ("GET", "/api/tenants/connect", "parameter", {"id": "connect"}),
        ("GET", "/api/tenants/AbC/sync-status", "status", {"tenantId": "AbC"}),
        ("GET", "/api/runs/42", "number", {"n": "42"}),
        ("GET", "/api/pages", "optional", {}),
        ("GET", "/api/pages/7", "optional", {"page": "7"}),
        ("GET", "/api/files/a/b/c", "rest", {"path": "a/b/c"}),
        ("GET", "/api/tenants/a%2Fb", "parameter", {"id": "a/b"}),
        ("GET", "/api/v1.2/x", "mixed", {"major": "1", "minor": "2"}),
    ],
)
def test_route_is_matched_as_aspnet_does(method: str, path: str, name: str, values: dict[str, str]):
    match = ROUTES.match(method, path)
    assert (match.function.name, match.values) == (name, values)


@pytest.mark.parametrize("path", ["/api", "/tenants/connect", "/api/runs/x", "/api/tenants/a/b/c", "/"])
def test_unknown_path_has_no_route(path: str):
    with pytest.raises(NoRouteError):
        ROUTES.match("GET", path)


def test_wrong_method_names_the_right_ones():
    with pytest.raises(MethodNotAllowedError) as refused:
        ROUTES.match("DELETE", "/api/tenants/connect")
    assert refused.value.allowed == ["GET", "POST"]


NOW = datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("0 */5 * * * *", datetime(2026, 3, 2, 9, 35, tzinfo=UTC)),
        ("*/5 * * * *", datetime(2026, 3, 2, 9, 35, tzinfo=UTC)),
        ("*/10 * * * * *", datetime(2026, 3, 2, 9, 30, 20, tzinfo=UTC)),
        ("0 0 3 * * *", datetime(2026, 3, 3, 3, 0, tzinfo=UTC)),
        ("0 0 9-17 * * 1-5", datetime(2026, 3, 2, 10, 0, tzinfo=UTC)),
        ("0 0 0 * * SUN", datetime(2026, 3, 8, tzinfo=UTC)),
        ("0 0 0 * * 7", datetime(2026, 3, 8, tzinfo=UTC)),
        ("0 0 0 1 jan *", datetime(2027, 1, 1, tzinfo=UTC)),
        ("0 0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("30 15,45 * * * *", datetime(2026, 3, 2, 9, 45, 30, tzinfo=UTC)),
        ("0 10/20 * * * *", datetime(2026, 3, 2, 9, 50, tzinfo=UTC)),
        ("00:15:00", datetime(2026, 3, 2, 9, 45, 15, tzinfo=UTC)),
        ("1.00:00:00", datetime(2026, 3, 3, 9, 30, 15, tzinfo=UTC)),
    ],
)
def test_schedule_fires_next_when_ncrontab_says(text: str, following: datetime):
    assert parse_schedule(text).following(NOW) == following


@pytest.mark.parametrize(
    "text", ["", "* *", "61 * * * * *", "0 0 25 * * *", "a * * * * *", "0 5-1 * * * *", "1 2 3 4 5 6 7"]
)
def test_schedule_that_cannot_be_read_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        parse_schedule(text)


def test_host_json_of_the_project_is_understood():
    config = read_config(Path(__file__).resolve().parents[3])
    assert (config.route_prefix, config.hub_name, config.max_activities) == ("api", "OpsPilot365Connect", 16)
    assert config.function_timeout.total_seconds() == 600


@pytest.mark.parametrize("content", [None, "{", "[]x"])
def test_host_json_that_cannot_be_read_is_named(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "host.json").write_text(content)
    with pytest.raises(ValueError, match=r"host\.json cannot be read"):
        read_config(tmp_path)
