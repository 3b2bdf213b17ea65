import pytest

from tenantsync.errors import ConfigurationError
from tenantsync.settings import Secret, Settings
from tests.services import ENVIRONMENT


def test_settings_defaults_are_microsofts_hosts():
    environment = {name: value for name, value in ENVIRONMENT.items() if not name.endswith("_ENDPOINT")}
    settings = Settings.from_env(environment)
    assert settings.login_endpoint == "https://login.microsoftonline.com"
    assert settings.graph_endpoint == "https://graph.microsoft.com"
    assert settings.connect_rate_per_minute == 120
    assert not settings.is_sync_paused


def test_settings_report_every_problem_at_once():
    with pytest.raises(ConfigurationError) as raised:
        Settings.from_env({"LOGIN_ENDPOINT": "http://login.test", "CONNECT_RATE_PER_MINUTE": "0"})
    for name in ("LOGIN_ENDPOINT", "CLIENT_ID", "CLIENT_SECRET", "CALLBACK_URL", "PORTAL_URL", "API_AUDIENCE"):
        assert name in str(raised.value)
    for name in ("ALLOWED_MSP_TENANTS", "TABLES_CONNECTION_STRING", "CONNECT_RATE_PER_MINUTE"):
        assert name in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOGIN_ENDPOINT", "http://login.test"),
        ("GRAPH_ENDPOINT", "https://graph.test/v1.0"),
        ("CALLBACK_URL", "http://connect.test/callback"),
        ("PORTAL_URL", "ftp://portal.test"),
        ("ALLOWED_MSP_TENANTS", "not-a-guid"),
        ("HOME_TENANT_ID", "home"),
        ("OPERATOR_TENANT_ID", "1234"),
        ("CONNECT_RATE_PER_MINUTE", "many"),
        ("TABLES_ENDPOINT", "https://both.table.core.windows.net"),
        ("WRITE_CLIENT_ID", "an-app"),
        ("OTHER_LOGIN_ENDPOINTS", "https://ok.test,http://login.test"),
        ("WEBHOOK_LOOPBACK_ORIGINS", "http://127.0.0.1:1,http://10.0.0.1:80"),
        ("WEBHOOK_LOOPBACK_ORIGINS", "https://example.com"),
        ("PSA_LOOPBACK_ORIGINS", "http://127.0.0.1:1"),
        ("PSA_LOOPBACK_ORIGINS", "https://10.0.0.1:443"),
        ("AUTOTASK_ZONE_ENDPOINT", "http://127.0.0.1:1"),
        ("CONSENT_LINK_SECONDS", "0"),
        ("RUNS_AT_ONCE", "0"),
        ("SYNC_PAUSED", "yes"),
        ("CLIENT_CERTIFICATE_PATH", "/also/a/certificate.pem"),
        ("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem"),
    ],
)
def test_settings_refuse_a_wrong_value(name: str, value: str):
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({**ENVIRONMENT, name: value})


@pytest.mark.parametrize("url", ["http://127.0.0.1:7071/x", "http://localhost/x", "https://connect.test/x"])
def test_settings_allow_http_on_loopback_only(url: str):
    assert Settings.from_env({**ENVIRONMENT, "CALLBACK_URL": url}).callback_url == url


def test_settings_know_microsofts_hosts_however_they_are_written():
    """The issuer of a token has them in lower case."""
    assert (
        Settings.from_env({**ENVIRONMENT, "LOGIN_ENDPOINT": "https://Login.Test/"}).login_endpoint
        == "https://login.test"
    )


def test_settings_know_the_app_however_its_id_is_written():
    """Microsoft's tokens have it in lower case."""
    assert Settings.from_env({**ENVIRONMENT, "CLIENT_ID": "ABCDEF00-0000-4000-8000-000000000000"}).client_id == (
        "abcdef00-0000-4000-8000-000000000000"
    )


def test_settings_star_allows_every_msp():
    assert Settings.from_env({**ENVIRONMENT, "ALLOWED_MSP_TENANTS": "*"}).allowed_msp_tenants is None


def test_secret_never_prints():
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret!r} {secret} {Settings.from_env(ENVIRONMENT)!r}"
    assert secret.reveal() == "hunter2"
