"""A trace goes on from whoever starts an orchestration to its activities, its children's, and later generations'."""

import asyncio
import json
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from opentelemetry import trace

from devstack.host.indexing import AppIndex
from devstack.host.invocation import Invoker
from tests.unit.host.harness import Host, index, play

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACE_PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
NO_TRACE = f"{0:032x}"


def current_trace() -> str:
    return f"{trace.get_current_span().get_span_context().trace_id:032x}"


def traced_app(seen: list[str]) -> df.DFApp:
    app = df.DFApp()

    @app.activity_trigger(input_name="job")
    def look(job: Any) -> None:
        seen.append(current_trace())

    @app.orchestration_trigger(context_name="context")
    def child(context: df.DurableOrchestrationContext):
        yield context.call_activity("look", {})

    @app.orchestration_trigger(context_name="context")
    def parent(context: df.DurableOrchestrationContext):
        left = context.get_input()["left"]
        yield context.call_activity("look", {})
        yield context.call_sub_orchestrator("child", {}, f"child-{left}")
        if left:
            context.continue_as_new({"left": left - 1})

    @app.route(route="sync", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    def sync(req: func.HttpRequest) -> str:
        return current_trace()

    @app.route(route="waiting", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    async def waiting(req: func.HttpRequest) -> str:
        await asyncio.sleep(0)
        return current_trace()

    return app


def seen_after(directory: Path, trace_parent: str) -> list[str]:
    seen: list[str] = []

    async def scenario(host: Host) -> None:
        host.management.start("parent", "one", json.dumps({"left": 1}), trace_parent)
        await host.ended("one")

    play(traced_app(seen), directory, scenario)
    return seen


def test_activities_children_and_generations_belong_to_the_trace_of_the_start(tmp_path: Path):
    assert seen_after(tmp_path, TRACE_PARENT) == [TRACE_ID] * 4


def test_without_a_trace_each_activity_begins_its_own(tmp_path: Path):
    assert seen_after(tmp_path, "") == [NO_TRACE] * 4


def test_request_continues_its_callers_trace_and_none_stays_behind():
    app: AppIndex = index(traced_app([]))

    async def ask() -> list[str]:
        invoker = Invoker("{}", 1, 1)
        functions = {function.name: function for function in app.of_kind("httpTrigger")}
        headers = ({"traceparent": TRACE_PARENT}, {}, {"traceparent": "junk"})
        asked = [func.HttpRequest("GET", "/", headers=header, body=b"") for header in headers]
        answers = [
            await invoker.run_http(functions[name], request) for name in ("sync", "waiting") for request in asked
        ]
        invoker.close()
        return [*answers, current_trace()]

    assert asyncio.run(ask()) == [TRACE_ID, NO_TRACE, NO_TRACE, TRACE_ID, NO_TRACE, NO_TRACE, NO_TRACE]
