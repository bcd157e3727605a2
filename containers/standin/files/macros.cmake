# Enterprise Linux's %%cmake: EL 8 builds in the source tree, EL 9 and later in a separate directory.
%__cmake /usr/bin/cmake
%_vpath_srcdir .
%_vpath_builddir %[ 0%{?rhel} >= 9 ? "redhat-linux-build" : "%{_target_platform}" ]
%__cmake_builddir %[ 0%{?rhel} >= 9 ? "%{!?__cmake_in_source_build:%{_vpath_builddir}}%{?__cmake_in_source_build:.}" : "." ]
%cmake \
  %{?set_build_flags} \
  %__cmake -S "%{_vpath_srcdir}" -B "%{__cmake_builddir}" \\\
    -DCMAKE_C_FLAGS_RELEASE:STRING="-DNDEBUG" \\\
    -DCMAKE_CXX_FLAGS_RELEASE:STRING="-DNDEBUG" \\\
    -DCMAKE_VERBOSE_MAKEFILE:BOOL=ON \\\
    -DCMAKE_INSTALL_DO_STRIP:BOOL=OFF \\\
    -DCMAKE_INSTALL_PREFIX:PATH=%{_prefix} \\\
    -DINCLUDE_INSTALL_DIR:PATH=%{_includedir} \\\
    -DLIB_INSTALL_DIR:PATH=%{_libdir} \\\
    -DSYSCONF_INSTALL_DIR:PATH=%{_sysconfdir} \\\
    -DSHARE_INSTALL_PREFIX:PATH=%{_datadir} \\\
    -DLIB_SUFFIX=64 \\\
    -DBUILD_SHARED_LIBS:BOOL=ON
%cmake_build %__cmake --build "%{__cmake_builddir}" %{?_smp_mflags} --verbose
%cmake_install DESTDIR="%{buildroot}" %__cmake --install "%{__cmake_builddir}"
