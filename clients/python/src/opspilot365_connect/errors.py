"""What the API refuses, and what never arrived."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import requests

from opspilot365_connect.models import Owner, Problem

_WITH_CONTENT: Final = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
_MEMBERS: Final = frozenset({"title", "status", "detail", "code", "owner", "nextAction", "correlationId"})


class ConnectError(Exception):
    """A call has not done what it should.

    `status` is the answer's, 0 when none came; `is_passing` says that the service is away and likely to be back soon;
    `retry_after` is how many seconds to wait, where that is known.
    """

    status = 0
    is_passing = False
    retry_after: float | None = None


class NoAnswerError(ConnectError):
    """No answer of the API arrived: the network, a gateway's own page, or the service is away."""

    def __init__(self, message: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.is_passing = not status or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        self.retry_after = retry_after


class ProblemError(ConnectError):
    """The API's own refusal (RFC 9457): what happened, whose move it is, what to do next.

    `code` is stable; the texts are for people and may change. `document` has everything, further members of some
    problems too.
    """

    def __init__(self, document: Problem, retry_after: float | None = None) -> None:
        super().__init__(f"{document['title']} [{document['code']}] {document['nextAction']}")
        self.document: Mapping[str, Any] = document
        self.status = document["status"]
        self.is_passing = self.status == HTTPStatus.SERVICE_UNAVAILABLE
        self.code: str = document["code"]
        self.title: str = document["title"]
        self.detail: str = document["detail"]
        self.owner: Owner = document["owner"]
        self.next_action: str = document["nextAction"]
        self.correlation_id: str = document["correlationId"]
        self.retry_after = retry_after


def find_error(answer: requests.Response) -> ConnectError | None:
    """The error an answer stands for; a success that is not JSON is a page of somebody else."""
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code < HTTPStatus.BAD_REQUEST and (answer.status_code not in _WITH_CONTENT or "json" in kind):
        return None
    retry_after = seconds_of(answer.headers.get("Retry-After"))
    if "problem+json" in kind and (problem := _problem_of(answer)):
        return ProblemError(problem, retry_after)
    return NoAnswerError(f"Status {answer.status_code}, and not from the API.", answer.status_code, retry_after)


def _problem_of(answer: requests.Response) -> Problem | None:
    """None for a gateway's own problem, which has no code and says nothing of whose move it is."""
    try:
        document = answer.json()
    except requests.JSONDecodeError:
        return None
    is_whole = isinstance(document, dict) and document.keys() >= _MEMBERS
    return cast("Problem", document) if is_whole else None


def seconds_of(header: str | None) -> float | None:
    """Seconds of a Retry-After header; None without one, or when it is a date."""
    return float(header) if header is not None and header.isdecimal() else None
