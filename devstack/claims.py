"""What only one process of this machine can have at a time: a port, a folder of data."""

import argparse
import contextlib
import fcntl
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LOOPBACK: Final = "127.0.0.1"
_PORTS: Final = range(1, 65_536)


class BusyError(Exception):
    """The folder or the port is not to be had; the text says why and what to do."""


def port_number(text: str) -> int:
    """For argparse: a port that can be listened on and called; raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and int(text) in _PORTS):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from {_PORTS[0]} to {_PORTS[-1]}")
    return int(text)


def bind(port: int) -> socket.socket:
    """A loopback socket; raises BusyError when the port is taken, or not for this user."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
    except OSError as error:
        listener.close()
        hint = "stop what listens there, or choose another with --port"
        raise BusyError(f"Port {port} cannot be had ({error.strerror}): {hint}.") from error
    return listener


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """The folder, which is made if missing, for the time of the block.

    Raises BusyError when another one has it, or when it cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        claim = (directory / "lock").open("w")
    except OSError as error:
        hint = "choose another folder with --data"
        raise BusyError(f"{directory} cannot be made or written ({error.strerror}): {hint}.") from error
    with claim as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "stop it first (python3 dev.py down), or choose another folder with --data"
            raise BusyError(f"Another one is running on {directory}: {hint}.") from error
        yield
