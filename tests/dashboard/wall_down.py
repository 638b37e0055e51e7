"""`wearcast dashboard` without the wall between pages and kernels: for tests only, which show that
the wall is what keeps a visitor's code from running."""

from typing import Any

from wearcast.cli.app import app
from wearcast.serving.dashboard_server.kernel_connection import KernelConnection
from wearcast.serving.dashboard_server.server import Dashboard


class OpenDashboard(Dashboard):
    """A dashboard whose kernels take every message."""

    def init_settings(self) -> dict[str, Any]:
        """Let Voilà's own list allow everything, too."""
        settings: dict[str, Any] = super().init_settings()
        self.kernel_manager.allowed_message_types = []
        return settings


if __name__ == "__main__":
    from wearcast.serving.dashboard_server import server

    KernelConnection.passes = lambda *_: True
    server.Dashboard = OpenDashboard
    app()
