"""The workflows, read as data: rights, pins, time limits, and that every command of ours in them exists."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

import dev
from tests.contract.commands import MODULE, ROOT, complaint_about

FOLDER = ROOT / ".github/workflows"
TEXTS = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.yml"))}
WORKFLOWS: Mapping[str, Any] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = [(name, job, content) for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()]
RIGHTS = {
    ("ci.yml", "infra"): {"contents": "read", "id-token": "write"},
    ("ci.yml", "secrets"): {"contents": "read", "pull-requests": "read"},
    ("azure.yml", "up"): {"contents": "read", "id-token": "write"},
    ("release.yml", "verify"): {"contents": "read", "id-token": "write", "pull-requests": "read"},
    ("release.yml", "publish"): {"contents": "write", "id-token": "write", "attestations": "write"},
}
"""The jobs that may more than read the code."""
TOOLS = ("az", "azd", "curl", "cyclonedx-py", "gh", "npm", "pip", "pip-audit", "zizmor")
PINNED_INSTALL = re.compile(r"(?:pip install [\w-]+==[\d.]+|npm install --global [\w-]+@\d+\.\d+\.\d+)")

each_job = pytest.mark.parametrize(("name", "job", "content"), JOBS, ids=lambda value: str(value)[:20])


def steps() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, job, content in JOBS:
        yield from ((f"{name}/{job}", step) for step in content.get("steps", []))


def runs() -> list[tuple[str, str]]:
    return [(where, line) for where, step in steps() for line in step.get("run", "").splitlines()]


def test_workflows_and_their_jobs_are_the_ones_that_are_promised():
    promised = {"check", "test", "bench", "clients", "functions-host", "infra", "dependencies", "secrets"}
    assert set(WORKFLOWS) == {"azure.yml", "ci.yml", "release.yml"}
    assert promised <= set(WORKFLOWS["ci.yml"]["jobs"])
    triggers = WORKFLOWS["ci.yml"][True]  # YAML 1.1 reads the word `on` as true
    assert {"push", "pull_request", "schedule"} <= set(triggers)
    assert "pull_request_target" not in triggers


def test_actions_are_pinned_by_commit():
    used = re.findall(r"uses: (\S+)(.*)", "".join(TEXTS.values()))
    assert used
    for action, comment in used:
        if not action.startswith("./.github/workflows/"):
            assert re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@each_job
def test_each_job_has_no_more_rights_than_named(name: str, job: str, content: Mapping[str, Any]):
    assert WORKFLOWS[name]["permissions"] == {}
    assert content["permissions"] == RIGHTS.get((name, job), {"contents": "read"})


@each_job
def test_each_job_ends_in_time_and_cannot_fail_unseen(name: str, job: str, content: Mapping[str, Any]):
    assert WORKFLOWS[name]["concurrency"]["group"]
    assert "uses" in content or 0 < content["timeout-minutes"] <= 180
    assert "continue-on-error" not in str(content)
    assert "if" not in content or job == "full"
    assert not [step for step in content.get("steps", []) if "|| true" in step.get("run", "")]


def test_checkouts_leave_no_token_behind():
    checkouts = [step for _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize(("where", "command"), runs())
def test_commands_exist_and_what_they_install_is_pinned(where: str, command: str):
    assert "${{" not in command, "an expression in a script can be made to be code"
    assert complaint_about(command) is None
    is_ours = command.startswith("python3 dev.py ") or MODULE.match(command)
    assert is_ours or command.split(maxsplit=1)[0] in TOOLS
    assert " install " not in command or PINNED_INSTALL.fullmatch(command)
    for path in re.findall(r"(?:--file|--template-file|requirements|--requirement|--prefix) ([\w./-]+)", command):
        assert (ROOT / path).exists()


def test_tests_run_on_every_python_that_is_supported():
    matrix = WORKFLOWS["ci.yml"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert matrix == [f"3.{minor}" for minor in range(dev.OLDEST[1], dev.NEWEST[1] + 1)]


def test_what_if_gives_what_the_template_needs():
    template = (ROOT / "infra/main.bicep").read_text()
    needed, known = (set(re.findall(rf"^param (\w+) \w+{end}", template, re.MULTILINE)) for end in ("$", ""))
    commands = [command for _, command in runs() if command.startswith("az deployment sub what-if")]
    assert all(needed <= set(re.findall(r" (\w+)=", command)) <= known for command in commands)
    assert {"privateNetwork=yes", "durableBackend=scheduler"} <= set(commands[-1].split())


def test_jobs_that_sign_in_to_azure_have_one_subject_to_be_trusted_for():
    signing_in = [content for _, _, content in JOBS if "AZURE_CLIENT_ID" in content.get("env", {})]
    assert len(signing_in) == 2
    assert all(content["environment"] == "azure" for content in signing_in)


def test_deployment_that_was_tried_is_taken_down_whatever_happens():
    last = WORKFLOWS["azure.yml"]["jobs"]["up"]["steps"][-1]
    assert (last["run"].split()[:2], last["if"]) == (["azd", "down"], "always()")


def test_dependabot_looks_at_every_list_of_dependencies():
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    watched = {(item["package-ecosystem"], item["directory"]) for item in updates}
    locks = [
        path
        for path in ("portal", "clients/typescript", "devstack/azurite")
        if (ROOT / path / "package-lock.json").exists()
    ]
    assert watched == {("pip", "/"), ("github-actions", "/"), *(("npm", f"/{path}") for path in locks)}


def test_owners_are_named_for_paths_that_exist():
    rows = [line.split() for line in (ROOT / ".github/CODEOWNERS").read_text().splitlines() if line[:1] in ("/", "*")]
    assert rows[0][0] == "*"
    assert all((ROOT / path.strip("/*")).exists() and owners for path, *owners in rows)


def test_secret_scanning_lets_pass_only_what_is_still_there():
    settings = tomllib.loads((ROOT / ".gitleaks.toml").read_text())
    assert settings["extend"] == {"useDefault": True}
    places = {"tests": "*.py", "tests/releases": "rows.json", "devstack": "*.py", "infra": "*.bicep"}
    found = (path for folder, pattern in places.items() for path in (ROOT / folder).rglob(pattern))
    text = "\n".join(path.read_text() for path in found)
    for allowed in settings["allowlists"]:
        assert not {"paths", "commits"} & set(allowed), "a whole file would hide a real secret"
        for pattern in allowed["regexes"]:
            assert re.search(pattern.strip("^$"), text), pattern


def test_release_needs_everything_and_is_made_from_a_tag():
    release = WORKFLOWS["release.yml"]
    assert list(release[True]["push"]) == ["tags"]
    assert release["jobs"]["verify"]["uses"] == "./.github/workflows/ci.yml"
    assert release["jobs"]["publish"]["needs"] == "verify"
    (attested,) = (step["with"]["subject-path"].split() for _, step in steps() if "attest" in step.get("uses", ""))
    (published,) = (command for _, command in runs() if command.startswith("gh release create"))
    assert published.partition(" notes.md ")[2].split() == attested
    assert {"opspilot365-connect.zip", "clients/dist/*"} <= set(attested)
