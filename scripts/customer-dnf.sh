#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs released packages as a customer does: with dnf, from the release's own .repo file, which wants signed packages and
# signed metadata.
#   customer-dnf.sh DIRECTORY URL REPO-FILE SCHEME KEY PACKAGE...
# DIRECTORY has the release, which is published at URL; here it comes from file, http or https on loopback (SCHEME). KEY is the end
# of the fingerprint. Without a PACKAGE the metadata alone are read, and each package file is checked.
# /verbsmith-release/server serves DIRECTORY.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs /verbsmith-release/server basename dirname dnf grep rm rpm sed sleep

directory=$1
url=$2
repo=$3
scheme=$4
key=$5
shift 5

fail() {
    echo "customer-dnf.sh: $*" >&2
    exit 1
}

certificate=/tmp/verbsmith-certificate.pem
rm -f "$certificate"
/verbsmith-release/server "$directory" 8080 8443 "$certificate" &
server=$!
trap 'kill "$server" 2>/dev/null || :' EXIT
tries=0
until [ -e "$certificate" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || fail "the server did not start"
    sleep 0.1
done
case $scheme in
    file) from=file://$directory ;;
    http) from=http://localhost:8080 ;;
    https) from=https://localhost:8443 ;;
    *) fail "want file, http or https, got $scheme" ;;
esac

name=$(basename "$repo" .repo)
sed -e "s|$url|$from|g" -e "/^gpgkey=/a sslcacert=$certificate" "$directory/$repo" >"/etc/yum.repos.d/$name.repo"
grep -q '^gpgcheck=1$' "/etc/yum.repos.d/$name.repo" || fail "the .repo file does not want signed packages"
grep -q '^repo_gpgcheck=1$' "/etc/yum.repos.d/$name.repo" || fail "the .repo file does not want signed metadata"
export no_proxy=localhost

dnf makecache -y --disablerepo='*' --enablerepo="$name"
rpm --import "$directory/key.asc"
if [ $# -gt 0 ]; then
    dnf install -y "$@"
    for package; do
        signature=$(rpm -q --qf '%{RSAHEADER:pgpsig}' "$package") || fail "$package is not installed"
        case $signature in
            *"Key ID $key") ;;
            *) fail "$package is signed by another key: $signature" ;;
        esac
    done
    rpm -V "$@"
    echo "evidence: dnf installed $# packages over $scheme, each signed by $key"
    exit 0
fi
checked=0
for file in "$directory/$(dirname "$repo")"/*/*.rpm; do
    said=$(rpm -K "$file") || fail "$file: $(rpm -Kv "$file")"
    case $said in
        *'digests signatures OK') ;;
        *) fail "$file: $said" ;;
    esac
    checked=$((checked + 1))
done
echo "evidence: dnf read the metadata over $scheme, and rpm accepts $checked packages of $key"
