"""What a stage's kernel begins with: it refuses the code of another tree, then becomes an ordinary
IPython kernel."""

import sys
from pathlib import Path

from wearcast import checkout
from wearcast.errors import ConfigError
from wearcast.notebook import undeclared_code


def main() -> None:
    """Start the kernel in the project that the working folder is the root of."""
    try:
        checkout.check(Path.cwd())
    except ConfigError as error:
        sys.exit(f"Error: {error}")
    undeclared_code.list_at_exit()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(extra_extensions=["wearcast.notebook.error_position"])


if __name__ == "__main__":
    main()
