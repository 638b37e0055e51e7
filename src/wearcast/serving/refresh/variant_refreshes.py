"""The refreshes of the models beside the champion, after its own and from the same inputs.

Whatever happens to a variant is logged and counted, in its own store's totals, and touches nothing
of the champion's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from wearcast.config import Params
from wearcast.forecasting.forecaster import Forecaster
from wearcast.serving.experiment.paired_days import (
    Pair,
    PairedDay,
    PairedDays,
    variant_folder,
    variant_url,
)
from wearcast.serving.experiment.variants import Variant
from wearcast.serving.places.fitted_places import FittedPlaces
from wearcast.serving.refresh import forecast_ledger
from wearcast.serving.refresh.exit_codes import RefreshOutcome
from wearcast.serving.refresh.inputs import Inputs
from wearcast.serving.refresh.missed_hours import MissedHours
from wearcast.serving.refresh.paired_scores import AFTER_D, Ledgers
from wearcast.serving.refresh.refresh_log import RefreshLog
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshes:
    """The champion's refresh, and then the variants'.

    Attributes:
        settings: the deployment's settings.
        params: the experiment's parameters.
        log: of the champion's refreshes.
        open_champion: opens its refresh.
        now: returns the current time.
    """

    settings: Deployment
    params: Params
    log: RefreshLog
    open_champion: Callable[[], Refresh]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def run(self) -> RefreshOutcome:
        """Refresh all; the champion's outcome.

        Raises:
            WearcastError: as the champion's refresh; the variants have not been refreshed then.
        """
        outcome = self.log.run(self.open_champion)
        for variant in self.settings.variants:
            if outcome.inputs:
                self._run_variant(variant, outcome.inputs)
        return outcome

    def _run_variant(self, variant: Variant, inputs: Inputs) -> None:
        """Refresh a variant, and score it beside the champion."""
        store = self._store_of(variant)
        log = RefreshLog(variant_folder(self.settings.history, variant.name), store, self.now)
        try:
            outcome = log.run(lambda: self._variant_refresh(variant, store, inputs))
            _LOG.info("variant %s: %s", variant.name, outcome.summary)
            self._keep_missed_hours(variant, store)
            self._score(variant, store, inputs)
        except Exception as error:  # noqa: BLE001 - nothing of a variant may stop the others
            _LOG.exception("variant %s is left out of this refresh: %s", variant.name, error)

    def _variant_refresh(self, variant: Variant, store: SnapshotStore, inputs: Inputs) -> Refresh:
        own = {"history": variant_folder(self.settings.history, variant.name)}
        champion = self.params.ingest
        ingest = champion.model_copy(update={"source": self.settings.source or champion.source})
        params = self.params.model_copy(update={"ingest": ingest})
        trained = Forecaster.load(variant.model)
        places = FittedPlaces.read(self.settings.history, params, trained)
        return Refresh(
            settings=self.settings.model_copy(update=own),
            params=params,
            source=inputs.source,
            forecaster=places.known_to(trained),
            store=store,
            now=self.now,
            inputs=inputs,
            places=places,
        )

    def _store_of(self, variant: Variant) -> SnapshotStore:
        url = variant_url(self.settings.store, variant.name)
        return SnapshotStore(open_storage(url, self.settings.store_timeout), self.settings.keep)

    def _keep_missed_hours(self, variant: Variant, store: SnapshotStore) -> None:
        champion = self.log.store.read_state()
        self._missed_hours(variant).update(champion, store.read_state())

    def _missed_hours(self, variant: Variant) -> MissedHours:
        folder = variant_folder(self.settings.history, variant.name)
        return MissedHours(folder, self.log.store)

    def _score(self, variant: Variant, store: SnapshotStore, inputs: Inputs) -> None:
        """Score the newest day that is over for `AFTER_D` days, once."""
        champion, other = self.log.store.read_state().latest, store.read_state().latest
        if champion is None or other is None:
            return
        pair = Pair(
            champion=champion.model,
            variant=other.model,
            source=champion.source,
            replay=champion.replay,
        )
        folder = variant_folder(self.settings.history, variant.name)
        days = PairedDays(folder)
        today = champion.issued_at.astimezone(UTC).date()
        on = today - timedelta(days=AFTER_D)
        days.forget(pair, today)
        if days.has(pair, on):
            return
        day = self._paired_day(pair, on, (champion, other), variant, inputs)
        if day.pairs:
            days.add(day)

    def _paired_day(
        self,
        pair: Pair,
        on: date,
        latest: tuple[SnapshotRecord, SnapshotRecord],
        variant: Variant,
        inputs: Inputs,
    ) -> PairedDay:
        standardization = Forecaster.load(self.settings.model).manifest.standardization
        own = variant_folder(self.settings.history, variant.name)
        of_champion = forecast_ledger.folders_of_origin(self.settings.history, latest[0])
        missed = self._missed_hours(variant).folders(latest[0])
        ledgers = Ledgers(
            champion=[*of_champion, *missed],
            variant=forecast_ledger.folders_of_origin(own, latest[1]),
            climates=standardization.climatologies,
            horizon_h=standardization.horizon_h,
        )
        count, scores = ledgers.scores(on, inputs.measured)
        return PairedDay(pair=pair, on=on, pairs=count, scores=scores)
