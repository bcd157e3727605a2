#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs released packages as a customer does: with apt, from the release's own .sources file.
#   customer-apt.sh DIRECTORY URL SOURCES-FILE SCHEME KEY PACKAGE...
# As customer-dnf.sh. Without a PACKAGE the metadata alone are read. The archive that the image knows is for dependencies.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs /verbsmith-release/server apt-cache apt-get basename chmod cp dpkg grep mkdir rm sed sleep

directory=$1
url=$2
sources=$3
scheme=$4
key=$5
shift 5

fail() {
    echo "customer-apt.sh: $*" >&2
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
    file) from=file:$directory ;; # as apt writes it
    http) from=http://localhost:8080 ;;
    https) from=https://localhost:8443 ;;
    *) fail "want file, http or https, got $scheme" ;;
esac

export DEBIAN_FRONTEND=noninteractive
if ! [ -e /usr/sbin/policy-rc.d ]; then # no services are started here
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
fi
keyring=$(sed -n 's/^Signed-By: //p' "$directory/$sources")
[ -n "$keyring" ] || fail "the .sources file names no key"
mkdir -p "${keyring%/*}"
cp "$directory/key.asc" "$keyring"
chmod 0644 "$keyring"
sed "s|$url|$from|g" "$directory/$sources" >"/etc/apt/sources.list.d/$(basename "$sources")"
{
    echo "Acquire::https::localhost::CAInfo \"$certificate\";"
    echo 'Acquire::http::Proxy::localhost "DIRECT";'
    echo 'Acquire::https::Proxy::localhost "DIRECT";'
} >/etc/apt/apt.conf.d/99verbsmith-release

apt-get update -q --error-on=any
if [ $# -eq 0 ]; then
    echo "evidence: apt read the metadata over $scheme, signed by $key"
    exit 0
fi
apt-get install -qy --no-install-recommends "$@"
for package; do
    said=$(dpkg --status "$package") || fail "$package is not installed"
    printf '%s\n' "$said" >/tmp/status
    grep -q '^Status: install ok installed$' /tmp/status || fail "$package is not installed"
    apt-cache policy "$package" >/tmp/policy
    # The installed version is marked, and where it can be had follows it.
    sed -n '/^ \*\*\* /,/^     [^ ]/p' /tmp/policy >/tmp/origin
    grep -q "$from" /tmp/origin || fail "$package is not from the release: $(apt-cache policy "$package")"
done
dpkg --verify "$@"
echo "evidence: apt installed $# packages over $scheme, from a list signed by $key"
