"""Each viewer has a kernel of their own, so it must be small and start soon."""

import subprocess
import sys

HEAVY = ("torch", "pandas", "numpy", "pydantic", "plotly", "onnxruntime", "fastapi", "voila", "rich", "click")


def test_the_page_loads_nothing_heavy():
    code = "import sys; from wearcast.serving.dashboard import page; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(HEAVY) & set(loaded)
