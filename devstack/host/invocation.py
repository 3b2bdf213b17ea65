"""Calls the app's functions with the values the worker would hand in, by azure-functions' own converters."""

import asyncio
import functools
import inspect
import json
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import uuid4

import azure.functions as func
from azure.functions import meta

from devstack.host.indexing import AppFunction
from devstack.host.telemetry import continued

_CONVERTERS: Final[Any] = meta.get_binding_registry()  # type: ignore[no-untyped-call]
_ACTIVITY: Final = _CONVERTERS.get("activityTrigger")
_TIMER: Final = _CONVERTERS.get("timerTrigger")


class ActivityFailedError(Exception):
    """An activity raised; the text is what the worker reports, which begins with a space."""


class InvocationContext(func.Context):
    """The worker's context for a function that asks for it."""

    def __init__(self, function: AppFunction) -> None:
        self._function = function
        self._invocation_id = str(uuid4())

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def function_name(self) -> str:
        return self._function.name

    @property
    def function_directory(self) -> str:
        return ""

    @property
    def trace_context(self) -> Any:
        return None

    @property
    def retry_context(self) -> Any:
        return None

    @property
    def thread_local_storage(self) -> Any:
        return None


class Invoker:
    """Runs async functions on the event loop and sync ones in threads, as the worker does.

    Activities have threads of their own, so that a sync in full swing does not keep HTTP callers waiting.
    """

    def __init__(self, client_binding: str, threads: int, activity_threads: int) -> None:
        self._client_binding = client_binding
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._activity_threads = ThreadPoolExecutor(activity_threads, thread_name_prefix="activity")

    async def run_activity(self, function: AppFunction, input_: str | None, trace_parent: str = "") -> str:
        """The result as JSON text; raises ActivityFailedError."""
        try:
            value = _ACTIVITY.decode(
                meta.Datum(input_ if input_ is not None else "null", "string"), trigger_metadata=None
            )
            values = {function.parameter: value}
            result = await self._call(function, values, self._activity_threads, trace_parent)
            encoded = _ACTIVITY.encode(result, expected_type=None)
        except Exception as error:
            detail = "".join(traceback.format_tb(error.__traceback__)[-3:])
            raise ActivityFailedError(f" {type(error).__name__}: {error}\n{detail}") from error
        return str(encoded.value) if encoded is not None and encoded.value is not None else "null"

    async def run_http(self, function: AppFunction, request: func.HttpRequest) -> Any:
        """Whatever the function returns or raises."""
        trace_parent = request.headers.get("traceparent", "")
        return await self._call(function, {function.parameter: request}, self._threads, trace_parent)

    async def run_timer(self, function: AppFunction, timer: dict[str, Any]) -> None:
        """Runs a timer function with the host's timer document."""
        value = _TIMER.decode(meta.Datum(json.dumps(timer), "json"), trigger_metadata=None)
        await self._call(function, {function.parameter: value}, self._threads)

    def close(self) -> None:
        """Takes no more work."""
        for pool in (self._threads, self._activity_threads):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _call(
        self, function: AppFunction, values: dict[str, Any], threads: ThreadPoolExecutor, trace_parent: str = ""
    ) -> Any:
        if function.client_parameter:
            values[function.client_parameter] = self._client_binding
        if function.wants_context:
            values["context"] = InvocationContext(function)
        if inspect.iscoroutinefunction(function.call):
            with continued(trace_parent):
                return await function.call(**values)
        call = functools.partial(_call_inside, trace_parent, function.call, values)
        return await asyncio.get_running_loop().run_in_executor(threads, call)


def _call_inside(trace_parent: str, call: Callable[..., Any], values: dict[str, Any]) -> Any:
    with continued(trace_parent):
        return call(**values)
