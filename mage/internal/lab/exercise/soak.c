// SPDX-License-Identifier: Apache-2.0
// Many random operations in random shapes. Each operation has a number, its
// data is made from the number, and it is checked at the destination before
// its place is used again. What is lost, doubled or out of order shows at
// once, since completions must come in the order of the numbers.
#include "exercise.h"

#include <arpa/inet.h>

#define MOST 64 // operations in flight
#define BATCH 32
#define AFTER 0xc3 // the byte after the data
#define BIND_ID 0xb1bdULL << 40
#define STUCK_NS 20000000000ULL

enum window_state { UNBOUND, BINDING, BOUND, UNBINDING };

struct window {
	struct ibv_mw *mw;
	enum window_state state;
	uint32_t rkey;
};

struct op {
	enum ibv_wr_opcode opcode;
	bool signaled, recv, local, remote;
	uint32_t size, imm, rkey;
	uint64_t before, operand, swap;
};

// One shape: a pair of QPs and some thousand operations on it.
struct shape {
	struct pair p;
	struct pair_config config;
	unsigned int window, receives; // in flight at most
	size_t stride, longest;
	struct op op[MOST];
	// Numbers: all below are done with, completed, received, posted.
	uint64_t head, completed, arrived, tail;
	uint64_t recv_posted, recv_taken, recv_promised;
	struct window a, b;
};

static uint64_t counts[16], total_bytes;
static unsigned int shapes;
static bool no_windows;
// On by plain-wr=1, to go on with a provider whose ibv_wr_set_sge_list and
// ibv_wr_set_inline_data... are known to be wrong: none of those then.
static bool plain_wr;

static struct op *op_at(struct shape *s, uint64_t number)
{
	return &s->op[number % MOST];
}

static uint8_t *slot_a(struct shape *s, uint64_t number)
{
	return s->p.a.buf.data + number % s->window * s->stride;
}

static uint8_t *slot_b(struct shape *s, uint64_t number)
{
	return s->p.b.buf.data + number % s->window * s->stride;
}

static uint8_t *slot_recv(struct shape *s, uint64_t recv)
{
	return s->p.b.buf.data + (s->window + recv % s->receives) * s->stride;
}

static enum result wrong(const struct shape *s, uint64_t number,
			 const char *what)
{
	const struct op *op = &s->op[number % MOST];

	return fail("%s: operation %llu of shape %u, %s of %u bytes", what,
		    (unsigned long long)number, shapes, op_name(op->opcode),
		    op->size);
}

static bool landed(const uint8_t *found, const uint8_t *sent, size_t size)
{
	return !memcmp(found, sent, size) && found[size] == AFTER;
}

// The next binding starts from the key of this one, and mw has to tell it.
static void bound(struct window *w)
{
	w->state = BOUND;
	w->mw->rkey = w->rkey;
}

// Looks at what an operation without a receive has done.
static enum result look(struct shape *s, uint64_t number)
{
	struct op *op = op_at(s, number);
	uint8_t *a = slot_a(s, number), *b = slot_b(s, number);
	uint64_t old, now, after;

	switch (op->opcode) {
	case IBV_WR_RDMA_WRITE:
		return landed(b, a, op->size) ? PASS :
						wrong(s, number, "wrong data");
	case IBV_WR_RDMA_READ:
		return landed(a, b, op->size) ? PASS :
						wrong(s, number, "wrong data");
	case IBV_WR_ATOMIC_CMP_AND_SWP:
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		memcpy(&old, a, 8);
		memcpy(&now, b, 8);
		after = op->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD ?
				op->before + op->operand :
			op->operand == op->before ? op->swap :
						    op->before;
		if (old != op->before)
			return wrong(s, number, "wrong old value");
		return now == after ? PASS : wrong(s, number, "wrong value");
	case IBV_WR_BIND_MW:
		bound(&s->a);
		return PASS;
	case IBV_WR_LOCAL_INV:
		s->a.state = UNBOUND;
		return PASS;
	default:
		return PASS;
	}
}

static void retire(struct shape *s)
{
	while (s->head < s->tail && op_at(s, s->head)->local &&
	       op_at(s, s->head)->remote)
		s->head++;
}

