"""The Python client's methods follow whatever a new route of the contract brings, or say what stands in the way."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.clients.contract import read_operations
from devstack.clients.python import ContractError, operations_module

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
Generate = Callable[..., str]


def content(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


@pytest.fixture
def generate(tmp_path: Path) -> Generate:
    """The module of a contract with one route, which must at least compile."""

    def of(*parameters: Mapping[str, Any], shared: tuple[Any, ...] = (), **members: Any) -> str:
        route = {"operationId": "thing", "summary": "S", "description": "D.", "responses": {"204": {}}, **members}
        path = {"parameters": [*shared], "post": {**route, "parameters": [*parameters]}}
        contract = tmp_path / "openapi.yaml"
        contract.write_text(yaml.safe_dump({"paths": {"/things/{thingId}": path}}))
        text = "\n".join(operations_module(read_operations(contract)))
        compile(text, "operations.py", "exec")
        return text

    return of


def parameter(name: str, place: str = "query", schema: Mapping[str, Any] = TEXT) -> Mapping[str, Any]:
    return {"name": name, "in": place, "schema": schema, "required": place == "path"}


def test_parameters_of_the_path_are_those_of_its_operations(generate: Generate):
    text = generate(shared=(parameter("thingId", "path"),))
    assert "def thing(self, thing_id: str) -> None:" in text
    assert 'parts={"thingId": thing_id}' in text


def test_bodies_answers_and_parameters_may_be_lists(generate: Generate):
    text = generate(parameter("names", schema=TEXTS), requestBody=content(TEXTS), responses={"200": content(TEXTS)})
    assert "(self, body: list[str], *, names: list[str] | None = None) -> list[str]:" in text


def test_names_that_python_has_taken_are_given_another(generate: Generate):
    text = generate(parameter("from"), parameter("body"), requestBody=content({"type": "object"}))
    assert 'query={"from": from_, "body": body_}, body=body' in text


def test_description_may_have_quotes_and_backslashes(generate: Generate):
    assert r"As \\d in" in generate(description=r'As \d in """this"')


@pytest.mark.parametrize("schema", [{"oneOf": [TEXT]}, {"type": ["string", "null"]}, {"properties": {"a": TEXT}}])
def test_what_has_no_name_is_told_with_its_operation(generate: Generate, schema: Mapping[str, Any]):
    with pytest.raises(ContractError, match=r"thing: give the schema .* a name in components"):
        generate(requestBody=content(schema))
