"""Alerts and queries: values Azure takes, names people find in the documents, tables and operators that exist."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from devstack.infra.bicep import Expression, Template, literal

_APP: Final = Path(__file__).resolve().parents[2]
_DOCUMENTS: Final = ("docs/operations.md", "infra/README.md")
_OPERATORS: Final = frozenset({"GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual", "Equals"})
_WINDOWS: Final = frozenset({"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT6H", "P1D"})
"""None is shorter than the five minutes between two looks."""
_SEVERITIES: Final = range(5)
_TABLES: Final = frozenset(
    {
        "AppTraces",
        "AppRequests",
        "AppDependencies",
        "AppExceptions",
        "AppMetrics",
        "AppEvents",
        "AppPerformanceCounters",
    }
)
_STEPS: Final = frozenset(
    {
        *("where", "extend", "summarize", "project", "project-away", "project-rename", "parse", "order", "sort"),
        *("top", "take", "join", "union", "render", "mv-expand", "make-series", "distinct", "count", "lookup"),
    }
)
_TABLE: Final = re.compile(r"\bApp[A-Z]\w*")
_STEP: Final = re.compile(r"^\s*\| *([\w-]+)", re.MULTILINE)


def check_alerts(infra: Path, templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    """Path, line (0: the file as a whole) and complaint."""
    alerts = templates[infra / "app/alerts.bicep"]
    line = alerts.of("var")["rules"].line
    for rule in _rules(alerts):
        yield from ((alerts.path, line, f"{rule['name']}: {said}") for said in _check_rule(rule))
    for path in sorted((infra / "queries").glob("*.kql")):
        yield from ((path, 0, said) for said in _check_words(path.read_text()))


def _rules(alerts: Template) -> list[dict[str, object]]:
    value = alerts.of("var")["rules"].value
    found = literal(value) if value else []
    return found if isinstance(found, list) else []


def _check_rule(rule: Mapping[str, object]) -> Iterator[str]:
    for name, allowed in (("operator", _OPERATORS), ("window", _WINDOWS), ("severity", _SEVERITIES)):
        if rule[name] not in allowed:
            yield f"{name} cannot be {rule[name]!r}"
    if rule["query"] != Expression(f"loadTextContent('../queries/{_query_of(str(rule['name']))}.kql')"):
        yield "it must run the query of its name"
    for path in _DOCUMENTS:
        row = rf"^\| `{rule['name']}` \|"
        if not re.search(row, (_APP / path).read_text(), re.MULTILINE):
            yield f"{path} does not say what it means"


def _query_of(name: str) -> str:
    return "runs-under-way" if name == "watchdog-silent" else name


def _check_words(query: str) -> Iterator[str]:
    for table in sorted(set(_TABLE.findall(query)) - _TABLES):
        yield f"there is no table {table}"
    for step in sorted(set(_STEP.findall(query)) - _STEPS):
        yield f"{step} is not among the operators these queries use"
