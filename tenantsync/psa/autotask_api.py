"""Autotask's way of being asked: a zone looked up by user, three headers, three requests at once, 500 for refusals."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from threading import BoundedSemaphore, Lock
from typing import Any, Final

from tenantsync.errors import Cause, ContractError, RequestError, ThrottledError
from tenantsync.psa.http import HOST_REFUSED, PsaHttp, Refusal, check_key
from tenantsync.psa.rows import Row, read_listing, read_number, read_object, read_part, read_parts, read_text

TITLE: Final = "Autotask"
PAGE_SIZE: Final = 500
_AT_ONCE: Final = 3
_TURN_SECONDS: Final = 20.0
_ZONE_DOMAIN: Final = ".autotask.net"
_ZONE_PATH: Final = "/atservicesrest/v1.0/zoneInformation"
_SAYS: Final = (
    ("zone information could not be determined", "psa_account_unknown"),
    ("integrationcode", "psa_integration_refused"),
    ("integration code", "psa_integration_refused"),
    ("tracking identifier", "psa_integration_refused"),
    ("threshold", "psa_throttled"),
    ("permission", "psa_permission_missing"),
    ("not authorized", "psa_permission_missing"),
    ("access denied", "psa_permission_missing"),
    ("security level", "psa_permission_missing"),
)
"""What the text of a 500 means, as far as public code has seen it; any other is passing."""


class ThreadLimit:
    """Autotask lets a user ask each of its endpoints at most three times at once; shared by all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns: dict[tuple[str, str], BoundedSemaphore] = defaultdict(lambda: BoundedSemaphore(_AT_ONCE))

    @contextmanager
    def turn(self, user: str, entity: str) -> Iterator[None]:
        """Holds one of the three places; raises ThrottledError when none gets free."""
        with self._lock:
            place = self._turns[user.lower(), entity]
        if not place.acquire(timeout=_TURN_SECONDS):
            raise ThrottledError("psa_throttled", "three requests are under way", cause=Cause(retry_after_seconds=5.0))
        try:
            yield
        finally:
            place.release()


class AutotaskApi:
    """Requests of one API user below the root of its zone. `values` are those of the connection's fields."""

    def __init__(self, http: PsaHttp, zone_endpoint: str, limit: ThreadLimit, values: Mapping[str, str]) -> None:
        self.http = http
        self._zone_endpoint = zone_endpoint
        self._limit = limit
        self._user = check_key(values["userName"])
        self._headers = {
            "UserName": self._user,
            "Secret": check_key(values["secret"]),
            "ApiIntegrationCode": check_key(values["integrationCode"]),
        }
        self._root = ""

    def discover(self) -> str:
        """The zone's API root; asked without credentials. Raises RequestError for a user no zone knows."""
        zone = read_object(self.http.send("GET", self._zone_endpoint + _ZONE_PATH, {"user": self._user}).body)
        url = read_text(zone, "url")
        origin = self.http.origin(url)
        if not (origin.endswith(_ZONE_DOMAIN) or self.http.is_loopback(origin)):
            raise RequestError(HOST_REFUSED, f"{TITLE} named a zone outside of autotask.net")
        self._root = f"{url.rstrip('/')}/v1.0"
        return self._root

    def send(self, method: str, path: str, **options: Any) -> Any:
        """The body of an answer; asked once more when the user's zone turns out to have moved."""
        root = self._root or self.discover()
        try:
            return self._send(method, path, options)
        except RequestError as failure:
            if failure.cause.status != HTTPStatus.UNAUTHORIZED or self.discover() == root:
                raise
        return self._send(method, path, options)

    def list_page(
        self, entity: str, fields: str, after: int, conditions: Sequence[Row] = ()
    ) -> tuple[list[Any], int | None]:
        """At most 500 rows whose ids are above `after`, in their order, and after which id the next ones begin."""
        condition = [above(after), *conditions]
        query = {"filter": condition, "MaxRecords": PAGE_SIZE, "IncludeFields": fields.split(",")}
        body = read_object(self.send("POST", f"{entity}/query", json=query))
        rows, link = read_listing(body, "items"), read_part(body, "pageDetails").get("nextPageUrl")
        if not link:
            return rows, None
        self.http.check_link(str(link), self._root)
        ids = [read_number(row) for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), int)]
        if not ids or ids != sorted(ids) or ids[-1] <= after:  # going on after the last id would lose rows
            raise ContractError("psa_unexpected_answer", f"{TITLE}'s rows do not come in the order of their ids")
        return rows, ids[-1]

    def list_choices(self, entity: str, field: str) -> list[Row]:
        """The picklist of an entity's field: `value` and `label` of each entry."""
        body = read_object(self.send("GET", f"{entity}/entityInformation/fields"))
        fields = read_parts(body, "fields")
        found = next((known for known in fields if read_text(known, "name").lower() == field.lower()), {})
        return read_parts(found, "picklistValues")

    def _send(self, method: str, path: str, options: dict[str, Any]) -> Any:
        with self._limit.turn(self._user, path.partition("/")[0]):
            return self.http.send(method, f"{self._root}/{path}", headers=self._headers, **options).body


def above(number: int) -> dict[str, Any]:
    """The condition for ids above a number."""
    return {"op": "gt", "field": "id", "value": number}


def classify(refusal: Refusal) -> str:
    """Autotask answers 500 to what others call 401, 403 or 429, and says which by text."""
    if refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return "psa_integration_refused" if "integrationcode" in refusal.text else ""
    return next((code for words, code in _SAYS if words in refusal.text), "")
