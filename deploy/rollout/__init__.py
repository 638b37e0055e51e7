"""Bring a release to users without a dropped request, and go back by itself."""
