// SPDX-License-Identifier: Apache-2.0
/*
 * Answers a build's questions about the machine as another machine would.
 * Used with LD_PRELOAD in a container. Environment, each of which may be missing:
 *   VARY_CLOCK   seconds that the clock is ahead of the kernel's, may be negative
 *   VARY_STOPPED the time, in seconds, at which the clock stands
 *   VARY_KERNEL  the release that uname reports
 *   VARY_DOMAIN  the domain name that uname and getdomainname report
 *   VARY_CORES   the number of processors
 *   VARY_ORDER   not empty: directories are read in the reverse order of their names
 *   VARY_COLLATE not empty: texts are sorted without regard to upper and lower case, as most languages do
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

/* The clock. */

EXPORT int clock_gettime(clockid_t id, struct timespec *ts)
{
	int ret = (int)syscall(SYS_clock_gettime, id, ts);

	if (ret || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return ret;
	ts->tv_sec += number("VARY_CLOCK");
	if (getenv("VARY_STOPPED")) {
		ts->tv_sec = number("VARY_STOPPED");
		ts->tv_nsec = 0;
	}
	return ret;
}

EXPORT int timespec_get(struct timespec *ts, int base)
{
	return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, ts) ? base :
									0;
}

EXPORT int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;
	int ret = clock_gettime(CLOCK_REALTIME, &ts);

	(void)zone;
	if (!ret) {
		tv->tv_sec = ts.tv_sec;
		tv->tv_usec = ts.tv_nsec / 1000;
	}
	return ret;
}

EXPORT time_t time(time_t *out)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

/* The machine. */

static void replace(char *field, size_t size, const char *name)
{
	const char *text = getenv(name);

	if (!text)
		return;
	strncpy(field, text, size - 1);
	field[size - 1] = '\0';
}

EXPORT int uname(struct utsname *name)
{
	int ret = (int)syscall(SYS_uname, name);

	if (!ret) {
		replace(name->release, sizeof(name->release), "VARY_KERNEL");
		replace(name->domainname, sizeof(name->domainname),
			"VARY_DOMAIN");
	}
	return ret;
}

EXPORT int getdomainname(char *name, size_t size)
{
	struct utsname all;

	if (uname(&all))
		return -1;
	if (strlen(all.domainname) >= size) {
		errno = EINVAL;
		return -1;
	}
	strcpy(name, all.domainname);
	return 0;
}

EXPORT long sysconf(int name)
{
	static long (*next)(int);
	long cores = number("VARY_CORES");

	if (cores > 0 &&
	    (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF))
		return cores;
	if (!next)
		next = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
	return next(name);
}

EXPORT int get_nprocs(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

EXPORT int get_nprocs_conf(void)
{
	return (int)sysconf(_SC_NPROCESSORS_CONF);
}

EXPORT int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	long cores = number("VARY_CORES"), i, ret;

	memset(set, 0, size);
	ret = syscall(SYS_sched_getaffinity, pid, size, set);
	if (ret < 0)
		return -1;
	if (cores > 0) {
		memset(set, 0, size);
		for (i = 0; i < cores; i++)
			CPU_SET_S((size_t)i, size, set);
	}
	return 0;
}

/* The order of names. */

EXPORT int strcoll(const char *a, const char *b)
{
	int ret = getenv("VARY_COLLATE") ? strcasecmp(a, b) : 0;

	return ret ? ret : strcmp(a, b);
}

struct listing {
	DIR *dir;
	struct dirent **entries;
	size_t count, at;
	struct listing *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct listing *listings;

/*
 * The C library's own functions. They are looked up when they are needed: the
 * constructor of a program's library, such as libnuma's, may read a directory
 * before any of this library would run.
 */
static struct dirent *next_readdir(DIR *dir)
{
	static struct dirent *(*next)(DIR *);

	if (!next)
		next = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");
	return next(dir);
}

static int next_closedir(DIR *dir)
{
	static int (*next)(DIR *);

	if (!next)
		next = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
	return next(dir);
}

static void next_rewinddir(DIR *dir)
{
	static void (*next)(DIR *);

	if (!next)
		next = (void (*)(DIR *))dlsym(RTLD_NEXT, "rewinddir");
	next(dir);
}

static int backwards(const void *a, const void *b)
{
	const struct dirent *const *x = a, *const *y = b;

	return strcmp((*y)->d_name, (*x)->d_name);
}

/* Reads the whole of a directory. NULL: no memory. */
static struct listing *list(DIR *dir)
{
	struct listing *l = calloc(1, sizeof(*l));
	struct dirent *entry, *copy, **more;

	if (!l)
		return NULL;
	l->dir = dir;
	while ((entry = next_readdir(dir))) {
		copy = malloc(entry->d_reclen);
		more = realloc(l->entries, (l->count + 1) * sizeof(*more));
		if (more)
			l->entries = more;
		if (!copy || !more) {
			free(copy);
			break;
		}
		memcpy(copy, entry, entry->d_reclen);
		l->entries[l->count++] = copy;
	}
	if (l->count)
		qsort(l->entries, l->count, sizeof(*l->entries), backwards);
	l->next = listings;
	listings = l;
	return l;
}

static void drop(DIR *dir)
{
	struct listing **at = &listings, *l;
	size_t i;

	while (*at && (*at)->dir != dir)
		at = &(*at)->next;
	l = *at;
	if (!l)
		return;
	*at = l->next;
	for (i = 0; i < l->count; i++)
		free(l->entries[i]);
	free(l->entries);
	free(l);
}

EXPORT struct dirent *readdir(DIR *dir)
{
	struct dirent *entry = NULL;
	struct listing *l;

	if (!getenv("VARY_ORDER"))
		return next_readdir(dir);
	pthread_mutex_lock(&lock);
	for (l = listings; l && l->dir != dir; l = l->next)
		;
	if (!l)
		l = list(dir);
	if (l && l->at < l->count)
		entry = l->entries[l->at++];
	pthread_mutex_unlock(&lock);
	return entry;
}

EXPORT struct dirent64 *readdir64(DIR *dir)
{
	return (struct dirent64 *)readdir(dir);
}

EXPORT int closedir(DIR *dir)
{
	pthread_mutex_lock(&lock);
	drop(dir);
	pthread_mutex_unlock(&lock);
	return next_closedir(dir);
}

EXPORT void rewinddir(DIR *dir)
{
	pthread_mutex_lock(&lock);
	drop(dir);
	pthread_mutex_unlock(&lock);
	next_rewinddir(dir);
}