static enum result sent(struct shape *s, const struct ibv_wc *wc)
{
	uint64_t number = wc->wr_id;
	const struct op *op = op_at(s, number);

	if (number < s->completed || number >= s->tail)
		return fail(
			"shape %u: completion of %llu, in flight are %llu to %llu",
			shapes, (unsigned long long)number,
			(unsigned long long)s->completed,
			(unsigned long long)s->tail);
	if (wc->status)
		return wrong(s, number, ibv_wc_status_str(wc->status));
	if (!op->signaled)
		return wrong(s, number, "completion of an unsignaled one");
	TRY(is_good(wc, op_name(op->opcode), number, completion_of(op->opcode),
		    s->p.a.qp));
	if (op->opcode == IBV_WR_RDMA_READ && wc->byte_len != op->size)
		return wrong(s, number, "byte_len of a read");
	for (; s->completed <= number; s->completed++) {
		struct op *o = op_at(s, s->completed);

		if (o->signaled && s->completed < number)
			return wrong(s, s->completed, "no completion");
		o->local = true;
		// By an acknowledgement the data is there.
		if (!o->recv && s->config.type == IBV_QPT_RC) {
			TRY(look(s, s->completed));
			o->remote = true;
		}
	}
	return PASS;
}

static enum result came(struct shape *s, const struct ibv_wc *wc)
{
	bool ud = s->config.type == IBV_QPT_UD;
	uint64_t number;
	const uint8_t *to;
	struct op *op;
	bool imm, write;

	if (wc->status)
		return fail("shape %u: receive %llu: %s", shapes,
			    (unsigned long long)wc->wr_id,
			    ibv_wc_status_str(wc->status));
	if (wc->wr_id != s->recv_taken)
		return fail("shape %u: receive %llu completes, expected %llu",
			    shapes, (unsigned long long)wc->wr_id,
			    (unsigned long long)s->recv_taken);
	// Below the head the places are used again.
	if (s->arrived < s->head)
		s->arrived = s->head;
	// Those without a receive that were sent before are there as well.
	for (; s->arrived < s->tail && !op_at(s, s->arrived)->recv;
	     s->arrived++) {
		op = op_at(s, s->arrived);
		if (op->remote)
			continue;
		if (s->config.type == IBV_QPT_RC)
			continue; // Its completion is to come.
		TRY(look(s, s->arrived));
		op->remote = true;
	}
	number = s->arrived;
	if (number == s->tail)
		return fail(
			"shape %u: receive %llu completes, and nothing was sent",
			shapes, (unsigned long long)wc->wr_id);
	op = op_at(s, number);
	write = op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
	imm = write || op->opcode == IBV_WR_SEND_WITH_IMM;
	TRY(is_good(wc, "receive", s->recv_taken,
		    write ? IBV_WC_RECV_RDMA_WITH_IMM : IBV_WC_RECV,
		    s->p.b.qp));
	if (wc->byte_len != op->size + (ud ? GRH : 0))
		return wrong(s, number, "byte_len of the receive");
	if (imm && (!(wc->wc_flags & IBV_WC_WITH_IMM) ||
		    wc->imm_data != htonl(op->imm)))
		return wrong(s, number, "immediate data");
	if (ud && wc->src_qp != s->p.a.qp->qp_num)
		return wrong(s, number, "src_qp");
	if (op->opcode == IBV_WR_SEND_WITH_INV) {
		if (wc->invalidated_rkey != op->rkey)
			return wrong(s, number, "invalidated_rkey");
		s->b.state = UNBOUND;
	}
	to = write ? slot_b(s, number) :
		     slot_recv(s, s->recv_taken) + (ud ? GRH : 0);
	if (!landed(to, slot_a(s, number), op->size))
		return wrong(s, number, "wrong data");
	op->remote = true;
	s->arrived++;
	s->recv_taken++;
	return PASS;
}

static enum result handle(struct shape *s, const struct ibv_wc *wc, bool recv)
{
	if (wc->qp_num == s->p.b.qp->qp_num && wc->wr_id == BIND_ID) {
		TRY(is_good(wc, "bind_mw", BIND_ID, IBV_WC_BIND_MW, s->p.b.qp));
		bound(&s->b);
		return PASS;
	}
	return recv ? came(s, wc) : sent(s, wc);
}

