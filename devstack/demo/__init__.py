"""The main job on one command: connect a simulated tenant and prove every number."""
