"""Indexes, loads and traces the app with the library the Functions host itself uses on Python 3.13.

It gets an environment of its own. A machine without Python 3.13 has no such test; the rules it would apply are then
checked by `test_worker_indexing` alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tenantsync import wire
from tests.telemetry import telemetry_settings

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("worker-requirements.txt")
ENVIRONMENT = ROOT / ".devstack/worker"
SCRIPT = """
import os, sys
from unittest.mock import MagicMock
os.chdir(sys.argv[1])
sys.path.insert(0, sys.argv[1])
from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.functions import Registry
from azure_functions_runtime.loader import index_function_app, process_indexed_function
load_binding_registry()
functions = index_function_app("function_app.py")
protos = MagicMock()  # the host's messages; their enums have these numbers
protos.BindingInfo.out, protos.BindingInfo.inout, protos.BindingInfo.undefined = 1, 2, 0
metadata, _ = process_indexed_function(protos, Registry(), functions, sys.argv[1])
assert len(metadata) == len(functions)
print(*(function.get_function_name() for function in functions))
"""
TRACED = """
import os, sys
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
from azure_functions_runtime.otel import configure_opentelemetry, initialize_azure_monitor, otel_manager
initialize_azure_monitor()
assert otel_manager.get_azure_monitor_available()
told = SimpleNamespace(trace_parent=f"00-{'a' * 32}-{'b' * 16}-00", trace_state="")
configure_opentelemetry(SimpleNamespace(trace_context=told))
from tenantsync import tracing
with tracing.span("something") as span:
    assert span.is_recording()
    print(f"{span.get_span_context().trace_id:032x} {span.parent.span_id:016x}", flush=True)
os._exit(0)  # nothing is flushed to nowhere
"""


def find_python() -> str | None:
    """A Python 3.13: this one, one on the path, or the newest of pyenv's."""
    if sys.version_info[:2] == (3, 13):
        return sys.executable
    kept = sorted(Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"))
    return str(kept[-1]) if kept else shutil.which("python3.13")


PYTHON = find_python()


@pytest.fixture(scope="module")
def worker() -> Path:
    """The Python of an environment with the worker library, made when its requirements have changed."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + (ROOT / "requirements.txt").read_bytes()).hexdigest()
    stamp, python = ENVIRONMENT / "stamp", ENVIRONMENT / "bin/python"
    if not stamp.exists() or stamp.read_text() != wanted:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([str(PYTHON), "-m", "venv", "--clear", str(ENVIRONMENT)], check=True, env=environment)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
        subprocess.run(install, check=True, env=environment)
        stamp.write_text(wanted)
    return python


if PYTHON:

    def test_app_indexes_and_loads_in_microsofts_worker(worker: Path):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(worker), "-c", SCRIPT, str(ROOT)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        assert {*wire.ORCHESTRATORS, *wire.ACTIVITIES, "connect_tenant", "health"} <= set(done.stdout.split())

    def test_app_is_traced_inside_the_hosts_trace_by_the_deployments_settings(worker: Path):
        environment = {**os.environ, **telemetry_settings()}
        command = [str(worker), "-c", TRACED, str(ROOT)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.stdout.split() == ["a" * 32, "b" * 16], done.stderr
