"""What a kernel is told of its server's environment."""

from pathlib import Path

import pytest

from wearcast.serving.settings import Deployment

kernels = pytest.importorskip(
    "wearcast.serving.dashboard_server.kernels", reason="the extra `dashboard` isn't installed"
)
SERVER = {
    "PATH": "/bin",
    "LC_ALL": "C.UTF-8",
    "VOILA_SERVER_URL": "/",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "DATABASE_PASSWORD": "secret",
    "WEARCAST_STORE": "s3://bucket/prefix",
}


def told(**settings: str) -> dict[str, str]:
    deployment = Deployment.from_environment(
        {f"WEARCAST_{name}": value for name, value in settings.items()}, Path("/somewhere")
    )
    return kernels.kernel_environment(SERVER, kernels.extra_variables(deployment, SERVER))


def test_with_an_api_a_kernel_gets_its_address_and_no_secret():
    found = told(API="http://api:8000", STORE="s3://bucket/prefix")
    assert found["WEARCAST_API"] == "http://api:8000"
    assert not found.keys() & {"AWS_SECRET_ACCESS_KEY", "DATABASE_PASSWORD", "WEARCAST_STORE"}


def test_without_an_api_a_kernel_gets_the_settings_of_one_and_no_more():
    assert (
        told(STORE="s3://bucket/prefix")["AWS_SECRET_ACCESS_KEY"] == SERVER["AWS_SECRET_ACCESS_KEY"]
    )
    assert "AWS_SECRET_ACCESS_KEY" not in told(STORE="data/store")
    assert "DATABASE_PASSWORD" not in told(STORE="s3://bucket/prefix")


def test_a_kernel_gets_the_address_that_the_server_listens_on():
    assert told(API="http://api:8000", DASHBOARD_HOST="172.17.0.2")["VOILA_APP_IP"] == "172.17.0.2"
    assert "VOILA_APP_IP" not in told(API="http://api:8000", DASHBOARD_HOST="localhost")
