"""Companies of a PSA: listed, compared with what is mirrored, and brought to the customers slice by slice."""
