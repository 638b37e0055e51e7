#!/usr/bin/env bash
# Whether `make repro`, which has run, gave the bytes that the committed dvc.lock names.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! git diff --exit-code dvc.lock; then
  cat >&2 <<'END'
`make repro` gives other bytes here than the committed dvc.lock names; the difference stands above.
The first output in it that differs says which stage to look at. Where its deps differ too, dvc.lock is older than the code.
Where they don't, either dvc.lock was written from data/raw or with libraries that a fresh clone doesn't have: run
`make clean-data repro` in a fresh .venv, and commit dvc.lock and reports/. Or something new depends on the processor:
see src/wearcast/notebook/kernel_environment.py.
END
  exit 1
fi
echo "make repro gives the bytes of dvc.lock"
