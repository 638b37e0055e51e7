"""Run the package out of a checkout: `python3 deploy/rollout status`.

On a host it is one file, which deploy/bundle makes.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from rollout.cli import main

    main()
