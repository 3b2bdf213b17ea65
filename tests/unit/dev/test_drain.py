"""Draining a deployment: what its answers mean for the exit code, without waiting for real."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from devstack import drain

URL = "https://connect.example"
Answer = dict[str, Any] | Exception


class FakeClock:
    """Time passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def state(*, paused: bool = True, **counts: int) -> dict[str, Any]:
    in_flight = [{"work": work, "count": count, "isMore": count >= 100} for work, count in counts.items()]
    return {"paused": paused, "inFlight": in_flight, "isDrained": paused and not in_flight}


def script(answers: list[Answer], asked: list[str]) -> Callable[[str], dict[str, Any]]:
    def ask(method: str) -> dict[str, Any]:
        asked.append(method)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def test_it_pauses_once_and_waits_until_nothing_is_in_flight(capsys: pytest.CaptureFixture[str]):
    asked: list[str] = []
    answers: list[Answer] = [state(onboard=2, resync=100), state(onboard=2, resync=100), state(onboard=1), state()]
    assert drain.act(script(answers, asked), 60, FakeClock(), resumes=False) == 0
    assert asked == ["PUT", "GET", "GET", "GET"]
    assert capsys.readouterr().err.splitlines() == [
        "In flight: onboard 2, resync at least 100",
        "In flight: onboard 1",
        "Paused, and nothing is in flight.",
    ]


def test_when_the_time_is_up_it_says_what_is_left(capsys: pytest.CaptureFixture[str]):
    answers: list[Answer] = [state(companies=1) for _ in range(9)]
    assert drain.act(script(answers, []), 5, FakeClock(), resumes=False) == 1
    assert len(answers) == 5  # asked after 0, 2, 4 and 6 seconds
    assert "companies 1" in capsys.readouterr().err


def test_a_deployment_that_is_away_for_a_moment_is_asked_again():
    away = URLError("refused")
    answers: list[Answer] = [state(onboard=1), away, away, away, away, state()]
    assert drain.act(script(answers, []), 60, FakeClock(), resumes=False) == 0
    with pytest.raises(URLError):
        drain.act(script([state(onboard=1), *[away] * 5], []), 60, FakeClock(), resumes=False)


def test_a_pause_that_somebody_else_has_ended_is_no_drain(capsys: pytest.CaptureFixture[str]):
    assert drain.act(script([state(paused=False)], []), 0, FakeClock(), resumes=False) == 1
    assert "resumed by somebody" in capsys.readouterr().err


@pytest.mark.parametrize(("paused", "code"), [(False, 0), (True, 1)])
def test_resuming_cannot_take_the_setting_back(paused: bool, code: int):
    asked: list[str] = []
    assert drain.act(script([state(paused=paused)], asked), 0, FakeClock(), resumes=True) == code
    assert asked == ["DELETE"]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bytes], None]:
    """Makes the deployment answer with a status and a body."""
    monkeypatch.setenv("TOKEN", "a-token-canary")

    def answer(status: int, body: bytes) -> None:
        def send(request: Any, timeout: float) -> Any:
            assert request.get_header("Authorization") == "Bearer a-token-canary"
            raise HTTPError(request.full_url, status, "", {}, BytesIO(body))  # type: ignore[arg-type]

        monkeypatch.setattr(drain, "urlopen", send)

    return answer


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            403,
            json.dumps({"title": "No", "code": "operator_only", "nextAction": "Ask."}).encode(),
            "No [operator_only]",
        ),
        (404, b"<html>", "is that the address of the API?"),
        (503, b"", "the deployment answers 503"),
    ],
)
def test_refusals_end_with_three_and_tell_no_token(
    answering: Callable[[int, bytes], None], capsys: pytest.CaptureFixture[str], status: int, body: bytes, said: str
):
    answering(status, body)
    assert drain.main([URL]) == 3
    told = capsys.readouterr().err
    assert said in told
    assert "canary" not in told


def test_without_a_token_nothing_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TOKEN", raising=False)
    with pytest.raises(SystemExit) as wrong:
        drain.main([URL])
    assert wrong.value.code == 2
