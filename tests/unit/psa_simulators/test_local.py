"""The simulators as a part of the local stack: a process of their own that answers, and what the app is told."""

import signal
import subprocess
from pathlib import Path

import requests

from devstack.certificates import make_certificates
from devstack.psa.local import LocalPsa
from devstack.psa.world import ORIGINS


def test_process_serves_every_origin_until_it_is_stopped(tmp_path: Path):
    psa, certificates = LocalPsa({"companies": 20}), make_certificates(tmp_path)
    with subprocess.Popen(psa.command(tmp_path, certificates), stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            with requests.Session() as session:
                session.trust_env, session.verify = False, str(certificates.ca)
                found = session.get(f"{psa.origins['control']}/_simulator", timeout=10).json()["origins"]
                assert found == psa.origins
                for origin in found.values():
                    assert session.get(f"{origin}/nowhere", timeout=10).status_code == 404
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_app_is_told_of_all_origins_but_the_control(tmp_path: Path):
    psa = LocalPsa({}, tuple(range(20_001, 20_001 + len(ORIGINS))))
    settings = psa.settings()
    assert psa.origins["control"] not in settings["PSA_LOOPBACK_ORIGINS"]
    assert len(settings["PSA_LOOPBACK_ORIGINS"].split(",")) == len(ORIGINS) - 1
    assert settings["AUTOTASK_ZONE_ENDPOINT"] == psa.origins["autotask"]
    assert psa.values()["connectwise"]["host"] == psa.origins["connectwise"]
    assert settings["CONNECTWISE_CLIENT_ID"] == psa.scenario.connectwise.client_id
