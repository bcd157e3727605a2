# The directories of Enterprise Linux for perl modules.
%__perl /usr/bin/perl
%perl_vendorlib %{_datadir}/perl5/vendor_perl
%perl_vendorarch %{_libdir}/perl5/vendor_perl
