// SPDX-License-Identifier: Apache-2.0
// Completion queues: events, resizing, and the extended interface.
#include "exercise.h"

#include <arpa/inet.h>
#include <poll.h>

static enum result one_message(struct pair *p, uint64_t id, unsigned int flags)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 32);
	struct ibv_send_wr wr = signaled_send(&sge, id);

	wr.send_flags |= flags;
	TRY(recv_one(&p->b, id, sge_of(&p->b.buf, 0, 64)));
	return send_one(&p->a, &wr);
}

static bool readable(int fd, int ms)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };

	return poll(&f, 1, ms) == 1;
}

static enum result event(struct ibv_comp_channel *channel, struct ibv_cq *want)
{
	struct ibv_cq *cq;
	void *context;

	waiting_for("an event of a CQ");
	if (!readable(channel->fd, WAIT_MS))
		return fail("no event of the CQ after %u ms", WAIT_MS);
	if (ibv_get_cq_event(channel, &cq, &context))
		return fail("ibv_get_cq_event: %s", strerror(errno));
	ibv_ack_cq_events(cq, 1);
	return cq == want ? PASS : fail("the event is of another CQ");
}

static enum result drain(struct ibv_cq *cq, int n)
{
	struct ibv_wc wc;

	for (int i = 0; i < n; i++) {
		TRY(await(cq, &wc, WAIT_MS, "completion %d to drain", i));
		if (wc.status)
			return fail("completion %d: %s", i,
				    ibv_wc_status_str(wc.status));
	}
	return none_left(cq, "drained");
}

static enum result notify(struct pair *p)
{
	struct ibv_comp_channel *channel = p->config.channel;

	// Without a request there is no event.
	TRY(one_message(p, 1, 0));
	TRY(drain(p->b.rcq, 1));
	TRY(drain(p->a.scq, 1));
	if (readable(channel->fd, 100))
		return fail("an event that nobody asked for");

	for (uint64_t i = 2; i < 20; i++) {
		if (ibv_req_notify_cq(p->b.rcq, 0))
			return fail("ibv_req_notify_cq: %s", strerror(errno));
		TRY(one_message(p, i, 0));
		TRY(event(channel, p->b.rcq));
		TRY(drain(p->b.rcq, 1));
		TRY(drain(p->a.scq, 1));
		if (readable(channel->fd, 0))
			return fail("two events for one request");
	}
	return PASS;
}

static enum result solicited(struct pair *p)
{
	struct ibv_comp_channel *channel = p->config.channel;

	if (ibv_req_notify_cq(p->b.rcq, 1))
		return fail("ibv_req_notify_cq: %s", strerror(errno));
	TRY(one_message(p, 1, 0));
	TRY(drain(p->a.scq, 1));
	TRY(drain(p->b.rcq, 1));
	if (readable(channel->fd, 200))
		return fail("an event for a send that was not solicited");
	TRY(one_message(p, 2, IBV_SEND_SOLICITED));
	TRY(event(channel, p->b.rcq));
	TRY(drain(p->a.scq, 1));
	return drain(p->b.rcq, 1);
}

static enum result with_channel(enum result (*test)(struct pair *),
				bool extended)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .extended = extended };
	struct ibv_comp_channel *channel = ibv_create_comp_channel(dev.ctx);
	enum result result;
	struct pair p;

	if (!channel)
		return fail("ibv_create_comp_channel: %s", strerror(errno));
	config.channel = channel;
	result = pair_open(&p, &config);
	if (result == PASS)
		result = done(&p, test(&p));
	if (ibv_destroy_comp_channel(channel) && result == PASS)
		result = fail("ibv_destroy_comp_channel");
	return result;
}

static enum result numbered(struct ibv_cq *cq, uint64_t from, uint64_t to,
			    struct ibv_qp *qp)
{
	struct ibv_wc wc;

	for (; from < to; from++) {
		TRY(await(cq, &wc, WAIT_MS, "completion %llu of a resized CQ",
			  (unsigned long long)from));
		TRY(is_good(&wc, "in a resized CQ", from, IBV_WC_RECV, qp));
	}
	return PASS;
}

static enum result messages(struct pair *p, uint64_t from, uint64_t to)
{
	for (; from < to; from++) {
		TRY(one_message(p, from, 0));
		TRY(drain(p->a.scq, 1));
	}
	return PASS;
}

static enum result resize(struct pair *p)
{
	struct ibv_cq *cq = p->b.rcq;
	int before, ret;

