"""Which Chromium drives the portal: a configured or installed one, Debian's, or Playwright's. Standard library only."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_APPLICATIONS: Final = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_CACHES: Final = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
_IN_CACHE: Final = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
_DEBIAN_PACKAGES: Final = ("chromium", "fonts-inter", "fonts-liberation")
_APT: Final = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")
_START_SECONDS: Final = 60
_INSTALL_SECONDS: Final = 300


def obtain(python: str, environment: Mapping[str, str]) -> str:
    """The path of a Chromium that has started once, installed if need be; raises LookupError when there is none.

    `python` is the interpreter that has Playwright, `environment` what installers get to see.
    """
    if configured := os.environ.get("CHROMIUM_PATH"):
        if starts(configured):
            return configured
        raise LookupError(f"CHROMIUM_PATH is {configured}, which does not start.")
    for candidates in (installed(), _from_debian(environment), _from_playwright(python, environment)):
        if chosen := next(filter(starts, candidates), None):
            return chosen
    raise LookupError("install Chromium or Chrome, or set CHROMIUM_PATH to the executable of one.")


def installed() -> Iterator[str]:
    """Executables this machine may have: on the path, in macOS's applications, in Playwright's cache."""
    yield from filter(None, map(shutil.which, _NAMES))
    yield from filter(os.path.exists, _MAC_APPLICATIONS)
    configured = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    for cache in (configured,) if configured else _CACHES:
        for pattern in _IN_CACHE:
            yield from map(str, sorted(Path(cache).expanduser().glob(pattern), reverse=True))


def starts(executable: str) -> bool:
    """Whether it can open an empty page without a screen."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        page = ("--headless", f"--user-data-dir={profile}", "--dump-dom", "about:blank")
        return "<html>" in _output_of([executable, *flags(), *page], os.environ, _START_SECONDS)


def flags() -> list[str]:
    """For a browser that talks to nobody but the page's own server; root has no sandbox to offer."""
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    return [*quiet, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def write_choice(path: Path, executable: str) -> None:
    """Remembers which browser the set-up chose."""
    path.write_text(json.dumps({"executable": executable}))


def read_choice(path: Path) -> str | None:
    """The browser the set-up chose; None when there was none, or it is gone."""
    if not path.exists():
        return None
    executable: str = json.loads(path.read_text())["executable"]
    return executable if os.access(executable, os.X_OK) else None


def _from_debian(environment: Mapping[str, str]) -> Iterable[str]:
    """Installs Debian's package as root; a generator, so nothing happens while an earlier choice suffices."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
        _output_of([*_APT, "update"], quiet, _INSTALL_SECONDS)
        _output_of([*_APT, "install", "-y", "--no-install-recommends", *_DEBIAN_PACKAGES], quiet, _INSTALL_SECONDS)
        yield from installed()


def _from_playwright(python: str, environment: Mapping[str, str]) -> Iterable[str]:
    """Downloads Playwright's own build, where its host can be reached."""
    _output_of([python, "-m", "playwright", "install", "chromium"], environment, _INSTALL_SECONDS)
    yield from installed()


def _output_of(command: list[str], environment: Mapping[str, str], seconds: float) -> str:
    """What a command printed; nothing when it cannot be run, fails or takes too long."""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=seconds, check=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
