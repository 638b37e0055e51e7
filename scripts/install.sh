#!/usr/bin/env bash
# Install extras and groups of pyproject.toml into .venv, as constraints.txt locks them: install.sh '.[pipeline]' --group dev
# Called by make, which says where torch comes from.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "uv pip install --constraint constraints.txt --editable $*"
status=0
said=$(.venv/bin/uv pip install --quiet --constraint constraints.txt --editable "$@" 2>&1) || status=$?
[ -z "$said" ] || echo "$said" >&2
if grep -q download.pytorch.org <<<"$said"; then
  cat >&2 <<'END'

torch, built without CUDA, comes from download.pytorch.org, which can't be reached from here. Say where it is to be had:
  PIP_FIND_LINKS=FOLDER make …    a folder, or the address of a page, with a wheel of the torch that pyproject.toml names
  UV_TORCH_BACKEND= make …        the package index itself (PyPI, or yours in UV_DEFAULT_INDEX): on Linux with CUDA, 3 GB more
END
fi
exit "$status"
