"""What numerical forecasts know of rain at a station, and whether its umbrella can be trusted.

    python tests/bench/guidance_rain.py FOLDER [FIRST..END] [MODEL,MODEL,…]

FOLDER as of guidance.py. Each month from FIRST up to before END, by default from the first whole
month of the archive to the end of the data, is forecast at 00 UTC by regressions fitted on the
others, a week around it left out; the station's past is fitted on what was before the archive. A
day is wet from 1 mm between 07 and 19 UTC on. Each look is written into docs/test-looks.md; NOTE=no
writes nothing.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import guidance
import numpy as np
import seoul
from rich.console import Console
from rich.table import Table

from wearcast import artifacts
from wearcast.config import Train
from wearcast.forecasting import guidance_rain_fit, guided_windows, linear_path, model_assembly
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.guidance_rain import GuidanceRain
from wearcast.forecasting.guidance_regression import PURGE_H, PastForecasts
from wearcast.forecasting.guided_windows import past_forecasts
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.trajectories import rain_at_levels
from wearcast.forecasting.wet_days import agreeing_order
from wearcast.forecasting.wet_spells import PastRain, rain_order
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset
from wearcast.vocabulary import WET_MM, umbrella_is_due

HOUR = np.timedelta64(1, "h")
FIRST_H, LAST_H = 7, 19
WET_DAY_MM = 1.0
DAYS = 5
FITTED_EVERY, TEMPLATE_EVERY = 5, 7
SEASON_D = 30
BOUNDS = (0.005, 0.95)
SKILL = (0.40, 0.38, 0.35, 0.31, 0.20)
HITS, MOST_FALSE_ALARMS = (0.75, 0.72), 0.20
MOST_BIAS = 0.03
RESAMPLES, SEED, BLOCK_D = 1000, 2013, 7


@dataclass(frozen=True)
class Windows:
    """Windows of the archive: the station's past of each, and what came.

    Attributes:
        dataset: the windows and the guidance.
        past: by regressions on what was before the archive.
        wet, log_mm: as `WindowDataset.rain_targets` gives them.
        order: of the members by rain, (M, horizon_h).
        usual_log_mm: quantiles of wet hours before the archive, (Q,).
    """

    dataset: WindowDataset
    past: PastForecasts
    wet: np.ndarray
    log_mm: np.ndarray
    order: np.ndarray
    usual_log_mm: np.ndarray

    @classmethod
    def of(cls, records: Records, settings: Train) -> "Windows":
        """Those of a project whose training period ends before the archive."""
        standardization = model_assembly.fit_standardization(records, settings)
        histories = list(records.histories.values())
        before, archive = (
            build_dataset(
                histories, standardization, records.split, role, guidance=records.guidance
            )
            for role in ("train", "validation")
        )
        fitted = linear_path.fit(before, settings)
        base = np.concatenate(
            [fitted.path(archive.only(some).features()) for some in guidance.chunks(_all(archive))]
        )
        [rows] = archive.guided
        of_template = fitted.windows[::TEMPLATE_EVERY]
        at = before.at[of_template]
        usual = before.series.climatological_wet_chance[before.series.ahead(at)]
        chance = np.clip(usual + fitted.out_of_fold[::TEMPLATE_EVERY, :, -1], *BOUNDS)
        template = PastRain(chance.astype(float), before.rain_targets(at)[0].astype(float))
        wet, log_mm = archive.rain_targets(archive.at)
        return cls(
            archive,
            past_forecasts(archive.series, archive.at, base, rows.scale),
            wet,
            log_mm,
            rain_order(template, settings.members, settings.seed),
            np.quantile(before.wet_amounts(), LEVELS),
        )

    def members_mm(self, chosen: np.ndarray, fitted: GuidanceRain) -> Floats:
        """The trajectories of some windows, (n, M, horizon_h)."""
        [rows] = self.dataset.guided
        past = _some(self.past, chosen)
        rain = fitted(rows.guidance, past)
        said = np.isfinite(rain.hourly_chance)
        of_past = np.clip(past.wet_chance, *BOUNDS)
        chance = np.where(said, rain.hourly_chance, of_past)
        log_mm = np.where(said[..., None], rain.log_mm, self.usual_log_mm)
        members = []
        for i in range(len(chosen)):
            days = rain.days
            order = agreeing_order(
                self.order, chance[i], days.first[i], days.stop[i], days.chance[i]
            )
            levels = (order + 0.5) / len(order)
            members.append(rain_at_levels(chance[i], log_mm[i], levels))
        return np.stack(members)


@dataclass(frozen=True)
class Judged:
    """Days forecast, N of them.

    Attributes:
        ahead: how many days, from 1.
        day: their dates.
        chance: of a wet day.
        umbrella: whether one is advised.
        was_wet: whether they were.
        season: the share of wet days at that time of year, before the archive.
    """

    ahead: np.ndarray
    day: np.ndarray
    chance: np.ndarray
    umbrella: np.ndarray
    was_wet: np.ndarray
    season: np.ndarray

    def only(self, ahead: int) -> "Judged":
        """Those so many days ahead."""
        chosen = self.ahead == ahead
        columns = (self.ahead, self.day, self.chance, self.umbrella, self.was_wet, self.season)
        return Judged(*(column[chosen] for column in columns))

    def skill(self) -> tuple[float, float, float]:
        """The Brier skill beside the season's rate, with a 95 % interval of whole weeks."""
        ours = np.square(self.chance - self.was_wet)
        theirs = np.square(self.season - self.was_wet)
        week = (self.day - self.day.min()).astype(np.int64) // BLOCK_D
        sums = np.array([[e[week == w].sum() for e in (ours, theirs)] for w in np.unique(week)])
        drawn = np.random.default_rng(SEED).integers(len(sums), size=(RESAMPLES, len(sums)))
        of_draws = sums[drawn].sum(axis=1)
        low, high = np.quantile(1 - of_draws[:, 0] / of_draws[:, 1], (0.025, 0.975))
        return 1 - ours.sum() / theirs.sum(), float(low), float(high)