	// Once round the ring, so that the entries are in both of its ends.
	TRY(messages(p, 0, 10));
	TRY(numbered(cq, 0, 10, p->b.qp));
	TRY(messages(p, 10, 20));
	ret = ibv_resize_cq(cq, 60);
	if (says_unsupported(ret))
		return unsupported("ibv_resize_cq: %s", strerror(ret));
	if (ret)
		return fail("ibv_resize_cq to 60: %s", strerror(ret));
	if (cq->cqe < 60)
		return fail("cqe is %d after a resize to 60", cq->cqe);
	TRY(numbered(cq, 10, 12, p->b.qp));
	TRY(messages(p, 20, 40)); // more than the old CQ could hold
	TRY(numbered(cq, 12, 35, p->b.qp));

	ret = ibv_resize_cq(cq, 7);
	if (ret)
		return fail("ibv_resize_cq down to 7 with 5 inside: %s",
			    strerror(ret));
	before = cq->cqe;
	TRY(numbered(cq, 35, 37, p->b.qp));
	TRY(messages(p, 40, 43));
	// Now there are 6 inside.
	ret = ibv_resize_cq(cq, 3);
	if (!ret)
		return fail(
			"ibv_resize_cq to 3 with 6 entries inside was done");
	if (cq->cqe != before)
		return fail("cqe is %d after a resize that failed, was %d",
			    cq->cqe, before);
	TRY(numbered(cq, 37, 43, p->b.qp));
	TRY(none_left(cq, "after all resizing"));
	for (uint64_t i = 50; i < 80; i += 3) {
		TRY(messages(p, i, i + 3));
		TRY(numbered(cq, i, i + 3, p->b.qp));
	}
	ret = ibv_resize_cq(cq, dev.attr.max_cqe + 1);
	if (!ret)
		return fail("ibv_resize_cq beyond max_cqe was done");
	TRY(messages(p, 80, 82));
	return numbered(cq, 80, 82, p->b.qp);
}

static enum result resized(void)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .recv_depth = 64,
				      .cq_depth = 15 };
	struct pair p;

	TRY(pair_open(&p, &config));
	return done(&p, resize(&p));
}

void case_cq(void)
{
	report(with_channel(notify, false), "post/notify");
	report(with_channel(notify, true), "wr/notify");
	report(with_channel(solicited, false), "post/solicited");
	report(with_channel(solicited, true), "wr/solicited");
	report(resized(), "resize");
}

// What the extended CQ has to say of one message.
struct want {
	enum ibv_wr_opcode opcode;
	uint32_t size, imm, src_qp;
	const struct ibv_qp *qp;
	uint64_t id;
	bool recv;
};

static enum result read_fields(struct ibv_cq_ex *cq, const struct want *w,
			       uint64_t flags)
{
	bool imm = w->opcode == IBV_WR_SEND_WITH_IMM ||
		   w->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
	enum ibv_wc_opcode opcode = completion_of(w->opcode);

	if (w->recv)
		opcode = w->opcode == IBV_WR_RDMA_WRITE_WITH_IMM ?
				 IBV_WC_RECV_RDMA_WITH_IMM :
				 IBV_WC_RECV;
	if (cq->wr_id != w->id)
		return fail("wr_id expected %llu, found %llu",
			    (unsigned long long)w->id,
			    (unsigned long long)cq->wr_id);
	if (cq->status != IBV_WC_SUCCESS)
		return fail("status of %llu: %s", (unsigned long long)w->id,
			    ibv_wc_status_str(cq->status));
	if (ibv_wc_read_opcode(cq) != opcode)
		return fail("read_opcode expected %d, found %d", opcode,
			    ibv_wc_read_opcode(cq));
	if (ibv_wc_read_vendor_err(cq))
		return fail("read_vendor_err expected 0, found %u",
			    ibv_wc_read_vendor_err(cq));
	if (flags & IBV_WC_EX_WITH_QP_NUM &&
	    ibv_wc_read_qp_num(cq) != w->qp->qp_num)
		return fail("read_qp_num expected %u, found %u", w->qp->qp_num,
			    ibv_wc_read_qp_num(cq));
	if (flags & IBV_WC_EX_WITH_BYTE_LEN &&
	    (w->recv || w->opcode == IBV_WR_RDMA_READ) &&
	    ibv_wc_read_byte_len(cq) != w->size)
		return fail("read_byte_len expected %u, found %u", w->size,
			    ibv_wc_read_byte_len(cq));
	if (!w->recv)
		return PASS;
	if (!(ibv_wc_read_wc_flags(cq) & IBV_WC_WITH_IMM) == imm)
		return fail("read_wc_flags found 0x%x for %s",
			    ibv_wc_read_wc_flags(cq), op_name(w->opcode));
	if (imm && flags & IBV_WC_EX_WITH_IMM &&
	    ibv_wc_read_imm_data(cq) != htonl(w->imm))
		return fail("read_imm_data expected 0x%x, found 0x%x", w->imm,
			    ntohl(ibv_wc_read_imm_data(cq)));
	if (w->src_qp && flags & IBV_WC_EX_WITH_SRC_QP &&
	    ibv_wc_read_src_qp(cq) != w->src_qp)
		return fail("read_src_qp expected %u, found %u", w->src_qp,
			    ibv_wc_read_src_qp(cq));
	// On Ethernet these three say nothing; they have to be there.
	if (flags & IBV_WC_EX_WITH_SLID)
		(void)ibv_wc_read_slid(cq);
	if (flags & IBV_WC_EX_WITH_SL)
		(void)ibv_wc_read_sl(cq);
	if (flags & IBV_WC_EX_WITH_DLID_PATH_BITS)
		(void)ibv_wc_read_dlid_path_bits(cq);
	return PASS;
}

