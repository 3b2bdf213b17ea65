"""The journey through the HTTP API only: as the portal calls it, and as the admin's browser goes through it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import requests

from devstack.stack import MSP, Stack

_ENDED: Final = frozenset(
    {
        *("completed", "completed_with_issues", "failed", "cancelled", "declined", "expired", "wrong_tenant"),
        *("revoked", "needs_reconsent", "disconnected"),
    }
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_HOPS: Final = 12
_FASTEST_POLL_SECONDS: Final = 0.5
_SILENCE_SECONDS: Final = 180.0
"""Longer than any single wait of a healthy run."""


class JourneyError(Exception):
    """A step did not go as it should; the text is for people."""


class ProblemError(JourneyError):
    """The API refused; `problem` is its document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(describe_problem(problem))
        self.problem = problem


class Portal:
    """The portal's calls for one technician."""

    def __init__(self, stack: Stack, msp: str = MSP) -> None:
        self._stack = stack
        self.correlation_id = str(uuid4())
        token = stack.portal_token("Connect", "Read", msp=msp)
        self._headers = {"Authorization": f"Bearer {token}", "X-Correlation-Id": self.correlation_id}

    def connect(self, domain: str, customer: str, **more: Any) -> dict[str, Any]:
        """POST connect; raises JourneyError with the problem's own words."""
        return self.call("POST", "tenants/connect", {"tenant": domain, "customer": {"name": customer}, **more})

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Any call below msp-portal; raises ProblemError when it is refused."""
        url = f"{self._stack.api}/api/msp-portal/{path}"
        answer = requests.request(method, url, json=body, headers=self._headers, timeout=30)
        if not answer.ok:
            raise ProblemError(answer.json())
        found: dict[str, Any] = answer.json()
        return found

    def wait_for(self, path: str, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """GETs a path until what it shows is reached."""
        started = time.monotonic()
        while time.monotonic() - started < _SILENCE_SECONDS:
            found = self.call("GET", path)
            if is_reached(found):
                return found
            self._stack.check()
            time.sleep(_FASTEST_POLL_SECONDS)
        raise JourneyError(f"{path} did not get there within {_SILENCE_SECONDS:.0f} seconds.")

    def follow(self, tenant_id: str) -> Iterator[dict[str, Any]]:
        """The sync-status whenever it has changed, to the end; honours ETag and Retry-After."""
        url, tag = f"{self._stack.api}/api/msp-portal/tenants/{tenant_id}/sync-status", ""
        heard_at = time.monotonic()
        while time.monotonic() - heard_at < _SILENCE_SECONDS:
            headers = {**self._headers, "If-None-Match": tag}
            answer = requests.get(url, headers=headers, timeout=30)
            if answer.status_code == requests.codes.ok:
                tag = answer.headers.get("ETag", "")
                status: dict[str, Any] = answer.json()
                heard_at = time.monotonic()
                yield status
                if status["state"] in _ENDED:
                    return
            elif answer.status_code != requests.codes.not_modified:
                raise JourneyError(describe_problem(answer.json()))
            self._stack.check()
            asked = float(answer.headers.get("Retry-After", "1"))
            time.sleep(max(_FASTEST_POLL_SECONDS, min(asked, 2.0) / 2))
        raise JourneyError(f"Nothing has changed for {_SILENCE_SECONDS:.0f} seconds.")


class AdminBrowser:
    """The customer's administrator: reads each page, presses a button, follows redirects until the portal."""

    def __init__(self, stack: Stack) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(stack.certificates.ca)
        self._portal = f"{stack.api}/connect"

    def open(self, url: str, action: str = "accept", account: str = "") -> str:
        """Goes on until the portal and gives its address; `account` is the tenant to sign in with an account of."""
        for _ in range(_MAX_HOPS):
            if url.startswith(self._portal):
                return url
            answer = self._session.get(url, allow_redirects=False, timeout=30)
            if answer.status_code not in _REDIRECTS:
                answer = self._press(answer, action, account)
            url = urljoin(answer.url, answer.headers["Location"])
        raise JourneyError("Microsoft's pages went round in circles.")

    def approve(self, url: str, account: str = "") -> None:
        """Approves a GDAP relationship; what stands behind the # the admin center's own page opens."""
        page = self._session.get(urljoin(url, urlsplit(url).fragment), timeout=30)
        form = _Form.read(page.text)
        if form is None:
            raise JourneyError(f"Nothing to approve: {_text_of(page.text)}")
        chosen = {"account_tenant": account} if account else {}
        answer = self._session.post(page.url, data={**form, **chosen, "action": "accept"}, timeout=30)
        if not answer.ok:
            raise JourneyError(f"It was not approved: {_text_of(answer.text)}")

    def _press(self, page: requests.Response, action: str, account: str) -> requests.Response:
        form = _Form.read(page.text)
        if form is None:
            raise JourneyError(f"A page without a form: {page.status_code} {_text_of(page.text)}")
        chosen = {"account_tenant": account} if account else {}
        fields = {**form, **chosen, "action": action}
        answer = self._session.post(page.url, data=fields, allow_redirects=False, timeout=30)
        if answer.status_code not in _REDIRECTS:
            raise JourneyError(f"The form led nowhere: {_text_of(answer.text)}")
        return answer


class _Form(HTMLParser):
    """The fields of a page's form with what is chosen in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False
        self.fields: dict[str, str] = {}
        self._select = ""

    @classmethod
    def read(cls, html: str) -> dict[str, str] | None:
        parser = cls()
        parser.feed(html)
        return parser.fields if parser.found else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found |= tag == "form"
        if tag == "select":
            self._select = values.get("name") or ""
        if tag == "option" and ("selected" in values or self._select not in self.fields):
            self.fields[self._select] = values.get("value") or ""


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return " ".join(" ".join(parser.parts).split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.parts.append(data)


def describe_problem(problem: Mapping[str, Any]) -> str:
    """A problem as a technician would read it."""
    what = problem.get("detail") or problem.get("message") or problem.get("title")
    lines = [f"{what} [{problem.get('code')}]", f"  Whose move: {problem.get('owner')}"]
    lines.append(f"  Next: {problem.get('nextAction')}")
    if offer := problem.get("connectInstead"):
        lines.append(f"  Connect that one instead: {offer['method']} {offer['href']} {json.dumps(offer['body'])}")
    if removal := problem.get("removal"):
        lines += ["  Remove what was granted by mistake:", *(f"    - {step}" for step in removal["steps"])]
    return "\n".join(lines)
