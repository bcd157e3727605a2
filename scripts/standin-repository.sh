#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# standin-repository.sh EL DIST DATA BASE minimal|full OUT
#
# Makes the stand-in's package repositories below OUT (baseos, appstream, ...), inside an image that has every
# Debian package that DATA/packages names (the format is explained there).
#
#   EL       8, 9 or 10
#   DIST     the dist tag, such as .el9.standin
#   DATA     the folder with `packages` and `files`
#   BASE     a file with the names of the Debian packages of the minimal image
#   minimal  for the image that has only those: of them names are packaged, of all others the files too
#   full     for the image that this runs in: names only, and the scope `build` too
#   OUT      the folder to make
#
# Nothing is claimed that is not there: versions come from dpkg, sonames, pkgconfig(), perl() and programs from
# the files themselves. What a packaged file needs comes along: Debian packages that no line names, but on
# which a packaged one depends, are packaged as debian-NAME; of the base, they are names of standin-base.
# OUT/installed names the RPMs that belong to the image from the start.
# SOURCE_DATE_EPOCH is the time that the RPMs and what is younger in them carry.
set -euo pipefail
export LC_ALL=C
shopt -s extglob

die() {
	printf 'standin-repository: %s\n' "$*" >&2
	exit 1
}

usage='usage: standin-repository.sh EL DIST DATA BASE minimal|full OUT'
[[ $# -eq 6 ]] || die "$usage"
el=$1 dist=$2 data=$3 base=$4 mode=$5 out=$6
case $el in
8) column=0 repositories=(baseos appstream extras powertools epel) ;;
9) column=1 repositories=(baseos appstream extras crb epel) ;;
10) column=2 repositories=(baseos appstream extras crb epel) ;;
*) die "unknown release of Enterprise Linux: '$el'" ;;
esac
[[ $dist =~ ^(\.[a-z0-9_]+)+$ ]] || die "not a dist tag: '$dist'"
case $mode in
minimal) scopes=' base run ' ;;
full) scopes=' base run build ' ;;
*) die "$usage" ;;
esac
: "${SOURCE_DATE_EPOCH:?the time to put into the packages, in seconds}"
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
spec=$work/standin.spec
root=$work/root # %{buildroot} of all of them
mkdir -p "$root" "$work/lists" "$out"

# ---------------------------------------------------------------------------------------------------------
# What dpkg knows

declare -A present=() version=() depends=() provided=() owner=()
names=() # all installed packages, sorted

