// SPDX-License-Identifier: Apache-2.0
// A QP that the kernel, and not the program, has moved to the error state:
// whatever is posted then is flushed all the same (C10-42, C10-97).
#include "exercise.h"

#define FLUSH_MS 5000

static enum result flushed_one(struct ibv_cq *cq, const char *what, uint64_t id,
			       const struct ibv_qp *qp)
{
	struct ibv_wc wc;

	TRY(await(cq, &wc, FLUSH_MS, "flush of %s %llu", what,
		  (unsigned long long)id));
	return is_wc(&wc, what, id, IBV_WC_WR_FLUSH_ERR, qp);
}

// The state that libibverbs has of a QP of which something has been heard.
static enum result in_error(struct ibv_qp *qp, const char *what)
{
	return qp->state == IBV_QPS_ERR ?
		       PASS :
		       fail("%s: the QP's state is %d, and not ERR (%d)", what,
			    qp->state, IBV_QPS_ERR);
}

// A write that the peer must refuse: an error at A that ends both QPs.
static enum result refused(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 64);
	struct ibv_send_wr wr = { .wr_id = 500,
				  .opcode = IBV_WR_RDMA_WRITE,
				  .send_flags = IBV_SEND_SIGNALED,
				  .sg_list = &sge,
				  .num_sge = 1 };
	struct ibv_wc wc;

	wr.wr.rdma.remote_addr = (uintptr_t)p->b.buf.data;
	wr.wr.rdma.rkey = p->b.buf.mr->rkey ^ 0x5a5a00;
	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "a write with a wrong key"));
	return is_wc(&wc, "write", 500, IBV_WC_REM_ACCESS_ERR, p->a.qp);
}

// Nobody is there to answer.
static enum result unanswered(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 64);
	struct ibv_send_wr wr = signaled_send(&sge, 501);
	struct ibv_wc wc;

	if (ibv_destroy_qp(p->b.qp))
		return fail("ibv_destroy_qp: %s", strerror(errno));
	p->b.qp = NULL;
	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "a send to nobody"));
	return is_wc(&wc, "send", 501, IBV_WC_RETRY_EXC_ERR, p->a.qp);
}

// Posts late, as a drain loop does, and expects all of it back.
static enum result drained(struct end *e)
{
	struct ibv_sge sge = sge_of(&e->buf, 0, 64);
	struct ibv_send_wr wr = signaled_send(&sge, 0);

	for (uint64_t i = 0; i < 20; i++) {
		TRY(recv_one(e, 600 + i, sge));
		TRY(flushed_one(e->rcq, "receive posted late", 600 + i, e->qp));
		wr.wr_id = 700 + i;
		TRY(send_one(e, &wr));
		TRY(flushed_one(e->scq, "send posted late", 700 + i, e->qp));
	}
	TRY(in_error(e->qp, "after the flush"));
	TRY(none_left(e->rcq, "receive CQ"));
	return none_left(e->scq, "send CQ");
}

static enum result before(struct end *e, unsigned int n)
{
	for (uint64_t i = 0; i < n; i++)
		TRY(recv_one(e, 100 + i, sge_of(&e->buf, 0, 64)));
	return PASS;
}

static enum result after(struct end *e, unsigned int n)
{
	for (uint64_t i = 0; i < n; i++)
		TRY(flushed_one(e->rcq, "receive", 100 + i, e->qp));
	return PASS;
}

static enum result requester(struct pair *p, unsigned int n)
{
	TRY(before(&p->a, n));
	TRY(p->config.impatient ? unanswered(p) : refused(p));
	TRY(in_error(p->a.qp, "after the error"));
	TRY(after(&p->a, n));
	return drained(&p->a);
}

static enum result responder(struct pair *p, unsigned int n)
{
	TRY(before(&p->b, n));
	TRY(refused(p));
	TRY(after(&p->b, n));
	return drained(&p->b);
}

// Only ibv_query_qp has been called.
static enum result queried(struct pair *p)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	int ret;

	TRY(refused(p));
	// The kernel tells the requester a little before.
	for (unsigned int i = 0; i < 1000; i++) {
		ret = ibv_query_qp(p->b.qp, &attr, IBV_QP_STATE, &init);
		if (ret)
			return fail("ibv_query_qp: %s", strerror(ret));
		if (attr.qp_state == IBV_QPS_ERR)
			break;
		idle(i);
	}
	TRY(in_error(p->b.qp, "after ibv_query_qp"));
	return drained(&p->b);
}

static enum result start(struct ibv_cq_ex *cq)
{
	struct ibv_poll_cq_attr attr = { 0 };
	uint64_t end = now_ns() + FLUSH_MS * 1000000ULL;
	unsigned int turn = 0;
	int ret;

	waiting_for("an entry of an extended CQ");
	while ((ret = ibv_start_poll(cq, &attr)) == ENOENT) {
		if (now_ns() > end)
			return fail("no entry of an extended CQ after %d ms",
				    FLUSH_MS);
		idle(turn++);
	}
	return ret ? fail("ibv_start_poll: %s", strerror(ret)) : PASS;
}

static enum result expect_ex(struct ibv_cq *cq, uint64_t id,
			     enum ibv_wc_status status)
{
	struct ibv_cq_ex *ex = (struct ibv_cq_ex *)cq;
	enum result result = PASS;

