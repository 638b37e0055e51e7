"""The page's scripts and style."""

from importlib import resources

from wearcast.serving.dashboard.first_screen import first_screen_style


def page_file(name: str) -> str:
    """The content of a file beside this module."""
    return (resources.files(__package__) / name).read_text("utf-8")


def page_style() -> str:
    """The style of the whole page."""
    screen = (
        page_file("style.css")
        + page_file("votes.css")
        + first_screen_style()
        + page_file("about.css")
    )
    return screen + page_file("print.css")
