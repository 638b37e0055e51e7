"""`wearcast dashboard` that also serves the file PICTURE_FILE, as a file, at `static.html`: the
page's first picture is measured against it."""

import os
from pathlib import Path
from typing import Any

from wearcast.cli.app import main
from wearcast.serving.dashboard_server import server
from wearcast.serving.dashboard_server.handlers import FixedHandler
from wearcast.serving.dashboard_server.static_files import static_file


class DashboardWithFile(server.Dashboard):
    """The dashboard's server with one file more, which is read at each start."""

    def _fixed_routes(self) -> list[Any]:
        content = Path(os.environ["PICTURE_FILE"]).read_bytes()
        file = static_file("text/html; charset=utf-8", content)
        return [*super()._fixed_routes(), (r"static\.html", FixedHandler, {"file": file})]


if __name__ == "__main__":
    server.Dashboard = DashboardWithFile
    main()
