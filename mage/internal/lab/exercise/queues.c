// SPDX-License-Identifier: Apache-2.0
// Queues that wrap, doorbells, and what is left when a QP fails.
#include "exercise.h"

#define MOST 64
#define SLOT 64
#define BATCH_MS 4000 // so that a case of many failures still ends

// A batch of receives and one of sends, and then their completions.
static enum result batch(struct pair *p, uint64_t first, unsigned int n,
			 bool by_one)
{
	struct ibv_send_wr send[MOST] = { 0 }, *bad_send;
	struct ibv_recv_wr recv[MOST] = { 0 }, *bad_recv;
	struct ibv_sge from[MOST], to[MOST];
	struct ibv_wc wc[MOST];
	uint8_t data[16];
	char what[100];
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		size_t at = (size_t)((first + i) % MOST) * SLOT;

		fill(p->a.buf.data + at, 16, first + i);
		memset(p->b.buf.data + at, 0, 16);
		from[i] = sge_of(&p->a.buf, at, 16);
		to[i] = sge_of(&p->b.buf, at, 16);
		recv[i].wr_id = first + i;
		recv[i].sg_list = &to[i];
		recv[i].num_sge = 1;
		recv[i].next = by_one || i == n - 1 ? NULL : &recv[i + 1];
		send[i] = signaled_send(&from[i], first + i);
		send[i].next = by_one || i == n - 1 ? NULL : &send[i + 1];
	}
	snprintf(what, sizeof(what), "work requests %llu and %u more, QP %u",
		 (unsigned long long)first, n - 1, p->a.qp->qp_num);
	waiting_for("%s to be posted", what);
	for (unsigned int i = 0; i < (by_one ? n : 1); i++) {
		ret = post_recv(&p->b, &recv[i], &bad_recv);
		if (ret)
			return fail("posting receive %llu: %s",
				    (unsigned long long)first + i,
				    strerror(ret));
	}
	for (unsigned int i = 0; i < (by_one ? n : 1); i++) {
		ret = post(&p->a, &send[i], &bad_send);
		if (ret)
			return fail("posting send %llu: %s",
				    (unsigned long long)first + i,
				    strerror(ret));
	}
	TRY(await_n(p->a.scq, wc, (int)n, BATCH_MS, what));
	for (unsigned int i = 0; i < n; i++)
		TRY(is_good(&wc[i], "send", first + i, IBV_WC_SEND, p->a.qp));
	for (unsigned int i = 0; i < n; i++)
		TRY(await_arrival(p, &wc[i], BATCH_MS, "%s", what));
	for (unsigned int i = 0; i < n; i++) {
		TRY(is_good(&wc[i], "receive", first + i, IBV_WC_RECV,
			    p->b.qp));
		fill(data, 16, first + i);
		if (memcmp(p->b.buf.data + (first + i) % MOST * SLOT, data, 16))
			return fail("data of receive %llu is not what was sent",
				    (unsigned long long)first + i);
	}
	return PASS;
}

#define WRAPS ": does each index wrap?"

static enum result around(const struct pair_config *config)
{
	enum result result = PASS;
	unsigned int most, n = 1;
	uint64_t id = 0, end;
	struct pair p;

	TRY(pair_open(&p, config));
	most = p.a.cap.max_send_wr;
	if (p.b.recv_cap < most)
		most = p.b.recv_cap;
	if ((unsigned int)p.a.scq->cqe < most)
		most = (unsigned int)p.a.scq->cqe;
	if (most > MOST)
		most = MOST;
	end = 12 * (uint64_t)(p.a.cap.max_send_wr + p.b.recv_cap +
			      (unsigned int)p.a.scq->cqe + 5);
	if (end > 3000)
		end = 3000;
	// Batches of 1, 2, 3, ... up to all that fits, and again.
	while (id < end && result == PASS) {
		result = batch(&p, id, n, id % 3 == 1);
		id += n;
		n = n % most + 1;
	}
	if (result == PASS)
		result = none_left(p.a.scq, "send CQ");
	if (result == PASS)
		result = none_left(p.b.rcq, "receive CQ");
	if (result == FAIL && id > most) {
		char why[300];

		snprintf(why, sizeof(why), "%s", reason());
		result = fail(
			"%s; by then %llu had gone through queues of %u, %u and a CQ of %d" WRAPS,
			why, (unsigned long long)id, p.a.cap.max_send_wr,
			p.b.recv_cap, p.a.scq->cqe);
	}
	return done(&p, result);
}

