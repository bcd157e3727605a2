#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# standin-repository.sh EL DIST DATA BASE minimal|full OUT
#
# Creates the stand-in's package repositories in OUT (baseos, appstream, ...). It runs in an image that has every
# Debian package that DATA/packages lists (the format is explained there).
#
#   EL       8, 9 or 10; fc and its number for a Fedora
#   DIST     the dist tag, such as .el9.standin
#   DATA     the directory with `packages` and `files`
#   BASE     a file with the names of the Debian packages of the minimal image
#   minimal  for the image that has only the packages of BASE: the RPMs of all others contain their files
#   full     for the image in which this runs: the RPMs contain no Debian files, and the scope `build` is added
#   OUT      the directory to create
#
# An RPM provides only what exists: versions come from dpkg; sonames, pkgconfig(), perl() and programs are read from
# the files. A Debian package that is not listed, but on which a packaged one depends, becomes the RPM debian-NAME; if
# the base has it, standin-base provides it.
# OUT/installed lists the RPMs that the image has installed from the start, and with `minimal` OUT/absent the files of BASE
# that the image lacks until an RPM brings them.
# SOURCE_DATE_EPOCH is the time of the RPMs and of the younger files in them.
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
fc[0-9]*) column=3 repositories=(fedora updates) ;;
*) die "unknown release: '$el'" ;;
esac
[[ $dist =~ ^(\.[a-z0-9_]+)+$ ]] || die "invalid dist tag: '$dist'"
case $mode in
minimal) scopes=' base run ' ;;
full) scopes=' base run build ' ;;
*) die "$usage" ;;
esac
: "${SOURCE_DATE_EPOCH:?the time to put into the packages, in seconds}"
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $el in
10) march=-march=x86-64-v3 ;;
fc*) march=-march=x86-64 ;;
*) march=-march=x86-64-v2 ;;
esac
# gcc knows the levels from 11 on.
if ! gcc "$march" -E -x c /dev/null >/dev/null 2>&1; then march='-march=x86-64 -mcx16 -msahf -mpopcnt -msse3 -mssse3 -msse4.1 -msse4.2'; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
spec=$work/standin.spec
root=$work/root # %{buildroot} of all RPMs
mkdir -p "$root" "$work/lists" "$out"
: >"$work/moved" # files that belong to another RPM than the rest of their Debian package
: >"$out/absent"

# ---------------------------------------------------------------------------------------------------------
# What dpkg has installed

declare -A present=() version=() depends=() provided=() owner=()
names=() # all installed packages, sorted

