"""Simulators of ConnectWise PSA, Autotask PSA and HaloPSA, as strict as the vendors' documents say they are."""