read_dpkg() {
	local name number needs gives virtual
	# A separator that no field has: Depends has alternatives with a |.
	while IFS=$'\x1f' read -r name number needs gives; do
		names+=("$name")
		version[$name]=$number
		depends[$name]=$needs
		for virtual in ${gives//,/ }; do
			if [[ $virtual == [a-z0-9]* ]]; then : "${provided[$virtual]:=$name}"; fi
		done
	done < <(dpkg-query -W -f '${db:Status-Status}|${Package}'$'\x1f''${Version}'$'\x1f''${Pre-Depends},${Depends}'$'\x1f''${Provides}\n' |
		sed -n 's/^installed|//p' | sort)
	if [[ $mode == full ]]; then
		for name in "${names[@]}"; do present[$name]=1; done
	else
		while read -r name; do present[$name]=1; done <"$base"
	fi
}

# files_of PACKAGE: the paths of its files as they really are (the tree is merged: /bin is /usr/bin), without
# documentation.
files_of() {
	local list=/var/lib/dpkg/info/$1.list file
	[[ -e $list ]] || list=$(compgen -G "/var/lib/dpkg/info/$1:*.list")
	sed -E -e 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' -e '\#^/usr/share/(doc|man|info|lintian|locale|bug)(/|$)#d' -e '\#^/(bin|sbin|lib|lib64)$#d' "$list" | sort -u |
		while IFS= read -r file; do
			if [[ -L $file || (-e $file && ! -d $file) ]]; then printf '%s\n' "$file"; fi
		done
}

# only_native: of a list of files, those that are not 32-bit programs; nothing here has libraries for them.
only_native() {
	# shellcheck disable=SC2016 # perl's own variables
	perl -ne 'chomp; if (!-l and open my $f, "<:raw", $_) { read $f, my $head, 5; next if $head eq "\x7fELF\x01" } print "$_\n"'
}

# needs_of PACKAGE: the installed packages that satisfy its Depends; of alternatives the first that is there.
needs_of() {
	local clause alternative
	while IFS= read -r -d , clause; do
		while IFS= read -r -d '|' alternative; do
			alternative=${alternative##+( )}
			alternative=${alternative%%[ :(]*}
			[[ -n $alternative ]] || continue
			[[ -n ${version[$alternative]:-} ]] || alternative=${provided[$alternative]:-}
			if [[ -n $alternative ]]; then
				printf '%s\n' "$alternative"
				break
			fi
		done <<<"$clause|"
	done <<<"${depends[$1]},"
}

# rpm_version DEBIAN-VERSION: "version release", without the epoch, which means something to Debian only.
rpm_version() {
	local number=${1#*:} revision=0
	if [[ $number == *-* ]]; then
		revision=${number##*-}
		number=${number%-*}
	fi
	printf '%s %s%s\n' "${number//-/.}" "$revision" "$dist"
}

# ---------------------------------------------------------------------------------------------------------
# The table

# is_debian WORD: is this word of a line a Debian package, not one of the marked ones?
is_debian() {
	case $1 in
	+* | '<'* | *:/* | /*'->'*) return 1 ;;
	esac
}

# read_table: the lines that count here, as "name repository scope word...", with patterns resolved; a Debian
# package belongs to the first line that matches it.
read_table() {
	local name el8 el9 el10 scope words word debian found
	local -a repos line
	while read -r name el8 el9 el10 scope words; do
		repos=("$el8" "$el9" "$el10")
		if [[ ${repos[column]} == - || $scopes != *" $scope "* ]]; then continue; fi
		line=() found=
		set -f
		for word in $words; do
			if ! is_debian "$word"; then
				line+=("$word")
				found=yes
				continue
			fi
			for debian in "${names[@]}"; do
				# shellcheck disable=SC2053 # a pattern, on purpose
				if [[ $debian == $word && -z ${owner[$debian]:-} ]]; then
					owner[$debian]=$name
					line+=("$debian")
					found=yes
				fi
			done
		done
		set +f
		[[ -n $found ]] || die "$data/packages: this Debian has nothing for $name ($words)"
		printf '%s\n' "$name ${repos[column]} $scope ${line[*]}" >>"$work/table"
	done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$data/packages")
}

# ---------------------------------------------------------------------------------------------------------
# The spec: a subpackage for each RPM

declare -A repo_of=() # RPM -> repository
queue=()              # Debian packages that have to come along
installed=()          # RPMs that belong to the image

# provides_of LIST: what the files named in LIST provide, beside themselves.
provides_of() {
	local file
	sed -n -E 's#^/usr/(s?bin/[A-Za-z0-9._+-]+)$#/usr/\1\n/\1#p' "$1"
	sed -n -E 's#^/usr/bin/python(3\.[0-9]+)$#python(abi) = \1#p' "$1"
	# elfdeps goes on after a file that is not ELF (libc.so is a script), but then ends with a failure.
	sed -n -E '\#\.so(\.[0-9.]+)?$#p' "$1" | /usr/lib/rpm/elfdeps --provides || true
	sed -n -E '\#/pkgconfig/[^/]*\.pc$#p' "$1" | while IFS= read -r file; do
		PKG_CONFIG_PATH=${file%/*} /usr/lib/rpm/pkgconfigdeps.sh --provides <<<"$file" | sed -n '/^pkgconfig(/p'
	done
	sed -n -E '\#/unicore/#d; \#\.p[lm]$#p' "$1" | perl "$data/files/perl-deps" --provides
	# perl says its version as a name of its own.
	if grep -qx /usr/bin/perl "$1"; then perl -e 'printf "perl(:VERSION) = %vd\n", $^V'; fi
}

# add_debian RPM DEBIAN: what the Debian package gives and needs; its files too, unless the image has them.
add_debian() {
	local name=$1 debian=$2 need
	files_of "$debian" | only_native >"$work/of"
	provides_of "$work/of" >>"$work/gives"
	printf 'debian(%s)\n' "$debian" >>"$work/gives"
	if [[ -n ${present[$debian]:-} ]]; then return; fi

	# A name with a character that has a meaning in %files stays out (systemd has a few units of the kind).
	sed '/[][*?{}%"\\[:space:]]/d' "$work/of" >>"$work/payload"
	/usr/lib/rpm/elfdeps --requires <"$work/of" >>"$work/needs" || true
	for need in $(needs_of "$debian"); do
		if [[ -z ${present[$need]:-} && -z ${owner[$need]:-} ]]; then
			owner[$need]=debian-$need
			queue+=("$need")
		fi
		printf 'debian(%s)\n' "$need" >>"$work/needs"
	done
}

# add_word RPM VERSION WORD: one of the marked words of the table.
add_word() {
	local name=$1 number=$2 word=$3
	local path=${word#*:}
	case $word in
	+*'('*')' | +/*) printf '%s\n' "${word#+}" >>"$work/gives" ;;
	+*) printf '%s = %s\n' "${word#+}" "$number" >>"$work/gives" ;;
	'<'*) printf '%s\n' "${word#<}" >>"$work/needs" ;;
	*:/*)
		install -D -m 644 "$data/files/${word%%:*}" "$root$path"
		# Not by the file's own mode: the way of the build context here may have lost it.
		if [[ $(head -c 2 "$root$path") == '#!' ]]; then chmod 755 "$root$path"; fi
		sed -i "s/@PYTHON@/$python/g" "$root$path"
		printf '%s\n' "$path" >>"$work/lists/$name"
		;;
	/*'->'*)
		mkdir -p "$(dirname "$root${word%%->*}")"
		ln -s "${word#*->}" "$root${word%%->*}"
		printf '%s\n' "${word%%->*}" >>"$work/lists/$name"
		;;
	esac
}

# package NAME REPOSITORY WORD...: one RPM.
package() {
	local name=$1 repo=$2 word first='' number=$el release=1$dist
	shift 2
	[[ -z ${repo_of[$name]:-} ]] || die "$data/packages: two lines for $name"
	repo_of[$name]=$repo
	: >"$work/gives" && : >"$work/needs" && : >"$work/payload"
	for word; do
		if ! is_debian "$word"; then continue; fi
		[[ -n $first || $name == standin-base ]] || read -r number release < <(rpm_version "${version[$word]}")
		first=${first:-$word}
		add_debian "$name" "$word"
	done
	tar -C / -cf - --no-recursion -T <(sed 's#^/##' "$work/payload") | tar -C "$root" -xf -
	cat "$work/payload" >>"$work/lists/$name"
	for word; do
		if ! is_debian "$word"; then add_word "$name" "$number" "$word"; fi
	done
	{
		printf '%%package -n %s\nVersion: %s\nRelease: %s\nSummary: Stand-in for %s\nAutoReqProv: no\n' \
			"$name" "$number" "$release" "$name"
		sort -u "$work/gives" | sed 's/^/Provides: /'
		# What a package provides itself it need not ask for.
		sort -u "$work/needs" | { grep -vxF -f <(sed 's/ = .*//' "$work/gives") || true; } | sed 's/^/Requires: /'
		printf '%%description -n %s\nStands in for %s. From: %s\n' "$name" "$name" "${*//%/%%}"
		if grep -q '\.so' "$work/lists/$name"; then printf '%%post -n %s -p /sbin/ldconfig\n' "$name"; fi
		printf '%%files -n %s\n%%defattr(-,root,root)\n' "$name"
		sort -u "$work/lists/$name"
	} >>"$spec"
}

# release_files: what says which release this is, and where its packages are.
release_files() {
	local repo enabled
	local files=$work/release
	mkdir -p "$files"
	printf '%%rhel %s\n%%centos %s\n%%el%s 1\n%%dist %s\n' "$el" "$el" "$el" "$dist" >"$files/macros.dist"
	printf '%s\n' "/usr/lib64/python$python/site-packages" "/usr/lib/python$python/site-packages" >"$files/standin.pth"
	echo /usr/lib64 >"$files/standin.conf"
	for repo in "${repositories[@]}"; do
		[[ $repo != epel ]] || continue
		case $repo in
		crb | powertools) enabled=0 ;;
		*) enabled=1 ;;
		esac
		printf '[%s]\nname=Stand-in for %s (local)\nbaseurl=file:///usr/share/standin/%s\nenabled=%s\ngpgcheck=0\n\n' \
			"$repo" "$repo" "$repo" "$enabled"
	done >"$files/standin.repo"
	install -D -m 644 -t "$root/etc/rpm" "$files/macros.dist"
	install -D -m 644 -t "$root/etc/ld.so.conf.d" "$files/standin.conf"
	install -D -m 644 -t "$root/etc/yum.repos.d" "$files/standin.repo"
	install -D -m 644 -t "$root/usr/lib/python3/dist-packages" "$files/standin.pth"
	printf '%s\n' /etc/rpm/macros.dist /etc/ld.so.conf.d/standin.conf /etc/yum.repos.d/standin.repo \
		/usr/lib/python3/dist-packages/standin.pth >"$work/lists/standin-release"
}

write_spec() {
	local name repo scope words debian
	local -a rest=()
	cat >"$spec" <<-END
		Name: standin
		Version: $el
		Release: 1$dist
		Summary: Enterprise Linux names for a Debian userland
		License: Apache-2.0
		AutoReqProv: no
		%description
		Enterprise Linux names for a Debian userland.
	END
	while read -r name repo scope words; do
		# shellcheck disable=SC2086 # words
		package "$name" "$repo" $words
		if [[ $scope == base ]]; then installed+=("$name"); fi
	done <"$work/table"
	while read -r debian; do
		if [[ -z ${owner[$debian]:-} ]]; then rest+=("$debian"); fi
	done <"$base"
	package standin-base baseos "${rest[@]}"
	package standin-release baseos +system-release "+redhat-release"
	installed+=(standin-base standin-release)
	while [[ ${#queue[@]} -gt 0 ]]; do
		debian=${queue[0]}
		queue=("${queue[@]:1}")
		package "debian-$debian" baseos "$debian"
	done
}

# ---------------------------------------------------------------------------------------------------------

read_dpkg
set -f
read_table
release_files
write_spec
set +f

find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
# The tree is made already: rpm would empty it before %install.
rpmbuild -bb --quiet --nodebuginfo --buildroot "$root" \
	--define "_topdir $work/rpm" --define "_rpmdir $work/rpms" --define '_build_name_fmt %%{NAME}.rpm' \
	--define "debug_package %{nil}" --define '__os_install_post %{nil}' --define '_build_id_links none' \
	--define '__spec_install_pre %{___build_pre}' --define '_binary_payload w1.gzdio' \
	--define '_buildhost standin' --define 'use_source_date_epoch_as_buildtime 1' "$spec"
for repo in "${repositories[@]}"; do mkdir -p "$out/$repo"; done
for name in "${!repo_of[@]}"; do
	touch --date="@$SOURCE_DATE_EPOCH" "$work/rpms/$name.rpm" # createrepo_c writes it down
	mv "$work/rpms/$name.rpm" "$out/${repo_of[$name]}/"
done
for repo in "${repositories[@]}"; do
	createrepo_c --quiet --simple-md-filenames --no-database --revision=1 --set-timestamp-to-revision "$out/$repo"
done
for name in "${installed[@]}"; do printf '%s\n' "${repo_of[$name]}/$name.rpm"; done >"$out/installed"
