"""Generates both client packages from openapi.yaml and builds what is published, in clients/dist."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from datamodel_code_generator.__main__ import main as generate_models

from devstack.clients.contract import CONTRACT, ROOT, read_operations
from devstack.clients.python import ContractError, operations_module
from devstack.setup import CLIENTS, node_environment, npm

PYTHON_CLIENT: Final = CLIENTS / "python"
PYTHON_SOURCES: Final = PYTHON_CLIENT / "src/opspilot365_connect"
TYPESCRIPT_CLIENT: Final = CLIENTS / "typescript"
DIST: Final = CLIENTS / "dist"
_MODELS: Final = (
    *("--input-file-type", "openapi", "--output-model-type", "typing.TypedDict", "--target-python-version", "3.11"),
    *("--naming-strategy", "full-path", "--no-use-closed-typed-dict", "--enum-field-as-literal", "all"),
    *("--use-schema-description", "--use-field-description", "--use-standard-collections", "--disable-timestamp"),
    *("--formatters", "builtin"),
)
"""Dictionaries that are typed: what the API adds later does not stop a client of today."""


def main() -> int:
    """0 when clients/dist has the packages of this contract; 1 when it cannot be, with what is the matter."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    for client in (PYTHON_CLIENT, TYPESCRIPT_CLIENT):
        shutil.copy(ROOT / "LICENSE", client)
    try:
        build_python()
        build_typescript()
    except subprocess.CalledProcessError as error:
        print(error.stdout, error.stderr, error, sep="\n", file=sys.stderr)
        return 1
    except ContractError as error:
        print(f"openapi.yaml, {error}.", file=sys.stderr)
        return 1
    return 0


def build_python() -> None:
    """Models, operations, a wheel and a source archive."""
    models, operations = PYTHON_SOURCES / "models.py", PYTHON_SOURCES / "operations.py"
    generate_models(["--input", str(CONTRACT), "--output", str(models), *_MODELS])
    operations.write_text("\n".join(operations_module(read_operations())) + "\n")
    _run([sys.executable, "-m", "ruff", "format", "--quiet", str(models), str(operations)], ROOT)
    _run([sys.executable, "-m", "hatchling", "build", "--directory", str(DIST)], PYTHON_CLIENT)


def build_typescript() -> None:
    """Types of the contract, JavaScript with declarations, and the package."""
    shutil.rmtree(TYPESCRIPT_CLIENT / "dist", ignore_errors=True)
    _run(npm("run", "build"), TYPESCRIPT_CLIENT)
    _run(npm("pack", "--silent", "--pack-destination", str(DIST)), TYPESCRIPT_CLIENT)


def _run(command: Sequence[str], directory: Path) -> None:
    subprocess.run(command, cwd=directory, env=node_environment(), capture_output=True, text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
