#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Parses a spec with rpmspec as several releases of Enterprise Linux would, and
# checks that the result has the provider.
#   release-spec.sh SPEC PROVIDER EL...
# Environment: TOPDIR (rpmbuild's directory; its SOURCES/ has the patch).
# %rhel, %el8 and %dist are those of the EL release; other
# macros are those of this machine.
set -eu

spec=$1
provider=$2
shift 2
: "${TOPDIR:?the rpmbuild directory}"

parsed=$(mktemp)
for el in "$@"; do
    echo "== EL $el"
    rpmspec -P \
        --undefine el8 --undefine el9 --undefine el10 \
        --define "_topdir $TOPDIR" \
        --define "rhel $el" --define "centos $el" --define "el$el 1" --define "dist .el$el" \
        "$spec" >"$parsed" || {
        echo "EL $el: rpmspec -P cannot parse the spec"
        exit 1
    }
    for want in "^Provides: *lib$provider = [0-9]" "^Patch[0-9]*: *rdma-core-$provider\\.patch\$" "^- *lib$provider:"; do
        grep -e "$want" "$parsed" || {
            echo "EL $el: the parsed spec has no line $want"
            exit 1
        }
    done
    # Patch0: names it, %patch or %autosetup has to apply it.
    [ "$(grep -c -F "rdma-core-$provider.patch" "$parsed")" -ge 2 ] || {
        echo "EL $el: the parsed spec does not apply rdma-core-$provider.patch"
        exit 1
    }
done
rm -f "$parsed"
