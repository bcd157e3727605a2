#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the metadata of a release's repositories: repodata for each directory rpm/REPOSITORY/PART, and dists/SUITE for each
# deb/pool/SUITE. The same packages give the same bytes.
#   repositories.sh DIRECTORY OUT EPOCH NAME
# EPOCH is the time of the metadata, NAME is the Origin of apt's. The metadata are gzip's, which the dnf of Enterprise Linux 8 reads.
set -eu

in=$1
out=$2
epoch=$3
name=$4

for directory in "$in"/rpm/*/*/; do
    [ -d "$directory" ] || continue
    part=${directory#"$in/"}
    mkdir -p "$out/$part"
    createrepo_c --quiet --no-database --general-compress-type=gz --revision="$epoch" --set-timestamp-to-revision \
        --outputdir="$out/$part" "$directory"
done

for directory in "$in"/deb/pool/*/; do
    [ -d "$directory" ] || continue
    suite=$(basename "$directory")
    dists=$out/deb/dists/$suite
    mkdir -p "$dists/main/source"
    cd "$in/deb"
    processors=$(find "pool/$suite" -name '*.deb' | sed -n 's/.*_\([^_]*\)\.deb$/\1/p' | grep -vx all | sort -u | paste -s -d ' ')
    for processor in $processors; do
        mkdir "$dists/main/binary-$processor"
        apt-ftparchive --arch "$processor" packages "pool/$suite" >"$dists/main/binary-$processor/Packages"
    done
    apt-ftparchive sources "pool/$suite" >"$dists/main/source/Sources"
    for file in "$dists/main"/binary-*/Packages "$dists/main/source/Sources"; do
        xz --keep --threads=1 "$file"
    done
    cd "$dists"
    for option in "Origin=$name" "Label=$name" "Suite=$suite" "Codename=$suite" "Architectures=$processors" Components=main; do
        printf 'APT::FTPArchive::Release::%s "%s";\n' "${option%%=*}" "${option#*=}"
    done >/tmp/release.conf
    apt-ftparchive --config-file=/tmp/release.conf release . >/tmp/Release
    sed "s/^Date: .*/Date: $(date --utc --date="@$epoch" '+%a, %d %b %Y %H:%M:%S UTC')/" /tmp/Release >Release
done
