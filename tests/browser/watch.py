"""Whatever a person would not see but a developer would: errors in the console, in scripts, strange requests."""

from collections.abc import Collection
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_ANSWER_IN_CONSOLE = "Failed to load resource"


class Watch:
    """Collects what goes wrong in people's pages; a test names in `expected` what it provokes itself."""

    def __init__(self, origins: Collection[str], portal: str) -> None:
        self.expected: list[str] = []
        self._found: list[str] = []
        self._origins, self._portal = origins, portal

    def attend(self, context: BrowserContext) -> None:
        """Watches all pages of a context, from now on."""
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("request", self._follow)
        context.on("response", self._read)

    @property
    def unexpected(self) -> list[str]:
        """What no text in `expected` is part of."""
        return [line for line in self._found if not any(text in line for text in self.expected)]

    def _hear(self, message: ConsoleMessage) -> None:
        # violations of the content security policy are errors of the console; refused answers are read below
        if message.type == "error" and not message.text.startswith(_ANSWER_IN_CONSOLE):
            self._found.append(f"console: {message.text}")

    def _catch(self, error: WebError) -> None:
        self._found.append(f"script: {error.error}")

    def _follow(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and f"{address.scheme}://{address.netloc}" not in self._origins:
            self._found.append(f"another origin: {request.method} {request.url}")

    def _read(self, response: Response) -> None:
        """Refusals of the API are the portal's to show; a file that is missing, or an API that breaks, is an error."""
        is_own = response.url.startswith(f"{self._portal}/")
        is_api = response.url.startswith(f"{self._portal}/api/")
        if is_own and response.status >= (500 if is_api else 400):
            self._found.append(f"answer: {response.status} {response.url}")
