"""Set-up: each step has a stamp of what it was made from, and is done again when that changes or it was interrupted.

Standard library only, and readable by an old Python until dev.py has refused it: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".devstack"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
AZURITE = STATE / "azurite"
PORTAL = ROOT / "portal"
CLIENTS = ROOT / "clients"
NODE_CHOICE = STATE / "node.json"
BROWSER_CHOICE = STATE / "browser.json"
# What is meant for the app must not reach pip and npm: a CA bundle for a simulator would break their TLS
APP_SETTINGS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "NODE_OPTIONS")
GENERATED = PORTAL / "src" / "api" / "contract.ts"
MADE_SOURCES = ("contract.ts", "models.py", "operations.py")


def fail(message: str) -> int:
    """Says what is wrong; gives the exit code for it."""
    print(message, file=sys.stderr)
    return 3


def set_up(*, with_browser: bool, with_clients: bool = False) -> None:
    """Python packages, Azurite and the portal, for tests more; a moment when there is nothing to do."""
    from devstack.node import OLDEST_NODE, PYPI_NODE

    STATE.mkdir(exist_ok=True)
    once("python", python_digest(), "Python packages", install_python, VENV)
    once("node", f"{OLDEST_NODE} {PYPI_NODE}", "Node.js", choose_node, NODE_CHOICE)
    azurite = digest(ROOT / "devstack/azurite/package-lock.json")
    once("azurite", azurite, "the table store (Azurite)", install_azurite, AZURITE)
    packages = digest(PORTAL / "package-lock.json")
    once("portal-packages", packages, "the portal's packages", install_portal, PORTAL / "node_modules")
    once("portal", digest(*portal_sources()), "the portal's pages", build_portal, PORTAL / "dist")
    if with_clients:
        set_up_clients()
    if with_browser:
        set_up_browser()


def set_up_clients() -> None:
    """The packages for callers of the API, generated and built."""
    packages, typescript = digest(CLIENTS / "typescript/package-lock.json"), CLIENTS / "typescript"
    once("client-packages", packages, "what the clients are built with", install_clients, typescript / "node_modules")
    once("clients", digest(*client_sources()), "the client packages", build_clients, CLIENTS / "dist")


def once(name: str, wanted: str, title: str, step: Callable[[], None], makes: Path) -> None:
    """Runs a step unless its stamp says that it is done and what it makes is there."""
    stamp = STATE / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == wanted and makes.exists():
        return
    print(f"Setting up (once): {title} ...", file=sys.stderr, flush=True)
    stamp.unlink(missing_ok=True)
    step()
    stamp.write_text(wanted)


def python_digest() -> str:
    """Changes with the requirements and with the Python that made the environment."""
    files = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
    return "-".join([*map(digest, files), sys.version.split()[0], str(ROOT)])


def digest(*paths: Path) -> str:
    """SHA-256 of files, and of their names when there are several."""
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path).encode() if len(paths) > 1 else b"")
        total.update(path.read_bytes())
    return total.hexdigest()


def portal_sources() -> Iterator[Path]:
    """What the portal's pages are made from; types generated from the contract leave no trace in them."""
    for folder in ("src", "public"):
        found = sorted((PORTAL / folder).rglob("*"))
        yield from (path for path in found if path.is_file() and path != GENERATED)
    yield from sorted(path for path in PORTAL.iterdir() if path.is_file())


def client_sources() -> Iterator[Path]:
    """What the client packages are made from, without what is made on the way."""
    yield from (ROOT / name for name in ("openapi.yaml", "LICENSE", "requirements-dev.txt"))
    for folder in (ROOT / "devstack/clients", *CLIENTS.glob("*/src")):
        found = sorted([*folder.rglob("*.py"), *folder.rglob("*.ts")])
        yield from (path for path in found if path.name not in MADE_SOURCES)
    for pattern in ("*/*.toml", "*/*.json", "*/*.md"):
        yield from sorted(CLIENTS.glob(pattern))


# Steps


