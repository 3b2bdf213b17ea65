"""The newest Secure Score as a baseline; a new tenant has none yet, which is no failure."""

from collections.abc import Mapping

from tenantsync.graph.workloads import SECURITY
from tenantsync.resources.sources import Collection
from tenantsync.resources.spec import ResourceSpec
from tenantsync.store.inventory import Item


def tally_score(score: Item) -> Mapping[str, float]:
    """`current` and `max` points of the one stored score, and `average:` what others of the same basis have."""
    averages = {
        f"average:{average['basis']}": average.get("averageScore") or 0.0
        for average in score.get("averageComparativeScores") or ()
    }
    return {"current": score.get("currentScore") or 0.0, "max": score.get("maxScore") or 0.0, **averages}


SECURE_SCORE = ResourceSpec(
    key="secure_score",
    title="Secure Score",
    workload=SECURITY,
    permissions=("SecurityEvents.Read.All",),
    tally=tally_score,
    absent_statuses=frozenset({404}),
    # newest first; the next link leads on through ninety days of history
    source=Collection(path="/security/secureScores", top=1, is_paged=False, note_if_empty="no_baseline_yet"),
)
