"""The Functions host's own API, as far as it is needed here: a timer's function is run now, without its hour."""

import secrets
from typing import Final

from aiohttp import web

from devstack.host.timers import Timers

ADMIN_PATH: Final = "/admin/functions"


class AdminHttp:
    """Asks for the master key, as Microsoft's host does; unlike that one it answers when the function has ended."""

    def __init__(self, timers: Timers, master_key: str) -> None:
        self._timers = timers
        self._master_key = master_key

    def routes(self) -> list[web.RouteDef]:
        """The API's routes."""
        return [web.post(f"{ADMIN_PATH}/{{name}}", self._run)]

    async def _run(self, request: web.Request) -> web.Response:
        given = request.headers.get("x-functions-key", "")
        if not secrets.compare_digest(given.encode(), self._master_key.encode()):
            return web.Response(status=401)
        is_known = await self._timers.run_now(request.match_info["name"])
        return web.Response(status=202 if is_known else 404)
