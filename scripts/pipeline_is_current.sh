#!/usr/bin/env bash
# Whether dvc.lock describes the pipeline as it is committed: no stage would run. Wants dvc; no data, no remote.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! said=$(dvc repro --dry --allow-missing 2>&1) || grep -q '^Running stage' <<<"$said"; then
  echo "$said" >&2
  echo "dvc.lock is older than what it locks: run \`make repro\`, and commit dvc.lock and reports/." >&2
  exit 1
fi
echo "dvc.lock is current"
