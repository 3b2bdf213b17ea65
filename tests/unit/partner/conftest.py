"""An MSP that is a partner: its own tenant with the rules of the simulator."""

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import FakeMicrosoft
from tests.fakes.partner import FakePartner


@pytest.fixture
def partner(microsoft: FakeMicrosoft, clock: FakeClock) -> FakePartner:
    return FakePartner(microsoft, clock)
