"""The users of one tenant, brought by every subject in turn, so that all share the machine's noise."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from devstack.bench.processes import Peer, SubjectError, run_subject
from devstack.bench.results import BARE, COMPARED, MSGRAPH, PULL, ROADRECON, STORE, Resync, Row, Sample, median
from devstack.bench.subjects import TENANT
from devstack.processes import cpu_seconds
from devstack.stack import CLIENT_ID, Stack
from tenantsync.resources.users import USERS

ROUNDS: Final = 3
_MSGRAPH_USERS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is run: a module, its arguments, whose interpreter, how often, and up to how many users."""

    title: str
    module: str
    arguments: tuple[str, ...] = ()
    peer: Peer | None = None
    rounds: int = ROUNDS
    most_users: int = COMPARED

    def command(self) -> list[str]:
        """Raises SubjectError when the peer cannot be installed."""
        python = self.peer.python() if self.peer else sys.executable
        return [python, "-m", f"devstack.bench.{self.module}", *self.arguments]

    def prepare(self) -> str:
        """Installs what the subject needs; gives why that cannot be done, else nothing."""
        try:
            self.command()
        except SubjectError as error:
            return str(error)
        return ""


SUBJECTS: Final = (
    Subject(title=STORE, module="subjects", arguments=("store",), most_users=sys.maxsize),
    Subject(title=PULL, module="subjects", arguments=("pull",)),
    Subject(title=BARE, module="peers.bare_loop", most_users=sys.maxsize),
    Subject(title=ROADRECON, module="peers.roadrecon_gather", peer=Peer("roadrecon")),
    Subject(title=MSGRAPH, module="peers.msgraph_pages", peer=Peer("msgraph"), rounds=1, most_users=_MSGRAPH_USERS),
)
LARGEST: Final = tuple(subject for subject in SUBJECTS if subject.most_users > COMPARED)
_FIRST: Final = Subject(title="first sync", module="subjects", arguments=("first",))
_SECOND: Final = Subject(title="second sync", module="subjects", arguments=("second",))


class Bench:
    """Runs subjects against one stack's tenant."""

    def __init__(self, stack: Stack, users: int) -> None:
        self._stack, self._users = stack, users

    def measure(self, latency_ms: int, subjects: Sequence[Subject], rounds: int = ROUNDS) -> Iterator[Row]:
        """A row for every one of the subjects that is run at this size."""
        self._change(latencyMs=latency_ms)
        subjects = [subject for subject in subjects if self._users <= subject.most_users]
        samples: dict[str, list[Sample]] = {subject.title: [] for subject in subjects}
        notes = {subject.title: why for subject in subjects if (why := subject.prepare())}
        for number in range(rounds):
            for subject in subjects:
                if number < subject.rounds and subject.title not in notes:
                    self._say(f"{subject.title}, {latency_ms} ms, run {number + 1}")
                    try:
                        samples[subject.title].append(self._run(subject, self._users))
                    except SubjectError as error:
                        notes[subject.title] = str(error)
        for title, why in notes.items():
            self._say(f"MISSING: {title} {why}")
        for title, found in samples.items():
            is_whole = found and title not in notes
            yield Row(
                users=self._users,
                latency_ms=latency_ms,
                subject=title,
                runs=len(found),
                sample=median(found) if is_whole else None,
                note=notes.get(title, ""),
            )

    def measure_resync(self) -> Resync:
        """First and second sync of what has a delta; raises SubjectError."""
        self._change(latencyMs=0)
        self._say("first and second sync of users, groups and memberships")
        first = self._run(_FIRST, None)
        second = median([self._run(_SECOND, first.objects) for _ in range(ROUNDS)])
        return Resync(users=self._users, first=first, second=second)

    def _run(self, subject: Subject, expected: int | None) -> Sample:
        command, environment = subject.command(), self._environment()
        store = self._stack.storage_pid
        self._stack.http.delete(f"{self._stack.login}/_simulator/requests", timeout=30)
        before = cpu_seconds(store)
        found = run_subject(command, environment)
        store_cpu = cpu_seconds(store) - before
        if expected is not None and found["objects"] != expected:
            raise SubjectError(f"brought {found['objects']} of {expected} objects")
        asked = self._stack.http.get(f"{self._stack.login}/_simulator/requests", timeout=30).json()["byPath"]
        requests = sum(number for path, number in asked.items() if path.startswith("/v1.0/"))
        return Sample(**found, store_cpu=store_cpu, requests=requests)

    def _environment(self) -> dict[str, str]:
        settings = self._stack.settings()
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": settings["CLIENT_SECRET"],
            "scope": f"{self._stack.graph}/.default",
        }
        answer = self._stack.http.post(f"{self._stack.login}/{TENANT}/oauth2/v2.0/token", data=form, timeout=30).json()
        url = f"{self._stack.graph}/v1.0{USERS.source.requests()[0]}"
        return {**settings, "BENCH_TOKEN": answer["access_token"], "BENCH_URL": url}

    def _change(self, **changes: Any) -> None:
        self._stack.http.put(f"{self._stack.login}/_simulator/tenants/{TENANT}", json=changes, timeout=30)

    def _say(self, text: str) -> None:
        print(f"{self._users:,} users: {text} ...", file=sys.stderr, flush=True)
