"""The whole app in process: every registered HTTP function behind its route, on fakes, as a portal would call it."""

import asyncio
import importlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from uuid import uuid4

import azure.functions as func
from azure.durable_functions import OrchestrationRuntimeStatus

from devstack.host.indexing import AppFunction, AppIndex, index_app
from tenantsync.problems import find_problem
from tenantsync.web import Call, problem_reply
from tenantsync.wire import CORRELATION


@cache
def app_index() -> AppIndex:
    """Indexed once: azure-functions remembers names and refuses a second time."""
    return index_app(importlib.import_module("function_app"))


@dataclass(frozen=True)
class HttpFunction:
    """A registered HTTP function: its name, method and route below /api."""

    name: str
    method: str
    route: str
    call: Callable[..., Any]

    @property
    def path(self) -> str:
        return f"/api/{self.route}"

    def match(self, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def http_functions() -> list[HttpFunction]:
    """Every HTTP function the app registers; literal routes before those with parameters, as the host has it."""
    found = [_http_function(item) for item in app_index().of_kind("httpTrigger")]
    return sorted(found, key=lambda item: item.route.count("{"))


def _http_function(item: AppFunction) -> HttpFunction:
    (method,) = item.trigger["methods"]
    return HttpFunction(item.name, str(getattr(method, "value", method)), str(item.trigger["route"]), item.call)


_MADE = datetime(2026, 11, 24, 9, tzinfo=UTC)


@dataclass(frozen=True)
class DurableStatus:
    """An instance's status, as far as it is looked at; `historyEvents` is the answer's own name for the history."""

    runtime_status: OrchestrationRuntimeStatus
    custom_status: Any = None
    instance_id: str = ""
    name: str = ""
    created_time: datetime = _MADE
    last_updated_time: datetime = _MADE
    input_: Any = None
    historyEvents: Any = None  # noqa: N815 - the extension's name


@dataclass(frozen=True)
class Purged:
    """The SDK's answer to a purge."""

    instances_deleted: int


@dataclass
class DurableClient:
    """The Durable client's part that is used.

    `instances` has name and input by id, `ended` what was terminated, `histories` the events of an instance.
    """

    instances: dict[str, tuple[str, Any]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    histories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)

    @property
    def started(self) -> dict[str, tuple[str, Any]]:
        """`instances` without the id of the request that was the cause."""
        known = self.instances.items()
        return {key: (name, {k: v for k, v in job.items() if k != CORRELATION}) for key, (name, job) in known}

    async def get_status(self, instance_id: str, *, show_history: bool = False, show_history_output: bool = False):
        if instance_id not in self.instances:
            return None
        status = self._status_of(instance_id)
        is_whole = show_history and show_history_output
        return replace(status, historyEvents=self.histories.get(instance_id, [])) if is_whole else status

    async def get_status_by(
        self,
        created_time_from: datetime | None = None,
        created_time_to: datetime | None = None,
        runtime_status: Any = None,
        instance_id_prefix: str | None = None,
    ) -> list[DurableStatus]:
        wanted = {status.value for status in runtime_status or ()}
        found = [self._status_of(name) for name in self.instances if name.startswith(instance_id_prefix or "")]
        return [status for status in found if not wanted or status.runtime_status.value in wanted][:100]

    async def start_new(self, name: str, instance_id: str, job: Any) -> str:
        self.instances[instance_id] = (name, job)
        self.starts.append(instance_id)
        return instance_id

    async def terminate(self, instance_id: str, reason: str) -> None:
        self.ended.append(instance_id)

    async def purge_instance_history(self, instance_id: str) -> Purged:
        return Purged(1 if self.instances.pop(instance_id, None) else 0)

    def _status_of(self, instance_id: str) -> DurableStatus:
        name, job = self.instances[instance_id]
        state = "Terminated" if instance_id in self.ended else "Pending" if instance_id in self.pending else "Running"
        status = OrchestrationRuntimeStatus(state)
        return DurableStatus(status, instance_id=instance_id, name=name, input_=json.dumps(job))


@dataclass(frozen=True)
class Answer:
    """What the app answered."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content) if self.content else None


@dataclass
class App:
    """Calls the app's functions by method and path."""

    client: DurableClient = field(default_factory=DurableClient)

    def call(
        self, method: str, path: str, token: str = "", body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        parts = urlsplit(path)
        for function in http_functions():
            route = function.match(parts.path) if function.method == method else None
            if route is not None:
                return self._run(function, parts.path, parts.query, route, token, body, headers or {})
        nothing = problem_reply(find_problem("not_found"), Call(func.HttpRequest(method, path, body=b""), str(uuid4())))
        return Answer(404, nothing.headers, nothing.body)

    def _run(
        self,
        function: HttpFunction,
        path: str,
        query: str,
        route: dict[str, str],
        token: str,
        body: Any,
        headers: Mapping[str, str],
    ) -> Answer:
        known = {"authorization": f"Bearer {token}"} if token else {}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = func.HttpRequest(
            function.method,
            f"https://connect.test{path}",
            headers={**known, **headers},
            params=dict(parse_qsl(query, keep_blank_values=True)),
            route_params=route,
            body=content,
        )
        plain = inspect.unwrap(function.call)
        bindings = {"client": self.client} if "client" in inspect.signature(plain).parameters else {}
        response = plain(req=request, **bindings)
        if inspect.isawaitable(response):
            response = asyncio.run(response)  # type: ignore[arg-type]
        return Answer(response.status_code, dict(response.headers), response.get_body() or b"")


def wsgi_app(app: App) -> Callable[[dict[str, Any], Callable[..., Any]], list[bytes]]:
    """The app as a WSGI application, for tools that speak HTTP."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        size = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        path = quote(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"))
        query = environ.get("QUERY_STRING", "")
        target = f"{path}?{query}" if query else path
        answer = app.call(environ["REQUEST_METHOD"], target, body=environ["wsgi.input"].read(size), headers=headers)
        start_response(f"{answer.status} X", list(answer.headers.items()))
        return [answer.content]

    return serve
