"""The limit of file descriptors, of which each connection takes one."""

import logging
from typing import Final

_LOG: Final = logging.getLogger("wearcast.descriptors")
_MOST: Final = 65_536
"""More connections than this need more memory than a container has."""


def raise_descriptor_limit() -> int:
    """Raise this process's soft limit of descriptors to its hard one, at most to 65,536, and log
    it; the limit that then holds, 0 where the system has none."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError) as error:
            _LOG.warning("The limit of %d descriptors can't be raised: %s", soft, error)
    _LOG.info("There may be %d open descriptors.", soft)
    return soft
