"""The whole way of a release to users, and back where something goes wrong."""

import os
import time
import traceback
from dataclasses import dataclass, replace

from rollout import checks, containers, forecasts, images, proxy, recovery, schemas, telemetry
from rollout.canary import Canary
from rollout.errors import Failed, reason_of
from rollout.http_client import wait_until
from rollout.journal import add_to_history, now, say
from rollout.programs import OWN_FOLDER
from rollout.releases import OTHER, Candidate, Colour, Release
from rollout.settings import check_log_folder, check_numbers, number
from rollout.state import Progress, State, save
from rollout.watch import Watch

FIRST_LOOK_S = 5
"""Seconds that the new colour is watched before refresh follows it."""


@dataclass(frozen=True)
class Durations:
    """How long a rollout takes over its steps.

    Attributes:
        watch_s: the new colour is watched under its traffic.
        drain_s: open dashboards keep the old colour.
        ready_s: the new colour may take to be ready.
        canary_s: a share of the visitors is led to the new colour; with 0 it has no canary, and
            None is what the settings say.
    """

    watch_s: float
    drain_s: float
    ready_s: float
    canary_s: float | None = None


class Rollout:
    """One release on its way to users.

    Attributes:
        state: what is noted of it.
    """

    def __init__(self, state: State, candidate: Candidate, durations: Durations) -> None:
        self._before = state.live
        self._colour: Colour = OTHER[state.live.colour] if state.live else "blue"
        self._candidate = candidate
        self._durations = durations
        begun = Progress("pull", self._colour, candidate, now(), os.getpid(), OWN_FOLDER)
        self.state = replace(state, running=begun)

    def run(self) -> None:
        """Bring it to users, or go back.

        Raises:
            Failed: it went back.
        """
        began_s = time.monotonic()
        try:
            release = self._bring_to_users()
        # Whatever it is, a fault of this program too: visitors are led back now, not by the
        # recovery's timer.
        except BaseException as error:
            if self.state.progress.proved:
                raise  # it is live, and is finished by whoever cleans up after us
            reason = reason_of(error)
            if not isinstance(error, Failed | OSError | KeyboardInterrupt):
                say("".join(traceback.format_exception(error)))
            recovery.go_back(self.state, reason)
            raise Failed(reason) from error
        seconds = round(time.monotonic() - began_s)
        add_to_history(what="released", colour=self._colour, seconds=seconds, **release.to_json())
        time.sleep(self._durations.drain_s if self._before else 0)
        recovery.finish(self.state)

    @property
    def _canary_s(self) -> float:
        given = self._durations.canary_s
        return number("ROLLOUT_CANARY_S") if given is None else given

    def _bring_to_users(self) -> Release:
        release = self._pull()
        self._check(release)
        self._start(release)
        self._prepare_proxy(release)
        self._canary(release)
        watch = self._shift(release)
        self._watch(watch, release)
        self._prove(release)
        return release

    def _step(self, name: str, progress: Progress | None = None) -> None:
        """Note a step before it is taken; `progress` says what may have happened from here on."""
        progress = replace(progress or self.state.progress, step=name, since=now())
        self.state = replace(self.state, running=progress)
        save(self.state)
        telemetry.tell(self.state)
        say(name)

    def _pull(self) -> Release:
        self._step("pull")
        check_numbers()
        check_log_folder()
        checks.check_networks()
        release = images.read_release(self._candidate)
        schemas.check_writable(self.state.live, self.state.previous, release)
        return release

    def _check(self, release: Release) -> None:
        self._step("check", replace(self.state.progress, release=release))
        checks.check_refresh(release)
        # Before the new colour takes its part of the memory: a comparison may take as much as
        # refresh does.
        if self._before and self._canary_s:
            say(forecasts.compare(self._before.release, release))

    def _start(self, release: Release) -> None:
        self._step("start")
        # New containers, without the exit codes and logs of earlier ones with the same names.
        containers.start(self._colour, release, "--force-recreate")
        if not self._before:
            self._start_refresh(release)
        self._step("ready")
        wait_until(lambda: checks.readiness_problem(self._colour), self._durations.ready_s)
        say(f"ready; code {release.code[:12]}, model {release.model}")
        self._step("smoke")
        checks.smoke_test(self._colour, release)

    def _start_refresh(self, release: Release) -> None:
        schema = schemas.readable_by_all(self.state.live, self.state.previous, release)
        containers.start_refresh(release, schema)

    def _prepare_proxy(self, release: Release) -> None:
        """Let the proxy be as the release wants it; what going back needs is there before anything
        is shifted."""
        proxy.prepare_routes()
        if self._before:
            self._step("proxy", replace(self.state.progress, proxied=True))
            proxy.renew(release)
            proxy.keep_routes()
        else:
            proxy.switch_traffic(self._colour, release)
            proxy.renew(release)

    def _canary(self, release: Release) -> None:
        """Lead a share of the visitors to it, and compare it with what is live."""
        if not self._before or not self._canary_s:
            return
        if not proxy.knows_canaries(release):
            say("no canary: the release's routes know none")
            return
        self._step("canary", replace(self.state.progress, shifted=True))
        live = self._before.colour
        proxy.share_traffic(live, self._colour, int(number("ROLLOUT_CANARY_PERCENT")), release)
        proxy.wait_until_shared(live, self._colour)
        say(Canary(self._colour, live).go_on(self._canary_s))

    def _shift(self, release: Release) -> Watch:
        """Send visitors to it; the watch, which counts since before."""
        watch = Watch(self._colour, self._before.colour if self._before else None)
        self._step("shift", replace(self.state.progress, shifted=True))
        draining = self._before.colour if self._before else ""
        proxy.switch_traffic(self._colour, release, draining)
        proxy.wait_until_active(self._colour)
        return watch

    def _watch(self, watch: Watch, release: Release) -> None:
        watch_s = self._durations.watch_s
        self._step("watch")
        watch.go_on(min(FIRST_LOOK_S, watch_s))
        if self._before:
            self._step("refresh", replace(self.state.progress, refreshed=True))
            self._start_refresh(release)
            self._step("watch")
        watch.add_refresh()
        watch.go_on(max(1, watch_s - FIRST_LOOK_S))
        say(f"watched {watch_s:.0f} s: {watch.counts()}")

    def _prove(self, release: Release) -> None:
        """Note that it has proved itself; it is live as soon as that is noted, and not before."""
        proved = self.state.with_proved(self._colour, release)
        save(proved)
        self.state = proved
        telemetry.tell(self.state)
        say("drain")