read_dpkg() {
	local name number needs gives virtual
	# The separator must not occur in a field: Depends has alternatives with a |.
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

# files_of PACKAGE: the real paths of its files (/bin is a link to /usr/bin), without documentation.
files_of() {
	local list=/var/lib/dpkg/info/$1.list file
	[[ -e $list ]] || list=$(compgen -G "/var/lib/dpkg/info/$1:*.list")
	sed -E -e 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' -e '\#^/usr/share/(doc|man|info|lintian|locale|bug)(/|$)#d' -e '\#^/(bin|sbin|lib|lib64)$#d' "$list" | sort -u |
		while IFS= read -r file; do
			if [[ -L $file || (-e $file && ! -d $file) ]]; then printf '%s\n' "$file"; fi
		done | { grep -vxF -f "$work/moved" || true; }
}

# only_native: filters 32-bit programs out of a list of files, because there are no libraries for them.
only_native() {
	# shellcheck disable=SC2016 # perl's own variables
	perl -ne 'chomp; if (!-l and open my $f, "<:raw", $_) { read $f, my $head, 5; next if $head eq "\x7fELF\x01" } print "$_\n"'
}

# needs_of PACKAGE: the installed packages that satisfy its Depends; the first installed one of alternatives.
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

# rpm_version DEBIAN-VERSION: "version release", without the epoch, which is Debian's own.
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

# is_debian WORD: whether this word of a line is the name of a Debian package and not marked as something else.
is_debian() {
	case $1 in
	+* | '<'* | =* | *:/* | /*) return 1 ;;
	esac
}

# read_table: the lines for this EL release and scope as "name repository scope word...", with patterns expanded; a
# Debian package belongs to the first line that matches it.
read_table() {
	local name el8 el9 el10 scope words word debian wanted found
	local -a repos line
	while read -r name el8 el9 el10 scope words; do
		repos=("$el8" "$el9" "$el10" fedora)
		case $el8$el9$el10 in
		---) ;;
		*- | *extras) repos[3]=- ;;
		esac
		if [[ ${repos[column]} == - || $scopes != *" $scope "* ]]; then continue; fi
		line=() wanted='' found=
		set -f
		for word in $words; do
			if ! is_debian "$word"; then
				line+=("$word")
				continue
			fi
			wanted=yes
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
		if [[ -n $wanted && -z $found ]]; then
			if [[ $el == fc* ]]; then continue; fi
			die "$data/packages: Debian has none of the packages of $name ($words)"
		fi
		for word in ${name//,/ }; do printf '%s\n' "$word ${repos[column]} $scope ${line[*]}"; done >>"$work/table"
	done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$data/packages")
}

# take_out: takes from the base what RPMs of the scope `run` stand for.
take_out() {
	local name repo scope words word
	while read -r name repo scope words; do
		for word in $words; do
			word=${word//@PYTHON@/$python}
			if [[ $word == /* && $word != *'>'* ]]; then
				printf '%s\n' "$word" >>"$work/moved"
			elif [[ $mode == minimal && $scope == run ]] && is_debian "$word" && [[ -n ${present[$word]:-} ]]; then
				files_of "$word" >>"$out/absent"
				unset "present[$word]"
			fi
		done
	done <"$work/table"
	if [[ $mode == minimal ]]; then cat "$work/moved" >>"$out/absent"; fi
}

# ---------------------------------------------------------------------------------------------------------
# The spec: a subpackage for each RPM

declare -A repo_of=() # RPM -> repository
queue=()              # Debian packages that others need
installed=()          # RPMs that the image has installed

# provides_of LIST: what the files in LIST provide besides their paths. Starting a program takes longer than a look at the list.
provides_of() {
	local file list
	list=$(<"$1")
	sed -n -E 's#^/usr/(s?bin/[A-Za-z0-9._+-]+)$#/usr/\1\n/\1#p' "$1"
	sed -n -E 's#^/usr/bin/python(3\.[0-9]+)$#python(abi) = \1#p' "$1"
	# elfdeps skips a file that is not ELF (libc.so is a linker script), but then exits with a failure.
	if [[ $list == *.so* ]]; then sed -n -E '\#\.so(\.[0-9.]+)?$#p' "$1" | /usr/lib/rpm/elfdeps --provides || true; fi
	if [[ $list == */pkgconfig/* ]]; then
		sed -n -E '\#/pkgconfig/[^/]*\.pc$#p' "$1" | while IFS= read -r file; do
			PKG_CONFIG_PATH=${file%/*} /usr/lib/rpm/pkgconfigdeps.sh --provides <<<"$file" | sed -n '/^pkgconfig(/p'
		done
	fi
	if [[ $list == *.p[lm]* ]]; then sed -n -E '\#/unicore/#d; \#\.p[lm]$#p' "$1" | perl "$data/files/perl-deps" --provides; fi
	if grep -qx /usr/bin/perl "$1"; then perl -e 'printf "perl(:VERSION) = %vd\n", $^V'; fi
}

# add_debian RPM DEBIAN: what the Debian package provides and needs, and its files unless the image has them.
add_debian() {
	local name=$1 debian=$2 need
	files_of "$debian" | only_native >"$work/of"
	provides_of "$work/of" >>"$work/gives"
	printf 'debian(%s)\n' "$debian" >>"$work/gives"
	if [[ -n ${present[$debian]:-} ]]; then return; fi

	# Names with characters that %files interprets are left out (a few of systemd's units).
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

# add_word RPM VERSION WORD: a marked word of the table.
add_word() {
	local name=$1 number=$2 word=${3//@PYTHON@/$python}
	local path=${word#*:}
	case $word in
	+*=*)
		path=${word%%=*}
		printf '%s = %s\n' "${path#+}" "${word#*=}" >>"$work/gives"
		;;
	+*'('*')' | +/*) printf '%s\n' "${word#+}" >>"$work/gives" ;;
	+*) printf '%s = %s\n' "${word#+}" "$number" >>"$work/gives" ;;
	'<'*) printf '%s\n' "${word#<}" >>"$work/needs" ;;
	*:/*)
		install -D -m 644 "$data/files/${word%%:*}" "$root$path"
		# The file's own mode may have been lost in the build context.
		if [[ $(head -c 2 "$root$path") == '#!' ]]; then chmod 755 "$root$path"; fi
		sed -i "s/@PYTHON@/$python/g; s/@MARCH@/$march/g" "$root$path"
		# A Fedora's macros are those of the newest EL.
		if [[ $el == fc* ]]; then sed -i 's/%{?rhel}/%{?fedora}/g' "$root$path"; fi
		printf '%s\n' "$path" >>"$work/lists/$name"
		;;
	/*'->'*)
		mkdir -p "$(dirname "$root${word%%->*}")"
		ln -s "${word#*->}" "$root${word%%->*}"
		printf '%s\n' "${word%%->*}" >>"$work/lists/$name"
		;;
	/*'=>'*)
		install -D -m 755 "${word%%=>*}" "$root${word#*=>}"
		printf '%s\n' "${word#*=>}" >>"$work/lists/$name"
		;;
	/*)
		printf '%s\n' "$word" >>"$work/gives"
		if [[ $mode == minimal ]]; then
			mkdir -p "$(dirname "$root$word")"
			cp -a "$word" "$root$word"
			printf '%s\n' "$word" >>"$work/lists/$name"
		fi
		;;
	esac
}

# package NAME REPOSITORY WORD...: one RPM.
package() {
	local name=$1 repo=$2 word first='' number=${el#fc} release=1$dist
	shift 2
	[[ -z ${repo_of[$name]:-} ]] || die "$data/packages: $name is listed twice"
	repo_of[$name]=$repo
	: >"$work/gives" && : >"$work/needs" && : >"$work/payload"
	for word; do
		if [[ $word == =*-* ]]; then
			word=${word#=}
			number=${word%-*} release=${word##*-}$dist
			continue
		fi
		if ! is_debian "$word"; then continue; fi
		[[ -n $first || $name == standin-base ]] || read -r number release < <(rpm_version "${version[$word]}")
		first=${first:-$word}
		add_debian "$name" "$word"
	done
	if [[ -s $work/payload ]]; then tar -C / -cf - --no-recursion -T <(sed 's#^/##' "$work/payload") | tar -C "$root" -xf -; fi
	cat "$work/payload" >>"$work/lists/$name"
	for word; do
		if ! is_debian "$word"; then add_word "$name" "$number" "$word"; fi
	done
	{
		printf '%%package -n %s\nVersion: %s\nRelease: %s\nSummary: Stand-in for %s\nAutoReqProv: no\n' \
			"$name" "$number" "$release" "$name"
		sort -u "$work/gives" | sed 's/^/Provides: /'
		# Not what the package itself provides.
		sort -u "$work/needs" | { grep -vxF -f <(sed 's/ = .*//' "$work/gives") || true; } | sed 's/^/Requires: /'
		printf '%%description -n %s\nStands in for %s. From: %s\n' "$name" "$name" "${*//%/%%}"
		if grep -q '\.so' "$work/lists/$name"; then printf '%%post -n %s -p /sbin/ldconfig\n' "$name"; fi
		printf '%%files -n %s\n%%defattr(-,root,root)\n' "$name"
		sort -u "$work/lists/$name"
	} >>"$spec"
}