void case_wrap(void)
{
	static const unsigned int depths[] = { 1, 2, 3, 4, 5, 7, 8, 16 };

	suspect(WRAPS);
	for (int kind = 0; kind < 3; kind++) {
		static const char *const names[] = { "post", "wr", "srq" };

		for (size_t i = 0; i < LENGTH(depths); i++) {
			struct pair_config config = {
				.type = IBV_QPT_RC,
				.send_depth = depths[i],
				.recv_depth = depths[i],
				.cq_depth = depths[i],
				.extended = kind == 1,
				.srq = kind == 2,
			};

			report(around(&config), "%s/%u", names[kind],
			       depths[i]);
		}
	}
	// Only one of the queues is small.
	for (size_t i = 0; i < 4; i++) {
		struct pair_config config = { .type = IBV_QPT_RC };
		static const char *const names[] = { "send", "recv", "cq",
						     "srq" };

		config.send_depth = i == 0 ? 3 : 40;
		config.recv_depth = i == 1 || i == 3 ? 3 : 40;
		config.cq_depth = i == 2 ? 3 : 0;
		config.srq = i == 3;
		report(around(&config), "only-%s", names[i]);
	}
}

#define NOT_RUNG \
	"posted but never picked up by the device: is the doorbell rung?"

static enum result rung(bool extended, unsigned int n, enum ibv_wr_opcode op)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .extended = extended };
	struct ibv_send_wr wr[8] = { 0 }, *bad;
	struct ibv_sge from = { 0 }, to;
	struct ibv_wc wc[8];
	enum result result = PASS;
	struct pair p;
	int ret;

	TRY(pair_open(&p, &config));
	to = sge_of(&p.b.buf, 0, 256);
	from = sge_of(&p.a.buf, 0, 32);
	for (unsigned int i = 0; i < n; i++) {
		wr[i].wr_id = i;
		wr[i].opcode = op;
		wr[i].send_flags = i == n - 1 ? IBV_SEND_SIGNALED : 0;
		wr[i].sg_list = &from;
		wr[i].num_sge = 1;
		wr[i].next = i == n - 1 ? NULL : &wr[i + 1];
		if (op == IBV_WR_SEND) {
			result = recv_one(&p.b, i, to);
		} else {
			wr[i].wr.rdma.remote_addr = to.addr;
			wr[i].wr.rdma.rkey = p.b.buf.mr->rkey;
		}
		if (result != PASS)
			return done(&p, result);
	}
	ret = post(&p.a, wr, &bad);
	if (ret)
		return done(&p, fail("posting: %s", strerror(ret)));
	result = await_n(p.a.scq, wc, 1, 4000, NOT_RUNG);
	if (result == PASS)
		result = is_good(wc, "the last", n - 1, completion_of(op),
				 p.a.qp);
	else
		result = fail("%u of %s by %s: " NOT_RUNG, n, op_name(op),
			      extended ? "ibv_wr_*" : "ibv_post_send");
	return done(&p, result);
}

void case_doorbell(void)
{
	for (int extended = 0; extended < 2; extended++) {
		const char *api = extended ? "wr" : "post";

		report(rung(extended, 1, IBV_WR_SEND), "%s/one-send", api);
		report(rung(extended, 1, IBV_WR_RDMA_WRITE), "%s/one-write",
		       api);
		report(rung(extended, 1, IBV_WR_RDMA_READ), "%s/one-read", api);
		report(rung(extended, 7, IBV_WR_SEND), "%s/list-of-sends", api);
		report(rung(extended, 8, IBV_WR_RDMA_WRITE),
		       "%s/list-of-writes", api);
	}
}