def install_python() -> None:
    """A fresh virtual environment with all requirements; the Node.js that may have been in it goes, too."""
    shutil.rmtree(VENV, ignore_errors=True)
    (STATE / "node.stamp").unlink(missing_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], env=installer_environment(), check=False)
    if made.returncode:
        sys.exit(fail("Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"))
    pip_install("-r", str(ROOT / "requirements-dev.txt"))


def choose_node() -> None:
    """This machine's Node.js, or PyPI's when it has none or an old one."""
    from devstack.node import PYPI_NODE, find_system_node, mend_npm, pypi_node, write_choice

    node = find_system_node()
    if node is None:
        pip_install(PYPI_NODE)
        (site_packages,) = (VENV / "lib").glob("python3.*/site-packages")
        node = pypi_node(site_packages)
        mend_npm(node)
    write_choice(NODE_CHOICE, node)


def install_azurite() -> None:
    """Azurite from the lock file."""
    AZURITE.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "devstack/azurite" / name, AZURITE / name)
    npm_ci(AZURITE, "npm could not install Azurite")


def install_portal() -> None:
    """The portal's packages from its lock file."""
    npm_ci(PORTAL, "npm could not install the portal's packages")


def build_portal() -> None:
    """portal/dist from the portal's sources."""
    install(npm("run", "build"), "The portal could not be built", node_environment(), PORTAL)


def install_clients() -> None:
    """The TypeScript client's packages from its lock file."""
    npm_ci(CLIENTS / "typescript", "npm could not install what the clients are built with")


def build_clients() -> None:
    """Both clients, generated and packed."""
    command = [str(PYTHON), "-m", "devstack.clients"]
    install(command, "The client packages could not be built", {**node_environment(), "PYTHONPATH": str(ROOT)}, ROOT)


def set_up_browser() -> None:
    """Finds or installs a browser; without one this says so, goes on, and is tried again the next time."""
    from devstack.browser import read_choice

    if read_choice(BROWSER_CHOICE) is None:
        BROWSER_CHOICE.unlink(missing_ok=True)
    try:
        once("browser", os.environ.get("CHROMIUM_PATH", ""), "a browser for tests", choose_browser, BROWSER_CHOICE)
    except LookupError as error:
        fail(f"No browser, so the journeys in one are left out: {error}")


def choose_browser() -> None:
    """An installed Chromium, Debian's or Playwright's; raises LookupError when there is none."""
    from devstack.browser import obtain, write_choice

    BROWSER_CHOICE.unlink(missing_ok=True)
    write_choice(BROWSER_CHOICE, obtain(str(PYTHON), installer_environment()))


# Installers


def pip_install(*what: str) -> None:
    """pip in the virtual environment, quietly."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    install(command, "pip could not install the Python packages", installer_environment(), ROOT)


def npm_ci(directory: Path, complaint: str) -> None:
    """Exactly the packages of a lock file; their own install scripts do not run."""
    command = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    install(command, complaint, node_environment(), directory)


def npm(*arguments: str) -> list[str]:
    """A command line of the npm that belongs to the chosen Node.js."""
    from devstack.node import read_choice

    return [*read_choice(NODE_CHOICE).npm, *arguments]


def node_environment() -> dict[str, str]:
    """The chosen Node.js first on the path; PyPI's brings its own list of CAs, which no company's proxy is on."""
    from devstack.node import read_choice

    node, environment = read_choice(NODE_CHOICE), installer_environment()
    environment["PATH"] = f"{Path(node.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    if node.executable.startswith(str(VENV)):
        environment["NODE_OPTIONS"] = "--use-system-ca"
    return environment


def install(command: Sequence[str], complaint: str, environment: dict[str, str], directory: Path) -> None:
    """Runs an installer; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(fail(f"{complaint}:\n{done.stdout}{done.stderr}"))


def installer_environment() -> dict[str, str]:
    """The environment without the settings that are meant for the app."""
    return {name: value for name, value in os.environ.items() if name not in APP_SETTINGS}
