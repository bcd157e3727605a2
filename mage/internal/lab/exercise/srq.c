// SPDX-License-Identifier: Apache-2.0
// Shared receive queues, asynchronous events, multicast.
#include "exercise.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

// Waits for one event of a kind, and lets others pass that other things made.
static enum result async_event(enum ibv_event_type type, const void *element,
			       int ms)
{
	uint64_t end = now_ns() + (uint64_t)ms * 1000000;
	struct pollfd f = { .fd = dev.ctx->async_fd, .events = POLLIN };

	waiting_for("the event \"%s\"", ibv_event_type_str(type));
	while (now_ns() < end) {
		struct ibv_async_event e;
		enum ibv_event_type got;
		const void *of;

		if (poll(&f, 1, ms) != 1)
			break;
		if (ibv_get_async_event(dev.ctx, &e))
			return fail("ibv_get_async_event: %s", strerror(errno));
		got = e.event_type;
		of = e.element.qp;
		ibv_ack_async_event(&e);
		if (got != type)
			continue;
		return !element || of == element ?
			       PASS :
			       fail("the event \"%s\" names another object",
				    ibv_event_type_str(type));
	}
	return fail("no event \"%s\" after %d ms", ibv_event_type_str(type),
		    ms);
}

static enum result message(struct pair *p, struct end *from, struct end *to,
			   uint64_t id)
{
	struct ibv_sge sge = sge_of(&from->buf, 0, 24);
	struct ibv_send_wr wr = signaled_send(&sge, id);
	struct ibv_wc wc;

	(void)p;
	fill(from->buf.data, 24, id);
	TRY(send_one(from, &wr));
	TRY(await(from->scq, &wc, WAIT_MS, "send %llu",
		  (unsigned long long)id));
	TRY(is_good(&wc, "send", id, IBV_WC_SEND, from->qp));
	TRY(await(to->rcq, &wc, WAIT_MS, "receive of %llu",
		  (unsigned long long)id));
	TRY(is_good(&wc, "receive", id, IBV_WC_RECV, to->qp));
	return PASS;
}

static enum result limit(struct pair *p)
{
	struct ibv_srq_attr attr = { .srq_limit = 3 };
	int ret;

	for (uint64_t i = 0; i < 6; i++)
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, i * 64, 64)));
	ret = ibv_modify_srq(p->b.srq, &attr, IBV_SRQ_LIMIT);
	if (ret)
		return fail("ibv_modify_srq of the limit: %s", strerror(ret));
	memset(&attr, 0, sizeof(attr));
	ret = ibv_query_srq(p->b.srq, &attr);
	if (ret)
		return fail("ibv_query_srq: %s", strerror(ret));
	if (attr.srq_limit != 3 || attr.max_wr < 8 || !attr.max_sge)
		return fail(
			"ibv_query_srq: limit %u of 3, max_wr %u, max_sge %u",
			attr.srq_limit, attr.max_wr, attr.max_sge);
	for (uint64_t i = 0; i < 5; i++)
		TRY(message(p, &p->a, &p->b, i));
	TRY(async_event(IBV_EVENT_SRQ_LIMIT_REACHED, p->b.srq, 5000));
	attr.srq_limit = p->b.recv_cap + 1;
	ret = ibv_modify_srq(p->b.srq, &attr, IBV_SRQ_LIMIT);
	return ret ? PASS : fail("a limit beyond the size was taken");
}

static enum result resize_srq(struct pair *p)
{
	struct ibv_srq_attr attr = { .max_wr = 40 };
	int ret;

	for (uint64_t i = 0; i < 5; i++)
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, i * 64, 64)));
	TRY(message(p, &p->a, &p->b, 0));
	ret = ibv_modify_srq(p->b.srq, &attr, IBV_SRQ_MAX_WR);
	if (says_unsupported(ret))
		return unsupported("ibv_modify_srq of max_wr: %s",
				   strerror(ret));
	if (ret)
		return fail("ibv_modify_srq to 40: %s", strerror(ret));
	for (uint64_t i = 5; i < 40; i++)
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, i * 64, 64)));
	for (uint64_t i = 1; i < 40; i++)
		TRY(message(p, &p->a, &p->b, i));
	return PASS;
}

static enum result on_srq(enum result (*test)(struct pair *))
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .srq = true,
				      .recv_depth = 8 };
	struct pair p;

	TRY(pair_open(&p, &config));
	return done(&p, test(&p));
}

#define QPS 4

// Several QPs on one SRQ, each fed by a sender of its own.
static enum result shared(struct pair *main, struct pair *more)
{
	struct ibv_srq *srq = main->b.srq;
	uint64_t id = 0;
	int posted = 0;
	struct ibv_wc wc;