struct extended {
	struct ibv_cq_ex *cq;
	struct ibv_qp *a, *b;
	struct ibv_ah *ah;
	struct buffer buf;
	uint64_t flags;
};

static enum result expect_batch(struct extended *x, const struct want *want,
				unsigned int n)
{
	struct ibv_poll_cq_attr attr = { 0 };
	bool seen[32] = { false };
	unsigned int have = 0, turn = 0;
	uint64_t end = now_ns() + WAIT_MS * 1000000ULL;

	waiting_for("%u entries of an extended CQ", n);
	while (have < n) {
		enum result result = PASS;
		int ret = ibv_start_poll(x->cq, &attr);

		if (ret == ENOENT) {
			if (now_ns() > end)
				return fail("only %u of %u entries", have, n);
			idle(turn++);
			continue;
		}
		if (ret)
			return fail("ibv_start_poll gives %d (%s)", ret,
				    strerror(ret));
		do {
			unsigned int i;

			for (i = 0; i < n; i++)
				if (!seen[i] && want[i].id == x->cq->wr_id)
					break;
			if (i == n) {
				result = fail(
					"an entry with wr_id %llu, not asked for",
					(unsigned long long)x->cq->wr_id);
				break;
			}
			seen[i] = true;
			have++;
			result = read_fields(x->cq, &want[i], x->flags);
			if (result != PASS)
				break;
			ret = ibv_next_poll(x->cq);
			if (ret && ret != ENOENT)
				result = fail("ibv_next_poll gives %d (%s)",
					      ret, strerror(ret));
		} while (!ret && result == PASS);
		ibv_end_poll(x->cq);
		if (result != PASS)
			return result;
	}
	if (ibv_start_poll(x->cq, &attr) != ENOENT)
		return fail("ibv_start_poll on an empty CQ is not ENOENT");
	return PASS;
}

// Rounds of a few messages, more in all than the CQ has entries.
static enum result rounds(struct extended *x)
{
	static const enum ibv_wr_opcode connected[] = {
		IBV_WR_SEND_WITH_IMM, IBV_WR_SEND, IBV_WR_RDMA_WRITE,
		IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_RDMA_READ
	};
	bool ud = x->a->qp_type == IBV_QPT_UD;
	unsigned int legal = ud ? 2 : x->a->qp_type == IBV_QPT_UC ? 4 : 5;
	uint64_t id = 1;

	for (unsigned int round = 0; round < 60; round++) {
		struct want want[32];
		unsigned int n = 0;

		for (unsigned int i = 0; i < 1 + round % 4; i++) {
			uint32_t size = 1 + below(200);
			struct ibv_sge from = sge_of(&x->buf, 0, size),
				       to = sge_of(&x->buf, 512, 400);
			struct ibv_send_wr *bad, wr = signaled_send(&from, id);
			struct ibv_recv_wr *bad_recv, recv = { .wr_id = id + 1,
							       .sg_list = &to,
							       .num_sge = 1 };
			bool takes;

			wr.opcode = connected[(round + i) % legal];
			takes = wr.opcode == IBV_WR_SEND ||
				wr.opcode == IBV_WR_SEND_WITH_IMM ||
				wr.opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
			if (ud) {
				wr.wr.ud.ah = x->ah;
				wr.wr.ud.remote_qpn = x->b->qp_num;
				wr.wr.ud.remote_qkey = QKEY;
			} else {
				wr.wr.rdma.remote_addr = to.addr + 500;
				wr.wr.rdma.rkey = x->buf.mr->rkey;
			}
			wr.imm_data = htonl((uint32_t)id * 77);
			want[n++] = (struct want){ wr.opcode, size, 0,	  0,
						   x->a,      id,   false };
			if (takes) {
				want[n++] = (struct want){
					wr.opcode,
					size + (ud ? GRH : 0),
					(uint32_t)id * 77,
					ud ? x->a->qp_num : 0,
					x->b,
					id + 1,
					true,
				};
				if (ibv_post_recv(x->b, &recv, &bad_recv))
					return fail("ibv_post_recv");
			}
			if (ibv_post_send(x->a, &wr, &bad))
				return fail("ibv_post_send");
			id += 2;
		}
		TRY(expect_batch(x, want, n));
	}
	return PASS;
}

