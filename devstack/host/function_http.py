"""HTTP-triggered functions: from an aiohttp request to the function and back."""

import time

import azure.functions as func
from aiohttp import web

from devstack.host.indexing import AppFunction
from devstack.host.invocation import Invoker
from devstack.host.log import log_failure, log_line
from devstack.host.routes import MethodNotAllowedError, NoRouteError, Routes


class FunctionHttp:
    """Serves the app's HTTP functions. Functions must be anonymous: keys are the real host's business."""

    def __init__(self, functions: list[AppFunction], prefix: str, invoker: Invoker) -> None:
        self._routes = Routes(functions, prefix)
        self._invoker = invoker

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """404, 405, the function's answer, or an empty 500 when it crashed."""
        started = time.monotonic()
        response = await self._answer(request)
        milliseconds = round((time.monotonic() - started) * 1000)
        log_line(f"{request.method} {request.path} {response.status} {milliseconds} ms")
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            match = self._routes.match(request.method, request.rel_url.raw_path)
        except NoRouteError:
            return web.Response(status=404)
        except MethodNotAllowedError as refusal:
            return web.Response(status=405, headers={"Allow": ", ".join(refusal.allowed)})
        converted = await to_function_request(request, match.values)
        try:
            return to_web_response(await self._invoker.run_http(match.function, converted))
        except Exception as error:  # the function crashed: the caller learns nothing but that
            log_failure(f"function {match.function.name} crashed", error)
            return web.Response(status=500)


async def to_function_request(request: web.Request, route_values: dict[str, str]) -> func.HttpRequest:
    """What the worker would hand in: header names in lower case, values of a repeated query name joined."""
    params: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        if value:
            params[name] = f"{params[name]},{value}" if name in params else value
    return func.HttpRequest(
        request.method,
        str(request.url),
        headers={name.lower(): value for name, value in request.headers.items()},
        params=params,
        route_params=route_values,
        body=await request.read(),
    )


def to_web_response(result: object) -> web.Response:
    """Raises TypeError for a value the worker cannot encode."""
    if isinstance(result, str):
        return web.Response(text=result)
    if not isinstance(result, func.HttpResponse):
        raise TypeError(f"an HTTP function must return HttpResponse or str, not {type(result).__name__}")
    headers = dict(result.headers.items())
    if not any(name.lower() == "content-type" for name in headers) and result.get_body():
        headers["Content-Type"] = f"{result.mimetype}; charset={result.charset}"
    return web.Response(status=result.status_code, body=result.get_body(), headers=headers)
