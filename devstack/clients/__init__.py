"""The packages for callers of the API, generated from openapi.yaml; the hand-written part is in clients/."""
