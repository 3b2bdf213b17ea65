"""`dev.py screenshots`: the portal's pictures in docs/, taken from the running stack."""
