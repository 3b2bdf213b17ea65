"""Timer schedules: NCRONTAB with five or six fields, or a .NET TimeSpan for a constant interval. Times are UTC."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

_NAMES: Final = {
    name: number
    for names in ("jan feb mar apr may jun jul aug sep oct nov dec", "sun mon tue wed thu fri sat")
    for number, name in enumerate(names.split(), start=1 if names.startswith("jan") else 0)
}
_RANGES: Final = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_TIME_SPAN: Final = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2}))?")
_HORIZON: Final = timedelta(days=366 * 5)


class Schedule(Protocol):
    """When a timer fires."""

    def following(self, moment: datetime) -> datetime:
        """The first time after `moment`."""
        ...


@dataclass(frozen=True, slots=True)
class ConstantSchedule:
    """Every so often."""

    interval: timedelta

    def following(self, moment: datetime) -> datetime:
        return moment + self.interval


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """Sets of seconds, minutes, hours, days, months and weekdays; all of them must fit, as NCrontab has it."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def following(self, moment: datetime) -> datetime:
        candidate = moment.replace(microsecond=0) + timedelta(seconds=1)
        while candidate - moment < _HORIZON:
            later = self._next_candidate(candidate)
            if later == candidate:
                return candidate
            candidate = later
        raise ValueError("the schedule never fires")

    def _next_candidate(self, at: datetime) -> datetime:
        """`at` itself if it fits, else the start of the next day, hour, minute or second that may."""
        if at.month not in self.months or at.day not in self.days or (at.weekday() + 1) % 7 not in self.weekdays:
            return at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        if at.hour not in self.hours:
            return at.replace(minute=0, second=0) + timedelta(hours=1)
        if at.minute not in self.minutes:
            return at.replace(second=0) + timedelta(minutes=1)
        return at if at.second in self.seconds else at + timedelta(seconds=1)


def parse_schedule(text: str) -> Schedule:
    """Raises ValueError that says what is wrong with the expression."""
    span = _TIME_SPAN.fullmatch(text.strip())
    if span:
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
        return ConstantSchedule(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
    fields = text.split()
    if len(fields) == len(_RANGES) - 1:
        fields = ["0", *fields]
    if len(fields) != len(_RANGES):
        raise ValueError(f"{text!r} must have five or six fields")
    sets = [_parse_field(field, low, high) for field, (low, high) in zip(fields, _RANGES, strict=True)]
    weekdays = frozenset(day % 7 for day in sets[5])
    return CronSchedule(sets[0], sets[1], sets[2], sets[3], sets[4], weekdays)


def _parse_field(field: str, low: int, high: int) -> frozenset[int]:
    numbers: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "", "") if span == "*" else span.partition("-")
        start = low if span == "*" else _number(first)
        end = high if span == "*" or (step and not last) else _number(last or first)
        if not low <= start <= end <= high:
            raise ValueError(f"{field!r} is outside {low}-{high}")
        numbers |= set(range(start, end + 1, _number(step or "1") or 1))
    return frozenset(numbers)


def _number(text: str) -> int:
    if text in _NAMES:
        return _NAMES[text]
    return int(text)
