"""The models beside the champion: what the setting means, and what it can't mean."""

import json
from pathlib import Path

import pytest

from wearcast.errors import ConfigError
from wearcast.serving.experiment.variants import Variant
from wearcast.serving.settings import Deployment

ROOT = Path("/srv/wearcast")


def settings(variants: str, root: Path = ROOT) -> Deployment:
    return Deployment.from_environment({"WEARCAST_VARIANTS": variants}, root)


def test_a_variant_has_a_name_a_model_and_a_share_or_is_a_shadow():
    assert settings("b=/models/b@20, c=models/c@shadow,d=/d@0.5").variants == (
        Variant("b", Path("/models/b"), 20.0),
        Variant("c", ROOT / "models/c", None),
        Variant("d", Path("/d"), 0.5),
    )


def test_there_is_none_by_default():
    assert settings("").variants == ()


@pytest.mark.parametrize("root", [ROOT, Path("/srv/a=1,b@20")])
def test_a_worker_gets_the_same_ones(root):
    given = settings("b=/models/b@12.5,c=models/c@shadow,d=/models/x=y@2@3", root)
    sent = json.loads(json.dumps(given.model_dump(mode="json")))
    assert Deployment.model_validate(sent) == given
    assert given.variants[1].model == root / "models/c"
    assert given.variants[2].model == Path("/models/x=y@2")


@pytest.mark.parametrize(
    ("variants", "why"),
    [
        ("b", "is no variant"),
        ("b=/models/b", "is no variant"),
        ("b=/models/b@110", "is no variant"),
        ("B=/models/b@20", "is no variant"),
        ("../b=/models/b@20", "is no variant"),
        ("champion=/models/b@20", "no variant can be called champion"),
        ("b=/models/b@20,b=/models/c@shadow", "the same name"),
        ("b=/models/b@60,c=/models/c@60", "add up to 120"),
        ("a=/a@1,b=/b@1,c=/c@1,d=/d@1,e=/e@1", "4 are the most"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_the_settings_name(variants, why):
    with pytest.raises(ConfigError, match=f"WEARCAST_VARIANTS: .*{why}"):
        settings(variants)
