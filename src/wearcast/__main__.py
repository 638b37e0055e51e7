"""`python -m wearcast` is the command `wearcast`."""

from wearcast.cli.app import main

main()
