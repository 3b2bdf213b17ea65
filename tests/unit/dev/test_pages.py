"""The documents made from data: nothing is missing in them, and what nobody described is refused."""

import re
from pathlib import Path

import pytest

from devstack import settings_page
from devstack.runbook_page import place_of, runbook_page
from tenantsync.problems import all_problem_codes

SETTINGS = Path(settings_page.__file__).parents[1] / "tenantsync/settings.py"


def test_settings_page_has_each_setting_once():
    lines = list(settings_page.settings_page())
    named = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(named) == sorted(set(re.findall(r'"([A-Z][A-Z_]+)"', SETTINGS.read_text())))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RUNS_AT_ONCE", "| `16` | by the template |"),
        ("CONNECT_RATE_PER_MINUTE", "| `120` | not set |"),
        ("SYNC_PAUSED", "| `0` | `azd env set SYNC_PAUSED` |"),
        ("CLIENT_ID", "| needed | `azd env set CLIENT_ID` |"),
        ("TABLES_ENDPOINT", "| one of them | by the template |"),
        ("WEBHOOK_SIGNING_KEY", "| none | secret `webhook-signing-key` of the vault |"),
    ],
)
def test_settings_page_says_default_and_who_sets_it(name: str, said: str):
    (line,) = [line for line in settings_page.settings_page() if line.startswith(f"| `{name}` ")]
    assert line.endswith(said)


def test_setting_nobody_described_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings_page, "_PURPOSES", {"LOGIN_ENDPOINT": "sign-in"})
    with pytest.raises(KeyError, match="GRAPH_ENDPOINT"):
        list(settings_page.settings_page())


def test_runbook_has_each_code_once():
    named = [line.split("`")[1] for line in runbook_page() if line.startswith("| `")]
    assert sorted(named) == sorted(all_problem_codes())


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("psa_throttled", "PSAs"),
        ("psa_integration_refused", "A setting is missing"),
        ("consent_lost", "Consent and sign-in"),
        ("throttled", "A sync, or one resource of it"),
    ],
)
def test_code_is_where_it_shows_first(code: str, title: str):
    assert place_of(code) == title


def test_code_without_a_place_is_refused():
    with pytest.raises(LookupError, match="never_heard_of"):
        place_of("never_heard_of")
