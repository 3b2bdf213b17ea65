"""How fast, at what cost: our own sync beside a bare loop, on the same simulator in one run."""
