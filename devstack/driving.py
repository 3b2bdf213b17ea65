"""Drives the portal in a real browser as a person would: for the tests, and for the pictures in docs/."""

import base64
import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from devstack.browser import flags, read_choice
from devstack.setup import BROWSER_CHOICE

_PATIENCE_MILLISECONDS: Final = 15_000


class NoBrowserError(Exception):
    """The set-up has found no browser; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at: size of the window in pixels, colours, whether motion is welcome."""

    width: int = 1280
    height: int = 800
    colours: Literal["light", "dark"] = "light"
    is_still: bool = True


def find_browser() -> str:
    """The executable the set-up chose; raises NoBrowserError."""
    executable = read_choice(BROWSER_CHOICE)
    if executable is None:
        raise NoBrowserError("no Chromium was found: python3 dev.py setup, or set CHROMIUM_PATH")
    return executable


@contextlib.contextmanager
def open_browser(executable: str, certificate: Path) -> Iterator[Browser]:
    """A browser that trusts the simulator's certificate and no other."""
    trusted = f"--ignore-certificate-errors-spki-list={key_hash(certificate)}"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=[*flags(), trusted])
        yield running
        running.close()


def key_hash(certificate: Path) -> str:
    """SHA-256 of a PEM certificate's public key, in base64, as browsers pin it."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


def new_person(running: Browser, look: Look) -> BrowserContext:
    """Somebody in Berlin who reads English and was never here before."""
    context = running.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.colours,
        reduced_motion="reduce" if look.is_still else "no-preference",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    return context


def sign_in(page: Page, address: str, username: str) -> None:
    """Opens the portal, picks an account at the sign-in service, and is back at the address, signed in."""
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=re.compile(re.escape(username))).click()
    page.get_by_role("button", name="Sign out").wait_for()


def consent(page: Page, action: Literal["accept", "cancel"] = "accept") -> None:
    """Answers Microsoft's consent page; who accepts signs in on the next one."""
    page.get_by_role("button", name="Accept" if action == "accept" else "Cancel").click()
    if action == "accept":
        page.get_by_role("heading", name="Sign in").wait_for()
        page.get_by_role("button", name="Continue").click()
