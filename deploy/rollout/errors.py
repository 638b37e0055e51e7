"""Why a rollout can't go on."""


class Failed(Exception):
    """The rollout can't go on; says why, for the operator."""


def reason_of(error: BaseException) -> str:
    """An error in words, for the log and the history."""
    if isinstance(error, KeyboardInterrupt):
        return "it was told to end"
    if isinstance(error, Failed | OSError):
        return str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}"
