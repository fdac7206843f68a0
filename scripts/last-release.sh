#!/usr/bin/env bash
# Checks out the last release, as e2e/upgrade/last-release names it, and builds its programs once; prints the folder with
# `chart/` and `bin/`. Libraries of others that did not change are not built a second time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'last release: %s\n' "$*" >&2; }
read -r version commit < <(grep -v '^#' e2e/upgrade/last-release)
target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
folder=$target/releases/$version-${commit:0:12}
if [[ ! -e $folder/complete ]]; then
  if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
    say "$version is commit $commit, which this clone does not have: git fetch --unshallow"
    exit 1
  fi
  say "building $version (once; some minutes)"
  rm -rf "$folder"
  mkdir -p "$folder/source"
  git archive "$commit" | tar --extract --directory "$folder/source"
  # its own crates are named like those of now: without debug information they are others, and replace none
  programs=$(sed -n 's/^BINARIES := //p' "$folder/source/Makefile")
  # shellcheck disable=SC2086 # several words
  (cd "$folder/source" && CARGO_TARGET_DIR=$folder/target CARGO_BUILD_BUILD_DIR=$target CARGO_PROFILE_DEV_DEBUG=false CARGO_INCREMENTAL=0 \
    "${CARGO:-cargo}" build --locked --quiet $programs >&2)
  mkdir -p "$folder/bin"
  find "$folder/target/debug" -maxdepth 1 -type f -executable -exec mv {} "$folder/bin/" \;
  mv "$folder/source/helm/ers" "$folder/chart"
  rm -rf "$folder/source" "$folder/target"
  touch "$folder/complete"
fi
echo "$folder"
