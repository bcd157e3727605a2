#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs every package of a directory with dnf, dependencies resolved from the
# repositories that the image knows; then packages of the distribution.
#   dnf-install.sh DIRECTORY [PACKAGE...]
# The packages of DIRECTORY are under test, and so are those of earlier runs in
# the same image. Repositories give none of that name, and in the end each one is
# installed exactly as it was given.
# A PACKAGE that the distribution lacks, or that does not go with the packages
# under test in any of its versions, is left out with a message. Any other failure of dnf is an error.
# Environment: UNDER_TEST, the list of the packages under test (a file; default
# /var/lib/verbsmith-packages).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs awk cat dnf grep mktemp rm rpm touch

directory=$1
shift
list=${UNDER_TEST:-/var/lib/verbsmith-packages} # lines "NAME IDENTITY"
identity='%{NEVRA}:%{SHA256HEADER}'
log=$(mktemp)

fail() {
    echo "dnf-install.sh: $*" >&2
    exit 1
}

# dnf_install PACKAGE...: the status is whether everything was installed cleanly. dnf exits with 0 even if a scriptlet
# failed. dnf.conf may have tsflags=nodocs, which leaves out manual pages and files marked %doc.
dnf_install() {
    excluded=$(awk '{ printf "%s,", $1 }' "$list") || fail "the list of packages under test cannot be read"
    status=0
    dnf install -y --setopt=tsflags= --exclude="$excluded" "$@" >"$log" 2>&1 || status=$?
    cat "$log"
    [ "$status" -eq 0 ] && grep -qx 'Complete!' "$log" && ! grep -i 'scriptlet failed' "$log"
}

touch "$list"
new=$(mktemp)
files=
rpm -qp --qf "%{NAME} $identity\n" "$directory"/*.rpm >"$log" # a line for each, in order
while read -r line <&3 && read -r file; do
    # An image keeps the packages of earlier runs in the same directory.
    if ! grep -qxF -e "$line" "$list"; then
        files="$files $file"
        echo "$line" >>"$new"
    fi
done 3<"$log" <<EOF
$(printf '%s\n' "$directory"/*.rpm)
EOF
# shellcheck disable=SC2086 # package files have no spaces
dnf_install $files || fail "dnf did not install everything cleanly"
cat "$new" >>"$list"

# under_test prints names by which dnf can call the packages under test: their own, and those of their libraries.
under_test() {
    while read -r name given; do
        echo "$name"
        provides=$(rpm -q --provides "$name") || return
        printf '%s\n' "$provides" | awk 'match($0, /^lib[^ (]*/) { print substr($0, 1, RLENGTH) }'
    done <"$list"
}

for package; do
    # dnf 5 says nothing of a package that is there.
    if rpm -q "$package"; then
        continue
    fi
    if dnf_install --nobest "$package" && rpm -q "$package"; then
        continue
    elif grep -q -e 'Unable to find a match' -e 'No match for argument' "$log"; then
        echo "dnf-install.sh: this distribution has no $package"
    elif grep -q -e 'conflicting requests' -e 'nothing provides' "$log" && under_test >"$new" && grep -q -F -f "$new" "$log"; then
        echo "dnf-install.sh: this distribution's $package does not go with the packages under test"
    else
        fail "dnf did not install $package"
    fi
done

# shellcheck disable=SC2046 # names have no spaces
rpm -q --qf "%{NAME} $identity\n" $(awk '{ print $1 }' "$list") >"$log" || :
[ "$(cat "$log")" = "$(cat "$list")" ] || while read -r name given; do
    [ "$(rpm -q --qf "$identity" "$name")" = "$given" ] || fail "$name is not the package under test: $(rpm -q "$name")"
done <"$list"
rm -f "$log" "$new"
# The result must be consistent with everything else that is installed.
dnf check