	for (int i = 0; i < QPS; i++) {
		struct ibv_qp_init_attr attr = { .send_cq = main->b.scq,
						 .recv_cq = main->b.rcq,
						 .srq = srq,
						 .cap = { 4, 0, 1, 0, 0 },
						 .qp_type = IBV_QPT_RC };

		ibv_destroy_qp(more[i].b.qp);
		more[i].b.qp = ibv_create_qp(dev.pd, &attr);
		if (!more[i].b.qp)
			return fail("QP %d on the SRQ: %s", i, strerror(errno));
		TRY(pair_connect(&more[i]));
	}
	for (int round = 0; round < 30; round++) {
		bool seen[QPS] = { false };

		for (; posted < QPS; posted++, id++)
			TRY(recv_one(&main->b, id,
				     sge_of(&main->b.buf, id % 8 * 64, 64)));
		for (int i = 0; i < QPS; i++) {
			struct ibv_sge sge = sge_of(&more[i].a.buf, 0, 24);
			struct ibv_send_wr wr = signaled_send(&sge, 0);

			fill(more[i].a.buf.data, 24,
			     (uint64_t)(round * QPS + i));
			TRY(send_one(&more[i].a, &wr));
		}
		for (int i = 0; i < QPS; i++) {
			uint8_t data[24];
			int from;

			TRY(await(main->b.rcq, &wc, WAIT_MS,
				  "receive %d of round %d on the SRQ", i,
				  round));
			posted--;
			for (from = 0; from < QPS; from++)
				if (more[from].b.qp->qp_num == wc.qp_num)
					break;
			if (wc.status || from == QPS || seen[from])
				return fail("status \"%s\", QP %u",
					    ibv_wc_status_str(wc.status),
					    wc.qp_num);
			seen[from] = true;
			fill(data, 24, (uint64_t)(round * QPS + from));
			if (memcmp(data, main->b.buf.data + wc.wr_id % 8 * 64,
				   24))
				return fail(
					"round %d: wrong data from sender %d in receive %llu",
					round, from,
					(unsigned long long)wc.wr_id);
			TRY(await(more[from].a.scq, &wc, WAIT_MS, "send"));
			TRY(is_good(&wc, "send", 0, IBV_WC_SEND,
				    more[from].a.qp));
		}
	}
	return none_left(main->b.rcq, "receives on the SRQ");
}

static enum result several(void)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .srq = true,
				      .recv_depth = 6 };
	struct pair_config plain = { .type = IBV_QPT_RC, .loose = true };
	struct pair main, more[QPS];
	enum result result;
	char why[300] = "";
	int n = 0;

	TRY(pair_open(&main, &config));
	for (result = PASS; n < QPS && result == PASS; n++)
		result = pair_open(&more[n], &plain);
	if (result == PASS)
		result = shared(&main, more);
	else
		n--;
	if (result != PASS)
		snprintf(why, sizeof(why), "%s", reason());
	// The QPs are on the SRQ: they go first.
	while (n--)
		if (pair_close(&more[n]) != PASS && result == PASS)
			result = FAIL;
	if (pair_close(&main) != PASS && result == PASS)
		result = FAIL;
	return result == PASS || !*why ? result : fail("%s", why);
}

void case_srq(void)
{
	report(on_srq(limit), "limit-event");
	report(on_srq(resize_srq), "resize");
	report(several(), "several-qps");
}

static enum result last_wqe(struct pair *p)
{
	TRY(recv_one(&p->b, 1, sge_of(&p->b.buf, 0, 64)));
	if (qp_state(p->b.qp, IBV_QPS_ERR))
		return fail("to ERR: %s", strerror(errno));
	if (async_event(IBV_EVENT_QP_LAST_WQE_REACHED, p->b.qp, 3000) == PASS)
		return PASS;
	return unsupported("the kernel sends no such event for an SRQ's QP");
}

// A CQ that overflows is an error of the CQ.
static enum result overflow(void)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .cq_depth = 1,
				      .recv_depth = 16 };
	struct ibv_send_wr *bad, wr = { .opcode = IBV_WR_RDMA_WRITE,
					.send_flags = IBV_SEND_SIGNALED };
	enum result result = PASS;
	struct pair p;

	TRY(pair_open(&p, &config));
	wr.wr.rdma.remote_addr = (uintptr_t)p.b.buf.data;
	wr.wr.rdma.rkey = p.b.buf.mr->rkey;
	for (int i = 0; i <= p.a.scq->cqe + 1 && result == PASS; i++)
		if (post(&p.a, &wr, &bad))
			result = fail("posting write %d", i);
	if (result == PASS)
		result = async_event(IBV_EVENT_CQ_ERR, p.a.scq, 5000);
	return done(&p, result);
}

// man ibv_get_async_event: with a descriptor that does not block.
static enum result no_event(void)
{
	struct ibv_async_event e;
	int flags = fcntl(dev.ctx->async_fd, F_GETFL);

	fcntl(dev.ctx->async_fd, F_SETFL, flags | O_NONBLOCK);
	// Leftovers of the start are none of ours.
	while (!ibv_get_async_event(dev.ctx, &e))
		ibv_ack_async_event(&e);
	return errno == EAGAIN ?
		       PASS :
		       fail("ibv_get_async_event without an event: %s",
			    strerror(errno));
}

void case_async(void)
{
	report(no_event(), "none");
	report(on_srq(limit), "srq-limit-reached");
	report(overflow(), "cq-error");
	report(on_srq(last_wqe), "qp-last-wqe-reached");
}

