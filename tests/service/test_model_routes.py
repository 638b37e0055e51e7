"""`/model`, `/model/verification` and `/verification/recent`: where the model comes from and how
good it is."""

import json
from datetime import UTC, datetime

import pytest

from service.synthetic_snapshots import two_cities
from unit.forecasting.synthetic import TINY, built
from wearcast.forecasting.quantiles import LEVELS

METRICS = {"skill": 0.31, "hours": {"24": {"mae_c": 1.4, "crps_c": None}}}
RECENT = {"EWR": {"hours": 48, "mae_c": 1.25, "by_lead": [{"lead_h": 24, "mae_c": 1.5}]}}


@pytest.fixture
def reports(tmp_path):
    """Reports as the pipeline leaves them."""
    folder = tmp_path / "reports"
    (folder / "plots").mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    (folder / "verification.json").write_text(json.dumps({"by_lead": [1, 2]}))
    (folder / "plots/skill.csv").write_text("lead_h,method,skill\n1,network,0.5\n2,ridge,\n")
    return folder


def test_the_model_card_has_versions_hashes_and_training(modelled):
    card, manifest = modelled.read("/model"), built().manifest
    assert card["version"] == manifest.version
    assert (card["onnx"], card["data"], card["code"]) == (
        manifest.onnx,
        manifest.origin["data"],
        manifest.origin["code"],
    )
    assert [station["id"] for station in card["stations"]] == ["AAA", "BBB"]
    assert (card["history_h"], card["horizon_h"], card["levels"]) == (48, 168, LEVELS.tolist())
    assert card["params"]["hidden"] == TINY.hidden
    assert card["validation"] == manifest.origin["validation"]
    assert card["test"] is None
    start, until = (datetime.fromisoformat(card["trained_on"][name]) for name in ("start", "until"))
    assert start.tzinfo is not None
    assert start == datetime.fromisoformat(manifest.origin["trained_on"]["from"] + ":00").replace(
        tzinfo=UTC
    )
    assert start < until
    assert card["trained_on"]["source"] == "sample"


def test_many_stations_of_the_model_come_in_pages(modelled):
    card = modelled.read("/model")
    assert (card["total"], card["next"]) == (2, None)
    first = modelled.read("/model?limit=1")
    assert ([station["id"] for station in first["stations"]], first["next"]) == (["AAA"], "AAA")
    second = modelled.read("/model?limit=1&after=AAA")
    assert [station["id"] for station in second["stations"]] == ["BBB"]
    assert (second["total"], second["next"]) == (2, None)
    assert second["version"] == card["version"]
    for query in ("limit=0", "limit=101", "after=CCC"):
        assert modelled.get(f"/model?{query}").status_code == 422


def test_scores_and_plots_are_those_of_the_reports(serve, trained, reports):
    service = serve(two_cities(), model=trained, reports=reports)
    assert service.read("/model")["test"] == METRICS
    assert service.read("/model/verification") == {
        "metrics": METRICS,
        "verification": {"by_lead": [1, 2]},
        "plots": {
            "skill": {
                "columns": ["lead_h", "method", "skill"],
                "rows": [[1.0, "network", 0.5], [2.0, "ridge", None]],
            }
        },
    }


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"{", b"\xff\xfe"])
def test_a_broken_report_is_left_out_and_the_service_starts(serve, reports, content):
    (reports / "metrics.json").write_bytes(content)
    (reports / "plots/skill.csv").write_bytes(content if content != b"[1, 2]" else b"")
    service = serve(two_cities(), reports=reports)
    told = service.read("/model/verification")
    assert (told["metrics"], told["verification"]) == (None, {"by_lead": [1, 2]})
    assert service.get("/forecast/latest").status_code == 200


def test_without_a_model_only_its_card_is_missing(cities):
    answer = cities.get("/model")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert cities.read("/model/verification") == {
        "metrics": None,
        "verification": None,
        "plots": {},
    }


def test_a_model_that_was_tampered_with_is_not_loaded(serve, trained, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_bytes((trained / "manifest.json").read_bytes())
    (broken / "model.onnx").write_bytes((trained / "model.onnx").read_bytes()[:-1] + b"x")
    service = serve(two_cities(), model=broken)
    assert service.get("/model").status_code == 503
    assert "model.onnx" in service.read("/health/ready")["model"]
    assert service.get("/recommendation/by_day").status_code == 200


def test_the_live_verification_comes_with_the_snapshot(serve):
    service = serve()
    service.shelf.publish(two_cities(), recent=json.dumps(RECENT).encode())
    service.reader.poll()
    told = service.read("/verification/recent", station="EWR")
    assert (told["station"], told["verification"]) == ("EWR", RECENT["EWR"])
    assert told["forecast"]["version"] == service.reader.current.record.version
    assert service.read("/verification/recent", station="108")["verification"] is None


def test_without_a_live_verification_the_response_is_null(cities):
    assert cities.read("/verification/recent")["verification"] is None
