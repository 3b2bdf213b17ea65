"""No command in a document without something that runs it: a test here, a job of the workflow, or a reason why not."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from tenantsync.services import Services
from tests.app import App
from tests.contract.commands import DOCUMENTS, ROOT, blocks, complaint_about, lines
from tests.contract.named_tests import marks_of_always_run
from tests.fakes.microsoft import FakeMicrosoft, portal_token
from tests.unit.journey import connected

SHOWN = [
    (path.relative_to(ROOT).as_posix(), line)
    for path in DOCUMENTS
    for language, block in blocks(path.read_text())
    if language == "sh"
    for line in lines(block)
]
COMMANDS = re.compile(r"^(?:python3?|pip|npm|npx|node|curl|az|azd|func|azurite|git|gh|cp|docker) ")
NAMED = sorted(
    (path.relative_to(ROOT).as_posix(), span)
    for path in DOCUMENTS
    for span in set(re.findall(r"`([^`\n]+)`", path.read_text()))
    if COMMANDS.match(span) and span not in {"az bicep build", "func start"}
)
API_CALLS = [line for _, line in SHOWN if line.startswith("curl") and "$API" in line]
RUNNERS = {
    "python3 dev.py setup": ("ci.yml/check", "python3 dev.py setup"),
    "python3 dev.py check": ("ci.yml/check", "python3 dev.py check"),
    "python3 dev.py test": ("ci.yml/test", "python3 dev.py test"),
    "python3 dev.py test tests/": ("tests/unit/dev/test_commands.py", "test_options_go_to_one_pytest"),
    "python3 dev.py test [--full]": ("ci.yml/full", "python3 dev.py test --full"),
    "python3 dev.py test --full ": ("ci.yml/full", "python3 dev.py test --full"),
    "python3 dev.py demo": ("tests/e2e/test_commands.py", "test_demo_proves_every_number_and_prints_the_status"),
    "python3 dev.py demo --scenario": ("ci.yml/demo", "python3 dev.py demo --scenario"),
    "python3 dev.py up": ("tests/e2e/test_commands.py", "test_up_serves_the_portal_until_it_is_interrupted"),
    "python3 dev.py trace": ("tests/unit/dev/test_trace.py", "test_file_is_read_up_to_the_line_that_is_being_written"),
    "python3 dev.py down": ("tests/e2e/test_commands.py", "test_down_ends_what_was_left_running"),
    "python3 dev.py host": ("tests/e2e/test_onboarding.py", "test_onboarding_proves_every_number"),
    "python3 dev.py docs": ("tests/unit/dev/test_docs.py", "test_documents_are_written_once_and_are_then_up_to_date"),
    "python3 dev.py clients": ("ci.yml/clients", "python3 dev.py clients"),
    "python3 dev.py screenshots": ("ci.yml/full", "python3 dev.py screenshots"),
    "python3 dev.py bench": ("ci.yml/bench", "python3 dev.py bench"),
    "python3 dev.py bench --write": ("ci.yml/full", "python3 dev.py bench --write"),
    "python3 dev.py bench --large": ("ci.yml/full", "python3 dev.py bench --large --write"),
    "python3 dev.py bench --capacity": ("ci.yml/bench", "python3 dev.py bench --capacity --write"),
    "python3 -m devstack.drain": (
        "tests/e2e/test_drain.py",
        "test_drain_ends_what_is_in_flight_and_holds_back_the_rest",
    ),
    "python3 -m devstack.real_host": ("ci.yml/functions-host", "-m devstack.real_host"),
    "python3 -m tests.replay.record": (
        "tests/replay/test_record.py",
        "test_command_writes_what_is_missing_and_nothing_else",
    ),
    "python3 -m tests.releases.keep": ("ci.yml/full", "-m tests.releases.keep"),
    "npm run check": ("ci.yml/check", "python3 dev.py check"),
    "cp local.settings.example.json": ("ci.yml/functions-host", "-m devstack.real_host"),
    "azurite & func start": ("ci.yml/functions-host", "-m devstack.real_host"),
    'curl "https://<host>/runtime/': (
        "tests/e2e/test_commands.py",
        "test_durables_own_api_is_asked_as_operations_says",
    ),
    'curl -X POST "https://<host>': ("tests/e2e/test_commands.py", "test_durables_own_api_is_asked_as_operations_says"),
    "azd auth login": ("azure.yml/up", "azd auth login"),
    "azd env new": ("azure.yml/up", "azd env new"),
    "azd env set": ("azure.yml/up", "azd env set"),
    "azd env get-value": ("azure.yml/up", "azd env get-value"),
    "azd provision": ("azure.yml/up", "azd provision"),
    "azd deploy": ("azure.yml/up", "azd deploy"),
    "azd up": ("azure.yml/up", "azd up"),
    "azd down": ("azure.yml/up", "azd down"),
    "curl <API_URL>/api/health": ("azure.yml/up", "/api/health"),
}
"""Start of a command, the longest one counting, and who runs it: a test by file and name, or a job and what it says."""
RUN_BY_NOBODY = {
    "az login": "signs a person in",
    "az keyvault secret set": "needs a vault its caller may write to",
    "az keyvault recover": "needs a vault that was deleted",
    "az provider register": "changes a real subscription",
    "az functionapp ": "changes an app people use",
    "gh attestation verify": "needs a release; release.yml makes what it verifies",
    "pip install ./opspilot365_connect": "needs a release; release.yml makes what it installs",
    "npm install ./opspilot365-connect": "needs a release; release.yml makes what it installs",
    "git clone": "was run by whoever reads this",
}
"""What needs Azure or a release, and no job runs."""


def find_runner(command: str) -> str | None:
    """The longest start that fits; None when nobody runs the command, and nothing says why."""
    fitting = [start for start in (*RUNNERS, *RUN_BY_NOBODY) if command.startswith(start.rstrip())]
    return max(fitting, key=len, default=None)


@pytest.mark.parametrize(("document", "command"), [*SHOWN, *NAMED])
def test_command_exists_and_is_run_somewhere(document: str, command: str):
    assert complaint_about(command) is None
    assert command in API_CALLS or find_runner(command), f"nothing runs this of {document}"


@pytest.mark.parametrize(("start", "where", "what"), [(start, *runner) for start, runner in RUNNERS.items()])
def test_who_runs_it_is_there_and_somebody_reads_of_it(start: str, where: str, what: str):
    assert any(find_runner(command) == start for _, command in (*SHOWN, *NAMED)), "no document names it any more"
    if where.startswith("tests/"):
        marks_of_always_run(where, what)
        return
    name, job = where.split("/")
    steps = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"][job]["steps"]
    assert what in "\n".join(step.get("run", "") for step in steps)


@pytest.mark.parametrize("start", RUN_BY_NOBODY)
def test_what_nobody_runs_is_still_named(start: str):
    assert any(find_runner(command) == start for _, command in (*SHOWN, *NAMED))


def test_what_needs_azure_is_labelled_so():
    """Each section of the deployment's page with a command for Azure says so in its heading."""
    page = (ROOT / "docs/deploy.md").read_text()
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    needing = [
        title
        for title, text in sections
        if any(re.match(r"azd? ", line) for language, block in blocks(text) for line in lines(block))
    ]
    assert needing
    assert [title for title in needing if not title.endswith("(**Azure**)")] == []


@pytest.mark.parametrize("call", API_CALLS)
def test_calls_of_the_api_are_answered(call: str, services: Services, microsoft: FakeMicrosoft):
    words = shlex.split(call)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    (address,) = (word.removeprefix("$API") for word in words if word.startswith("$API"))
    tenant = connected(services, microsoft).tenant_id if "$TENANT_ID" in address else ""
    token = portal_token("Onboarding.Connect", "Onboarding.Read") if "$TOKEN" in call else ""
    answer = App().call(method, address.replace("$TENANT_ID", tenant), token, body)
    assert answer.status in {200, 201, 202}, answer.body


def test_what_a_command_calls_is_really_looked_up():
    for wrong in ("python3 dev.py dance", "python3 dev.py demo --dance", "python3 -m devstack.dance"):
        assert complaint_about(wrong) is not None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_blocks_of_commands_say_that_they_are(path: Path):
    """A block without a language is a figure."""
    figures = [block for language, block in blocks(path.read_text()) if not language]
    assert not [line for block in figures for line in block.splitlines() if COMMANDS.match(line)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", path.read_text())
    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert not missing