	TRY(start(ex));
	if (ex->wr_id != id || ex->status != status)
		result = fail("wr_id %llu of %llu, \"%s\"",
			      (unsigned long long)ex->wr_id,
			      (unsigned long long)id,
			      ibv_wc_status_str(ex->status));
	ibv_end_poll(ex);
	return result;
}

// The same, with nothing but the extended interface of the CQs.
static enum result by_cq_ex(struct pair *p, unsigned int n)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 64);
	struct ibv_send_wr wr = { .wr_id = 500,
				  .opcode = IBV_WR_RDMA_WRITE,
				  .send_flags = IBV_SEND_SIGNALED,
				  .sg_list = &sge,
				  .num_sge = 1 };

	wr.wr.rdma.remote_addr = (uintptr_t)p->b.buf.data;
	wr.wr.rdma.rkey = p->b.buf.mr->rkey ^ 0x5a5a00;
	TRY(before(&p->a, n));
	TRY(send_one(&p->a, &wr));
	TRY(expect_ex(p->a.scq, 500, IBV_WC_REM_ACCESS_ERR));
	TRY(in_error(p->a.qp, "after the error"));
	for (uint64_t i = 0; i < n; i++)
		TRY(expect_ex(p->a.rcq, 100 + i, IBV_WC_WR_FLUSH_ERR));
	for (uint64_t i = 0; i < 5; i++) {
		TRY(recv_one(&p->a, 600 + i, sge));
		TRY(expect_ex(p->a.rcq, 600 + i, IBV_WC_WR_FLUSH_ERR));
	}
	return PASS;
}

// An SRQ's receives are not the QP's: they stay, and serve others.
static enum result on_srq(struct pair *p, unsigned int n)
{
	struct ibv_sge sge = sge_of(&p->b.buf, 0, 64);
	struct ibv_send_wr wr = signaled_send(&sge, 800);
	struct ibv_wc wc;

	TRY(before(&p->b, n));
	TRY(refused(p));
	TRY(send_one(&p->b, &wr));
	TRY(flushed_one(p->b.scq, "send posted late", 800, p->b.qp));
	TRY(in_error(p->b.qp, "after the flush"));
	TRY(none_left(p->b.rcq, "receives of the SRQ"));
	if (qp_state(p->a.qp, IBV_QPS_RESET) ||
	    qp_state(p->b.qp, IBV_QPS_RESET))
		return fail("to RESET: %s", strerror(errno));
	TRY(pair_connect(p));
	sge = sge_of(&p->a.buf, 0, 64);
	for (uint64_t i = 0; i < n; i++) {
		TRY(send_one(&p->a, &wr));
		TRY(await(p->a.scq, &wc, WAIT_MS, "a send to the SRQ"));
		TRY(await(p->b.rcq, &wc, WAIT_MS, "a receive of the SRQ"));
		TRY(is_good(&wc, "receive", 100 + i, IBV_WC_RECV, p->b.qp));
	}
	return PASS;
}

// After its reset the QP is as new.
static enum result again_connected(struct pair *p, unsigned int n)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 64);
	struct ibv_send_wr wr = signaled_send(&sge, 800);
	struct ibv_wc wc;

	TRY(requester(p, n));
	if (qp_state(p->a.qp, IBV_QPS_RESET) ||
	    qp_state(p->b.qp, IBV_QPS_RESET))
		return fail("to RESET: %s", strerror(errno));
	TRY(pair_connect(p));
	for (uint64_t i = 0; i < 20; i++) {
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, 0, 64)));
		TRY(send_one(&p->a, &wr));
		TRY(await(p->a.scq, &wc, WAIT_MS, "a send after the reset"));
		TRY(is_good(&wc, "send", 800, IBV_WC_SEND, p->a.qp));
		TRY(await(p->b.rcq, &wc, WAIT_MS, "a receive after the reset"));
		TRY(is_good(&wc, "receive", i, IBV_WC_RECV, p->b.qp));
	}
	return PASS;
}

static enum result ended(struct pair_config config,
			 enum result (*test)(struct pair *, unsigned int),
			 unsigned int n)
{
	struct pair p;

	config.type = IBV_QPT_RC;
	TRY(pair_open(&p, &config));
	return done(&p, test(&p, n));
}

static enum result ended_queried(void)
{
	struct pair_config config = { .type = IBV_QPT_RC };
	struct pair p;

	TRY(pair_open(&p, &config));
	return done(&p, queried(&p));
}

void case_kernel_error(void)
{
	static const unsigned int posted[] = { 0, 1, 4 };

	for (size_t i = 0; i < LENGTH(posted); i++) {
		unsigned int n = posted[i];
		struct pair_config plain = { 0 }, impatient = plain,
				   wr_api = plain, cq_ex = plain, srq = plain;

		impatient.impatient = true;
		wr_api.extended = true;
		cq_ex.cq_ex = true;
		srq.srq = true;
		report(ended(plain, requester, n), "remote-access/%u", n);
		report(ended(wr_api, requester, n), "remote-access-wr/%u", n);
		report(ended(impatient, requester, n), "retry-exceeded/%u", n);
		report(ended(plain, responder, n), "responder/%u", n);
		report(ended(cq_ex, by_cq_ex, n), "extended-cq/%u", n);
		report(ended(srq, on_srq, n), "srq/%u", n);
		report(ended(plain, again_connected, n), "reset/%u", n);
	}
	report(ended_queried(), "queried");
}
