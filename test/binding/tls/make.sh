#!/bin/sh
# Makes the certificates and keys of the TLS tests anew. They protect nothing: everybody can read the keys.
# OpenSSL 3; run in this folder. The dates reach far, so that the tests do not depend on when they run.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
until=20991231235959Z

# Signs a request: name, subject, extensions, signing CA ("" for itself), first and last day.
issue() {
  : > "$work/index.txt"
  cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = own
[own]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
CN = $2
[ext]
$3
CNF
  openssl req -new -key "$1-key.pem" -config "$work/ca.cnf" -out "$work/request.pem"
  if [ -n "$4" ]; then signer="-cert $4.pem -keyfile $4-key.pem"; else signer="-selfsign -keyfile $1-key.pem"; fi
  # shellcheck disable=SC2086
  openssl ca -batch -notext -config "$work/ca.cnf" -extfile "$work/ca.cnf" -extensions ext $signer \
    -in "$work/request.pem" -out "$1.pem" -startdate "$5" -enddate "$6" 2> "$work/log" || { cat "$work/log"; exit 1; }
}
ec_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1-key.pem"; }

authority='basicConstraints=critical,CA:TRUE'
for name in ca intermediate server client chained expired future stranger; do ec_key "$name"; done
issue ca 'Test CA' "$authority" '' 20200101000000Z $until
issue intermediate 'Test intermediate CA' "$authority" ca 20200101000000Z $until
issue server localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1' ca 20200101000000Z $until
issue client 'test client' 'extendedKeyUsage=clientAuth' ca 20200101000000Z $until
issue chained 'chained client' 'extendedKeyUsage=clientAuth' intermediate 20200101000000Z $until
issue expired 'expired client' 'extendedKeyUsage=clientAuth' ca 20200101000000Z 20210101000000Z
issue future 'future client' 'extendedKeyUsage=clientAuth' ca 20900101000000Z $until
issue stranger 'Other CA' "$authority" '' 20200101000000Z $until

openssl genrsa -out rsa-key.pem 2048 2> /dev/null
issue rsa 'rsa client' 'extendedKeyUsage=clientAuth' ca 20200101000000Z $until
# The same keys in the other forms that keys come in.
openssl rsa -in rsa-key.pem -traditional -out rsa-pkcs1-key.pem 2> /dev/null
openssl rsa -in rsa-key.pem -traditional -aes256 -passout pass:passphrase -out rsa-pkcs1-encrypted-key.pem 2> /dev/null
openssl ec -in client-key.pem -out client-sec1-key.pem 2> /dev/null
openssl pkcs8 -topk8 -in client-key.pem -v2 aes256 -passout pass:passphrase -out client-encrypted-key.pem
rm -f intermediate-key.pem ca-key.pem stranger-key.pem expired-key.tmp
