"""`dev.py down`: ends whatever a crash left behind on the data directory of `up`."""

import argparse
import sys
from pathlib import Path

from devstack.leftovers import end_leftovers


def main() -> int:
    """0, also when there was nothing to end."""
    parser = argparse.ArgumentParser(prog="dev.py down", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".devstack/data"))
    ended = list(end_leftovers(parser.parse_args().data))
    print("\n".join(ended) if ended else "Nothing was left running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
