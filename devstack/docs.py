"""Documents made from data: help on codes, the runbook, the table of the API, the settings, the metrics."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from devstack.runbook_page import runbook_page
from devstack.settings_page import settings_page
from tenantsync.guidance import Guidance, Owner, Retry, all_guidance
from tenantsync.metrics import ALL_METRICS
from tenantsync.problems import all_problems

ROOT: Final = Path(__file__).resolve().parent.parent
_OWNERS: Final = {
    Owner.TECHNICIAN: "technician",
    Owner.CUSTOMER_ADMIN: "customer's administrator",
    Owner.MSP_OPS: "operations",
    Owner.MICROSOFT: "Microsoft",
}
_RETRIES: Final = {
    Retry.NO: "no",
    Retry.YES: "yes, by itself or in a moment",
    Retry.PROPAGATION: "yes, in the minutes after consent",
    Retry.AFTER_ACTION: "after the action",
}

_CLIENTS: Final = (
    "## Clients",
    "",
    "A release has typed packages for [Python](../clients/python/README.md), a method for each operation, and for",
    "[TypeScript](../clients/typescript/README.md), calls by path. Both follow a sync by ETag and Retry-After, read",
    "lists page by page, wait out a 429, take an Idempotency-Key, and raise a problem document as an error with its",
    "members. `python3 dev.py clients` builds them.",
)


def main() -> int:
    """Writes the documents; with `--check`, 1 when one of them is not up to date."""
    parser = argparse.ArgumentParser(prog="dev.py docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_check = parser.parse_args().check
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if only_check:
            print(f"{path.relative_to(ROOT)} is out of date: python3 dev.py docs")
        else:
            path.write_text(documents()[path])
    return int(only_check and bool(stale))


def documents() -> dict[Path, str]:
    """The text of each document by its path."""
    return {
        ROOT / "docs/adr/README.md": "\n".join(decisions()) + "\n",
        ROOT / "docs/troubleshooting.md": "\n".join(troubleshooting()) + "\n",
        ROOT / "docs/api.md": "\n".join(api()) + "\n",
        ROOT / "docs/settings.md": "\n".join(settings_page()) + "\n",
        ROOT / "docs/runbook.md": "\n".join(runbook_page()) + "\n",
        ROOT / "docs/operations.md": with_metrics((ROOT / "docs/operations.md").read_text()),
    }


def decisions() -> Iterator[str]:
    """Every decision, by its number."""
    yield "# Decisions"
    yield ""
    yield "Made from the pages' titles by `python3 dev.py docs`. Each says what follows, and what was not chosen."
    yield ""
    for path in sorted((ROOT / "docs/adr").glob("[0-9]*.md")):
        number, _, title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
        yield f"- {number} · [{title}]({path.name})"


def troubleshooting() -> Iterator[str]:
    """Every code, Microsoft's and ours, with whose move it is."""
    yield "# Troubleshooting"
    yield ""
    yield "Made from `tenantsync/microsoft_codes.toml` and `tenantsync/problems.py` by `python3 dev.py docs`. The same"
    yield "texts, with ready mails to the person who has to act, come from `GET /api/msp-portal/help/{code}`."
    yield ""
    yield "## What Microsoft says"
    yield ""
    yield "| Code | Meaning | Whose move | What to do | Try again |"
    yield "|---|---|---|---|---|"
    yield from map(_guidance_row, all_guidance())
    yield ""
    yield "¹ Seen in the field, not in Microsoft's reference."
    yield ""
    yield "## What this service says"
    yield ""
    yield "| Code | Status | Meaning | Whose move | What to do |"
    yield "|---|---|---|---|---|"
    for problem in all_problems():
        owner = _OWNERS[problem.owner]
        yield f"| `{problem.code}` | {problem.status} | {problem.title} | {owner} | {_cell(problem.next_action)} |"


def _guidance_row(entry: Guidance) -> str:
    mark = " ¹" if entry.observed else ""
    codes = "<br>".join(f"`{code}`{mark}" for code in entry.codes)
    action = _cell(entry.next_action)
    return f"| {codes} | {_cell(entry.meaning)} | {_OWNERS[entry.owner]} | {action} | {_RETRIES[entry.retry]} |"


def api() -> Iterator[str]:
    """Every operation with who may call it."""
    document: Mapping[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    yield "# The API at a glance"
    yield ""
    yield "Made from `openapi.yaml` by `python3 dev.py docs`; the whole contract is there and at `/api/openapi.json`."
    yield ""
    yield "| Method and path | What it does | App role |"
    yield "|---|---|---|"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _, _, roles = operation["description"].partition("Role: ")
            role = roles.rstrip(".").replace("\n", " ") or "anonymous"
            yield f"| `{method.upper()} {path}` | {operation['summary']} | {role} |"
    yield ""
    yield from _CLIENTS


def with_metrics(page: str) -> str:
    """The page with the table of all metrics between its two marks."""
    before, begin, rest = page.partition("<!-- metrics -->\n")
    _, end, after = rest.partition("<!-- /metrics -->\n")
    return before + begin + "\n".join(metrics_table()) + "\n" + end + after


def metrics_table() -> Iterator[str]:
    """Every metric the app measures."""
    yield "| Metric | Kind | Unit | Told apart by | What |"
    yield "|---|---|---|---|---|"
    for metric in ALL_METRICS:
        attributes = ", ".join(f"`{name}`" for name in metric.attributes)
        yield f"| `{metric.name}` | {metric.kind} | `{metric.unit}` | {attributes} | {_cell(metric.about)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
