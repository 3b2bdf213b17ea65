"""Loads the app and indexes its functions by the rules of Microsoft's Python worker, but reports every violation.

The real worker drops the whole app for one bad function; here all of them are named before anything starts.
"""

import importlib
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from azure.functions.decorators.function_app import FunctionRegister

_CLIENT: Final = "durableClient"
_DURABLE_KINDS: Final = {"orchestrationTrigger": "orchestration", "activityTrigger": "activity"}
_TRIGGERS: Final = frozenset({"httpTrigger", "timerTrigger", *_DURABLE_KINDS})
_BINDINGS: Final = frozenset({*_TRIGGERS, _CLIENT, "http"})


class IndexingError(Exception):
    """The app cannot be indexed; the text lists every reason."""


@dataclass(frozen=True, slots=True)
class AppFunction:
    """One indexed function. `durable_name` is what orchestrations call it by."""

    name: str
    call: Callable[..., Any]
    trigger: Mapping[str, Any]
    client_parameter: str = ""
    wants_context: bool = False
    durable_name: str = ""
    parameter: str = ""

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])


@dataclass(frozen=True, slots=True)
class AppIndex:
    """The app's functions by kind; durable names are compared without regard to case."""

    functions: tuple[AppFunction, ...]
    orchestrators: Mapping[str, AppFunction] = field(default_factory=dict)
    activities: Mapping[str, AppFunction] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[AppFunction]:
        return [function for function in self.functions if function.kind == kind]


def load_app(directory: Path, module_name: str = "function_app") -> AppIndex:
    """Imports the app's module from `directory` and indexes it; raises IndexingError."""
    sys.path.insert(0, str(directory))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise IndexingError(f"{directory} has no {module_name}.py, or it needs a missing module: {error}") from error
    return index_app(module)


def index_app(module: ModuleType) -> AppIndex:
    """Indexes the one app object of a module; raises IndexingError with every violation."""
    apps = {id(value): value for value in vars(module).values() if isinstance(value, FunctionRegister)}
    if len(apps) != 1:
        raise IndexingError(f"{module.__name__} must have exactly one function app at its top level, found {len(apps)}")
    (app,) = apps.values()
    try:
        registered = app.get_functions()
    except (ValueError, TypeError) as error:
        raise IndexingError(str(error)) from error
    problems: list[str] = []
    functions: list[AppFunction] = []
    for item in registered:
        function, complaints = _index_function(item)
        problems += [f"{item.get_function_name()}: {complaint}" for complaint in complaints]
        if function:
            functions.append(function)
    problems += _duplicates(functions)
    if problems:
        raise IndexingError("The app cannot be indexed:\n  " + "\n  ".join(problems))
    return AppIndex(
        tuple(functions), _by_durable_name(functions, "orchestration"), _by_durable_name(functions, "activity")
    )


def _index_function(item: Any) -> tuple[AppFunction | None, list[str]]:
    bindings = [binding.get_dict_repr() for binding in item.get_bindings()]
    bindings = [{name: getattr(value, "value", value) for name, value in binding.items()} for binding in bindings]
    triggers = [binding for binding in bindings if str(binding["type"]).lower().endswith("trigger")]
    complaints = [
        f"binding {b['type']!r} is not supported by the local host" for b in bindings if b["type"] not in _BINDINGS
    ]
    if len(triggers) != 1:
        return None, [*complaints, f"exactly one trigger is needed, found {len(triggers)}"]
    call = item.get_user_function()
    complaints += check_signature(call, bindings)
    if complaints:
        return None, complaints
    trigger = triggers[0]
    durable_key = _DURABLE_KINDS.get(trigger["type"])
    name = item.get_function_name()
    clients = [binding["name"] for binding in bindings if binding["type"] == _CLIENT]
    return AppFunction(
        name=name,
        call=call,
        trigger=trigger,
        client_parameter=clients[0] if clients else "",
        wants_context="context" in inspect.signature(call).parameters and trigger["name"] != "context",
        durable_name=str(trigger.get(durable_key) or name) if durable_key else "",
        parameter=str(trigger["name"]),
    ), []


def check_signature(call: Callable[..., Any], bindings: list[dict[str, Any]]) -> list[str]:
    """The worker's rules for one function; a sentence per violation."""
    names = {binding["name"] for binding in bindings if binding["name"] != "$return"}
    parameters = dict(inspect.signature(call).parameters)
    complaints = []
    if "context" in parameters and "context" not in names:
        del parameters["context"]  # the worker hands in its own context
    if missing := sorted(names - set(parameters)):
        complaints.append(f"bindings without a parameter: {', '.join(missing)}")
    if surplus := sorted(set(parameters) - names):
        complaints.append(f"parameters without a binding: {', '.join(surplus)}")
    kinds = {binding["name"]: binding["type"] for binding in bindings}
    complaints += _check_annotations(call, kinds, set(parameters))
    if _CLIENT in kinds.values() and not inspect.iscoroutinefunction(call):
        complaints.append("a function with a durable client must be async")
    if any(kind == "orchestrationTrigger" and name != "context" for name, kind in kinds.items()):
        complaints.append('an orchestration trigger needs context_name="context"')
    return complaints


def _check_annotations(call: Callable[..., Any], kinds: Mapping[str, str], parameters: set[str]) -> list[str]:
    complaints: list[str] = []
    for name, annotation in _annotations(call, complaints).items():
        if name in parameters and not isinstance(annotation, type):
            complaints.append(f"parameter {name!r} is annotated {annotation}, which the worker rejects: use a class")
        elif kinds.get(name) == _CLIENT and annotation not in (str, bytes):
            complaints.append(f"the durable client {name!r} must be annotated str")
    return complaints


def _annotations(call: Callable[..., Any], complaints: list[str]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(call)
    except (NameError, TypeError) as error:
        complaints.append(f"its annotations cannot be resolved: {error}")
        return {}
    hints.pop("return", None)
    return hints


def _by_durable_name(functions: list[AppFunction], kind: str) -> dict[str, AppFunction]:
    return {item.durable_name.lower(): item for item in functions if _DURABLE_KINDS.get(item.kind) == kind}


def _duplicates(functions: list[AppFunction]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for item in functions:
        key = (item.kind if item.durable_name else "function", (item.durable_name or item.name).lower())
        if key in seen:
            problems.append(f"{item.name}: the name is used twice")
        seen.add(key)
    return problems
