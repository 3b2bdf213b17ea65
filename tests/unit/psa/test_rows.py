"""What people type into PSAs, read."""

import time

import pytest

from tenantsync.psa.rows import read_domains, read_text, read_time


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("https://www.Contoso.com/about?x=1#y", ("contoso.com",)),
        ("contoso.com.", ("contoso.com",)),
        ("http://contoso.com:8080", ("contoso.com",)),
        ("contoso.com; fabrikam.com, www.contoso.com", ("contoso.com", "fabrikam.com")),
        ("info@contoso.com", ("contoso.com",)),
        ("https://contoso.com/@profile", ("contoso.com",)),
        ("https://user:word@contoso.com/", ("contoso.com",)),
        ("bücher.example", ("xn--bcher-kva.example",)),
        ("see (contoso.com)", ("contoso.com",)),
        ("n/a", ()),
        ("Contoso Ltd.", ()),
        ("e.g. none", ()),
        ("127.0.0.1", ()),
        ("contoso", ()),
        ("-bad-.example", ()),
        ("a" * 64 + ".example", ()),
        ("..", ()),
        ("x" * 5_000, ()),
        (None, ()),
        (7, ()),
    ],
)
def test_domains(text: object, domains: tuple[str, ...]):
    assert read_domains(text) == domains


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01T08:00:00Z", "2026-02-01T08:00:00.000Z"),
        ("2026-02-01T08:00:00", "2026-02-01T08:00:00.000Z"),
        ("2026-02-01T10:00:00+02:00", "2026-02-01T08:00:00.000Z"),
        ("2026-02-01T08:00:00.1234567Z", "2026-02-01T08:00:00.123Z"),
        ("0001-01-01T00:00:00", ""),
        ("9999-12-31T23:59:59", "9999-12-31T23:59:59.000Z"),
        ("9999-12-31T23:59:59-10:00", ""),
        ("yesterday", ""),
        (True, ""),
    ],
)
def test_times(text: object, moment: str):
    assert read_time({"at": text}, "at") == moment


def test_time_without_a_zone_is_utc_wherever_we_run(monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        assert read_time({"at": "2026-02-01T08:00:00"}, "at") == "2026-02-01T08:00:00.000Z"
    time.tzset()


def test_text_is_cleaned_and_cut():
    assert read_text({"a": " a\x00\tb\n "}, "a") == "a b"
    assert len(read_text({"a": "x" * 5_000}, "a")) == 1_000
    assert [read_text({"a": value}, "a") for value in (7, True, None, 1.5, [])] == ["7", "", "", "", ""]
