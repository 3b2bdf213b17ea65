"""All state of the three simulated PSAs, and which routes are served where."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from devstack.psa import autotask_rows, connectwise_rows, halopsa_rows
from devstack.psa.autotask import ZONES, Autotask
from devstack.psa.book import Book
from devstack.psa.connectwise import ConnectWise
from devstack.psa.front import State, Vendor, front
from devstack.psa.halopsa import Halo
from devstack.psa.halopsa_tokens import Tokens
from devstack.psa.limits import Usage, Window
from devstack.psa.population import make_accounts
from devstack.psa.spec import AutotaskSpec, ConnectWiseSpec, HaloSpec, PsaScenario

ORIGINS: Final = ("connectwise", "autotask", *ZONES, "halopsa", "halopsa_auth", "control")
"""Each is served on a port of its own; `autotask` is the zone lookup."""


@dataclass
class World:
    """The simulators' state. Each PSA has all companies of the scenario, under its own ids."""

    scenario: PsaScenario
    origins: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connectwise: State[ConnectWiseSpec] = self._state(self.scenario.connectwise, connectwise_rows.id_of, 60)
        self.autotask: State[AutotaskSpec] = self._state(self.scenario.autotask, autotask_rows.id_of, 3600)
        self.halopsa: State[HaloSpec] = self._state(self.scenario.halopsa, halopsa_rows.id_of, 60)
        self.tokens = Tokens(self.halopsa)

    def _state(self, spec: Any, id_of: Any, seconds: float) -> State[Any]:
        return State(spec, Book(make_accounts(self.scenario), id_of), Usage(Window(seconds)), self.origins)

    @property
    def vendors(self) -> dict[str, State[Any]]:
        """By the names they have in paths."""
        return {"connectwise": self.connectwise, "autotask": self.autotask, "halopsa": self.halopsa}

    def limit_of(self, vendor: str) -> int:
        """Of the vendor's sliding window."""
        limits = {
            "connectwise": self.connectwise.spec.requests_per_minute,
            "autotask": self.autotask.spec.requests_per_hour,
            "halopsa": self.halopsa.spec.requests_per_minute,
        }
        return limits[vendor]

    def applications(self) -> Iterator[tuple[str, web.Application]]:
        """One for each origin but `control`."""
        connectwise, autotask = ConnectWise(self.connectwise), Autotask(self.autotask)
        halo = Halo(self.halopsa, self.tokens)
        yield "connectwise", _application(connectwise.routes(), self.connectwise, connectwise)
        yield "autotask", _application(autotask.lookup_routes(), self.autotask, autotask)
        for zone in ZONES:
            yield zone, _application(autotask.zone_routes(zone), self.autotask, autotask)
        yield "halopsa", _application(halo.routes(), self.halopsa, halo)
        yield "halopsa_auth", _application(halo.token_routes(), self.halopsa, halo)


def _application(routes: list[web.RouteDef], state: State[Any], vendor: Vendor) -> web.Application:
    application = web.Application(middlewares=[front(state, vendor)], client_max_size=16 * 1024 * 1024)
    application.add_routes(routes)
    return application