// The network device below, so that the host can join a group on it.
static unsigned int netdev(void)
{
	char path[200], name[IF_NAMESIZE] = "";
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/class/infiniband/%s/ports/%d/gid_attrs/ndevs/%d",
		 dev.name, PORT, dev.gid_index);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(name, sizeof(name), f))
		name[0] = 0;
	fclose(f);
	name[strcspn(name, "\n")] = 0;
	return if_nametoindex(name);
}

static enum result group_of_two(struct pair *p, struct pair *q,
				const union ibv_gid *mgid, int sock)
{
	struct ibv_ah_attr attr = { .is_global = 1, .port_num = PORT };
	struct ip_mreqn join = { .imr_ifindex = (int)netdev() };
	struct ibv_qp *members[] = { p->b.qp, q->b.qp };
	struct end *ends[] = { &p->b, &q->b };
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 100);
	struct ibv_send_wr wr = signaled_send(&sge, 4);
	struct ibv_wc wc;
	int ret;

	attr.grh.dgid = *mgid;
	attr.grh.sgid_index = (uint8_t)dev.gid_index;
	attr.grh.hop_limit = 1;
	for (size_t i = 0; i < LENGTH(members); i++) {
		ret = ibv_attach_mcast(members[i], mgid, 0);
		if (says_unsupported(ret))
			return unsupported("ibv_attach_mcast: %s",
					   strerror(ret));
		if (ret)
			return fail("ibv_attach_mcast: %s", strerror(ret));
		TRY(recv_one(ends[i], 10 + i,
			     sge_of(&ends[i]->buf, 0, GRH + 200)));
	}
	// So that IP hands what the host sends to the host as well.
	memcpy(&join.imr_multiaddr, mgid->raw + 12, 4);
	if (setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
		       sizeof(join)))
		return fail("IP_ADD_MEMBERSHIP: %s", strerror(errno));
	ibv_destroy_ah(p->ah);
	p->ah = ibv_create_ah(dev.pd, &attr);
	if (!p->ah)
		return fail("ibv_create_ah of a group: %s", strerror(errno));
	fill(p->a.buf.data, 100, 3);
	wr.wr.ud.ah = p->ah;
	wr.wr.ud.remote_qpn = 0xffffff;
	wr.wr.ud.remote_qkey = QKEY;
	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "a datagram to a group"));
	TRY(is_good(&wc, "a datagram to a group", 4, IBV_WC_SEND, p->a.qp));
	for (size_t i = 0; i < LENGTH(members); i++) {
		if (await(ends[i]->rcq, &wc, 4000, "member %zu of the group",
			  i) != PASS)
			return fail(
				"attached and sent, but nothing came to member %zu",
				i);
		TRY(is_good(&wc, "receive", 10 + i, IBV_WC_RECV, members[i]));
		if (wc.byte_len != GRH + 100 || !(wc.wc_flags & IBV_WC_GRH) ||
		    wc.src_qp != p->a.qp->qp_num)
			return fail("byte_len %u, wc_flags 0x%x, src_qp %u",
				    wc.byte_len, wc.wc_flags, wc.src_qp);
		if (memcmp(ends[i]->buf.data + GRH, p->a.buf.data, 100))
			return fail("wrong data at member %zu", i);
	}
	for (size_t i = 0; i < LENGTH(members); i++) {
		ret = ibv_detach_mcast(members[i], mgid, 0);
		if (ret)
			return fail("ibv_detach_mcast: %s", strerror(ret));
	}
	return ibv_detach_mcast(members[0], mgid, 0) ?
		       PASS :
		       fail("detaching a second time succeeds");
}

void case_multicast(void)
{
	struct pair_config config = { .type = IBV_QPT_UD };
	struct pair_config rc = { .type = IBV_QPT_RC };
	union ibv_gid mgid = { .raw = { [10] = 0xff,
					[11] = 0xff,
					[12] = 239,
					[13] = 1,
					[14] = 2,
					[15] = 3 } };
	union ibv_gid unicast = dev.gid;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	enum result result;
	struct pair p, q;
	char why[300];

	result = pair_open(&p, &config);
	if (result == PASS) {
		result = pair_open(&q, &config);
		if (result == PASS)
			result = done(&q, group_of_two(&p, &q, &mgid, sock));
		if (result != PASS) {
			snprintf(why, sizeof(why), "%s", reason());
			pair_close(&p);
			result = again(result, why);
		} else {
			result = pair_close(&p);
		}
	}
	report(result, "two-members");
	close(sock);
	if (result == SKIP)
		return;
	result = pair_open(&p, &rc);
	if (result == PASS)
		result = done(&p, ibv_attach_mcast(p.a.qp, &mgid, 0) ?
					  PASS :
					  fail("an RC QP can be attached"));
	report(result, "refuses/rc");
	result = pair_open(&p, &config);
	if (result == PASS)
		result = done(&p,
			      ibv_attach_mcast(p.a.qp, &unicast, 0) ?
				      PASS :
				      fail("a unicast GID can be attached to"));
	report(result, "refuses/unicast");
}
