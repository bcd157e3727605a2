#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Parses a spec with rpmspec as several releases of Enterprise Linux and Fedora
# would, and checks that the result has the provider.
#   release-spec.sh SPEC PROVIDER TAG...
# TAG is a dist tag without its dot: el9, fc44.
# Environment: TOPDIR (rpmbuild's directory; its SOURCES/ has the patch).
# %rhel, %fedora, %el8 and %dist are those of the release; other
# macros are those of this machine.
set -eu

needs() { # COMMAND...: ends the script if the image lacks one
    for command; do
        command -v "$command" >/dev/null || {
            echo "${0##*/}: this image has no $command" >&2
            exit 69
        }
    done
}
needs awk grep mktemp rm rpmspec

spec=$1
provider=$2
shift 2
: "${TOPDIR:?the rpmbuild directory}"
patch=rdma-core-$provider.patch

# patched: the parsed spec declares the patch, and its %prep applies it. Up to 4.17, rpmspec prints %patch as it stands.
# Otherwise it prints the commands, which have the patch's path: for %patch from 4.18 on, and for %autosetup, %autopatch,
# %{PATCH0} and the like in every version.
# The exit status is 1 if the patch is not declared, and 2 if it is not applied.
patched() {
    awk -v "patch=$patch" '
        # number: of a patch that the word stands for, -1 if it is none.
        function number(word) { return word ~ /^[0-9]+$/ ? word + 0 : -1 }

        # applies: the words of a %patch line have the number of the patch. rpm takes those of %patch3, of -P and of the
        # words that no option takes. A line without any -P has patch 0 as well.
        function applies(    i, word, option, found, named) {
            found = number(substr($1, 7)) == declared
            named = $1 != "%patch"
            for (i = 2; i <= NF; i++) {
                word = $i
                if (word ~ /^-[PpbzdoFD]/) {
                    option = substr(word, 2, 1)
                    word = length(word) > 2 ? substr(word, 3) : $(++i)
                    if (option != "P") continue
                    named = 1
                }
                if (number(word) == declared) found = 1
            }
            return found || !named && declared == 0
        }

        # path: the line has the path of the patch as a word.
        function path(line,    at) {
            at = index(line, "/" patch)
            return at && substr(line, at + length(patch) + 1, 1) !~ /[A-Za-z0-9._+~-]/
        }

        BEGIN { declared = -1; next_number = 0; applied = 0; section = "" }

        tolower($1) ~ /^%(package|prep|generate_buildrequires|conf|build|install|check|clean|files|changelog|description)$/ ||
        tolower($1) ~ /^%(pre|post)(un|trans|untrans)?$/ ||
        tolower($1) ~ /^%((trans)?file)?trigger/ || tolower($1) ~ /^%(verifyscript|sepolicy|sourcelist|patchlist)$/ {
            section = tolower($1)
            next
        }
        section == "" || section == "%package" {
            if (!match(tolower($0), /^patch[0-9]*[ \t]*:/)) next
            tag = substr($0, 6, RLENGTH - 6)
            gsub(/[ \t]/, "", tag)
            this = tag == "" ? next_number : tag + 0
            if (this >= next_number) next_number = this + 1
            file = substr($0, RLENGTH + 1)
            gsub(/^[ \t]+|[ \t]+$/, "", file)
            sub(/.*\//, "", file)
            if (file == patch) declared = this
        }
        section == "%patchlist" && NF && $1 !~ /^#/ {
            if ($1 == patch) declared = next_number
            next_number++
        }
        section == "%prep" && $1 !~ /^#/ && $1 != "echo" {
            if (tolower($1) ~ /^%patch[0-9]*$/ ? applies() : path($0)) applied = 1
        }
        END { exit declared < 0 ? 1 : applied ? 0 : 2 }
    ' "$1"
}

parsed=$(mktemp)
# parse TAG OTHER...: what rpmspec makes of the spec there, and not as any other.
parse() {
    tag=$1
    number=${tag#??}
    for other; do
        set -- "$@" --undefine "$other"
        shift
    done
    case $tag in
        el*) set -- "$@" --define "rhel $number" --define "centos $number" --undefine fedora ;;
        fc*) set -- "$@" --define "fedora $number" --undefine rhel --undefine centos ;;
    esac
    rpmspec -P "$@" --define "_topdir $TOPDIR" --define "$tag 1" --define "dist .$tag" "$spec"
}

for tag; do
    echo "== $tag"
    parse "$tag" "$@" >"$parsed" || {
        echo "$tag: rpmspec -P cannot parse the spec"
        exit 1
    }
    for want in "^Provides:[[:space:]]*lib$provider = [0-9]" "^- *lib$provider:"; do
        grep -e "$want" "$parsed" || {
            echo "$tag: the parsed spec has no line $want"
            exit 1
        }
    done
    status=0
    patched "$parsed" || status=$?
    case $status in
        0) ;;
        1)
            echo "$tag: the parsed spec does not declare $patch"
            exit 1
            ;;
        2)
            echo "$tag: the parsed spec does not apply $patch"
            exit 1
            ;;
        *) exit "$status" ;;
    esac
done
rm -f "$parsed"
