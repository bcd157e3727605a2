// SPDX-License-Identifier: Apache-2.0
// The system calls by which libibverbs and its providers reach the kernel, in
// this program's own hands: write, ioctl and mmap are defined here, and so the
// libraries call these. A case can make one fail, or hold it up.
#include "exercise.h"

#include <pthread.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic(call_hook) hook;

void intercept(call_hook with)
{
	hook = with;
}

static int asked(int fd, unsigned int command)
{
	call_hook ask = hook;

	return ask && dev.ctx && fd == dev.ctx->cmd_fd ? ask(command) : 0;
}

ssize_t write(int fd, const void *data, size_t size)
{
	const struct ib_uverbs_cmd_hdr *header = data;
	int error = size < sizeof(*header) ? 0 : asked(fd, header->command);

	if (error) {
		errno = error;
		return -1;
	}
	return syscall(SYS_write, fd, data, size);
}

// The command that an ioctl carries in the place of a write.
static unsigned int command_of(const struct ib_uverbs_ioctl_hdr *header)
{
	if (header->object_id != UVERBS_OBJECT_DEVICE ||
	    header->method_id != UVERBS_METHOD_INVOKE_WRITE)
		return CALL_OTHER;
	for (unsigned int i = 0; i < header->num_attrs; i++)
		if (header->attrs[i].attr_id == UVERBS_ATTR_WRITE_CMD)
			return (unsigned int)header->attrs[i].data;
	return CALL_OTHER;
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list ap;
	int error;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	error = request == RDMA_VERBS_IOCTL ? asked(fd, command_of(argument)) :
					      0;
	if (error) {
		errno = error;
		return -1;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

void *mmap(void *where, size_t size, int prot, int flags, int fd, off_t offset)
{
	int error = fd < 0 ? 0 : asked(fd, CALL_MAP);

	if (error) {
		errno = error;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, where, size, prot, flags, fd, offset);
}

// The name that it has for who is compiled for files of any size.
void *mmap64(void *where, size_t size, int prot, int flags, int fd,
	     off_t offset);

void *mmap64(void *where, size_t size, int prot, int flags, int fd,
	     off_t offset)
{
	return mmap(where, size, prot, flags, fd, offset);
}

pid_t thread_id(void)
{
	return (pid_t)syscall(SYS_gettid);
}

// The letter of /proc: R runs or wants to, S sleeps.
char thread_state(pid_t thread)
{
	char path[64], line[256] = "";
	const char *behind;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	behind = strrchr(line, ')');
	return behind && behind[1] ? behind[2] : 0;
}
