// SPDX-License-Identifier: Apache-2.0
//
// What MeasureLayout is tested with, as shared.o:
//   gcc -std=gnu11 -g -gz=none -fno-eliminate-unused-debug-types -c -o shared.o shared.c
// and as shared-dwarf4.o with -gdwarf-4 -gstrict-dwarf as well, compiled in this folder, with -fdebug-prefix-map=$PWD=. so that it names no machine's path.

typedef unsigned int u32;

enum wish {
	WISH_READ,
	WISH_WRITE = 4,
};

struct other {
	int not_shared;
};

struct verbs_inner {
	void (*start)(struct other *o, enum wish w);
	u32 flags : 3;
};

struct verbs_outer {
	union {
		struct verbs_inner inner;
		char bytes[4];
	};
	const u32 mask;
	struct other *next;
};

struct verbs_declared;
extern struct verbs_declared *nobody;