static enum result flushed(struct ibv_cq *cq, const char *what, uint64_t first,
			   unsigned int n, const struct ibv_qp *qp)
{
	struct ibv_wc wc;

	for (unsigned int i = 0; i < n; i++) {
		TRY(await(cq, &wc, 1500, "flush of %s %llu, QP %u", what,
			  (unsigned long long)first + i, qp->qp_num));
		TRY(is_wc(&wc, what, first + i, IBV_WC_WR_FLUSH_ERR, qp));
	}
	return none_left(cq, what);
}

enum stage { OUTSTANDING, POSTED_LATE_SEND, POSTED_LATE_RECV, AGAIN };

static enum result flush(struct pair *p, enum stage stage)
{
	bool ud = p->config.type == IBV_QPT_UD;
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 64);
	struct ibv_send_wr wr = signaled_send(&sge, 0);
	unsigned int sends = 0;

	if (ud) {
		wr.wr.ud.ah = p->ah;
		wr.wr.ud.remote_qpn = p->b.qp->qp_num;
		wr.wr.ud.remote_qkey = QKEY;
	}
	for (uint64_t i = 0; i < 5; i++)
		TRY(recv_one(&p->a, 100 + i, sge));
	if (p->config.type == IBV_QPT_RC) {
		// B has no receive, so these wait for it.
		for (; sends < 4; sends++) {
			wr.wr_id = 200 + sends;
			TRY(send_one(&p->a, &wr));
		}
	}
	if (qp_state(p->a.qp, IBV_QPS_ERR))
		return fail("to ERR: %s", strerror(errno));
	TRY(flushed(p->a.rcq, "receive", 100, 5, p->a.qp));
	TRY(flushed(p->a.scq, "send", 200, sends, p->a.qp));
	if (stage == POSTED_LATE_SEND) {
		wr.wr_id = 300;
		TRY(send_one(&p->a, &wr));
		TRY(flushed(p->a.scq, "send posted in ERR", 300, 1, p->a.qp));
	}
	if (stage == POSTED_LATE_RECV) {
		TRY(recv_one(&p->a, 301, sge));
		TRY(flushed(p->a.rcq, "receive posted in ERR", 301, 1,
			    p->a.qp));
	}
	if (stage != AGAIN)
		return PASS;
	if (qp_state(p->a.qp, IBV_QPS_RESET) ||
	    qp_state(p->b.qp, IBV_QPS_RESET))
		return fail("to RESET: %s", strerror(errno));
	TRY(pair_connect(p));
	if (ud)
		return PASS;
	for (uint64_t i = 0; i < 40; i += 5)
		TRY(batch(p, 1000 + i, 5, i % 2));
	return PASS;
}

static enum result flush_of(enum ibv_qp_type type, bool extended,
			    enum stage stage)
{
	struct pair_config config = { .type = type, .extended = extended };
	struct pair p;

	TRY(pair_open(&p, &config));
	return done(&p, flush(&p, stage));
}

void case_flush(void)
{
	static const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC,
						  IBV_QPT_UD };

	for (size_t i = 0; i < LENGTH(types); i++) {
		for (int extended = 0; extended < 2; extended++) {
			const char *api = extended ? "wr" : "post";
			const char *type = type_name(types[i]);

			report(flush_of(types[i], extended, OUTSTANDING),
			       "%s/%s/outstanding", type, api);
			report(flush_of(types[i], extended, POSTED_LATE_SEND),
			       "%s/%s/send-posted-in-err", type, api);
			report(flush_of(types[i], extended, AGAIN),
			       "%s/%s/reset-and-again", type, api);
		}
		report(flush_of(types[i], false, POSTED_LATE_RECV),
		       "%s/recv-posted-in-err", type_name(types[i]));
	}
}
