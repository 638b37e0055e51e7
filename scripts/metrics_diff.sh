#!/usr/bin/env bash
# The scores of this checkout against those of a revision, as Markdown: metrics_diff.sh origin/main. Wants dvc.
set -euo pipefail
cd "$(dirname "$0")/.."

table=$(dvc metrics diff --md "$1")
echo "### Scores against $1"
echo
# A head and nothing under it says that nothing changed.
if [ "$(grep -c '^|' <<<"$table")" -gt 2 ]; then echo "$table"; else echo "No score differs."; fi
