#!/usr/bin/env bash
# Refuses changes to migrations that a release has shipped: databases out there have run them as they were.
# Compares with the release that e2e/upgrade/last-release names, or with $ERS_MIGRATIONS_BASE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=${ERS_MIGRATIONS_BASE:-$(sed -n 's/^[^#].* //p' e2e/upgrade/last-release)}
if ! git cat-file -e "$base^{commit}" 2>/dev/null; then
  echo "migrations: not compared, this clone does not have $base: git fetch --unshallow" >&2
  exit 0
fi
changed=$(git diff --no-renames --diff-filter=MD --name-only "$base" -- 'migrations/src/*/m[0-9]*.rs')
if [[ -n $changed ]]; then
  printf 'migrations: shipped in %s and changed since; write a new one instead:\n%s\n' "$base" "$changed" >&2
  exit 1
fi
