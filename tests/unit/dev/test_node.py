"""Node.js for Azurite and the portal."""

from pathlib import Path

from devstack import node


def test_choice_is_remembered_with_its_npm(tmp_path: Path):
    chosen = node.Node("/opt/node/bin/node", ("/opt/node/bin/node", "/opt/npm-cli.js"))
    node.write_choice(tmp_path / "node.json", chosen)
    assert node.read_choice(tmp_path / "node.json") == chosen


def test_npm_of_a_wheel_can_be_called_by_its_name(tmp_path: Path):
    pypi = node.pypi_node(tmp_path)
    script = Path(pypi.npm[-1])
    script.parent.mkdir(parents=True)
    script.write_text("#!/usr/bin/env node")
    command = Path(pypi.executable).with_name("npm")
    command.parent.mkdir()
    command.write_text("a copy")
    node.mend_npm(pypi)
    assert command.resolve() == script
    assert script.stat().st_mode & 0o111
