"""JSON of others, as it comes."""

import json
from typing import Any

import orjson


def parse_json(content: bytes) -> Any:
    """Raises ValueError where it is none.

    Half a surrogate pair, the rest of a text that was cut within an emoji, is read as U+FFFD: orjson refuses it.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return _parse_leniently(content)


def _parse_leniently(content: bytes) -> Any:
    try:
        text = json.dumps(json.loads(content), ensure_ascii=False)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return orjson.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
