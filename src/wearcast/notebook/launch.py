"""What a stage's kernel begins with: it refuses the code of another tree, then becomes an ordinary
IPython kernel."""

import sys
from pathlib import Path

from wearcast import checkout
from wearcast.errors import ConfigError


def main() -> None:
    """Start the kernel in the project that the working folder is the root of."""
    try:
        checkout.check(Path.cwd())
    except ConfigError as error:
        sys.exit(f"Error: {error}")
    from ipykernel.kernelapp import launch_new_instance

    extensions = ["wearcast.notebook.error_position", "wearcast.notebook.undeclared_code"]
    launch_new_instance(extra_extensions=extensions)


if __name__ == "__main__":
    main()
