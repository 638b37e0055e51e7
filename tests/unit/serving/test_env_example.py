"""`.env.example` lists every setting, each with its default."""

from pathlib import Path

from wearcast.serving.settings import PREFIX, Deployment


def variables(repository):
    """Those of ours; the ones that an image sets for itself stand in a comment, so that a copy of
    the file leaves them alone."""
    lines = (repository / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(
        line.removeprefix("# ").split("=", 1)
        for line in lines
        if line.removeprefix("# ").startswith(PREFIX)
    )


def test_it_names_every_setting_and_no_other(repository):
    assert sorted(variables(repository)) == sorted(
        PREFIX + name.upper() for name in Deployment.model_fields
    )


def test_its_values_are_the_defaults(repository):
    root = Path("/somewhere")
    assert Deployment.from_environment(variables(repository), root) == Deployment.from_environment(
        {}, root
    )


def test_it_holds_no_credentials(repository):
    assert not [
        line
        for line in (repository / ".env.example").read_text().splitlines()
        if line.startswith("AWS_")
    ]
