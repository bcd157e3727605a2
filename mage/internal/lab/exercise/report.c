// SPDX-License-Identifier: Apache-2.0
// What came out, the watchdog, time and chance.
#include "exercise.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

static __thread char why[512];
static char first_failure[700], first_skip[700], first_kernel[700], said[700];
static unsigned int passed, failed, skipped, deviating;
static char waiting[256] = "the start";
static const char *suspicion = "";
static uint64_t begun;
static bool given_up;

static enum result because(enum result result, const char *format, va_list ap)
{
	char text[sizeof(why)];

	vsnprintf(text, sizeof(text), format, ap);
	memcpy(why, text, sizeof(why));
	return result;
}

enum result fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	because(FAIL, format, ap);
	va_end(ap);
	return FAIL;
}

enum result unsupported(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	because(SKIP, format, ap);
	va_end(ap);
	return SKIP;
}

enum result by_kernel(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	because(KERNEL, format, ap);
	va_end(ap);
	return KERNEL;
}

enum result lost(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	because(LOST, format, ap);
	va_end(ap);
	printf("lost: %s\n", why);
	return LOST;
}

enum result again(enum result result, const char *reason)
{
	snprintf(why, sizeof(why), "%s", reason);
	return result;
}

const char *reason(void)
{
	return why;
}

// A fault that every shape has makes each of them wait for its time. What is
// wrong is then known long before the case's time is over.
static void give_up(void)
{
	const unsigned int enough = 5;
	const uint64_t patience = 20000000000ULL;

	if (failed < enough || now_ns() - begun < patience)
		return;
	given_up = true;
	exit(verdict());
}

void report_result(enum result result, const char *name, ...)
{
	char full[160];
	va_list ap;

	va_start(ap, name);
	vsnprintf(full, sizeof(full), name, ap);
	va_end(ap);
	switch (result) {
	case PASS:
		passed++;
		printf("ok %s\n", full);
		break;
	case LOST:
	case FAIL:
		if (!failed++)
			snprintf(first_failure, sizeof(first_failure), "%s: %s",
				 full, why);
		printf("not ok %s: %s\n", full, why);
		break;
	case SKIP:
		if (!skipped++)
			snprintf(first_skip, sizeof(first_skip), "%s: %s", full,
				 why);
		printf("skip %s: %s\n", full, why);
		break;
	case KERNEL:
		if (!deviating++)
			snprintf(first_kernel, sizeof(first_kernel), "%s: %s",
				 full, why);
		printf("kernel %s: %s\n", full, why);
		break;
	}
	fflush(stdout);
	give_up();
}

void evidence(const char *format, ...)
{
	size_t used = strlen(said);
	va_list ap;

	va_start(ap, format);
	vsnprintf(said + used, sizeof(said) - used, format, ap);
	va_end(ap);
}

int verdict(void)
{
	if (failed) {
		printf("evidence: %u of %u failed%s; first %s\n", failed,
		       passed + failed,
		       given_up ? ", the rest was not tried" : "",
		       first_failure);
		return 1;
	}
	if (!passed && !deviating) {
		printf("evidence: not supported here: %s\n",
		       skipped ? first_skip : "nothing was tried");
		return 77;
	}
	printf("evidence: %u ok%s%s", passed, *said ? "; " : "", said);
	if (skipped)
		printf("; %u skipped, first %s", skipped, first_skip);
	if (deviating)
		printf("; %u deviate in the kernel, first %s", deviating,
		       first_kernel);
	printf("\n");
	return 0;
}

void waiting_for(const char *format, ...)
{
	char text[sizeof(waiting)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	memcpy(waiting, text, sizeof(waiting));
}

void suspect(const char *what)
{
	suspicion = what;
}

static void say(const char *s)
{
	ssize_t n = write(STDOUT_FILENO, s, strlen(s));

	(void)n;
}

static void stopped(int number)
{
	char digits[3] = { (char)('0' + number / 10 % 10),
			   (char)('0' + number % 10), 0 };

	say("evidence: ");
	if (failed) {
		say("failed at ");
		say(first_failure);
		say("; then ");
	}
	if (number == SIGALRM) {
		say("out of time, waiting for ");
	} else {
		say("killed by signal ");
		say(digits);
		say(", while waiting for ");
	}
	waiting[sizeof(waiting) - 1] = 0;
	say(waiting);
	say(suspicion);
	say("\n");
	_exit(1);
}

void watchdog(unsigned int seconds)
{
	static const int signals[] = { SIGALRM, SIGSEGV, SIGBUS,
				       SIGABRT, SIGFPE,	 SIGILL };
	struct sigaction action = { .sa_handler = stopped };

	begun = now_ns();
	for (size_t i = 0; i < LENGTH(signals); i++)
		sigaction(signals[i], &action, NULL);
	alarm(seconds);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t state = 88172645463325252ULL;

void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 88172645463325252ULL;
	if (!state)
		state = 1;
}

uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

unsigned int below(unsigned int limit)
{
	return limit ? (unsigned int)((random64() >> 20) % limit) : 0;
}

void idle(unsigned int turn)
{
	struct timespec nap = { .tv_nsec = 200000 };

	if (turn < 200)
		sched_yield();
	else
		nanosleep(&nap, NULL);
}

long resident_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

int open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}
