"""Takes the pictures: one stack and one browser for all, a new person for each."""

import argparse
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from devstack.driving import NoBrowserError, find_browser, new_person, open_browser
from devstack.processes import StackError
from devstack.screenshots.shots import LOOKS, SHOTS, Shot
from devstack.screenshots.story import TENANTS, psa
from devstack.stack import ROOT, Stack

FOLDER: Final = ROOT / "docs" / "screenshots"


def main() -> int:
    """0 when every picture was taken, 3 when there is no browser or the stack did not start."""
    parser = argparse.ArgumentParser(prog="dev.py screenshots", description="Writes docs/screenshots/*.png.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pictures")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go instead")
    arguments = parser.parse_args()
    if unknown := {*arguments.names} - {shot.name for shot in SHOTS}:
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    try:
        for path in take(arguments.names, arguments.folder):
            print(f"{path.stat().st_size / 1000:6.0f} KB  {path}", flush=True)
    except (NoBrowserError, StackError) as error:
        print(error, file=sys.stderr)
        return 3
    return 0


def take(names: Collection[str], folder: Path) -> Iterator[Path]:
    """The named pictures, or all, each given when it was written."""
    executable = find_browser()
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-") as directory,
        Stack(Path(directory), TENANTS, psa=psa()) as stack,
        open_browser(executable, stack.certificates.certificate) as browser,
    ):
        for shot in SHOTS:
            if not names or shot.name in names:
                yield from _take(shot, browser, stack, folder)


def _take(shot: Shot, browser: Browser, stack: Stack, folder: Path) -> Iterator[Path]:
    context = new_person(browser, LOOKS[""])
    page = context.new_page()
    shot.steps(page, stack)
    for name in ("", *shot.also):
        look, path = LOOKS[name], folder / f"{shot.name}{name}.png"
        page.set_viewport_size({"width": look.width, "height": look.height})
        page.emulate_media(color_scheme=look.colours)
        page.screenshot(path=path, full_page=shot.is_whole, animations="disabled")
        yield path
    context.close()


if __name__ == "__main__":
    sys.exit(main())