def main(folder: Path, period: str, models: str) -> None:
    """Forecast every month by the others, and write the look down."""
    place = guidance.Place.read(folder, "", models)
    first, _, end = period.partition("..")
    with tempfile.TemporaryDirectory(prefix="wearcast-rain-") as temporary:
        project = Path(temporary) / "all"
        records = guidance.preprocessed(project, place, guided=True)
        settings = Train(**guidance.project_params(place, guided=True)["train"])
        code = seoul.captions.code_hash(project)
    records = _with_whole_archive(records, place)
    windows = Windows.of(records, settings)
    last = np.datetime64(end or place.end, "h")
    judged = by_month(
        windows, records, settings, np.datetime64(first, "M") if first else None, last
    )
    table = lines(judged)
    title = f"{place.name}, {', '.join(place.models)}, {judged.day.min()} to {judged.day.max()}"
    shown = Table(*HEADINGS, title=title)
    for row in table:
        shown.add_row(*row)
    Console(width=150).print(shown)
    if os.environ.get("NOTE") != "no":
        write_down(title, table, code)


def _with_whole_archive(records: Records, place: guidance.Place) -> Records:
    """The same records, whose validation period goes on to the end of the data."""
    [(begin, _)] = records.split.validation
    end = place.end.astype("datetime64[h]")
    return replace(records, split=replace(records.split, validation=((begin, end),), test=()))


def by_month(
    windows: Windows,
    records: Records,
    settings: Train,
    first: np.datetime64 | None,
    end: np.datetime64,
) -> Judged:
    """Every month forecast by the others."""
    issued = windows.past.issued_at
    month = issued.astype("datetime64[M]")
    [rows] = windows.dataset.guided
    begin = rows.guidance.valid_at[0].astype("datetime64[M]") + 1
    first = begin if first is None else first
    days = guided_windows.archive_days(windows.dataset.guided)[rows.station]
    fitted_on = np.arange(len(issued)) % FITTED_EVERY == 0
    at_midnight = issued == issued.astype("datetime64[D]")
    margin = PURGE_H * HOUR
    parts = []
    for one in np.unique(month[(month >= first) & (issued < end)]):
        held = month == one
        far = (issued < issued[held].min() - margin) | (issued > issued[held].max() + margin)
        train = np.flatnonzero(far & fitted_on)
        fitted = guidance_rain_fit.fit(
            rows.guidance,
            _some(windows.past, train),
            windows.wet[train],
            windows.log_mm[train],
            days,
            settings.folds,
        )
        chosen = np.flatnonzero(held & at_midnight & (issued < end))
        parts += judged_days(windows, records, chosen, windows.members_mm(chosen, fitted))
    return Judged(*(np.array(column) for column in zip(*parts, strict=True)))


