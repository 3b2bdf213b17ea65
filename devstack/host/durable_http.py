"""The Durable HTTP APIs: for the SDK on a loopback port of its own, for people under /runtime/webhooks/durabletask."""

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from devstack.host.management import Management, RefusedError, filter_from_query

WEBHOOK_PATH: Final = "/runtime/webhooks/durabletask"
RPC_PATH: Final = "/durabletask"
_DEFAULT_PAGE: Final = 100
_CONTINUATION: Final = "x-ms-continuation-token"
_RUNNING: Final = frozenset({"Running", "Pending", "ContinuedAsNew", "Suspended"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DurableUrls:
    """The addresses the extension hands out: in the client binding and in answers to a start."""

    def __init__(self, hub_name: str, base_url: str, system_key: str) -> None:
        self._hub_name = hub_name
        self._base_url = f"{base_url}{WEBHOOK_PATH}"
        self.system_key = system_key

    def client_binding(self, rpc_port: int) -> str:
        """The durableClient binding's JSON."""
        return json.dumps(
            {
                "taskHubName": self._hub_name,
                "connectionName": None,
                "creationUrls": self._creation(),
                "managementUrls": {"id": "INSTANCEID", **self.management("INSTANCEID")},
                "baseUrl": self._base_url,
                "requiredQueryStringParameters": f"code={self.system_key}",
                "rpcBaseUrl": f"http://127.0.0.1:{rpc_port}{RPC_PATH}/",
                "httpBaseUrl": None,
            }
        )

    def _creation(self) -> dict[str, str]:
        start = f"{self._base_url}/orchestrators/{{functionName}}[/{{instanceId}}]?"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&"
        key = f"code={self.system_key}"
        return {
            "createNewInstancePostUri": start + key,
            "createAndWaitOnNewInstancePostUri": start + wait + key,
        }

    def management(self, instance_id: str) -> dict[str, str]:
        """What can be done to one instance."""
        instance = f"{self._base_url}/instances/{instance_id}"
        query = f"taskHub={self._hub_name}&connection=Storage&code={self.system_key}"
        return {
            "statusQueryGetUri": f"{instance}?{query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
            **{
                f"{operation}PostUri": f"{instance}/{operation}?reason={{text}}&{query}"
                for operation in ("terminate", "rewind", "suspend", "resume")
            },
            "restartPostUri": f"{instance}/restart?{query}",
            "purgeHistoryDeleteUri": f"{instance}?{query}",
        }


class DurableHttp:
    """Both APIs are one set of handlers; the public one asks for the system key."""

    def __init__(self, management: Management, urls: DurableUrls) -> None:
        self._management = management
        self._urls = urls

    def routes(self, prefix: str, *, needs_key: bool) -> list[web.RouteDef]:
        """The API's routes below `prefix`."""
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/orchestrators/{name}", self._start),
            ("POST", "/orchestrators/{name}/{instance}", self._start),
            ("GET", "/instances", self._list),
            ("GET", "/instances/", self._list),
            ("DELETE", "/instances", self._purge_many),
            ("DELETE", "/instances/", self._purge_many),
            ("GET", "/instances/{instance}", self._status),
            ("DELETE", "/instances/{instance}", self._purge),
            ("POST", "/instances/{instance}/raiseEvent/{event}", self._raise_event),
            ("POST", "/instances/{instance}/{operation}", self._operate),
        )
        guard = self._guarded if needs_key else _answered
        return [web.route(method, prefix + path, guard(handler)) for method, path, handler in table]

    def _guarded(self, handler: Handler) -> Handler:
        answered = _answered(handler)

        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.query.get("code") or request.headers.get("x-functions-key") or ""
            if not secrets.compare_digest(given.encode(), self._urls.system_key.encode()):
                return web.Response(status=401)
            return await answered(request)

        return guarded

    async def _start(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode()
        if body:
            _parse_json(body)
        instance_id = self._management.start(
            request.match_info["name"],
            request.match_info.get("instance"),
            body or None,
            request.headers.get("traceparent", ""),
        )
        if "timeout" in request.query:
            return await self._wait(instance_id, request)
        return self._accepted(instance_id)

    async def _wait(self, instance_id: str, request: web.Request) -> web.StreamResponse:
        seconds = float(request.query["timeout"])
        interval = float(request.query.get("pollingInterval", "1"))
        waited = 0.0
        while waited < seconds:
            instance = self._management.find(instance_id)
            if instance.is_terminal:
                return web.json_response(json.loads(instance.output or "null"))
            await asyncio.sleep(interval)
            waited += interval
        return self._accepted(instance_id)

    async def _status(self, request: web.Request) -> web.StreamResponse:
        instance = self._management.find(request.match_info["instance"])
        document = self._management.describe(
            instance,
            input_=_flag(request, "showInput", default=True),
            history=_flag(request, "showHistory"),
            outputs=_flag(request, "showHistoryOutput"),
        )
        if instance.status in _RUNNING:
            headers = {"Location": str(request.url), "Retry-After": "5"}
            return web.json_response(document, status=202, headers=headers)
        as_error = instance.status == "Failed" and _flag(request, "returnInternalServerErrorOnFailure")
        return web.json_response(document, status=500 if as_error else 200)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        limit = int(request.query.get("top") or _DEFAULT_PAGE)
        token = request.headers.get(_CONTINUATION, "")
        after = base64.urlsafe_b64decode(token.encode()).decode() if token else ""
        wanted = filter_from_query(dict(request.query), after=after, limit=limit + 1)
        found = self._management.query(wanted)
        headers = {}
        if len(found) > limit:
            found = found[:limit]
            headers[_CONTINUATION] = base64.urlsafe_b64encode(found[-1].id.encode()).decode()
        with_input = _flag(request, "showInput", default=True)
        documents = [self._management.describe(instance, input_=with_input) for instance in found]
        return web.json_response(documents, headers=headers)

    async def _raise_event(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise RefusedError(400, "Only application/json request content is supported.")
        body = (await request.read()).decode()
        _parse_json(body or "null")
        self._management.raise_event(request.match_info["instance"], request.match_info["event"], body or "null")
        return web.Response(status=202)

    async def _operate(self, request: web.Request) -> web.StreamResponse:
        instance_id, operation = request.match_info["instance"], request.match_info["operation"].lower()
        reason = request.query.get("reason", "")
        if operation == "restart":
            with_new_id = _flag(request, "restartWithNewInstanceId", default=True)
            return self._accepted(self._management.restart(instance_id, with_new_id=with_new_id))
        operations = {
            "terminate": self._management.terminate,
            "suspend": self._management.suspend,
            "resume": self._management.resume,
        }
        if operation == "rewind":
            self._management.find(instance_id)
            raise RefusedError(501, "The local host cannot rewind.")
        if operation not in operations:
            raise RefusedError(404, f"There is no operation {operation!r}.")
        operations[operation](instance_id, reason)
        return web.Response(status=202)

    async def _purge(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"instancesDeleted": self._management.purge(request.match_info["instance"])})

    async def _purge_many(self, request: web.Request) -> web.StreamResponse:
        if "createdTimeFrom" not in request.query:
            raise RefusedError(400, "Please provide value for 'createdTimeFrom' parameter.")
        deleted = self._management.purge_all(filter_from_query(dict(request.query), after="", limit=1))
        if not deleted:
            raise RefusedError(404, "No instance matches.")
        return web.json_response({"instancesDeleted": deleted})

    def _accepted(self, instance_id: str) -> web.Response:
        urls = self._urls.management(quote(instance_id, safe=""))
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return web.json_response({"id": instance_id, **urls}, status=202, headers=headers)


def _answered(handler: Handler) -> Handler:
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusedError as refusal:
            if refusal.status == web.HTTPNotFound.status_code:
                return web.Response(status=404)
            body = {"Message": str(refusal), "ExceptionMessage": str(refusal), "ExceptionType": "RefusedError"}
            return web.json_response(body, status=refusal.status)

    return answered


def _flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    text = request.query.get(name)
    return default if text is None else text.lower() == "true"


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise RefusedError(400, "The body is not JSON.") from error
