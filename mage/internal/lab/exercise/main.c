// SPDX-License-Identifier: Apache-2.0
// exercise DEVICE CASE [name=value...]
#include "exercise.h"

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int seconds; // at most; timeout= says otherwise
	const char *about;
} cases[] = {
	{ "claimed", case_claimed, 60,
	  "the device is served by the library that expect= names" },
	{ "opcodes", case_opcodes, 300,
	  "every legal opcode by both posting APIs, data and completions" },
	{ "wrap", case_wrap, 180, "tiny queues, driven round many times" },
	{ "length", case_length, 60, "byte_len around every boundary" },
	{ "doorbell", case_doorbell, 90, "what is posted starts by itself" },
	{ "flush", case_flush, 120, "outstanding work of a QP in error" },
	{ "rnr", case_rnr, 60, "a receiver that is not ready" },
	{ "remote-errors", case_remote_errors, 60,
	  "access, protection and length errors and their status" },
	{ "bad-input", case_bad_input, 180, "what has to be refused, and how" },
	{ "cq", case_cq, 60, "events, solicited events, resizing" },
	{ "cqex", case_cqex, 60, "the extended CQ and its fields" },
	{ "srq", case_srq, 60, "shared receive queues and their limit event" },
	{ "multicast", case_multicast, 60, "a datagram to a group of two QPs" },
	{ "threads", case_threads, 120,
	  "threads on shared QPs and CQs (threads=, ops=)" },
	{ "fork", case_fork, 60, "the parent goes on after a fork" },
	{ "async", case_async, 60, "asynchronous events" },
	{ "kernel-error", case_kernel_error, 90,
	  "a QP that the kernel moved to error: state, and what is flushed" },
	{ "reset-race", case_reset_race, 90,
	  "a reset, while a receive is posted in the error state" },
	{ "lost-doorbell", case_lost_doorbell, 90,
	  "requests are sent once, where the kernel cannot be told" },
	{ "lost-ring", case_lost_ring, 90,
	  "a resized queue that cannot be mapped" },
	{ "slow-path", case_slow_path, 110,
	  "nobody spins while the kernel resizes a queue" },
	{ "resources", case_resources, 600,
	  "objects made and destroyed count= times leave nothing" },
	{ "control", case_control, 60, "each control call once, for valgrind" },
	{ "soak", case_soak, 1800,
	  "ops= random operations in random shapes (seed=)" },
	{ "rate", case_rate, 60, "messages a second (ops=, size=)" },
	{ "latency", case_latency, 60, "half a round trip (ops=, size=)" },
};

static int count;
static char **given;

const char *text(const char *name, const char *standard)
{
	size_t n = strlen(name);

	for (int i = 0; i < count; i++)
		if (!strncmp(given[i], name, n) && given[i][n] == '=')
			return given[i] + n + 1;
	return standard;
}

long number(const char *name, long standard)
{
	const char *s = text(name, NULL);
	char *end;
	long value;

	if (!s)
		return standard;
	value = strtol(s, &end, 0);
	if (*end || end == s) {
		fprintf(stderr, "%s=%s: not a number\n", name, s);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	enum result opened;

	if (argc < 3) {
		fprintf(stderr,
			"usage: exercise DEVICE CASE|list [name=value...]\n");
		return 2;
	}
	count = argc - 3;
	given = argv + 3;
	for (int i = 0; i < count; i++) {
		if (!strchr(given[i], '=')) {
			fprintf(stderr, "%s: not name=value\n", given[i]);
			return 2;
		}
	}
	if (!strcmp(argv[2], "list")) {
		for (size_t i = 0; i < LENGTH(cases); i++)
			printf("%-14s %s\n", cases[i].name, cases[i].about);
		return 0;
	}
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if (strcmp(argv[2], cases[i].name))
			continue;
		watchdog((unsigned int)number("timeout", cases[i].seconds));
		random_seed((uint64_t)number("seed", 1));
		// Before anything else, as its man page has it.
		if (cases[i].run == case_fork && ibv_fork_init())
			fprintf(stderr, "ibv_fork_init failed\n");
		opened = device_open(argv[1]);
		if (opened != PASS) {
			report(opened, "open");
			return verdict();
		}
		cases[i].run();
		waiting_for("the device to close");
		device_close();
		return verdict();
	}
	fprintf(stderr, "%s: no such case; \"list\" names them\n", argv[2]);
	return 2;
}
