"""Numbers the plans go by. Changing one is safe for running instances only if no yield comes or goes: see the ADRs."""

from typing import Final

SLICES_A_GENERATION: Final = 40
"""Every completion replays the generation's whole history; a hundred actions keep that at some ten milliseconds."""

TURN_SECONDS: Final = 5
"""A resource that waits so long, or longer, lets the others of its lane go on meanwhile, unless it rests for others."""

LOST_SLICES: Final = 10
"""So many slices in a row may be lost to crashes or an absent store before the resource is given up."""

LOST_SLICE_DELAY_SECONDS: Final = 15

VERIFY_TRIES: Final = 30
"""More than the activity's own list of delays: the activity decides when to stop, this only bounds the history."""

LOOKS_A_GENERATION: Final = 10
"""For a free place; each is eight events."""

LONG_PAUSE_SECONDS: Final = 3600
"""After so many lost activities that the store must be away; then everything is tried again."""

FINISH_TRIES: Final = 5
FINISH_DELAY_SECONDS: Final = 15

FAILED_LOOK_SECONDS: Final = 900
"""A look at a GDAP relationship that failed is repeated then."""

FAILED_MOVE_SECONDS: Final = 60
"""A customer who could not be asked now is asked again then."""
