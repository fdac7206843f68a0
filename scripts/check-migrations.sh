#!/usr/bin/env bash
# Refuses changes to migrations that a release has shipped: databases out there have run them as they were.
# Compares with the newest release tag, or with $ERS_MIGRATIONS_BASE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=${ERS_MIGRATIONS_BASE:-$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true)}
if [[ -z $base ]]; then
  echo "migrations: nothing released yet" >&2
  exit 0
fi
changed=$(git diff --no-renames --diff-filter=MD --name-only "$base" -- 'migrations/src/*/m[0-9]*.rs')
if [[ -n $changed ]]; then
  printf 'migrations: shipped in %s and changed since; write a new one instead:\n%s\n' "$base" "$changed" >&2
  exit 1
fi