# release_files: the files that identify the EL release and configure its repositories.
release_files() {
	local repo enabled
	local files=$work/release
	mkdir -p "$files"
	case $el in
	fc*) printf '%%fedora %s\n%%%s 1\n%%dist %s\n' "${el#fc}" "$el" "$dist" ;;
	*) printf '%%rhel %s\n%%centos %s\n%%el%s 1\n%%dist %s\n' "$el" "$el" "$el" "$dist" ;;
	esac >"$files/macros.dist"
	printf '%s\n' "/usr/lib64/python$python/site-packages" "/usr/lib/python$python/site-packages" >"$files/standin.pth"
	echo /usr/lib64 >"$files/standin.conf"
	echo '%_install_langs en_US' >"$files/macros.image-language-conf"
	for repo in "${repositories[@]}"; do
		[[ $repo != epel ]] || continue
		case $repo in
		crb | powertools) enabled=0 ;;
		*) enabled=1 ;;
		esac
		printf '[%s]\nname=Stand-in for %s (local)\nbaseurl=file:///usr/share/standin/%s\nenabled=%s\ngpgcheck=0\n\n' \
			"$repo" "$repo" "$repo" "$enabled"
	done >"$files/standin.repo"
	install -D -m 644 -t "$root/etc/rpm" "$files/macros.dist" "$files/macros.image-language-conf"
	install -D -m 644 -t "$root/etc/ld.so.conf.d" "$files/standin.conf"
	install -D -m 644 -t "$root/etc/yum.repos.d" "$files/standin.repo"
	install -D -m 644 -t "$root/usr/lib/python3/dist-packages" "$files/standin.pth"
	printf '%s\n' /etc/rpm/macros.dist /etc/rpm/macros.image-language-conf /etc/ld.so.conf.d/standin.conf /etc/yum.repos.d/standin.repo \
		/usr/lib/python3/dist-packages/standin.pth >"$work/lists/standin-release"
}

