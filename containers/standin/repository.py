#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""repository.py EL DIST DATA BASE minimal|full OUT

Creates the stand-in's package repositories in OUT (baseos, appstream, ...). It runs in an image that has every
Debian package that DATA/packages lists (the format is explained there).

  EL       8, 9 or 10; fc and its number for a Fedora
  DIST     the dist tag, such as .el9.standin
  DATA     the directory with `packages` and `files`
  BASE     a file with the names of the Debian packages of the minimal image
  minimal  for the image that has only the packages of BASE: the RPMs of all others contain their files
  full     for the image that has all packages: the RPMs are names only
  OUT      the directory to create

An RPM provides only what exists: versions come from dpkg; sonames, pkgconfig(), perl() and programs are read from
the files. A Debian package that is not listed, but on which a packaged one depends, becomes the RPM debian-NAME; if
the base has it, standin-base provides it.
OUT/installed lists the RPMs that the image has installed from the start, and with `minimal` OUT/absent the files of BASE
that the image lacks until an RPM brings them.
SOURCE_DATE_EPOCH is the time of the RPMs and of the younger files in them. The files to pack are copied to TMPDIR.

One process does almost everything, because in an image's layers the start of one takes long.
"""

import fnmatch
import glob
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

ELF = b"\x7fELF"
ELF32 = ELF + b"\x01"
DOCUMENTATION = re.compile(r"/usr/share/(doc|man|info|lintian|locale|bug)(/|$)")
MERGED = re.compile(r"/(bin|sbin|lib|lib64)(/|$)")  # links to directories of those names in /usr
# Characters that %files interprets. A few of systemd's units have them in their names.
INTERPRETED = re.compile(r'[][*?{}%"\\\s]')
REPOSITORIES = {
    "8": ("baseos", "appstream", "extras", "powertools", "epel"),
    "9": ("baseos", "appstream", "extras", "crb", "epel"),
    "10": ("baseos", "appstream", "extras", "crb", "epel"),
}
COLUMNS = {"8": 0, "9": 1, "10": 2}
FEDORA_COLUMN = 3


def die(message):
    sys.exit(f"repository.py: {message}")


def in_order(texts):
    """The different texts in the order of their bytes, as sort -u in the locale C."""
    return sorted(set(texts), key=os.fsencode)


def output(*command, text="", check=True, **environment):
    """The lines that a command prints, given the text."""
    environment = {**os.environ, **environment}
    done = subprocess.run(command, input=os.fsencode(text), stdout=subprocess.PIPE, check=check, env=environment)
    return os.fsdecode(done.stdout).splitlines()


def head_of(path):
    """The first bytes of a file; a link is followed."""
    try:
        with open(path, "rb") as file:
            return file.read(len(ELF32))
    except OSError:
        return b""


def is_debian(word):
    """Whether this word of a line is the name of a Debian package and not marked as something else."""
    return word[0] not in "+<=/" and ":/" not in word


class Release:
    """What the arguments say of the release, and what is asked of this image's programs."""

    def __init__(self, el, dist):
        self.el, self.dist = el, dist
        self.fedora = el.startswith("fc") and el[2:3].isdigit()
        if not self.fedora and el not in COLUMNS:
            die(f"unknown release: '{el}'")
        if not re.fullmatch(r"(\.[a-z0-9_]+)+", dist):
            die(f"invalid dist tag: '{dist}'")
        self.column = FEDORA_COLUMN if self.fedora else COLUMNS[el]
        self.repositories = ("fedora", "updates") if self.fedora else REPOSITORIES[el]
        self.number = el[2:] if self.fedora else el
        self.python = "%d.%d" % sys.version_info[:2]
        self.march = march(el)


