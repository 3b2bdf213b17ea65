"""Commands as people read them: whether the project has what a line calls."""

import re
import shlex
from pathlib import Path

import dev

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "infra/*.md", "portal/*.md", "clients/*/*.md", "devstack/**/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
MODULE = re.compile(r"(?:\.venv/bin/python|python3?) -m ((?:devstack|tests)[\w.]*)")
ENDS = ("&", "&&", "|", ">", ";")


def complaint_about(command: str) -> str | None:
    """What is wrong with a command of this project; None for a good one and for those of others."""
    if command.startswith("python3 dev.py"):
        return _complaint_about_dev(command.removeprefix("python3 dev.py"))
    if module := MODULE.match(command):
        path = ROOT / module[1].replace(".", "/")
        return None if path.with_suffix(".py").exists() or (path / "__main__.py").exists() else f"no {module[1]}"
    return None


def _complaint_about_dev(arguments: str) -> str | None:
    words = [word for word in shlex.split(arguments.replace("…", "..."), comments=True) if word not in ENDS]
    words = [word.strip("[]") for word in words]
    if not words:
        return None
    name, rest = words[0], words[1:]
    known = dev.build_parser().format_help()
    if not re.search(rf"^    {re.escape(name)}\b", known, re.MULTILINE):
        return f"dev.py has no {name}"
    source = _source_of(name)
    unknown = [word for word in rest if word.startswith("--") and f'"{word}"' not in source]
    return f"{name} has no {unknown[0]}" if unknown else None


def _source_of(command: str) -> str:
    package = ROOT / "devstack" / command
    files = [ROOT / "dev.py", package.with_suffix(".py"), *package.glob("*.py")]
    return "".join(path.read_text() for path in files if path.exists())


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and content of each fenced block."""
    return re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def lines(block: str) -> list[str]:
    """The commands of a block, without comments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", block)
    return [line for raw in joined.splitlines() if (line := re.sub(r"(^|\s+)#.*", "", raw).strip())]
