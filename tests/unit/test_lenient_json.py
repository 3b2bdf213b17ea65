from typing import Any

import pytest

from tenantsync.lenient_json import parse_json


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, "\\u00fc"]}', {"a": [1, "ü"]}),
        (rb'["\ud83d\ude00 \u00fc \ud83d"]', ["\U0001f600 ü \ufffd"]),
        (rb'{"\ude00": "\ude00\ud83d"}', {"\ufffd": "\ufffd\ufffd"}),
    ],
)
def test_half_an_emoji_costs_one_character(content: bytes, value: Any):
    assert parse_json(content) == value


@pytest.mark.parametrize("content", [b"", b"{", b'["\xff"]', b"[" * 100_000, b"[NaN]"])
def test_what_is_no_json_is_refused(content: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 - orjson, json and unicode have a kind of it each
        parse_json(content)
