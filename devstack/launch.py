"""`python -m devstack.launch MODULE ...`: as `python -m MODULE ...`, with a word for Ctrl-C instead of a traceback.

Most of a command's first moments are imports, in which its own `main` can catch nothing yet. A Ctrl-C from before, held
back by dev.py, counts, too.
"""

import runpy
import signal
import sys
from typing import Final

INTERRUPTED: Final = 130
"""As shells say of it."""


def main() -> int:
    """The module ends the process itself, with its own exit code; 130 after a Ctrl-C it does not catch."""
    del sys.argv[0]
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
