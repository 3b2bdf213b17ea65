"""Draining a deployment: what its answers mean for the exit code, without waiting for real."""

import json
from collections.abc import Callable
from email.message import Message
from http.client import BadStatusLine
from io import BytesIO
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.response import addinfourl

import pytest

from devstack import drain

URL = "https://connect.example"
Answer = dict[str, Any] | BaseException


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
        if isinstance(answer, BaseException):
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


@pytest.mark.parametrize("ended", [state(paused=False), state(paused=False, onboard=3)])
def test_a_pause_that_somebody_else_has_ended_is_no_drain_and_not_waited_for(
    ended: Answer, capsys: pytest.CaptureFixture[str]
):
    assert drain.act(script([state(onboard=1), ended], []), 60, FakeClock(), resumes=False) == 1
    told = capsys.readouterr().err
    assert "resumed by somebody" in told
    assert "stay paused" not in told


@pytest.mark.parametrize("end", [drain.RefusedError("You must sign in."), KeyboardInterrupt()])
def test_whoever_stops_waiting_is_told_that_syncs_stay_paused(end: BaseException, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(type(end)):
        drain.act(script([state(onboard=1), end], []), 60, FakeClock(), resumes=False)
    assert "Syncs stay paused" in capsys.readouterr().err


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


@pytest.mark.parametrize("body", [b"<html>", b'{"ok": true}', b"7"])
def test_somebody_elses_answer_is_no_state(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: bytes
):
    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setattr(drain, "urlopen", lambda *_, **__: addinfourl(BytesIO(body), Message(), URL, 200))
    assert drain.main([URL]) == 3
    assert "is that the address of the API?" in capsys.readouterr().err


@pytest.mark.parametrize(("trouble", "code"), [(BadStatusLine("SSH-2.0"), 3), (KeyboardInterrupt(), 130)])
def test_whatever_ends_it_shows_no_stack(monkeypatch: pytest.MonkeyPatch, trouble: BaseException, code: int):
    def send(*_: Any, **__: Any) -> Any:
        raise trouble

    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setattr(drain, "urlopen", send)
    assert drain.main([URL]) == code


@pytest.mark.parametrize(
    "url", ["connect.example", "http://connect.example", "file:///etc", "ftp://localhost", "https:"]
)
def test_token_never_goes_over_an_open_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
):
    monkeypatch.setenv("TOKEN", "t")
    with pytest.raises(SystemExit) as wrong:
        drain.main([url])
    assert wrong.value.code == 2
    assert "https://" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["", "can ary\n1", "canary\u2192"])
def test_without_a_token_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], token: str
):
    monkeypatch.setenv("TOKEN", token)
    monkeypatch.setattr(drain, "urlopen", None)
    with pytest.raises(SystemExit) as wrong:
        drain.main([URL])
    assert wrong.value.code == 2
    assert "ary" not in capsys.readouterr().err
