"""CORS, as browsers demand it of the endpoints a single-page application asks by itself."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.Response]]
_ALLOWED: Final = "Access-Control-Allow-Origin"


class CrossOrigin:
    """Answers the registered origins, and nobody else's pages."""

    def __init__(self, redirect_uris: Iterable[str]) -> None:
        self._origins = frozenset("{0.scheme}://{0.netloc}".format(urlsplit(address)) for address in redirect_uris)

    def wrap(self, handler: Handler) -> Handler:
        """The handler, readable by pages of the registered origins."""

        async def answer(request: web.Request) -> web.Response:
            return self._allow(request, await handler(request))

        return answer

    async def preflight(self, request: web.Request) -> web.Response:
        """What a browser asks before it sends anything out of the ordinary."""
        response = self._allow(request, web.Response(status=200))
        if _ALLOWED in response.headers:
            response.headers["Access-Control-Allow-Methods"] = "POST, GET, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "")
            response.headers["Access-Control-Max-Age"] = "86400"
        return response

    def _allow(self, request: web.Request, response: web.Response) -> web.Response:
        origin = request.headers.get("Origin", "")
        response.headers["Vary"] = "Origin"
        if origin in self._origins:
            response.headers[_ALLOWED] = origin
        return response
