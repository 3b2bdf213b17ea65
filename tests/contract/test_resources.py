"""Every entry of the registry, held against facts of Microsoft's metadata and run on its fixture. No test names one."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from devstack.microsoft365.facts import load_facts
from tenantsync.engine import sync_slice
from tenantsync.graph.workloads import DIRECTORY, workload_of
from tenantsync.permissions import APPLICATION_PERMISSIONS, PERMISSIONS
from tenantsync.resources.registry import RESOURCES
from tenantsync.resources.spec import Reading, ResourceSpec
from tenantsync.services import Services
from tenantsync.slices.work import SliceBudget, SliceTools
from tenantsync.store.progress import ResourceProgress, ResourceState, Verdict
from tests.fakes.microsoft import GRAPH, TENANT, Answer, Asked, FakeMicrosoft, graph_error

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/graph"
RUN = "onboard-1"

each_resource = pytest.mark.parametrize("spec", RESOURCES, ids=lambda spec: spec.key)


def requests_of(spec: ResourceSpec) -> list[tuple[str, dict[str, str]]]:
    parts = [urlsplit(request) for request in spec.source.requests()]
    return [(part.path, {name: values[0] for name, values in parse_qs(part.query).items()}) for part in parts]


@each_resource
def test_paths_and_selected_properties_exist_at_microsoft(spec: ResourceSpec):
    for path, query in requests_of(spec):
        found = load_facts().match(path)
        assert found is not None, path
        facts = found[0]
        assert set(query) <= facts.options
        selected = set(filter(None, query.get("$select", "").split(",")))
        assert selected <= load_facts().properties.get(facts.entity or "", frozenset())
        assert int(query.get("$top", "1")) <= (facts.max_top or 999)


@each_resource
def test_each_listed_permission_alone_is_enough_and_asked_for(spec: ResourceSpec):
    path, _ = requests_of(spec)[0]
    found = load_facts().match(path)
    assert found is not None
    assert set(spec.permissions) <= found[0].permissions
    assert set(spec.permissions) <= APPLICATION_PERMISSIONS


def test_every_permission_we_ask_for_is_used():
    used = {name for spec in RESOURCES for name in spec.permissions}
    assert used == APPLICATION_PERMISSIONS
    assert [item.name for item in PERMISSIONS if item.kind == "delegated"] == ["Mail.Read"]


def fixture_of(spec: ResourceSpec) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FIXTURES / f"{spec.key}.json").read_text())
    return document


def serve(microsoft: FakeMicrosoft, fixture: dict[str, Any]) -> None:
    """Answers of a fixture by path; a list is pages, told apart by `$skiptoken`."""
    for path, answers in fixture["answers"].items():
        microsoft.overrides[path] = _route(answers)


def _route(answers: Any) -> Any:
    pages = answers if isinstance(answers, list) else [answers]

    def route(asked: Asked) -> Answer:
        number = int(asked.query.get("$skiptoken", "0"))
        answer = pages[number]
        if "redirect" in answer:
            return Answer(b"", 302, {"Location": f"{GRAPH}{answer['redirect']}"})
        if "text" in answer:
            return Answer(answer["text"])
        following = {"@odata.nextLink": f"{GRAPH}{asked.path}?$skiptoken={number + 1}"}
        return Answer({**answer, **(following if number + 1 < len(pages) else {})})

    return route


def sync(spec: ResourceSpec, services: Services, run: str = RUN) -> ResourceProgress:
    services.runs.plan([ResourceProgress(run_id=run, resource=spec.key, position=0, weight=1)])
    for _ in range(20):
        stored = services.runs.read_resource(run, spec.key)
        assert stored is not None
        tools = SliceTools(
            reading=Reading(services.graph_for(TENANT), services.scratch_for(run, spec.key)),
            inventory=services.inventory,
            runs=services.runs,
            clock=services.clock,
            deltas=services.deltas,
            fingerprints=services.fingerprints,
            gate=services.gate,
            budget=SliceBudget(pages=1),
        )
        if sync_slice(spec, stored, tools).is_ended:
            break
    ended = services.runs.read_resource(run, spec.key)
    assert ended is not None
    return ended.progress


def stored_ids(spec: ResourceSpec, services: Services) -> list[str]:
    return sorted(item["id"] for item in services.inventory.read_page(TENANT, spec.key, 1000, None).items)


@each_resource
def test_workload_is_the_one_of_its_requests(spec: ResourceSpec):
    own, *others = [workload_of(path) for path in spec.source.requests()]
    assert own == spec.workload
    assert set(others) <= {own, *([DIRECTORY] if spec.asks_directory("") else [])}


@each_resource
def test_fixture_becomes_exactly_its_rows(spec: ResourceSpec, services: Services, microsoft: FakeMicrosoft):
    fixture = fixture_of(spec)
    serve(microsoft, fixture)
    progress = sync(spec, services)
    assert (progress.state, progress.verdict) == (ResourceState.COMPLETED, Verdict.COMPLETE)
    assert stored_ids(spec, services) == sorted(fixture["ids"])


@each_resource
def test_second_run_writes_the_same_rows_and_sweeps_what_is_gone(
    spec: ResourceSpec, services: Services, microsoft: FakeMicrosoft
):
    from tenantsync.store.inventory import Listing

    fixture = fixture_of(spec)
    serve(microsoft, fixture)
    sync(spec, services)
    services.inventory.write(Listing(TENANT, spec.key, "older.0"), {"vanished": {"id": "vanished"}})
    progress = sync(spec, services, "onboard-2")
    assert progress.state == ResourceState.COMPLETED
    assert stored_ids(spec, services) == sorted(fixture["ids"])


@each_resource
@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (graph_error(403, "Authorization_RequestDenied"), ResourceState.SKIPPED, "permission_missing"),
        (graph_error(429, "TooManyRequests", Retry_After="9"), ResourceState.WAITING, ""),
        (graph_error(401, "InvalidAuthenticationToken"), ResourceState.FAILED, "consent_lost"),
        (graph_error(405, "MethodNotAllowed"), ResourceState.FAILED, "unexpected_answer"),
    ],
)
def test_refusals_have_the_declared_outcome(
    spec: ResourceSpec, services: Services, microsoft: FakeMicrosoft, answer: Answer, state: ResourceState, code: str
):
    serve(microsoft, fixture_of(spec))
    for path in list(microsoft.overrides):
        microsoft.overrides[path] = lambda asked: answer
    progress = sync(spec, services)
    assert (progress.state, progress.problem_code) == (state, code)
