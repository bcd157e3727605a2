# Where packages put perl modules in Enterprise Linux.
%__perl /usr/bin/perl
%perl_vendorlib %{_datadir}/perl5/vendor_perl
%perl_vendorarch %{_libdir}/perl5/vendor_perl
