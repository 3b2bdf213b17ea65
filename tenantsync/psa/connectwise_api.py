"""ConnectWise's way of being asked: basic authentication, a codebase that moves with upgrades, forward-only pages."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from requests.utils import parse_header_links

from tenantsync.errors import ContractError, RequestError
from tenantsync.psa.http import Answer, PsaHttp, Refusal, Wire, check_key, is_not_found
from tenantsync.psa.rows import Row, read_listing, read_object, read_text
from tenantsync.settings import Secret

TITLE: Final = "ConnectWise PSA"
PAGE_SIZE: Final = 1000
_CLOUD_HOSTS: Final = frozenset(
    {*(f"{region}.myconnectwise.net" for region in ("na", "eu", "au", "aus", "za")), "staging.connectwisedev.com"}
)
_MODEL: Final = "application/vnd.connectwise.com+json; version=2025.16"
"""Without a version the newest model would come, whatever it breaks."""
_FORWARD_ONLY: Final = {"pagination-type": "forward-only"}


class ConnectWiseApi:
    """Requests of one API member below the API's root. `values` are those of the connection's fields."""

    def __init__(self, wire: Wire, client_id: Secret, values: Mapping[str, str]) -> None:
        self.http = PsaHttp(TITLE, wire, _classify)
        self._site, self._host = _site_and_host(self.http.origin(values["host"]))
        self._company = values["companyId"]
        self._codebase = ""
        key = f"{self._company}+{values['publicKey']}:{values['privateKey']}"
        self._headers = {
            "Authorization": f"Basic {b64encode(key.encode()).decode()}",
            "clientId": check_key(client_id.reveal()),
            "Accept": _MODEL,
        }

    @property
    def root(self) -> str:
        """Where the API is, once it was discovered."""
        return f"{self._host}/{self._codebase}/apis/3.0"

    def discover(self) -> Row:
        """What ConnectWise says of the company; asked without credentials. Raises RequestError for an unknown one."""
        try:
            found = self.http.send("GET", f"{self._site}/login/companyinfo/{quote(self._company, safe='')}").body
        except ContractError as failure:
            if not is_not_found(failure):
                raise
            found = None
        if found is None:  # ConnectWise answers 200 with null
            raise RequestError("psa_account_unknown", f"{TITLE} knows no such company id at this address")
        info = read_object(found)
        self._codebase = _codebase_of(info)
        return info

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """A request with credentials; one more when the codebase turns out to have moved."""
        codebase = self._codebase or self._discover_codebase()
        try:
            return self._send(method, path, query, options)
        except ContractError as failure:
            if not is_not_found(failure) or self._discover_codebase() == codebase:
                raise
        return self._send(method, path, query, options)

    def list_table(self, path: str, query: Mapping[str, str]) -> list[Row]:
        """A table of settings; they fit one page."""
        rows = read_listing(self.send("GET", path, {**query, "pageSize": str(PAGE_SIZE)}).body)
        return [row for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), int)]

    def list_page(self, path: str, query: Mapping[str, str], cursor: str) -> tuple[list[Any], str | None]:
        """A page's rows, from the beginning or after the id `cursor`, and the cursor of the next page."""
        query = {**query, "pageSize": str(PAGE_SIZE), **({"pageId": cursor} if cursor else {})}
        answer = self.send("GET", path, query, headers=_FORWARD_ONLY)
        rows = read_listing(answer.body)
        following = self._next_page_id(answer)
        if following is None and len(rows) >= PAGE_SIZE and "Link" not in answer.headers:
            raise ContractError("psa_unexpected_answer", f"{TITLE} does not say whether there is another page")
        if following is not None and int(following) <= int(cursor or 0):
            raise ContractError("psa_unexpected_answer", f"{TITLE}'s pages go round in circles")
        return rows, following

    def _next_page_id(self, answer: Answer) -> str | None:
        links = parse_header_links(answer.headers.get("Link", ""))
        link = next((link["url"] for link in links if link.get("rel") == "next"), "")
        if not link:
            return None
        self.http.check_link(link, self._host)
        page_id = parse_qs(urlsplit(link).query).get("pageId", [""])[0]
        if not (page_id.isascii() and page_id.isdigit()):
            raise ContractError("psa_unexpected_answer", f"{TITLE} does not say where the next page begins")
        return page_id

    def _discover_codebase(self) -> str:
        self.discover()
        return self._codebase

    def _send(self, method: str, path: str, query: Mapping[str, str] | None, options: dict[str, Any]) -> Answer:
        headers = {**self._headers, **options.get("headers", {})}
        return self.http.send(method, f"{self.root}/{path}", query, **{**options, "headers": headers})


def _site_and_host(origin: str) -> tuple[str, str]:
    """Where people sign in, and where the API is: in ConnectWise's cloud two hosts, elsewhere one."""
    site = origin.removeprefix("https://").removeprefix("api-")
    return (f"https://{site}", f"https://api-{site}") if site in _CLOUD_HOSTS else (origin, origin)


def _codebase_of(info: Row) -> str:
    codebase = read_text(info, "Codebase").strip("/")
    if not re.fullmatch(r"\w[\w.-]*", codebase, re.ASCII):
        raise ContractError("psa_unexpected_answer", f"{TITLE} does not say where its API is")
    return codebase


def _classify(refusal: Refusal) -> str:
    """A refused `clientId` differs from a refused key by its text only (unverified)."""
    return "psa_integration_refused" if refusal.status in (401, 403) and "clientid" in refusal.text else ""
