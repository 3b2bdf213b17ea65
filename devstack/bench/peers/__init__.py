"""What others do with the same users. Each runs in an environment of its own, on the standard library and the peer."""
