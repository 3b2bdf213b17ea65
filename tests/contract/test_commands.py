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
from tests.fakes.microsoft import FakeMicrosoft, portal_token
from tests.unit.journey import connected

SHOWN = [
    (path.relative_to(ROOT).as_posix(), line)
    for path in DOCUMENTS
    for language, block in blocks(path.read_text())
    if language == "sh"
    for line in lines(block)
]
NAMED = sorted({(path.name, span) for path in DOCUMENTS for span in re.findall(r"`(python3 [^`]+)`", path.read_text())})
API_CALLS = [line for _, line in SHOWN if line.startswith("curl") and "$API" in line]
RUN_ELSEWHERE = {
    "python3 dev.py setup": "ci.yml: check",
    "python3 dev.py check": "ci.yml: check",
    "python3 dev.py test": "ci.yml: test",
    "python3 dev.py demo --users": "ci.yml: demo",
    "cp local.settings.example.json": "ci.yml: functions-host",
    "azurite & func start": "ci.yml: functions-host",
    'curl "https://<host>/runtime/webhooks/durabletask': "tests/e2e/test_tenant_life.py",
    'curl -X POST "https://<host>/runtime/webhooks/durabletask': "tests/e2e/test_tenant_life.py",
    "azd ": "needs a subscription; ci.yml: infra builds the templates and asks what they would change",
    "az keyvault secret set": "needs a vault; ci.yml: infra asks what would be made",
    "curl <API_URL>/api/health": "ci.yml: functions-host",
    "pip install ./opspilot365_connect": "needs a release; release.yml: publish makes what it installs",
    "npm install ./opspilot365-connect": "needs a release; release.yml: publish makes what it installs",
    "gh attestation verify": "needs a release; release.yml: publish makes what it verifies",
}
"""Start of a command, and who runs it: too dear for here, or not to be had offline."""
COMMANDS = re.compile(r"^(?:python3?|pip|npm|npx|node|curl|az|azd|func|azurite|git|gh|cp|docker) ")


@pytest.mark.parametrize(("document", "command"), SHOWN)
def test_command_is_run_somewhere(document: str, command: str):
    assert complaint_about(command) is None
    assert command in API_CALLS or any(map(command.startswith, RUN_ELSEWHERE)), f"nothing runs this of {document}"


@pytest.mark.parametrize(("start", "where"), RUN_ELSEWHERE.items())
def test_who_runs_it_is_there_and_somebody_reads_of_it(start: str, where: str):
    assert any(command.startswith(start) for _, command in SHOWN)
    if where.startswith("tests/"):
        assert "runtime/webhooks/durabletask" in (ROOT / where).read_text()
        return
    name, job = re.findall(r"(\w+\.yml): ([\w-]+)", where)[0]
    steps = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"][job]["steps"]
    assert not start.startswith("python3") or any(step.get("run", "").startswith(start) for step in steps)


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


@pytest.mark.parametrize(("document", "span"), NAMED)
def test_command_named_in_a_sentence_exists(document: str, span: str):
    assert complaint_about(span) is None


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
