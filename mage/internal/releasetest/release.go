// SPDX-License-Identifier: Apache-2.0

package releasetest

import "maps"

// Files are those of a release of the least that has a place for each edit of each
// kind of provider: a library under coherent DMA (ant), one without (bee), a
// plug-in (gnat). Its version is 56.1, of which nothing is true but the number.
func Files() map[string]string {
	files := map[string]string{
		"kernel-headers/rdma/ant-abi.h":              "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n",
		"kernel-headers/rdma/ib_user_ioctl_verbs.h":  "enum rdma_driver_id {\n\tRDMA_DRIVER_UNKNOWN,\n\tRDMA_DRIVER_ANT,\n\tRDMA_DRIVER_BEE,\n};\n",
		"libibverbs/verbs.h":                         miniVerbs,
		"MAINTAINERS":                                "Who looks after what\n\nANT USERSPACE PROVIDER (for ant.ko)\nM:\tAnn <ann@host.example>\nS:\tSupported\nF:\tproviders/ant/\n",
		"README.md":                                  "Drivers:\n\n - ant.ko\n - bee.ko\n\nDaemons:\n - hive (hive.ko)\n",
		"buildlib/rdma_man.cmake":                    "# nothing\n",
		"providers/ant/ant.c":                        "int ant;\n",
		"providers/ant/antdv.h":                      "int antdv_dig(void);\n",
		"providers/ant/libant.map":                   "ANT_1.0 { global: antdv_dig; local: *; };\n",
		"providers/ant/CMakeLists.txt":               "rdma_shared_provider(ant libant.map\n  1 1.0.${PACKAGE_VERSION}\n  ant.c\n)\npublish_headers(infiniband\n  antdv.h\n)\nrdma_pkg_config(\"ant\" \"libibverbs\" \"\")\n",
		"providers/ant/man/CMakeLists.txt":           "rdma_man_pages(\n  antdv_dig.3.md\n)\n",
		"providers/ant/man/antdv_dig.3.md":           "page\n",
		"providers/bee/bee.c":                        "int bee;\n",
		"providers/bee/CMakeLists.txt":               "rdma_shared_provider(bee libbee.map\n  1 1.0.${PACKAGE_VERSION}\n  bee.c\n)\n",
		"providers/bee/libbee.map":                   "BEE_1.0 { global: beedv_hum; local: *; };\n",
		"providers/gnat/gnat.c":                      "int gnat;\n",
		"providers/gnat/tools/setup":                 "#!/bin/sh\n",
		"providers/gnat/CMakeLists.txt":              "rdma_provider(gnat\n  gnat.c\n)\n",
		"debian/ibverbs-providers.install":           "etc/libibverbs.d/\nusr/lib/*/libant.so.*\nusr/lib/*/libbee.so.*\nusr/lib/*/libibverbs/lib*-rdmav*.so\n",
		"debian/ibverbs-providers.lintian-overrides": "# libant and libbee are ibverbs provider that provides more functions.\nibverbs-providers: package-name-doesnt-match-sonames libant1 libbee1\n",
		"debian/ibverbs-providers.symbols": "libant.so.1 ibverbs-providers #MINVER#\n* Build-Depends-Package: libibverbs-dev\n ANT_1.0@ANT_1.0 20\n antdv_dig@ANT_1.0 20\n" +
			"libbee.so.1 ibverbs-providers #MINVER#\n* Build-Depends-Package: libibverbs-dev\n BEE_1.0@BEE_1.0 20\n beedv_hum@BEE_1.0 20\n",
		"debian/libibverbs-dev.install": "usr/include/infiniband/antdv.h\nusr/include/infiniband/verbs.h\nusr/lib/*/lib*-rdmav*.a\nusr/lib/*/libant.a\nusr/lib/*/libant.so\n" +
			"usr/lib/*/libbee.a\nusr/lib/*/libbee.so\nusr/lib/*/pkgconfig/libant.pc\nusr/share/man/man3/antdv_*.3\nusr/share/man/man3/ibv_*\n",
		"debian/rdma-core.install": "lib/udev/rules.d/60-rdma.rules\n",
		"debian/hive.install":      "usr/share/man/man7/hivedv_*.7\n",
		"debian/rules": "#!/usr/bin/make -f\nX := \"-DCMAKE_INSTALL_SYSCONFDIR:PATH=/etc\" \"-DCMAKE_INSTALL_UDEV_RULESDIR:PATH=/lib/udev/rules.d\"\noverride_dh_auto_install:\n" +
			"ifeq (x,y)\n\tsed -i '/ant\\|moth/d' debian/ibverbs-providers.install debian/libibverbs-dev.install debian/rdma-core.install\nendif\n",
		"debian/source/format": "3.0 (quilt)\n",
		"debian/changelog":     "rdma-core (56.1-1) unstable; urgency=low\n\n  * New upstream release.\n\n -- A <a@b.c>  Tue, 21 Jan 2025 12:50:59 +0100\n",
	}
	maps.Copy(files, miniTexts)
	return files
}

const miniVerbs = `#ifdef RDMA_STATIC_PROVIDERS
#define _RDMA_STATIC_PREFIX_(_1, _2, ...)                                      \
	&verbs_provider_##_1, &verbs_provider_##_2
#define _RDMA_STATIC_PREFIX(arg)                                               \
	_RDMA_STATIC_PREFIX_(arg, none)

extern const struct verbs_device_ops verbs_provider_ant;
extern const struct verbs_device_ops verbs_provider_bee;
extern const struct verbs_device_ops verbs_provider_gnat;
extern const struct verbs_device_ops verbs_provider_all;
extern const struct verbs_device_ops verbs_provider_none;
#endif
`

