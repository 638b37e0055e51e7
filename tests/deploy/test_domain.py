"""A host with a domain and a low rate limit: a release comes through TLS, and no address takes more
than its share."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from deploy.engine import Images, docker
from deploy.host import Host, serving

pytestmark = pytest.mark.deploy
DOMAIN = "wearcast.test"


@pytest.fixture(scope="module")
def secured(
    images: Images, bucket: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """Such a host, with a release; no authority gives it a certificate here, so the proxy serves
    one of its own."""
    settings = {**bucket, "SITE_DOMAIN": DOMAIN, "SITE_RATE": "5", "SITE_BURST": "50"}
    with serving(tmp_path_factory.mktemp("secured"), settings, images.release("first")) as found:
        yield found


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Somebody who takes the proxy's own certificate."""
    with httpx.Client(verify=False, trust_env=False, timeout=30) as found:  # noqa: S501
        yield found


def ask(client: httpx.Client, host: Host, path: str, domain: str = DOMAIN) -> httpx.Response:
    """Through TLS, by the domain's name."""
    return client.get(
        f"https://127.0.0.1:{host.tls_port}{path}",
        headers={"Host": domain},
        extensions={"sni_hostname": domain},
    )


def test_all_of_it_is_served_through_tls(secured: Host, client: httpx.Client) -> None:
    for path in ("/", "/api/forecast/latest", "/recommendation/by_day", "/health/ready"):
        answer = ask(client, secured, path)
        assert answer.status_code == 200, path
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path
    client.cookies.clear()
    assert "Secure" in ask(client, secured, "/").headers["Set-Cookie"]
    assert ask(client, secured, "/api/metrics").status_code == 404


def test_without_tls_one_is_sent_there(secured: Host) -> None:
    answer = httpx.get(f"{secured.url}/api/docs?lang=ko", headers={"Host": DOMAIN}, trust_env=False)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"].startswith(f"https://{DOMAIN}")
    assert answer.headers["Location"].endswith("/api/docs?lang=ko")


def test_another_name_leads_nowhere(secured: Host, client: httpx.Client) -> None:
    assert ask(client, secured, "/api/forecast/latest", domain="elsewhere.test").status_code == 404


def test_one_address_gets_its_share_and_no_more(secured: Host, client: httpx.Client) -> None:
    with ThreadPoolExecutor(16) as many:
        statuses = Counter(
            many.map(lambda _: ask(client, secured, "/api/health/live").status_code, range(200))
        )
    assert set(statuses) == {200, 429}
    assert 30 <= statuses[200] < 150


def test_a_setting_of_the_proxy_comes_with_the_next_release(secured: Host) -> None:
    secured.settings.write_text(
        secured.settings.read_text().replace("SITE_RATE=5\n", "SITE_RATE=1000\n")
    )
    done = secured.rollout("release", "--again", "--watch", "3", "--drain", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the proxy was started anew" in done.stdout
    assert (
        "SITE_RATE=1000"
        in docker(
            "inspect", "--format", '{{join .Config.Env "\\n"}}', secured.container("proxy")
        ).splitlines()
    )
