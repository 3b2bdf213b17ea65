"""Which instances a host may run, by the version they were made with: host.json's `defaultVersion` and strategies.

As DurableTask.Core compares: no version is older than any, dotted numbers count as numbers, other texts as texts.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_NUMBERS: Final = re.compile(r"\d+(\.\d+){1,3}")


class MatchStrategy(StrEnum):
    """Whose instances are run."""

    NONE = "None"
    STRICT = "Strict"
    CURRENT_OR_OLDER = "CurrentOrOlder"


class FailureStrategy(StrEnum):
    """What becomes of the others: they wait for a host that may run them, or fail."""

    REJECT = "Reject"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True)
class Versioning:
    """`current` is what new instances get, empty for none."""

    current: str = ""
    match: MatchStrategy = MatchStrategy.CURRENT_OR_OLDER
    failure: FailureStrategy = FailureStrategy.REJECT

    @classmethod
    def from_json(cls, durable: dict[str, Any]) -> "Versioning":
        """From host.json's `durableTask`; raises ValueError for a strategy nobody knows."""
        return cls(
            durable.get("defaultVersion", ""),
            MatchStrategy(durable.get("versionMatchStrategy", MatchStrategy.CURRENT_OR_OLDER)),
            FailureStrategy(durable.get("versionFailureStrategy", FailureStrategy.REJECT)),
        )

    def may_run(self, version: str) -> bool:
        """Whether an instance of that version may be run here."""
        if self.match is MatchStrategy.NONE or not self.current:
            return True
        if self.match is MatchStrategy.STRICT:
            return version == self.current
        return compare_versions(version, self.current) <= 0


def compare_versions(one: str, other: str) -> int:
    """Below, at or above 0, as `one` is older than, the same as, or newer than `other`."""
    if _NUMBERS.fullmatch(one) and _NUMBERS.fullmatch(other):
        numbers, others = _numbers(one), _numbers(other)
        return (numbers > others) - (numbers < others)
    return (one > other) - (one < other)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