def judged_days(
    windows: Windows, records: Records, chosen: np.ndarray, members_mm: Floats
) -> list[tuple]:
    """The days ahead of some windows, as the columns of `Judged`."""
    history = next(iter(records.histories.values()))
    dates, sums = daily_sums(history)
    [(archive, _)] = records.split.validation
    before = dates < archive.astype("datetime64[D]")
    found = []
    for i, members in zip(chosen, members_mm, strict=True):
        for ahead in range(DAYS):
            day = windows.past.issued_at[i].astype("datetime64[D]") + ahead
            came = sums[dates == day]
            if not len(came) or np.isnan(came[0]):
                continue
            # The hour up to 08 UTC is the first.
            hours = members[:, 24 * ahead + FIRST_H : 24 * ahead + LAST_H]
            chance = (hours.sum(axis=1) >= WET_DAY_MM).mean()
            umbrella = umbrella_is_due(float((hours >= WET_MM).any(axis=1).mean()))
            season = seasonal_share(dates[before], sums[before], day)
            found.append((ahead + 1, day, chance, umbrella, came[0] >= WET_DAY_MM, season))
    return found


def daily_sums(history: History) -> tuple[np.ndarray, np.ndarray]:
    """The dates of a record, and the rain of each between the two hours; NaN where one is
    missing."""
    hours_since = (history.valid_at - history.valid_at[0].astype("datetime64[D]")) / HOUR
    first_row = int(hours_since[0])
    rain = np.concatenate([np.full(first_row, np.nan), history.column("precip_mm")])
    whole = len(rain) // 24
    by_day = rain[: 24 * whole].reshape(whole, 24)
    dates = history.valid_at[0].astype("datetime64[D]") + np.arange(whole)
    return dates, by_day[:, FIRST_H + 1 : LAST_H + 1].sum(axis=1)


def seasonal_share(dates: np.ndarray, sums: np.ndarray, day: np.datetime64) -> float:
    """The share of wet days within a month of that time of year."""
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    own = (day - day.astype("datetime64[Y]")).astype(np.int64)
    apart = np.abs((of_year - own + 183) % 366 - 183)
    near = (apart <= SEASON_D) & np.isfinite(sums)
    return float((sums[near] >= WET_DAY_MM).mean())


def _all(dataset: WindowDataset) -> np.ndarray:
    return np.arange(len(dataset))


def _some(past: PastForecasts, chosen: np.ndarray) -> PastForecasts:
    return PastForecasts(
        past.issued_at[chosen],
        past.medians[chosen],
        past.wet_chance[chosen],
        past.calendar[chosen],
    )


HEADINGS = ["rain", *(f"day {day + 1}" for day in range(DAYS))]


def lines(judged: Judged) -> list[list[str]]:
    """The table, with a mark where a figure misses its bar."""
    skills, biases, hits, alarms, stayed, counts = (
        ["Brier skill beside the season's rate"],
        ["chance - share of wet days"],
        ["umbrella on wet days"],
        ["umbrella on dry days"],
        ["without an umbrella, stayed dry"],
        ["days, wet ones"],
    )
    for day in range(DAYS):
        ours = judged.only(day + 1)
        wet = ours.was_wet.astype(bool)
        skill, low, high = ours.skill()
        bias = float(ours.chance.mean() - wet.mean())
        hit, alarm = float(ours.umbrella[wet].mean()), float(ours.umbrella[~wet].mean())
        has_bar = day < len(HITS)
        skills.append(f"{skill:+.2f} ({low:+.2f} … {high:+.2f}){_missed(skill < SKILL[day])}")
        biases.append(f"{bias:+.3f}{_missed(abs(bias) > MOST_BIAS)}")
        hits.append(f"{hit:.2f}{_missed(has_bar and hit < HITS[min(day, 1)])}")
        alarms.append(f"{alarm:.2f}{_missed(has_bar and alarm > MOST_FALSE_ALARMS)}")
        stayed.append(f"{float((~wet[~ours.umbrella]).mean()):.2f}")
        counts.append(f"{len(wet)}, {int(wet.sum())}")
    return [skills, biases, hits, alarms, stayed, counts]


def _missed(is_missed: bool) -> str:
    return " (missed)" if is_missed else ""


def write_down(title: str, table: Sequence[Sequence[str]], code: str) -> None:
    """Append the look to the ledger."""
    rows = [HEADINGS, ["---", *["--:"] * DAYS], *table]
    text = [
        (
            f"{title}: each month by the others, a week around it left out; issued at 00 UTC, wet"
            f" from {WET_DAY_MM:g} mm between {FIRST_H:02} and {LAST_H} UTC on. In brackets 95 %"
            " intervals over weeks."
        ),
        "",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    caption = seoul.captions.caption(
        "make bench-guidance-rain DATA=folder", seoul.captions.today(), model="", code=code
    )
    ledger = seoul.LOOKS.read_text(encoding="utf-8")
    heading = f"## {seoul.captions.today()}: {title.partition(',')[0]}, rain with guidance"
    told = seoul.captions.captioned("\n".join(text), caption)
    artifacts.write_bytes(seoul.LOOKS, f"{ledger}\n{heading}\n\n{told}".encode())


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *[*sys.argv[2:], "", ""][:2])
