"""`python -m wearcast` is the command `wearcast`."""

from wearcast.cli import main

main()
