"""Small clients of the three PSAs, written from the vendors' documents and from nothing of ours."""

from dataclasses import dataclass, field
from typing import Any

import requests

from tests.fakes.psa_simulators import RunningPsa

COMPANY = "northwind"
CLIENT_ID = "5e1f0000-0000-4000-8000-00000000c0de"


@dataclass
class ConnectWiseClient:
    """Basic with `company+public`, and the clientId header."""

    psa: RunningPsa
    codebase: str = "v2025_1"
    key: str = "simulated-private-key"
    headers: dict[str, str] = field(default_factory=lambda: {"clientId": CLIENT_ID})

    def call(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        url = f"{self.psa.origin('connectwise')}/{self.codebase}/apis/3.0/{path}"
        headers = {**self.headers, **options.pop("headers", {})}
        auth = (f"{COMPANY}+AbCdEfGhIjKlMnOp", self.key)
        return self.psa.http.request(method, url, auth=auth, headers=headers, timeout=30, **options)

    def walk(self, **params: Any) -> tuple[list[dict[str, Any]], int]:
        """All companies forward-only, and how many pages it took."""
        rows: list[dict[str, Any]] = []
        answer = self.call("company/companies", params=params, headers={"pagination-type": "forward-only"})
        pages = 1
        while True:
            assert answer.status_code == 200, answer.text
            rows += answer.json()
            if "next" not in answer.links:
                return rows, pages
            auth = (f"{COMPANY}+AbCdEfGhIjKlMnOp", self.key)
            headers = {**self.headers, "pagination-type": "forward-only"}
            answer = self.psa.http.get(answer.links["next"]["url"], auth=auth, headers=headers, timeout=30)
            pages += 1


@dataclass
class AutotaskClient:
    """Three headers on each call."""

    psa: RunningPsa
    zone: str = "autotask_zone"
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "UserName": "api.user@northwind-msp.example",
            "Secret": "simulated-secret",
            "ApiIntegrationCode": "SIMULATEDTRACKINGIDENTIFIER",
        }
    )

    def call(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        url = path if path.startswith("https:") else f"{self.psa.origin(self.zone)}/ATServicesRest/v1.0/{path}"
        return self.psa.http.request(method, url, headers=self.headers, timeout=30, **options)

    def query(self, *filters: dict[str, Any], **more: Any) -> requests.Response:
        return self.call("Companies/query", "POST", json={"filter": list(filters), **more})

    def walk(self, *filters: dict[str, Any], **more: Any) -> tuple[list[dict[str, Any]], int]:
        """All companies by `nextPageUrl`, each page a POST of the same body."""
        rows, pages, path = [], 0, "Companies/query"
        while path:
            answer = self.call(path, "POST", json={"filter": list(filters), **more})
            assert answer.status_code == 200, answer.text
            rows += answer.json()["items"]
            path, pages = answer.json()["pageDetails"]["nextPageUrl"], pages + 1
        return rows, pages


@dataclass
class HaloClient:
    """A bearer token of the authorization server."""

    psa: RunningPsa
    token: str = ""

    def ask_token(self, scope: str = "read:customers read:tickets edit:tickets", **form: str) -> requests.Response:
        discovered = self.psa.http.get(f"{self.psa.origin('halopsa')}/api/authinfo", timeout=30).json()
        credentials = {
            "grant_type": "client_credentials",
            "client_id": "9a1c0000-0000-4000-8000-00000000ba10",
            "client_secret": "simulated-client-secret",
            "scope": scope,
        }
        tenant = form.pop("tenant", discovered["tenant_id"])
        url = f"{discovered['auth_url']}/token"
        return self.psa.http.post(url, params={"tenant": tenant}, data={**credentials, **form}, timeout=30)

    def call(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        self.token = self.token or self.ask_token().json()["access_token"]
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.psa.origin('halopsa')}/api/{path}"
        return self.psa.http.request(method, url, headers=headers, timeout=30, **options)

    def walk(self, size: int, **params: Any) -> tuple[list[dict[str, Any]], int]:
        """All clients by page number, and how many pages it took."""
        rows: list[dict[str, Any]] = []
        number = 1
        while True:
            paging = {"pageinate": "true", "page_size": size, "page_no": number}
            answer = self.call("Client", params={**paging, **params})
            assert answer.status_code == 200, answer.text
            rows += answer.json()["clients"]
            if len(rows) >= answer.json()["record_count"]:
                return rows, number
            number += 1
