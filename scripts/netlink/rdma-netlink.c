// SPDX-License-Identifier: Apache-2.0
/*
 * Plays the kernel's part of RDMA netlink for one device, inside a program that
 * uses libibverbs: it is preloaded, and a socket of the family NETLINK_RDMA is
 * then one end of a pair whose other end answers what libibverbs asks before it
 * looks for a provider. Real netlink is where a device's driver id comes from;
 * a made-up /sys cannot say it. Everything else of libc is left alone.
 *
 * Environment, as in verdict.sh: DEVICE, KERNEL_ABI, DRIVER_ID, GUID (16 hex
 * digits). The device's character device is uverbs0, 231:192.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_SIZE 4096
#define UVERBS_DEV ((231ULL << 8) | 192) /* as huge_encode_dev() has it */

static int asked = -1;	   /* the end that libnl has */
static int answering = -1; /* the end that this file has */

struct reply {
	char data[REPLY_SIZE];
	size_t len;
};

static const char *told(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "0";
}

/* begin starts a message that answers another. */
static struct nlmsghdr *begin(struct reply *r, const struct nlmsghdr *to,
			      uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(r->data + r->len);

	memset(h, 0, NLMSG_HDRLEN);
	h->nlmsg_len = NLMSG_HDRLEN;
	h->nlmsg_type = type;
	h->nlmsg_flags = flags;
	h->nlmsg_seq = to->nlmsg_seq;
	h->nlmsg_pid = to->nlmsg_pid;
	return h;
}

static void end(struct reply *r, const struct nlmsghdr *h)
{
	r->len += NLMSG_ALIGN(h->nlmsg_len);
}

static void put(struct nlmsghdr *h, uint16_t type, const void *value,
		size_t size)
{
	struct nlattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	memset(a, 0, NLA_HDRLEN + NLA_ALIGN(size));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + size;
	memcpy((char *)a + NLA_HDRLEN, value, size);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static void put_u32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	put(h, type, &value, sizeof(value));
}

static void put_u64(struct nlmsghdr *h, uint16_t type, uint64_t value)
{
	put(h, type, &value, sizeof(value));
}

static void put_text(struct nlmsghdr *h, uint16_t type, const char *text)
{
	put(h, type, text, strlen(text) + 1);
}

static void put_device(struct nlmsghdr *h)
{
	uint8_t ca = 1; /* RDMA_NODE_IB_CA */

	put_u32(h, RDMA_NLDEV_ATTR_DEV_INDEX, 0);
	put_text(h, RDMA_NLDEV_ATTR_DEV_NAME, told("DEVICE"));
	put_u32(h, RDMA_NLDEV_ATTR_PORT_INDEX, 1);
	put_u64(h, RDMA_NLDEV_ATTR_NODE_GUID, strtoull(told("GUID"), NULL, 16));
	put(h, RDMA_NLDEV_ATTR_DEV_NODE_TYPE, &ca, sizeof(ca));
}

static void put_chardev(struct nlmsghdr *h)
{
	put_text(h, RDMA_NLDEV_ATTR_CHARDEV_NAME, "uverbs0");
	put_u64(h, RDMA_NLDEV_ATTR_CHARDEV_ABI,
		strtoull(told("KERNEL_ABI"), NULL, 10));
	put_u64(h, RDMA_NLDEV_ATTR_CHARDEV, UVERBS_DEV);
	put_u32(h, RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID,
		strtoul(told("DRIVER_ID"), NULL, 10));
}

/* answer sends what the kernel would say to one question. */
static void answer(const struct nlmsghdr *question)
{
	struct reply r = { .len = 0 };
	struct nlmsghdr *h;
	int none = 0;

	switch (question->nlmsg_type) {
	case RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET):
		h = begin(&r, question, question->nlmsg_type, NLM_F_MULTI);
		put_device(h);
		end(&r, h);
		h = begin(&r, question, NLMSG_DONE, NLM_F_MULTI);
		memcpy(NLMSG_DATA(h), &none, sizeof(none));
		h->nlmsg_len += sizeof(none);
		break;
	case RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET_CHARDEV):
		h = begin(&r, question, question->nlmsg_type, 0);
		put_chardev(h);
		break;
	default: /* nothing to tell, as an older kernel has it */
		h = begin(&r, question, question->nlmsg_type, 0);
	}
	end(&r, h);
	(void)!write(answering, r.data, r.len);
}

int socket(int family, int type, int protocol)
{
	int (*real)(int, int, int) = dlsym(RTLD_NEXT, "socket");
	int pair[2];

	if (family != AF_NETLINK || protocol != NETLINK_RDMA)
		return real(family, type, protocol);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	asked = pair[0];
	answering = pair[1];
	return asked;
}

int close(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "close");

	if (fd >= 0 && fd == asked) {
		asked = -1; /* the number may be another file's from now on */
		real(answering);
	}
	return real(fd);
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t) =
		dlsym(RTLD_NEXT, "bind");

	return fd == asked ? 0 : real(fd, addr, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*real)(int, int, int, const void *, socklen_t) =
		dlsym(RTLD_NEXT, "setsockopt");

	return fd == asked ? 0 : real(fd, level, name, value, len);
}

static void fill(void *addr, uint32_t pid)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = pid };

	memcpy(addr, &nl, sizeof(nl));
}

int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	int (*real)(int, struct sockaddr *, socklen_t *) =
		dlsym(RTLD_NEXT, "getsockname");

	if (fd != asked)
		return real(fd, addr, len);
	if (*len < sizeof(struct sockaddr_nl)) {
		errno = EINVAL;
		return -1;
	}
	fill(addr, getpid());
	*len = sizeof(struct sockaddr_nl);
	return 0;
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, const struct msghdr *, int) =
		dlsym(RTLD_NEXT, "sendmsg");

	if (fd != asked)
		return real(fd, msg, flags);
	if (msg->msg_iovlen != 1 || msg->msg_iov->iov_len < NLMSG_HDRLEN) {
		errno = EINVAL;
		return -1;
	}
	answer(msg->msg_iov->iov_base);
	return msg->msg_iov->iov_len;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int) =
		dlsym(RTLD_NEXT, "recvmsg");
	void *name = msg->msg_name;
	ssize_t got;

	if (fd != asked)
		return real(fd, msg, flags);
	msg->msg_name = NULL;
	msg->msg_namelen = 0;
	got = real(fd, msg, flags);
	msg->msg_name = name;
	if (name) {
		fill(name, 0);
		msg->msg_namelen = sizeof(struct sockaddr_nl);
	}
	return got;
}
