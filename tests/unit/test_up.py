"""What `up` prints is what people go by."""

import signal
import sys
from pathlib import Path

import pytest

from devstack import up
from devstack.certificates import make_certificates
from devstack.portal_access import PEOPLE
from devstack.psa.local import LocalPsa
from devstack.stack import MSP, OTHER_MSP, Ports, Stack
from devstack.storage import lasting_port
from devstack.up import instructions


def test_instructions_begin_with_the_portal_and_name_everybody_who_can_sign_in(tmp_path: Path):
    stack = Stack(tmp_path, (), Ports(7071, 7072, 7073))
    stack.certificates = make_certificates(tmp_path)
    text = instructions(stack, LocalPsa({}), "a.b.c")
    assert text.strip().startswith("The portal is at http://127.0.0.1:7071/ ")
    people = [f"{part}@{domain}" for domain, them in PEOPLE.items() for part, _, _ in them]
    assert [name in text for name in people] == [True] * 6
    assert str(stack.certificates.ca) in text


def test_people_of_the_stack_are_those_who_are_named(tmp_path: Path):
    msps = Stack(tmp_path, ())._scenario()["msps"]
    named = {f"{part}@{domain}": roles for domain, them in PEOPLE.items() for part, _, roles in them}
    found = {person["username"]: person["roles"] for msp in msps for person in msp["people"]}
    assert [msp["tenantId"] for msp in msps] == [MSP, OTHER_MSP]
    assert found == {name: [f"Onboarding.{role}" for role in roles] for name, roles in named.items()}


def test_interrupt_ends_it_also_where_a_script_began_it_with_that_ignored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(up, "serve", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(sys, "argv", ["up", "--port", str(lasting_port())])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert up.main() == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert "Stopped." in capsys.readouterr().err
