"""Bring a release to users without a dropped request, and go back by itself.

Runs on the host; needs Python 3.11, Docker and Compose.

    rollout release SERVICE DASHBOARD REFRESH   three images, each by digest: registry/name@sha256:…
    rollout release --again                     what is live, anew: with the settings as they are
    rollout back [--steps N]                    to the release before, or N before
    rollout recover                             undo or finish what was broken off, and restart what
                                                is unhealthy; at boot, and every minute
                                                (prepare-host)
    rollout status | history

pull → check → start the other colour → ready? → smoke test → canary → shift → watch → refresh
└───────── on any failure: stop the new colour ───────────┘   └────── first shift back ──────
→ watch → drain → stop the old one
────────┘ └─ it has proved itself ─┘

A release runs in a process of its own, so that a lost connection doesn't end it. It notes each step
before it takes it; whoever finds a note without a process (killed, rebooted) goes back, or, once
the new colour has proved itself, finishes. Going back needs no space on the disk.

Exit codes: 0 done · 1 gone back, or refused · 3 broken off (status) · 75 another one is running.
"""
