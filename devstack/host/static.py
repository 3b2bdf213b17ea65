"""Serves the portal's files, so that one address has both the pages and the API. GET only, one folder only."""

from pathlib import Path
from typing import Final

from aiohttp import web

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LANDING_PAGE: Final = "connect"


class Portal:
    """The portal's folder; `/connect` and everything below it is the landing page."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = self._find(request.path)
        if path is None or request.method not in ("GET", "HEAD"):
            return web.Response(status=404)
        return web.FileResponse(path, headers=_HEADERS)

    def _find(self, url_path: str) -> Path | None:
        parts = [part for part in url_path.split("/") if part]
        if not parts:
            return self._existing("index.html")
        if parts[0] == _LANDING_PAGE:
            return self._existing(f"{_LANDING_PAGE}.html")
        return self._existing("/".join(parts))

    def _existing(self, name: str) -> Path | None:
        path = (self._directory / name).resolve()
        return path if path.is_relative_to(self._directory) and path.is_file() else None
