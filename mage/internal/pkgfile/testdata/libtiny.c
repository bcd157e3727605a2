// SPDX-License-Identifier: Apache-2.0
//
// libtiny.so.1 is made of this, with gcc -shared -nostdlib -s -Wl,-soname,libtiny.so.1 -Wl,--version-script of
//   TINY_1.0 { global: tiny_open; local: *; }; TINY_1.1 { global: tiny_close; } TINY_1.0; TINY_PRIVATE { global: tiny_private; };
int tiny_open(void) { return 1; }
int tiny_close(void) { return 2; }
int tiny_private(void) { return 3; }