static enum result poll_all(struct shape *s, bool *any)
{
	struct ibv_cq *cqs[] = { s->p.a.scq, s->p.b.rcq, s->p.b.scq };
	unsigned int n = s->config.one_cq ? 1 : s->b.state == BINDING ? 3 : 2;
	struct ibv_wc wc[32];

	for (unsigned int c = 0; c < n; c++) {
		int got = ibv_poll_cq(cqs[c], (int)LENGTH(wc), wc);

		if (got < 0)
			return fail("ibv_poll_cq gives %d", got);
		*any |= got > 0;
		for (int i = 0; i < got; i++)
			TRY(handle(s, &wc[i],
				   s->config.one_cq ?
					   wc[i].qp_num == s->p.b.qp->qp_num :
					   c == 1));
	}
	retire(s);
	return PASS;
}

static enum result receives(struct shape *s)
{
	struct ibv_recv_wr wr[MOST], *bad;
	struct ibv_sge sge[MOST][2];
	unsigned int n = 0;
	int ret;

	// In bunches: a third of them at least.
	if (s->recv_posted - s->recv_taken > s->receives * 2 / 3)
		return PASS;
	while (s->recv_posted - s->recv_taken < s->receives && n < MOST) {
		uint64_t id = s->recv_posted++;
		size_t at = (size_t)(slot_recv(s, id) - s->p.b.buf.data);
		size_t all = s->longest + GRH, cut = all;
		int pieces = 1;

		if (s->config.sges > 1 && id % 3 == 0) {
			cut = 41 + id % 7;
			pieces = 2;
		}
		sge[n][0] = sge_of(&s->p.b.buf, at, cut);
		sge[n][1] = sge_of(&s->p.b.buf, at + cut, all - cut);
		wr[n] = (struct ibv_recv_wr){ .wr_id = id,
					      .sg_list = sge[n],
					      .num_sge = pieces };
		if (n)
			wr[n - 1].next = &wr[n];
		n++;
	}
	if (!n)
		return PASS;
	ret = post_recv(&s->p.b, wr, &bad);
	return ret ? fail("shape %u: posting %u receives: %s", shapes, n,
			  strerror(ret)) :
		     PASS;
}

static struct ibv_mw_bind_info whole(const struct buffer *b)
{
	return (struct ibv_mw_bind_info){
		.mr = b->mr,
		.addr = (uintptr_t)b->data,
		.length = b->size,
		.mw_access_flags =
			IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	};
}

static void bind_window(struct ibv_send_wr *wr, struct window *w,
			const struct buffer *b)
{
	w->rkey = ibv_inc_rkey(w->rkey);
	w->state = BINDING;
	wr->opcode = IBV_WR_BIND_MW;
	wr->bind_mw.mw = w->mw;
	wr->bind_mw.rkey = w->rkey;
	wr->bind_mw.bind_info = whole(b);
}

static enum ibv_wr_opcode pick(struct shape *s, bool may_recv, bool must_recv)
{
	static const enum ibv_wr_opcode takes[] = {
		IBV_WR_SEND, IBV_WR_SEND_WITH_IMM, IBV_WR_RDMA_WRITE_WITH_IMM
	};
	static const enum ibv_wr_opcode others[] = {
		IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ, IBV_WR_ATOMIC_CMP_AND_SWP,
		IBV_WR_ATOMIC_FETCH_AND_ADD
	};

	if (s->config.type == IBV_QPT_UD)
		return takes[below(2)];
	if (s->a.mw && !must_recv && !below(24)) {
		if (s->a.state == UNBOUND)
			return IBV_WR_BIND_MW;
		if (s->a.state == BOUND)
			return IBV_WR_LOCAL_INV;
	}
	if (may_recv && s->b.state == BOUND && !below(8))
		return IBV_WR_SEND_WITH_INV;
	if (must_recv || (may_recv && below(2)))
		return takes[below(3)];
	return others[s->config.type == IBV_QPT_UC ? 0 : below(4)];
}

static uint32_t a_size(const struct shape *s)
{
	unsigned int kind = below(16);

	if (!kind)
		return below((unsigned int)s->longest + 1);
	if (kind < 3)
		return below(2);
	return below(s->longest < 128 ? (unsigned int)s->longest + 1 : 128);
}

