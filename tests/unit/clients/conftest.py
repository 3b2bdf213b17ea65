"""The Python client on answers a test writes, or on the app in process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from tests.app import App
from tests.clients import Packages

ORIGIN = "https://connect.test"


@dataclass(frozen=True)
class Told:
    """An answer: its status, headers and body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass
class Wire(BaseAdapter):
    """What stands for the network; remembers every request."""

    answer: Callable[[requests.PreparedRequest], Told]
    sent: list[requests.PreparedRequest] = field(default_factory=list)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request)
        told, response = self.answer(request), requests.Response()
        response.status_code, response.request, response.url = told.status, request, str(request.url)
        response.headers.update(told.headers)
        response._content = told.content
        return response

    def close(self) -> None:
        pass


def app_wire(app: App) -> Wire:
    """The app behind its routes."""

    def answer(request: requests.PreparedRequest) -> Told:
        parts = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body
        found = app.call(
            str(request.method),
            f"{parts.path}?{parts.query}",
            body=body,
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        return Told(found.status, found.headers, found.content)

    return Wire(answer)


def scripted(*told: Told | Exception) -> Wire:
    """These answers, one after the other."""
    left = iter(told)

    def answer(request: requests.PreparedRequest) -> Told:
        following = next(left)
        if isinstance(following, Exception):
            raise following
        return following

    return Wire(answer)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return Packages.unpack(tmp_path_factory.mktemp("clients")).import_python()


@dataclass
class Desk:
    """Makes clients, and knows how long they have waited."""

    package: Any
    waited: list[float] = field(default_factory=list)

    def client(self, wire: Wire, token: Callable[[], str] = lambda: "t", **options: Any) -> Any:
        session = requests.Session()
        session.trust_env = False
        session.mount(ORIGIN, wire)
        return self.package.Connect(ORIGIN, token, session=session, **{"sleep": self.waited.append, **options})


@pytest.fixture
def desk(package: Any) -> Desk:
    return Desk(package)
