# Enterprise Linux's place for the perl modules of packages, which Debian's perl does not look into.
push @INC, '/usr/share/perl5/vendor_perl';
1;