static void prepare(struct shape *s, uint64_t number, struct op *op,
		    struct ibv_send_wr *wr, struct ibv_sge *sge)
{
	uint8_t *a = slot_a(s, number), *b = slot_b(s, number);
	size_t at = (size_t)(a - s->p.a.buf.data);
	bool data = true;

	wr->wr_id = number;
	wr->opcode = op->opcode;
	op->rkey = s->p.b.buf.mr->rkey;
	switch (op->opcode) {
	case IBV_WR_ATOMIC_CMP_AND_SWP:
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		op->size = 8;
		op->before = random64();
		op->operand = below(2) ? op->before : random64();
		op->swap = random64();
		memcpy(b, &op->before, 8);
		wr->wr.atomic.remote_addr = (uintptr_t)b;
		wr->wr.atomic.rkey = op->rkey;
		wr->wr.atomic.compare_add = op->operand;
		wr->wr.atomic.swap = op->swap;
		break;
	case IBV_WR_BIND_MW:
		op->size = 0;
		bind_window(wr, &s->a, &s->p.a.buf);
		return;
	case IBV_WR_LOCAL_INV:
		op->size = 0;
		s->a.state = UNBINDING;
		wr->invalidate_rkey = s->a.rkey;
		return;
	case IBV_WR_RDMA_READ:
		data = false;
		fill(b, op->size, number);
		memset(a, 0, op->size);
		a[op->size] = AFTER;
		break;
	default:
		fill(a, op->size, number);
		break;
	}
	if (op->opcode == IBV_WR_RDMA_WRITE ||
	    op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM) {
		memset(b, 0, op->size);
		b[op->size] = AFTER;
		if (s->b.state == BOUND && below(2))
			op->rkey = s->b.rkey;
	}
	if (!op->recv || op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM) {
		if (op->size != 8 || wr->opcode < IBV_WR_ATOMIC_CMP_AND_SWP) {
			wr->wr.rdma.remote_addr = (uintptr_t)b;
			wr->wr.rdma.rkey = op->rkey;
		}
	} else {
		// The receives are taken in order.
		uint8_t *to = slot_recv(s, s->recv_promised) +
			      (s->config.type == IBV_QPT_UD ? GRH : 0);

		memset(to, 0, op->size);
		to[op->size] = AFTER;
	}
	if (op->opcode == IBV_WR_SEND_WITH_INV) {
		op->rkey = s->b.rkey;
		s->b.state = UNBINDING;
		wr->invalidate_rkey = op->rkey;
	} else if (op->opcode == IBV_WR_SEND_WITH_IMM ||
		   op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM) {
		op->imm = (uint32_t)random64();
		wr->imm_data = htonl(op->imm);
	}
	if (s->config.type == IBV_QPT_UD) {
		wr->wr.ud.ah = s->p.ah;
		wr->wr.ud.remote_qpn = s->p.b.qp->qp_num;
		wr->wr.ud.remote_qkey = QKEY;
	}
	wr->sg_list = sge;
	wr->num_sge = op->size || plain_wr ? 1 : (int)below(2);
	sge[0] = sge_of(&s->p.a.buf, at, op->size);
	if (s->config.sges > 1 && op->size > 8 && !below(3) &&
	    !(plain_wr && s->config.extended)) {
		uint32_t first = 1 + below(op->size - 1);

		wr->num_sge = 2;
		sge[0].length = first;
		sge[1] = sge_of(&s->p.a.buf, at + first, op->size - first);
	}
	if (data && op->size <= s->config.inline_size && below(2) &&
	    (op->recv || op->opcode == IBV_WR_RDMA_WRITE) &&
	    !(plain_wr && s->config.extended))
		wr->send_flags |= IBV_SEND_INLINE;
}

static enum result batch(struct shape *s, uint64_t limit)
{
	struct ibv_send_wr wr[BATCH], *bad = NULL;
	struct ibv_sge sge[BATCH][2];
	uint64_t room = s->window - (s->tail - s->head);
	uint64_t credits = s->recv_posted - s->recv_promised;
	bool reliable = s->config.type == IBV_QPT_RC;
	unsigned int n = 0, want;
	int ret;

