#!/bin/sh
# The init job of the chart: what a release needs before and after its pods run, as Secrets. It may be killed anywhere and
# run again: each step looks whether it was done.
#
#   init.sh identities   the services' mutual-TLS identities, before the first pod
#   init.sh platform     default CAs, management administrator, ingress certificate, trusted CAs
#
# Wants: sh, curl, jq, openssl, ers. Settings come from the files in $INIT (the ConfigMaps of the chart).
set -eu
umask 077

INIT=${INIT:-/etc/ers/init}
SERVICE_ACCOUNT=${SERVICE_ACCOUNT:-/var/run/secrets/kubernetes.io/serviceaccount}
API=${KUBERNETES_API:-https://${KUBERNETES_SERVICE_HOST:-kubernetes.default.svc}:${KUBERNETES_SERVICE_PORT:-443}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
begun=$(date +%s)

say() { printf '%4ds  %s\n' "$(($(date +%s) - begun))" "$*"; }
fail() { say "failed: $*" >&2; exit 1; }

# setting NAME: a line NAME=VALUE of settings
setting() { sed -n "s/^$1=//p" "$INIT/settings"; }
RELEASE=$(setting release)
NAMESPACE=$(setting namespace)

# --- Secrets -------------------------------------------------------------------------------------------------------

# api METHOD PATH [curl options]: the answer in $work/answer, its status printed; an API that is away is asked again
api() {
  method=$1 path=$2
  shift 2
  # the token in a file of its own: arguments can be read by others
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "$SERVICE_ACCOUNT/token")" >"$work/curl"
  curl --silent --show-error --config "$work/curl" --cacert "$SERVICE_ACCOUNT/ca.crt" --max-time 20 \
    --retry 5 --retry-delay 2 --retry-all-errors --output "$work/answer" --write-out '%{http_code}' \
    --request "$method" "$@" "$API/api/v1/namespaces/$NAMESPACE$path"
}

# load SECRET: its data as files in $work/SECRET, and its annotations; false when there is none
load() {
  status=$(api GET "/secrets/$1") || fail "the Kubernetes API does not answer"
  case $status in
    200) ;;
    404) return 1 ;;
    *) fail "read Secret $1: $(jq -r '.message // "status '"$status"'"' "$work/answer" 2>/dev/null || echo "status $status")" ;;
  esac
  rm -rf "${work:?}/$1"
  mkdir "$work/$1"
  cp "$work/answer" "$work/$1.json"
  for key in $(jq -r '.data // {} | keys[]' "$work/$1.json"); do
    jq -r --arg key "$key" '.data[$key]' "$work/$1.json" | base64 -d >"$work/$1/$key"
  done
}

# annotation SECRET NAME: of a Secret that was loaded
annotation() { jq -r --arg name "ers/$2" '.metadata.annotations[$name] // ""' "$work/$1.json"; }

# store SECRET TYPE ANNOTATION=VALUE|- KEY=FILE...: makes it or makes it so, by server-side apply
store() {
  secret=$1 type=$2 note=$3
  shift 3
  jq -n --arg name "$secret" --arg release "$RELEASE" --arg type "$type" '{apiVersion: "v1", kind: "Secret", type: $type, metadata:
    {name: $name, labels: {"app.kubernetes.io/name": "ers", "app.kubernetes.io/instance": $release, "app.kubernetes.io/managed-by": "ers-init"}},
    data: {}}' >"$work/body"
  if [ "$note" != - ]; then
    jq --arg name "ers/${note%%=*}" --arg value "${note#*=}" '.metadata.annotations[$name] = $value' "$work/body" >"$work/body.new"
    mv "$work/body.new" "$work/body"
  fi
  for entry in "$@"; do
    base64 -w 0 <"${entry#*=}" >"$work/value"
    jq --arg key "${entry%%=*}" --rawfile value "$work/value" '.data[$key] = $value' "$work/body" >"$work/body.new"
    mv "$work/body.new" "$work/body"
  done
  status=$(api PATCH "/secrets/$secret?fieldManager=ers-init&force=true" --header 'Content-Type: application/apply-patch+yaml' --data-binary "@$work/body") ||
    fail "the Kubernetes API does not answer"
  case $status in
    200 | 201) ;;
    *) fail "write Secret $secret: $(jq -r '.message // "status '"$status"'"' "$work/answer" 2>/dev/null || echo "status $status")" ;;
  esac
}

