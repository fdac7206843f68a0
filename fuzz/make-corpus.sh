#!/usr/bin/env bash
# Makes the documents of the corpus that openssl wrote; their keys are thrown away.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/corpus"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" -days 3650 \
  -subj "/C=DE/O=Example AG/CN=Example Root" \
  -addext "nameConstraints=critical,permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout "$work/leaf.key" -out "$work/leaf.pem" \
  -subj "/CN=www.example.com" \
  -addext "subjectAltName=DNS:www.example.com,IP:192.0.2.1,email:a@example.com,URI:http://a.example/"
cat >"$work/extensions" <<'END'
certificatePolicies=1.2.3.4,@policy
crlDistributionPoints=URI:http://a.example/crl
authorityInfoAccess=OCSP;URI:http://a.example/ocsp
subjectAltName=DNS:www.example.com,dirName:directory
extendedKeyUsage=serverAuth,clientAuth
keyUsage=critical,digitalSignature
basicConstraints=critical,CA:FALSE
policyConstraints=critical,requireExplicitPolicy:1
inhibitAnyPolicy=critical,2
tlsfeature=status_request
[policy]
policyIdentifier=1.2.3.5
CPS.1=http://a.example/cps
userNotice.1=@notice
[notice]
explicitText="UTF8:text"
organization="Example"
noticeNumbers=1,2
[directory]
CN=Anna
END
openssl x509 -req -in "$work/leaf.pem" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 3650 \
  -extfile "$work/extensions" -outform DER -out certificate/openssl-rich.der
openssl x509 -in "$work/ca.pem" -outform DER -out certificate/openssl-root.der
for name in rich root; do
  # the first value inside the certificate: offset 4, with a header of 4 octets
  openssl asn1parse -inform DER -in "certificate/openssl-$name.der" -strparse 4 -noout \
    -out "lint/openssl-$name-to-be-signed.der"
done
openssl req -in "$work/leaf.pem" -outform DER -out csr/openssl-p384.der
cp "$work/leaf.pem" csr/openssl-p384.pem
cp "$work/ca.pem" pem/openssl-root.pem
cat "$work/ca.pem" "$work/leaf.pem" >pem/openssl-two.pem
openssl pkey -in "$work/leaf.key" -pubout -outform DER -out key/openssl-p384-public.der
openssl pkey -in "$work/ca.key" -pubout -outform DER -out key/openssl-rsa-public.der
openssl ocsp -issuer "$work/ca.pem" -cert "$work/ca.pem" -reqout ocsp_request/openssl.der -no_nonce
touch "$work/index.txt"
echo 01 >"$work/number"
cat >"$work/ca.cnf" <<END
[ca]
default_ca=it
[it]
database=$work/index.txt
crlnumber=$work/number
default_md=sha256
default_crl_days=3650
crl_extensions=extensions
[extensions]
authorityKeyIdentifier=keyid
END
openssl ca -config "$work/ca.cnf" -gencrl -keyfile "$work/ca.key" -cert "$work/ca.pem" -out "$work/crl.pem"
openssl crl -in "$work/crl.pem" -outform DER -out crl/openssl-empty.der

# CMS
echo content >"$work/content"
cms() { openssl cms -binary -in "$work/content" -outform DER -out "cms/openssl-$1.der" "${@:2}"; }
for kind in rsa:2048 "ec -pkeyopt ec_paramgen_curve:P-256"; do
  # shellcheck disable=SC2086
  openssl req -x509 -newkey $kind -nodes -keyout "$work/${kind%%[: ]*}.key" -out "$work/${kind%%[: ]*}.pem" -subj /CN=fuzz -days 40000
done
cms signed -sign -nodetach -signer "$work/rsa.pem" -inkey "$work/rsa.key"
cms signed-stream -sign -nodetach -stream -signer "$work/ec.pem" -inkey "$work/ec.key"
cms enveloped -encrypt -aes128 -recip "$work/rsa.pem"
cms enveloped-stream -encrypt -stream -des3 -recip "$work/ec.pem" -keyopt ecdh_kdf_md:sha256
cms auth-enveloped -encrypt -aes-256-gcm -secretkey 00112233445566778899aabbccddeeff -secretkeyid aa
openssl crl2pkcs7 -nocrl -certfile "$work/rsa.pem" -outform DER -out cms/openssl-certificates.der

# JWS
/usr/bin/python3 ../make-requests.py