	if (room > limit)
		room = limit;
	if (!room || (!reliable && !credits))
		return PASS;
	// Mostly wait for some room, so that a call does something.
	if (room < s->window / 2 && room < limit && s->tail != s->head &&
	    below(8))
		return PASS;
	want = 1 + below(room > BATCH ? BATCH : (unsigned int)room);
	if (room >= BATCH / 2 && want < 8 && below(4))
		want = BATCH / 2;
	for (; n < want; n++, s->tail++) {
		struct op *op = op_at(s, s->tail);
		bool last = n == want - 1;

		if (s->config.type == IBV_QPT_UD && !credits)
			break;
		memset(op, 0, sizeof(*op));
		memset(&wr[n], 0, sizeof(wr[n]));
		// The last tells of the others, at both ends.
		op->opcode =
			pick(s, last || reliable ? credits > 0 : credits > 1,
			     !reliable && last);
		op->recv = op->opcode == IBV_WR_SEND ||
			   op->opcode == IBV_WR_SEND_WITH_IMM ||
			   op->opcode == IBV_WR_SEND_WITH_INV ||
			   op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
		op->size = a_size(s);
		prepare(s, s->tail, op, &wr[n], sge[n]);
		if (op->recv) {
			credits--;
			s->recv_promised++;
		}
		op->signaled = s->config.all_signaled || last || below(2);
		if (op->signaled)
			wr[n].send_flags |= IBV_SEND_SIGNALED;
		if (reliable && !below(16))
			wr[n].send_flags |= IBV_SEND_FENCE;
		if (n)
			wr[n - 1].next = &wr[n];
		counts[op->opcode]++;
		total_bytes += op->size;
	}
	if (!n)
		return PASS;
	wr[n - 1].send_flags |= IBV_SEND_SIGNALED;
	op_at(s, s->tail - 1)->signaled = true;
	ret = post(&s->p.a, wr, &bad);
	return ret ? fail("shape %u: posting %u: %s", shapes, n,
			  strerror(ret)) :
		     PASS;
}

static enum result bind_b(struct shape *s)
{
	struct ibv_send_wr wr = { .wr_id = BIND_ID,
				  .send_flags = IBV_SEND_SIGNALED };

	if (!s->b.mw || s->b.state != UNBOUND || below(16))
		return PASS;
	bind_window(&wr, &s->b, &s->p.b.buf);
	counts[IBV_WR_BIND_MW]++;
	return send_one(&s->p.b, &wr);
}

static enum result drive(struct shape *s, uint64_t ops)
{
	uint64_t moved = now_ns();
	unsigned int turn = 0;

	while (s->tail < ops || s->head < s->tail || s->b.state == BINDING) {
		bool any = false;

		TRY(receives(s));
		if (s->tail < ops) {
			TRY(bind_b(s));
			TRY(batch(s, ops - s->tail));
		}
		TRY(poll_all(s, &any));
		if (any) {
			turn = 0;
			continue;
		}
		if (!turn)
			moved = now_ns();
		else if (!(turn % 64) && now_ns() - moved > STUCK_NS)
			return wrong(s, s->head,
				     op_at(s, s->head)->local ?
					     "lost: it never arrived" :
					     "lost: it never completed");
		idle(turn++);
	}
	TRY(none_left(s->p.a.scq, "send CQ at the end"));
	return none_left(s->p.b.rcq, "receive CQ at the end");
}

static void choose(struct shape *s)
{
	static const unsigned int depths[] = { 1,  2,  3,  5,  8, 13,
					       16, 31, 32, 50, 64 };
	struct pair_config *c = &s->config;
	unsigned int kind = below(10);

	memset(s, 0, sizeof(*s));
	c->type = kind < 6 ? IBV_QPT_RC : kind < 8 ? IBV_QPT_UC : IBV_QPT_UD;
	// Small queues now and then: each operation costs more there.
	c->send_depth = below(3) ? 64 : depths[below(LENGTH(depths))];
	c->recv_depth = below(3) ? 64 : depths[below(LENGTH(depths))];
	c->extended = below(2);
	c->srq = !below(3);
	c->one_cq = !below(4);
	c->all_signaled = !below(4);
	c->sges = 1 + below(3);
	c->inline_size = below(2) ? below(200) : 0;
	s->window = c->send_depth;
	s->receives = c->recv_depth;
	c->cq_depth = c->one_cq		      ? s->window + s->receives + 1 :
		      s->window > s->receives ? s->window :
						s->receives;
	c->cq_depth += below(10);
	kind = below(20);
	s->longest = kind < 15 ? 512 : kind < 19 ? 4 * dev.mtu : 65536;
	if (c->type == IBV_QPT_UD && s->longest > dev.mtu)
		s->longest = dev.mtu;
	s->stride = (s->longest + GRH + 64) & ~(size_t)63;
	// Aligned like the slots, for the atomics; guards are 64 bytes.
	c->size = s->stride * (s->window + s->receives);
	c->windows = c->type == IBV_QPT_RC && !no_windows;
	c->access = REMOTE | (c->windows ? IBV_ACCESS_MW_BIND : 0);
}