// miniTexts are its longer files.
var miniTexts = map[string]string{
	"CMakeLists.txt": `project(rdma-core C)
set(PACKAGE_VERSION "56.1")
set(IBVERBS_PABI_VERSION "34")
set(CMAKE_INSTALL_UDEV_RULESDIR "lib/udev/rules.d" CACHE PATH "udev")
if (HAVE_COHERENT_DMA)
add_subdirectory(providers/ant) # NO SPARSE
add_subdirectory(providers/ant/man)
endif()

add_subdirectory(providers/bee)
add_subdirectory(providers/gnat)
`,
	"kernel-headers/CMakeLists.txt": `publish_internal_headers(rdma
  rdma/ant-abi.h
  )
rdma_kernel_provider_abi(
  rdma/ant-abi.h
  )
`,
	"redhat/rdma-core.spec": `Name: rdma-core
Version: 56.1
Release: 1%{?dist}
Summary: Small
License: GPL-2.0-only OR Linux-OpenIB
Source: https://host.example/%{name}-%{version}.tar.gz

BuildRequires: binutils
BuildRequires: cmake >= 2.8.11
BuildRequires: gcc
BuildRequires: libudev-devel
BuildRequires: systemd
%if 0%{?fedora} >= 21
BuildRequires: perl-generators
%endif

%description
Small.

%package devel
Summary: Devel

%description devel
Devel.

%package -n libibverbs
Summary: Smaller
Provides: libant = %{version}-%{release}
Obsoletes: libant < %{version}-%{release}
Provides: libgnat = %{version}-%{release}
Obsoletes: libgnat < %{version}-%{release}

%description -n libibverbs
Device-specific plug-ins are included:

- libant: Ant
- libgnat: Gnat

%prep
%setup

%build
%cmake

%install
%cmake_install

%files
%{_udevrulesdir}/60-rdma.rules

%files devel
%{_libdir}/lib*.so
%{_includedir}/infiniband/*
%{_libdir}/pkgconfig/*.pc
%{_mandir}/man3/antdv*

%files -n libibverbs
%{_libdir}/libant.so.*
%{_libdir}/libbee.so.*
%{_libdir}/libibverbs/*.so
`,
	"suse/rdma-core.spec": `Name:           rdma-core
Version:        56.1
Release:        0
Summary:        Small
License:        GPL-2.0-only OR Linux-OpenIB
%define ant_so_major    1
%define bee_so_major    1
%define verbs_so_major  1

%define  ant_lname    libant%{ant_so_major}
%define  bee_lname    libbee%{bee_so_major}
%define  verbs_lname  libibverbs%{verbs_so_major}

%ifnarch s390
%define dma_coherent 1
%endif
BuildRequires:  binutils
BuildRequires:  cmake >= 2.8.11
BuildRequires:  gcc
BuildRequires:  pandoc

%description
Small.

%package devel
Summary:        Devel
Requires:       %{verbs_lname} = %{version}-%{release}
%if 0%{?dma_coherent}
Requires:       %{ant_lname} = %{version}-%{release}
%endif
Requires:       %{bee_lname} = %{version}-%{release}

%description devel
Devel.

%package -n     libibverbs
Summary:        Smaller
%if 0%{?dma_coherent}
Requires:       %{ant_lname} = %{version}-%{release}
%endif
Requires:       %{bee_lname} = %{version}-%{release}

%description -n libibverbs
Device-specific plug-ins are included:

- libant: Ant
- libgnat: Gnat

%package -n %verbs_lname
Summary:        Verbs

%description -n %verbs_lname
Verbs.

%package -n %ant_lname
Summary:        ANT runtime library
Group:          System/Libraries

%description -n %ant_lname
Ant.

%package -n %bee_lname
Summary:        BEE runtime library
Group:          System/Libraries

%description -n %bee_lname
Bee.

%prep
%setup

%build
%cmake

%post -n %verbs_lname -p /sbin/ldconfig
%postun -n %verbs_lname -p /sbin/ldconfig

%post -n %ant_lname -p /sbin/ldconfig
%postun -n %ant_lname -p /sbin/ldconfig

%post -n %bee_lname -p /sbin/ldconfig
%postun -n %bee_lname -p /sbin/ldconfig

%files
%{_udevrulesdir}/60-rdma.rules

%files devel
%{_includedir}/infiniband/*
%{_libdir}/lib*.so
%{_libdir}/pkgconfig/*.pc
%if 0%{?dma_coherent}
%{_mandir}/man3/antdv*
%endif

%files -n libibverbs
%{_libdir}/libibverbs/*.so

%files -n %verbs_lname
%{_libdir}/libibverbs*.so.*

%if 0%{?dma_coherent}
%files -n %ant_lname
%{_libdir}/libant*.so.*
%endif

%files -n %bee_lname
%{_libdir}/libbee*.so.*
`,
	"debian/control": `Source: rdma-core
Maintainer: A <a@b.c>
Build-Depends: cmake (>= 2.8.11),
               debhelper (>= 11),
               libnl-3-dev,
               valgrind [amd64 arm64]
Rules-Requires-Root: no

Package: ibverbs-providers
Architecture: linux-any
Depends: ${misc:Depends}
Provides: libant1, libbee1
Description: drivers
 Words: more.
 .
  - ant: Small
  - bee: Flying
  - gnat: Smaller

Package: libibverbs-dev
Description: files

Package: rdma-core
Description: boot

Package: hive
Description: pages
`,
	"debian/copyright": `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: A
License: BSD-MIT or GPL-2

Files: debian/*
Copyright: B
License: GPL-2+
 Text of it.

Files: providers/ant/*
Copyright: 2001, A
License: BSD-MIT or GPL-2

Files: providers/gnat/*
Copyright: 2002, G
License: GPL-2

License: BSD-MIT
 Be kind.

License: GPL-2
 Share.
`,
}