def march(el):
    """The option for the processors of a release. gcc knows the levels from 11 on."""
    option = {"10": "-march=x86-64-v3"}.get(el, "-march=x86-64" if el.startswith("fc") else "-march=x86-64-v2")
    known = subprocess.run(["gcc", option, "-E", "-x", "c", "/dev/null"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if known.returncode == 0:
        return option
    return "-march=x86-64 -mcx16 -msahf -mpopcnt -msse3 -mssse3 -msse4.1 -msse4.2"


# ---------------------------------------------------------------------------------------------------------
# What dpkg has installed


class Debian:
    """The installed Debian packages. present are those that the image for the repositories has."""

    def __init__(self, base, minimal):
        self.version, self.depends, self.provided = {}, {}, {}
        form = "${db:Status-Status}|${Package}\x1f${Version}\x1f${Pre-Depends},${Depends}\x1f${Provides}\n"
        lines = [line[len("installed|"):] for line in output("dpkg-query", "-W", "-f", form) if line.startswith("installed|")]
        for line in in_order(lines):
            name, version, depends, provides = line.split("\x1f")
            self.version[name], self.depends[name] = version, depends
            for virtual in provides.replace(",", " ").split():
                self.provided.setdefault(virtual, name)
        self.present = set(base if minimal else self.version)
        self.moved = set()  # files that belong to another RPM than the rest of their Debian package

    def files(self, name):
        """The real paths of a package's files (/bin is a link to /usr/bin), without documentation."""
        info = "/var/lib/dpkg/info/" + name
        list_of_files = info + ".list" if os.path.exists(info + ".list") else glob.glob(glob.escape(info) + ":*.list")[0]
        with open(list_of_files, encoding=sys.getfilesystemencoding(), errors="surrogateescape") as file:
            paths = ["/usr" + path if MERGED.match(path) else path for path in file.read().split("\n") if path]
        return [path for path in in_order(paths) if path not in self.moved and not DOCUMENTATION.match(path) and is_file(path)]

    def needs(self, name):
        """The installed packages that satisfy a package's Depends; the first installed one of alternatives."""
        for clause in self.depends[name].split(","):
            for alternative in clause.split("|"):
                alternative = re.split(r"[ :(]", alternative.lstrip(" "))[0]
                if alternative and alternative not in self.version:
                    alternative = self.provided.get(alternative)
                if alternative:
                    yield alternative
                    break


def is_file(path):
    try:
        return not stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def is_native(path):
    """False for 32-bit programs, because there are no libraries for them."""
    return os.path.islink(path) or head_of(path) != ELF32


def rpm_version(debian, dist):
    """Version and release of a Debian package, without the epoch, which is Debian's own."""
    number, _, revision = debian.split(":", 1)[-1].rpartition("-")
    if not number:
        number, revision = revision, "0"
    return number.replace("-", "."), revision + dist


# ---------------------------------------------------------------------------------------------------------
# The table


class Line:
    """A line of the table for this release: an RPM, its repository, its scope, and its words."""

    def __init__(self, name, repository, scope, words):
        self.name, self.repository, self.scope, self.words = name, repository, scope, words


def table_lines(path):
    """The fields of each line: name, EL 8, 9, 10, scope, words."""
    with open(path, encoding="utf-8") as file:
        for text in file:
            name, *rest = text.split("#")[0].split() or [""]
            if name:
                yield name, rest[:3], rest[3], rest[4:]


def repository_of(names, column):
    """The repository that a line names for a release; - is none."""
    fedora = "-" if names != ["-", "-", "-"] and (names[2] == "-" or names[2].endswith("extras")) else "fedora"
    return [*names, fedora][column]


def read_table(path, release, scopes, debian, owner):
    """The lines for this release, with patterns expanded; a Debian package belongs to the first line that matches it."""
    table = []
    for names, repositories, scope, words in table_lines(path):
        repository = repository_of(repositories, release.column)
        if repository == "-" or scope not in scopes:
            continue
        line, wanted, found = [], False, False
        for word in words:
            if not is_debian(word):
                line.append(word)
                continue
            wanted = True
            for name in debian.version:
                if name not in owner and fnmatch.fnmatchcase(name, word):
                    owner[name] = names
                    line.append(name)
                    found = True
        if wanted and not found:
            if release.fedora:
                continue
            die(f"{path}: Debian has none of the packages of {names} ({' '.join(words)})")
        table += [Line(name, repository, scope, line) for name in names.split(",")]
    return table


def take_out(table, debian, python, minimal):
    """Takes from the base what RPMs of the scope `run` stand for, and returns the files that it then lacks."""
    absent, moved = [], []
    for line in table:
        for word in line.words:
            path = word.replace("@PYTHON@", python)
            if path.startswith("/") and ">" not in path:
                moved.append(path)
                debian.moved.add(path)
            elif minimal and line.scope == "run" and is_debian(word) and word in debian.present:
                absent += debian.files(word)
                debian.present.remove(word)
    return absent + moved if minimal else []


# ---------------------------------------------------------------------------------------------------------
# What files provide and require


class Elf:
    """The dependencies of ELF files, from rpm's own elfdeps."""

    # elfdeps does not say which file it speaks of, so a library is read after each one, whose dependency is a mark.
    mark = "libstandin-mark.so()(64bit)"

    def __init__(self, work):
        build = ["gcc", "-shared", "-nostdlib", "-Wl,--hash-style=both", "-x", "c", "/dev/null", "-o"]
        provider, requirer = os.path.join(work, "mark.so"), os.path.join(work, "marked.so")
        subprocess.run([*build, provider, "-Wl,-soname,libstandin-mark.so"], check=True)
        subprocess.run([*build, requirer, "-Wl,--no-as-needed", "-x", "none", provider], check=True)
        self.marks = {"--provides": provider, "--requires": requirer}
        self.known = {"--provides": {}, "--requires": {}}

    def read(self, mode, files):
        """Reads files of which `of` will be asked. elfdeps skips one that is not ELF (libc.so is a linker script)."""
        files = [path for path in in_order(files) if head_of(path).startswith(ELF)]
        asked = "".join(f"{path}\n{self.marks[mode]}\n" for path in files)
        found = [[]]
        for line in output("/usr/lib/rpm/elfdeps", mode, text=asked, check=False):  # a failure if it has skipped one
            if line == self.mark:
                found.append([])
            else:
                found[-1].append(line)
        if len(found) != len(files) + 1 or found[-1]:
            die(f"elfdeps {mode} answered for {len(found) - 1} of {len(files)} files")
        self.known[mode] = dict(zip(files, found))

    def of(self, mode, files):
        return [line for path in files for line in self.known[mode].get(path, [])]


SHARED_OBJECT = re.compile(r"\.so(\.[0-9.]+)?$")


def provides_of(files, elf, perl_deps):
    """What files provide besides their paths."""
    gives = []
    for path in files:
        if re.fullmatch(r"/usr/s?bin/[A-Za-z0-9._+-]+", path):
            gives += [path, path[len("/usr"):]]
        python = re.fullmatch(r"/usr/bin/python(3\.[0-9]+)", path)
        if python:
            gives.append(f"python(abi) = {python[1]}")
        if re.search(r"/pkgconfig/[^/]*\.pc$", path):
            answer = output("/usr/lib/rpm/pkgconfigdeps.sh", "--provides", text=path + "\n", PKG_CONFIG_PATH=os.path.dirname(path))
            gives += [line for line in answer if line.startswith("pkgconfig(")]
        if path == "/usr/bin/perl":
            gives += output("perl", "-e", r'printf "perl(:VERSION) = %vd\n", $^V')
    gives += elf.of("--provides", [path for path in files if SHARED_OBJECT.search(path)])
    modules = [path for path in files if re.search(r"\.p[lm]$", path) and "/unicore/" not in path]
    if modules:
        gives += output("perl", perl_deps, "--provides", text="".join(path + "\n" for path in modules))
    return gives


# ---------------------------------------------------------------------------------------------------------
# The spec: a subpackage for each RPM


class Package:
    """An RPM: its line of the table, and the files of its Debian packages, by their names."""

    def __init__(self, name, repository, words):
        self.name, self.repository, self.words = name, repository, words
        self.debian = {}
        self.gives, self.needs, self.files = set(), set(), set()


class Packages:
    """All RPMs of a run."""

    def __init__(self, release, data, minimal, debian, owner, work):
        self.release, self.data, self.minimal, self.debian, self.owner = release, data, minimal, debian, owner
        self.epoch = int(os.environ["SOURCE_DATE_EPOCH"])
        self.work, self.root = work, os.path.join(work, "root")  # root: %{buildroot} of all RPMs
        self.all, self.queue = {}, []  # queue: Debian packages that others need

    def add(self, name, repository, words):
        """Adds an RPM, and queues what its Debian packages need."""
        if name in self.all:
            die(f"{self.data}/packages: {name} is listed twice")
        self.all[name] = package = Package(name, repository, words)
        for word in filter(is_debian, words):
            package.debian[word] = [path for path in self.debian.files(word) if is_native(path)]
            package.gives.add(f"debian({word})")
            if word not in self.debian.present:
                self.add_needs(package, word)

    def add_needs(self, package, name):
        for need in self.debian.needs(name):
            if need not in self.debian.present and need not in self.owner:
                self.owner[need] = "debian-" + need
                self.queue.append(need)
            package.needs.add(f"debian({need})")

    def add_all(self, table, base):
        """Adds the lines of the table, the two that are in no table, and what the others need."""
        for line in table:
            self.add(line.name, line.repository, line.words)
        first = self.release.repositories[0]
        self.add("standin-base", first, [name for name in base if name not in self.owner])
        self.add("standin-release", first, ["+system-release", "+redhat-release"])
        for name in self.queue:  # which grows meanwhile
            self.add("debian-" + name, first, [name])

    def read_files(self):
        """Finds out what the files of all RPMs provide and require."""
        elf = Elf(self.work)
        packages = list(self.all.values())
        wholly = [(package, name, files) for package in packages for name, files in package.debian.items()]
        elf.read("--provides", [path for _, _, files in wholly for path in files if SHARED_OBJECT.search(path)])
        elf.read("--requires", [path for _, name, files in wholly if name not in self.debian.present for path in files])
        perl_deps = os.path.join(self.data, "files", "perl-deps")
        for package, name, files in wholly:
            package.gives.update(provides_of(files, elf, perl_deps))
            if name not in self.debian.present:
                package.needs.update(elf.of("--requires", files))

    def version(self, package):
        """Version and release: as written, or those of the first Debian package."""
        number, release = self.release.number, "1" + self.release.dist
        first = next(iter(package.debian), None)
        for word in package.words:
            if word.startswith("=") and "-" in word:
                number, _, release = word[1:].rpartition("-")
                release += self.release.dist
            elif word == first and package.name != "standin-base":
                number, release = rpm_version(self.debian.version[word], self.release.dist)
        return number, release

    def fill(self, package, number):
        """Copies the files of an RPM to the build root, and adds what its marked words say."""
        links = {}
        for name, files in package.debian.items():
            if name not in self.debian.present:
                for path in files:
                    if not INTERPRETED.search(path):
                        self.copy(path, links)
                        package.files.add(path)
        for word in package.words:
            if not is_debian(word):
                self.add_word(package, number, word.replace("@PYTHON@", self.release.python))

    def place(self, path):
        """Where a file belongs in the build root, with the directories above it and without an earlier file."""
        place = self.root + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.lexists(place):
            os.remove(place)
        return place

    def copy(self, path, links):
        """Copies a file with its mode and time. links are the copies of files of several names."""
        place, of = self.place(path), os.lstat(path)
        if (of.st_dev, of.st_ino) in links:
            os.link(links[of.st_dev, of.st_ino], place, follow_symlinks=False)
            return
        if of.st_nlink > 1:
            links[of.st_dev, of.st_ino] = place
        shutil.copy2(path, place, follow_symlinks=False)
        os.utime(place, (int(of.st_mtime), int(of.st_mtime)), follow_symlinks=False)

    def add_word(self, package, number, word):
        """A marked word of the table. The order of the cases is part of its format."""
        if word.startswith("+") and "=" in word:
            name, value = word[1:].split("=", 1)
            package.gives.add(f"{name} = {value}")
        elif word.startswith("+"):
            plain = "(" in word and word.endswith(")") or word.startswith("+/")
            package.gives.add(word[1:] if plain else f"{word[1:]} = {number}")
        elif word.startswith("<"):
            package.needs.add(word[1:])
        elif ":/" in word:
            file, path = word.split(":", 1)
            self.install(package, path, self.own_file(file))
        elif "->" in word:
            path, target = word.split("->", 1)
            os.symlink(target, self.place(path))
            package.files.add(path)
        elif "=>" in word:
            source, path = word.split("=>", 1)
            shutil.copyfile(source, self.place(path))
            os.chmod(self.root + path, 0o755)
            package.files.add(path)
        elif word.startswith("/"):
            package.gives.add(word)
            if self.minimal:
                self.copy(word, {})
                package.files.add(word)

    def own_file(self, name):
        """The text of a file of DATA for this release."""
        with open(os.path.join(self.data, "files", name), encoding="utf-8") as file:
            text = file.read().replace("@PYTHON@", self.release.python).replace("@MARCH@", self.release.march)
        # A Fedora's macros are those of the newest EL.
        return text.replace("%{?rhel}", "%{?fedora}") if self.release.fedora else text

    def install(self, package, path, text):
        with open(self.place(path), "w", encoding="utf-8") as file:
            file.write(text)
        # The file's own mode may have been lost in the build context.
        os.chmod(self.root + path, 0o755 if text.startswith("#!") else 0o644)
        package.files.add(path)

    def add_release_files(self, package):
        """The files that identify the release and configure its repositories."""
        release = self.release
        if release.fedora:
            macros = f"%fedora {release.number}\n%{release.el} 1\n%dist {release.dist}\n"
        else:
            macros = f"%rhel {release.el}\n%centos {release.el}\n%el{release.el} 1\n%dist {release.dist}\n"
        self.install(package, "/etc/rpm/macros.dist", macros)
        self.install(package, "/etc/rpm/macros.image-language-conf", "%_install_langs en_US\n")
        self.install(package, "/etc/ld.so.conf.d/standin.conf", "/usr/lib64\n")
        self.install(package, "/etc/yum.repos.d/standin.repo", repo_file(release.repositories))
        python = f"/usr/lib64/python{release.python}/site-packages\n/usr/lib/python{release.python}/site-packages\n"
        self.install(package, "/usr/lib/python3/dist-packages/standin.pth", python)

    def subpackage(self, package, number, release):
        """The part of the spec for an RPM."""
        name, words = package.name, " ".join(package.words).replace("%", "%%")
        own = {gives.split(" = ")[0] for gives in package.gives}
        lines = [f"%package -n {name}", f"Version: {number}", f"Release: {release}", f"Summary: Stand-in for {name}", "AutoReqProv: no"]
        lines += ["Provides: " + gives for gives in in_order(package.gives)]
        lines += ["Requires: " + needs for needs in in_order(package.needs - own)]
        lines += [f"%description -n {name}", f"Stands in for {name}. From: {words}"]
        if any(".so" in path for path in package.files):
            lines.append(f"%post -n {name} -p /sbin/ldconfig")
        return lines + [f"%files -n {name}", "%defattr(-,root,root)", *in_order(package.files)]

    def write_spec(self, path):
        """Fills the build root and writes the spec."""
        release = self.release
        lines = ["Name: standin", f"Version: {release.number}", f"Release: 1{release.dist}",
                 "Summary: Enterprise Linux names for a Debian userland", "License: Apache-2.0", "AutoReqProv: no",
                 "%description", "Enterprise Linux names for a Debian userland."]
        self.add_release_files(self.all["standin-release"])
        for package in self.all.values():
            number, its_release = self.version(package)
            self.fill(package, number)
            lines += self.subpackage(package, number, its_release)
        with open(path, "wb") as spec:
            spec.write(b"".join(os.fsencode(line) + b"\n" for line in lines))

    def settle_times(self):
        """Files that are younger than the RPMs get their time."""
        for directory, directories, files in os.walk(self.root, topdown=False):
            for path in [os.path.join(directory, name) for name in files + directories]:
                if os.lstat(path).st_mtime > self.epoch:
                    os.utime(path, (self.epoch, self.epoch), follow_symlinks=False)


def repo_file(repositories):
    """dnf's configuration of the repositories. epel-release brings that of epel."""
    text = ""
    for name in repositories:
        if name != "epel":
            text += f"[{name}]\nname=Stand-in for {name} (local)\nbaseurl=file:///usr/share/standin/{name}\n"
            text += f"enabled={int(name not in ('crb', 'powertools'))}\ngpgcheck=0\n\n"
    return text


# ---------------------------------------------------------------------------------------------------------


def build(packages, spec):
    """Runs rpmbuild, and returns the directory of the RPMs."""
    rpms = os.path.join(packages.work, "rpms")
    defines = {
        "_topdir": os.path.join(packages.work, "rpm"), "_rpmdir": rpms, "_build_name_fmt": "%%{NAME}.rpm",
        "debug_package": "%{nil}", "__os_install_post": "%{nil}", "_build_id_links": "none",
        # The build root is filled already, and rpm would empty it before %install.
        "__spec_install_pre": "%{___build_pre}", "_binary_payload": "w1.gzdio",
        "_buildhost": "standin", "use_source_date_epoch_as_buildtime": "1",
    }
    options = [word for name, value in defines.items() for word in ("--define", f"{name} {value}")]
    subprocess.run(["rpmbuild", "-bb", "--quiet", "--nodebuginfo", "--buildroot", packages.root, *options, spec], check=True)
    return rpms


def write_repositories(packages, rpms, out):
    """Moves the RPMs to their repositories."""
    for name in packages.release.repositories:
        os.makedirs(os.path.join(out, name), exist_ok=True)
    for package in packages.all.values():
        rpm = os.path.join(rpms, package.name + ".rpm")
        os.utime(rpm, (packages.epoch, packages.epoch))  # createrepo_c records it
        shutil.move(rpm, os.path.join(out, package.repository))
    for name in packages.release.repositories:
        subprocess.run(["createrepo_c", "--quiet", "--simple-md-filenames", "--no-database", "--revision=1",
                        "--set-timestamp-to-revision", os.path.join(out, name)], check=True)


def write_list(path, lines):
    with open(path, "wb") as file:
        file.write(b"".join(os.fsencode(line) + b"\n" for line in lines))


def main(arguments):
    if len(arguments) != 6 or arguments[4] not in ("minimal", "full"):
        die("usage: repository.py EL DIST DATA BASE minimal|full OUT")
    el, dist, data, base_file, mode, out = arguments
    if not os.environ.get("SOURCE_DATE_EPOCH"):
        die("SOURCE_DATE_EPOCH: want the time to put into the packages, in seconds")
    os.environ["LC_ALL"] = "C"
    os.umask(0o022)
    release, minimal, owner = Release(el, dist), mode == "minimal", {}
    with open(base_file, encoding="utf-8") as file:
        base = file.read().split()
    debian = Debian(base, minimal)
    scopes = ("base", "run") if minimal else ("base", "run", "build")
    table = read_table(os.path.join(data, "packages"), release, scopes, debian, owner)
    absent = take_out(table, debian, release.python, minimal)
    os.makedirs(out, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        packages = Packages(release, data, minimal, debian, owner, work)
        packages.add_all(table, base)
        packages.read_files()
        spec = os.path.join(work, "standin.spec")
        packages.write_spec(spec)
        packages.settle_times()
        write_repositories(packages, build(packages, spec), out)
    write_list(os.path.join(out, "absent"), absent)
    installed = [line.name for line in table if line.scope == "base"] + ["standin-base", "standin-release"]
    write_list(os.path.join(out, "installed"), [f"{packages.all[name].repository}/{name}.rpm" for name in installed])


if __name__ == "__main__":
    main(sys.argv[1:])