static enum result with_windows(struct shape *s, uint64_t ops)
{
	enum result result;

	if (s->config.windows) {
		s->a.mw = ibv_alloc_mw(dev.pd, IBV_MW_TYPE_2);
		s->b.mw = ibv_alloc_mw(dev.pd, IBV_MW_TYPE_2);
		if (!s->a.mw || !s->b.mw)
			return fail("ibv_alloc_mw: %s", strerror(errno));
		s->a.rkey = s->a.mw->rkey;
		s->b.rkey = s->b.mw->rkey;
	}
	result = drive(s, ops);
	// Their MRs have to wait for them.
	if (s->a.mw)
		ibv_dealloc_mw(s->a.mw);
	if (s->b.mw)
		ibv_dealloc_mw(s->b.mw);
	return result;
}

static enum result one_shape(struct shape *s, uint64_t ops)
{
	enum result result;

	choose(s);
	TRY(pair_open(&s->p, &s->config));
	result = done(&s->p, with_windows(s, ops));
	if (result == PASS)
		return PASS;
	char why[400];

	snprintf(why, sizeof(why), "%s", reason());
	return fail(
		"%s (%s by %s, send %u, receive %u%s, CQ %u%s, sges %u, inline %u, up to %zu bytes)",
		why, type_name(s->config.type),
		s->config.extended ? "ibv_wr_*" : "ibv_post_send",
		s->config.send_depth, s->config.recv_depth,
		s->config.srq ? " on an SRQ" : "", s->config.cq_depth,
		s->config.one_cq ? " for all" : "", s->config.sges,
		s->config.inline_size, s->longest);
}

static enum result soak(uint64_t total)
{
	uint64_t start = now_ns(), did = 0, told = 0;
	long before = 0, growth;
	static struct shape s;

	while (did < total) {
		uint64_t ops = 2000 + below(4000);

		if (ops > total - did)
			ops = total - did;
		shapes++;
		waiting_for("shape %u, after %llu operations", shapes,
			    (unsigned long long)did);
		TRY(one_shape(&s, ops));
		did += ops;
		if (shapes == 8)
			before = resident_kib();
		if (did - told >= total / 10) {
			told = did;
			printf("# %llu operations, %u shapes, %.0f s\n",
			       (unsigned long long)did, shapes,
			       (double)(now_ns() - start) / 1e9);
			fflush(stdout);
		}
	}
	growth = before ? resident_kib() - before : 0;
	evidence(
		"%llu operations in %u shapes, %.0f/s, %llu MiB, VmRSS +%ld KiB;",
		(unsigned long long)did, shapes,
		(double)did * 1e9 / (double)(now_ns() - start),
		(unsigned long long)total_bytes >> 20, growth);
	for (unsigned int i = 0; i < LENGTH(counts); i++)
		if (counts[i])
			evidence(" %s %llu", op_name(i),
				 (unsigned long long)counts[i]);
	if (no_windows)
		evidence(" (no memory windows)");
	return growth < 2048 ? PASS :
			       fail("VmRSS grew by %ld KiB in %u shapes",
				    growth, shapes);
}

void case_soak(void)
{
	struct ibv_mw *mw = ibv_alloc_mw(dev.pd, IBV_MW_TYPE_2);

	plain_wr = number("plain-wr", 0);
	printf("# seed=%ld\n", number("seed", 1));
	if (mw)
		ibv_dealloc_mw(mw);
	else
		no_windows = true;
	report(soak((uint64_t)number("ops", 1000000)), "soak");
}
