#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Lists what is installed in a toolchain.
#   build-root.sh rpm|deb DIRECTORY
# DIRECTORY gets rpm (lines of a NEVRA and the SHA-256 of the package's header), dpkg (lines of a package and its version), sums (the
# SHA-256 of dpkg's list of each package's files) and macros (lines of a name, a tab and a value: of rpm's macros, or of
# dpkg-buildflags' variables).
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs mkdir rm sha256sum sort tr

kind=$1
out=$2
export LC_ALL=C
mkdir -p "$out"

# one_line: a value of several lines as one.
one_line() { tr -s '[:space:]' ' '; }

: >"$out/rpm"
if command -v rpm >/dev/null; then
    rpm -qa --qf '%{NEVRA} %|SHA256HEADER?{%{SHA256HEADER}}:{}|\n' >"$out/rpm.lines"
    sort "$out/rpm.lines" >"$out/rpm"
    rm "$out/rpm.lines"
fi

: >"$out/dpkg"
: >"$out/sums"
if command -v dpkg-query >/dev/null; then
    # shellcheck disable=SC2016 # dpkg's own placeholders
    dpkg-query --show --showformat '${binary:Package} ${Version}\n' >"$out/dpkg.lines"
    sort "$out/dpkg.lines" >"$out/dpkg"
    rm "$out/dpkg.lines"
    (cd /var/lib/dpkg/info && sha256sum -- *.md5sums) >"$out/sums"
fi

case $kind in
    rpm)
        for name in _lto_cflags build_ldflags cmake dist optflags _binary_payload _build_id_links \
            _debuginfo_subpackages _debugsource_packages _find_debuginfo_opts _include_minidebuginfo; do
            value=$(rpm --eval "%{?$name}" | one_line)
            printf '%s\t%s\n' "$name" "${value% }"
        done
        ;;
    deb)
        needs dpkg-buildflags
        dpkg-buildflags | sort | while IFS='=' read -r name value; do printf '%s\t%s\n' "$name" "$value"; done
        ;;
    *)
        echo "build-root.sh: unknown kind '$kind' (rpm, deb)" >&2
        exit 64
        ;;
esac >"$out/macros"