static struct ibv_qp *qp_on(struct ibv_cq_ex *cq, enum ibv_qp_type type)
{
	struct ibv_qp_init_attr attr = { .send_cq = ibv_cq_ex_to_cq(cq),
					 .recv_cq = ibv_cq_ex_to_cq(cq),
					 .cap = { 8, 8, 1, 1, 0 },
					 .qp_type = type };

	return ibv_create_qp(dev.pd, &attr);
}

static enum result extended_on(struct extended *x, enum ibv_qp_type type)
{
	struct pair_config config = { .type = type };

	TRY(buffer_make(&x->buf, 4096, REMOTE));
	x->a = qp_on(x->cq, type);
	x->b = qp_on(x->cq, type);
	x->ah = loopback_ah(dev.pd);
	if (!x->a || !x->b || !x->ah)
		return fail("QPs on an extended CQ: %s", strerror(errno));
	if (qp_init(x->a) || qp_init(x->b) ||
	    qp_ready(x->a, x->b->qp_num, &config) ||
	    qp_ready(x->b, x->a->qp_num, &config))
		return fail("connecting: %s", strerror(errno));
	return rounds(x);
}

static enum result extended(enum ibv_qp_type type, uint64_t wc_flags,
			    bool single)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = 11,
		.wc_flags = wc_flags,
		.comp_mask = single ? IBV_CQ_INIT_ATTR_MASK_FLAGS : 0,
		.flags = single ? IBV_CREATE_CQ_ATTR_SINGLE_THREADED : 0,
	};
	struct extended x = { .flags = wc_flags };
	enum result result;

	x.cq = ibv_create_cq_ex(dev.ctx, &attr);
	if (!x.cq) {
		int error = errno;

		return says_unsupported(error) || (single && error == EINVAL) ?
			       unsupported("ibv_create_cq_ex: %s",
					   strerror(error)) :
			       fail("ibv_create_cq_ex: %s", strerror(error));
	}
	result = extended_on(&x, type);
	if (x.a)
		ibv_destroy_qp(x.a);
	if (x.b)
		ibv_destroy_qp(x.b);
	if (x.ah)
		ibv_destroy_ah(x.ah);
	if (result == PASS)
		result = buffer_intact(&x.buf);
	buffer_free(&x.buf);
	if (ibv_destroy_cq(ibv_cq_ex_to_cq(x.cq)) && result == PASS)
		result = fail("ibv_destroy_cq");
	return result;
}

// An extended CQ can be polled in the old way as well.
static enum result refuses(uint64_t wc_flags, uint32_t mask, uint32_t flags)
{
	struct ibv_cq_init_attr_ex attr = { .cqe = 8,
					    .wc_flags = wc_flags,
					    .comp_mask = mask,
					    .flags = flags };
	struct ibv_cq_ex *cq = ibv_create_cq_ex(dev.ctx, &attr);
	int error = errno;

	if (cq) {
		ibv_destroy_cq(ibv_cq_ex_to_cq(cq));
		return fail(
			"wc_flags 0x%llx, comp_mask 0x%x, flags 0x%x are taken",
			(unsigned long long)wc_flags, mask, flags);
	}
	return says_unsupported(error) || error == EINVAL ?
		       PASS :
		       fail("gives %d (%s)", error, strerror(error));
}

void case_cqex(void)
{
	report(extended(IBV_QPT_RC, IBV_WC_STANDARD_FLAGS, false),
	       "rc/standard-flags");
	report(extended(IBV_QPT_UC, IBV_WC_STANDARD_FLAGS, false),
	       "uc/standard-flags");
	report(extended(IBV_QPT_UD, IBV_WC_STANDARD_FLAGS, false),
	       "ud/standard-flags");
	report(extended(IBV_QPT_RC, 0, false), "rc/no-flags");
	report(extended(IBV_QPT_RC, IBV_WC_STANDARD_FLAGS, true),
	       "rc/single-threaded");
	report(refuses(1ULL << 60, 0, 0), "refuses/wc_flags");
	report(refuses(0, IBV_CQ_INIT_ATTR_MASK_FLAGS, 1u << 30),
	       "refuses/flags");
	report(refuses(0, 1u << 30, 0), "refuses/comp_mask");
}
