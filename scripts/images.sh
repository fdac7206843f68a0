#!/usr/bin/env bash
# Builds the images of the services as OCI archives, with buildah and without a daemon or a registry.
#
#   scripts/images.sh BINARIES OUT TAG SERVICE...    binaries are taken from the folder BINARIES, stripped
#
# The same commit and the same binaries give the same image: no time but that of the commit goes in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binaries=$1 out=$2 tag=$3
shift 3
# image: its program, where that has another name
declare -A program=([cli]=ers)
# what the programs are linked with
packages=(libc6 libgcc-s1 gcc-12-base libssl3 ca-certificates tzdata)
# image: what it has beside; most vendors' PKCS #11 libraries are C++
declare -A beside=([signer]="libstdc++6")

say() { printf 'images: %s\n' "$*" >&2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
out=$(realpath "$out")
registry=${REGISTRY:+$REGISTRY/}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
storage=(--root "$work/storage" --runroot "$work/run")

# FOLDER LIST PACKAGE...: Debian's packages unpacked into the folder, without what only a package manager or a person would read; LIST
# gets a name and a version on each line.
unpack() {
  local into=$1 list=$2 package
  shift 2
  local fetched=$work/packages/$1
  mkdir -p "$fetched" "$into"
  chmod 755 "$work" "$work/packages" "$fetched" # apt's own user looks in there
  if ! (cd "$fetched" && apt-get download --quiet --quiet "$@" >/dev/null 2>&1); then
    say "$* could not be had: apt-get update?"
    exit 1
  fi
  for package in "$fetched"/*.deb; do
    dpkg-deb --extract "$package" "$into"
    dpkg-deb --show "$package" >>"$list"
  done
  (cd "$into" && rm -rf usr/share/{doc,man,lintian,bug,locale,gcc,gdb})
}

make_base() {
  local base=$1
  unpack "$base" "$work/base-packages" "${packages[@]}"
  mkdir -p "$base"/{etc/ssl/certs,tmp,usr/share/ers,etc/ers}
  find "$base/usr/share/ca-certificates" -name '*.crt' -print0 | LC_ALL=C sort --zero-terminated |
    xargs --null cat >"$base/etc/ssl/certs/ca-certificates.crt"
  (cd "$base" && rm -rf usr/share/ca-certificates usr/lib/x86_64-linux-gnu/{gconv,engines-3,ossl-modules} usr/{bin,sbin} sbin var)
  chmod 1777 "$base/tmp"
  echo 'ers:x:65532:65532::/:/nonexistent' >"$base/etc/passwd"
  echo 'ers:x:65532:' >"$base/etc/group"
}

make_base "$work/base"
for service in "$@"; do
  name=${program[$service]:-$service}
  root=$work/$service
  mkdir -p "$root/usr/bin" "$root/usr/share/ers"
  cp "$work/base-packages" "$work/$service-packages"
  # shellcheck disable=SC2086 # packages are words
  if [[ -n ${beside[$service]:-} ]]; then unpack "$root" "$work/$service-packages" ${beside[$service]}; fi
  strip --strip-debug --output-file "$root/usr/bin/service" "$binaries/$name"
  chmod 755 "$root/usr/bin/service"
  scripts/sbom.py "$name" "$tag" "$work/$service-packages" >"$root/usr/share/ers/sbom.json"
  image=${registry}ers/$service:$tag
  buildah "${storage[@]}" build --quiet --layers=false --timestamp "$SOURCE_DATE_EPOCH" --file Containerfile --target service \
    --build-arg "SERVICE=$service" --build-arg "VERSION=$tag" --build-arg "REVISION=$(git rev-parse HEAD)" --tag "$image" "$work" >/dev/null
  # it starts: as the user that it will run as, in its own root
  container=$(buildah "${storage[@]}" from "$image")
  buildah "${storage[@]}" run "$container" -- /usr/bin/service --help >/dev/null
  buildah "${storage[@]}" rm "$container" >/dev/null
  rm -f "$out/$service.tar"
  buildah "${storage[@]}" push --quiet "$image" "oci-archive:$out/$service.tar:$image"
  cp "$root/usr/share/ers/sbom.json" "$out/$service.sbom.json"
  say "$image: $(($(stat --format %s "$out/$service.tar") >> 20)) MiB in $out/$service.tar"
done