# same FILE FILE: false also when one is missing
same() { cmp -s "$1" "$2"; }

fingerprint() { openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'; }

# lasts FILE: whether more than a third of its life is left
lasts() {
  from=$(date -d "$(openssl x509 -in "$1" -noout -startdate | sed 's/.*=//')" +%s)
  to=$(date -d "$(openssl x509 -in "$1" -noout -enddate | sed 's/.*=//')" +%s)
  openssl x509 -in "$1" -noout -checkend $(((to - from) / 3)) >/dev/null
}

# --- Identities ----------------------------------------------------------------------------------------------------

identities() {
  authority=$RELEASE-identity-authority
  folder=$work/identities
  if load "$authority"; then
    mkdir "$folder"
    cp "$work/$authority/tls.crt" "$folder/authorities.crt"
    cp "$work/$authority/tls.key" "$folder/authority.key"
    say "identity authority: is there"
  else
    ers identity init --dir "$folder" >/dev/null
    store "$authority" kubernetes.io/tls - tls.crt="$folder/authorities.crt" tls.key="$folder/authority.key"
    say "identity authority: made"
  fi
  while read -r component name; do
    secret=$RELEASE-$component-tls
    if load "$secret" && same "$work/$secret/ca.crt" "$folder/authorities.crt" && lasts "$work/$secret/tls.crt"; then
      say "identity $name: is there"
      continue
    fi
    ers identity issue --dir "$folder" --validity "$(setting identity-validity)" "$name" >/dev/null
    store "$secret" kubernetes.io/tls - tls.crt="$folder/$name.crt" tls.key="$folder/$name.key" ca.crt="$folder/authorities.crt"
    say "identity $name: issued"
  done <"$INIT/identities"
}

# --- Platform ------------------------------------------------------------------------------------------------------

platform() {
  wait_for_cara
  default_cas
  administrator_password
  management_user
  ingress_certificate
  trusted_cas
  keycloak
}

on_platform() { ers --platform "$INIT/platform.yaml" --output json "$@"; }

# until COMMAND: again until it succeeds or the time is up
until_done() {
  what=$1
  shift
  until "$@" >"$work/out" 2>"$work/err"; do
    if [ $(($(date +%s) - begun)) -gt "$(setting deadline-seconds)" ]; then
      fail "$what: $(tail -n 3 "$work/err" | tr '\n' ' ')"
    fi
    sleep 1
  done
}

wait_for_cara() {
  until_done "CARA does not answer" on_platform ca list
  say "CARA answers"
}

default_cas() {
  until_done "default CAs" ers --platform "$INIT/platform.yaml" init --config "$INIT/init.yaml"
  on_platform ca list >"$work/cas.json"
  mkdir -p "$work/cas"
  set --
  for name in default-root default-sub management-root; do
    jq -er --arg name "$name" '.[] | select(.name == $name) | .certificate' "$work/cas.json" >"$work/cas/$name.crt" ||
      fail "CA $name is missing"
    set -- "$@" "$name.crt=$work/cas/$name.crt"
  done
  store "$RELEASE-default-cas" Opaque "root=$(fingerprint "$work/cas/default-root.crt")" "$@"
  store "$RELEASE-keycloak" Opaque - "management-root.crt=$work/cas/management-root.crt"
  say "default CAs: $(jq -r '[.[].name] | join(", ")' "$work/cas.json")"
}

# Once for each root: afterwards the password is the administrator's own.
administrator_password() {
  marker=$RELEASE-management-state
  root=$(fingerprint "$work/cas/default-root.crt")
  if load "$marker" && [ "$(annotation "$marker" password-set-for)" = "$root" ]; then
    say "password of CLM's administrator: was set"
    return
  fi
  until_done "set the password of CLM's administrator" ers --platform "$INIT/platform.yaml" password administrator --password-file "$INIT/passwords/password"
  store "$marker" Opaque "password-set-for=$root"
  say "password of CLM's administrator: set"
}

# The PKCS#12 and CARA's list of administrators are two places: done is what is in both.
management_user() {
  secret=$RELEASE-management-user
  user=$(setting administrator)
  on_platform administrator list >"$work/administrators.json"
  if load "$secret"; then
    shown=$(annotation "$secret" certificate)
    if [ -n "$shown" ] && jq -e --arg shown "$shown" 'any(.[].certificates[]; . == $shown)' "$work/administrators.json" >/dev/null; then
      say "management administrator: is there"
      return
    fi
  fi
  # a name that is taken is of an administrator whose PKCS#12 never came to be kept
  names=$(jq -r '.[].name' "$work/administrators.json")
  name=$user
  number=2
  while printf '%s\n' "$names" | grep -qxF "$name"; do
    name=$user.$number
    number=$((number + 1))
  done
  on_platform administrator add "$name" --role ca-administrator --role ra --role auditor --role operator --validity 3y \
    --out "$work/user.p12" --password-file "$INIT/passwords/p12-password" >/dev/null
  openssl pkcs12 -in "$work/user.p12" -passin "file:$INIT/passwords/p12-password" -nokeys -clcerts -out "$work/user.crt" 2>/dev/null
  store "$secret" Opaque "certificate=$(fingerprint "$work/user.crt")" "management-user=$work/user.p12" "p12-password=$INIT/passwords/p12-password"
  say "management administrator: $name"
}

ingress_certificate() {
  secret=$(setting ingress-secret)
  if [ -z "$secret" ]; then
    say "ingress certificate: not ours"
    return
  fi
  hosts=$(setting ingress-hosts)
  if load "$secret" && lasts "$work/$secret/tls.crt" && openssl verify -partial_chain -trusted "$work/cas/default-sub.crt" "$work/$secret/tls.crt" >/dev/null 2>&1; then
    for host in $hosts; do
      openssl x509 -in "$work/$secret/tls.crt" -noout -checkhost "$host" | grep -q 'does match' || hosts_changed=yes
    done
    if [ -z "${hosts_changed:-}" ]; then
      say "ingress certificate: is there"
      return
    fi
  fi
  set --
  for host in $hosts; do set -- "$@" --name "dns:$host"; done
  rm -f "$work/ingress.pem" "$work/ingress.key"
  until_done "issue the ingress certificate" on_platform cert issue --policy server --validity 90d --out "$work/ingress" "$@"
  store "$secret" kubernetes.io/tls - tls.crt="$work/ingress.pem" tls.key="$work/ingress.key"
  say "ingress certificate: $hosts"
}

# Whose client certificates the ingress believes: every CA of ours.
trusted_cas() {
  on_platform ca list | jq -r '.[].certificate' >"$work/trusted.pem"
  store "$RELEASE-trust-cas" Opaque - ca.crt="$work/trusted.pem"
  say "trusted CAs: $(grep -c BEGIN "$work/trusted.pem")"
}

keycloak() {
  url=$(setting keycloak-url)
  if [ -z "$url" ]; then return; fi
  until_done "Keycloak does not have its realm" curl --silent --show-error --fail --max-time 10 "$url/realms/ers/.well-known/openid-configuration"
  say "Keycloak: realm ers"
}

for part in "$@"; do
  case $part in
    identities | platform) "$part" ;;
    *) fail "there are identities and platform, not $part" ;;
  esac
done
say "done"
