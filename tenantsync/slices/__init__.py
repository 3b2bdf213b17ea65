"""What the engine's slices are made of: the work at hand, one module for each phase, and pure decisions."""