write_spec() {
	local name repo scope words debian
	local -a rest=()
	cat >"$spec" <<-END
		Name: standin
		Version: ${el#fc}
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
	package standin-base "${repositories[0]}" "${rest[@]}"
	package standin-release "${repositories[0]}" +system-release "+redhat-release"
	installed+=(standin-base standin-release)
	while [[ ${#queue[@]} -gt 0 ]]; do
		debian=${queue[0]}
		queue=("${queue[@]:1}")
		package "debian-$debian" "${repositories[0]}" "$debian"
	done
}

# ---------------------------------------------------------------------------------------------------------

read_dpkg
set -f
read_table
take_out
release_files
write_spec
set +f

find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
# The build root is filled already, and rpm would empty it before %install, hence __spec_install_pre.
rpmbuild -bb --quiet --nodebuginfo --buildroot "$root" \
	--define "_topdir $work/rpm" --define "_rpmdir $work/rpms" --define '_build_name_fmt %%{NAME}.rpm' \
	--define "debug_package %{nil}" --define '__os_install_post %{nil}' --define '_build_id_links none' \
	--define '__spec_install_pre %{___build_pre}' --define '_binary_payload w1.gzdio' \
	--define '_buildhost standin' --define 'use_source_date_epoch_as_buildtime 1' "$spec"
for repo in "${repositories[@]}"; do mkdir -p "$out/$repo"; done
for name in "${!repo_of[@]}"; do
	touch --date="@$SOURCE_DATE_EPOCH" "$work/rpms/$name.rpm" # createrepo_c records it
	mv "$work/rpms/$name.rpm" "$out/${repo_of[$name]}/"
done
for repo in "${repositories[@]}"; do
	createrepo_c --quiet --simple-md-filenames --no-database --revision=1 --set-timestamp-to-revision "$out/$repo"
done
for name in "${installed[@]}"; do printf '%s\n' "${repo_of[$name]}/$name.rpm"; done >"$out/installed"
