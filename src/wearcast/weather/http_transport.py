"""How a request leaves the machine: directly, or through the proxy of the environment, with the
environment's certificates.

httpx would read the same variables, but stops with an exception at a `NO_PROXY` that lists
`[::1]` or a network, and at certificates that aren't there.
"""

import os
import ssl

import httpx

from wearcast import network_environment


class EnvironmentTransport(httpx.BaseTransport):
    """Sends each request the way that the environment says for its address."""

    def __init__(self) -> None:
        """Raises:
        ConfigError: a proxy or certificates can't be meant; naming the variable.
        """
        context = _ssl_context()
        self._no_proxy = network_environment.no_proxy()
        self._direct = httpx.HTTPTransport(verify=context)
        self._proxied = {}
        for scheme, proxy in network_environment.proxies().items():
            self._proxied[scheme] = httpx.HTTPTransport(verify=context, proxy=proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it.

        Raises:
            httpx.HTTPError: as httpx's own transport; where a proxy can't be reached, naming the
                variable that names it.
        """
        scheme = self._scheme(request.url)
        if scheme is None:
            return self._direct.handle_request(request)
        try:
            return self._proxied[scheme].handle_request(request)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            variable = network_environment.proxy_variable(scheme)
            raise type(error)(f"{error} (through the proxy that {variable} names)") from error

    def close(self) -> None:
        """Close all connections."""
        for transport in (self._direct, *self._proxied.values()):
            transport.close()

    def _scheme(self, url: httpx.URL) -> str | None:
        """The scheme whose proxy takes a request to `url`; None for no proxy."""
        if network_environment.is_direct(url.host, self._no_proxy):
            return None
        wanted = (scheme for scheme in (url.scheme, "all") if scheme in self._proxied)
        return next(wanted, None)


def _ssl_context() -> ssl.SSLContext:
    path = network_environment.certificates()
    if path is None:
        return httpx.create_ssl_context(trust_env=False)
    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)
