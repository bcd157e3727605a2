// SPDX-License-Identifier: Apache-2.0
// Errors that the device finds: their status at both ends.
#include "exercise.h"

static enum result rnr(bool never)
{
	struct pair_config config = { .type = IBV_QPT_RC, .rnr_never = never };
	struct ibv_sge sge, to;
	struct ibv_send_wr wr = signaled_send(&sge, 5);
	enum result result;
	struct ibv_wc wc;
	struct pair p;

	if (!never)
		config.rnr_retry = 7; // for ever
	TRY(pair_open(&p, &config));
	sge = sge_of(&p.a.buf, 0, 100);
	to = sge_of(&p.b.buf, 0, 100);
	fill(p.a.buf.data, 100, 9);
	result = send_one(&p.a, &wr);
	if (result == PASS && !never) {
		for (unsigned int i = 0; i < 300; i++)
			idle(i);
		result = none_left(p.a.scq, "nobody can have received it");
		if (result == PASS)
			result = recv_one(&p.b, 6, to);
	}
	if (result == PASS)
		result = await(p.a.scq, &wc, WAIT_MS, "send to one not ready");
	if (result == PASS)
		result =
			is_wc(&wc, "send", 5,
			      never ? IBV_WC_RNR_RETRY_EXC_ERR : IBV_WC_SUCCESS,
			      p.a.qp);
	if (result == PASS && !never)
		result = await(p.b.rcq, &wc, WAIT_MS, "late receive");
	if (result == PASS && !never)
		result = is_good(&wc, "receive", 6, IBV_WC_RECV, p.b.qp);
	if (result == PASS && !never && memcmp(p.a.buf.data, p.b.buf.data, 100))
		result = fail("the data did not arrive");
	return done(&p, result);
}

void case_rnr(void)
{
	report(rnr(true), "rnr-retry-0");
	report(rnr(false), "rnr-retry-for-ever");
}

// What is wrong, and what each end may then say.
static const struct wrong {
	const char *name;
	enum ibv_wr_opcode opcode;
	enum {
		BAD_RKEY,
		BEYOND,
		NO_RIGHT,
		SHORT_RECV,
		BAD_LKEY,
		BEYOND_LKEY,
		NO_LOCAL_WRITE,
		BAD_RECV_LKEY,
		UNALIGNED,
	} kind;
	enum ibv_wc_status a;
	// The responder's receive, where it has one; two where the
	// architecture leaves it open which is told (C9-138 and its table).
	enum ibv_wc_status b, b_or;
	// What soft RoCE of some kernels puts into A's completion instead:
	// since 6.3 it flushes the request that it finds a local error in.
	enum ibv_wc_status kernel;
} wrongs[] = {
	{ "write-bad-rkey", IBV_WR_RDMA_WRITE, BAD_RKEY, IBV_WC_REM_ACCESS_ERR,
	  0, 0, 0 },
	{ "read-bad-rkey", IBV_WR_RDMA_READ, BAD_RKEY, IBV_WC_REM_ACCESS_ERR, 0,
	  0, 0 },
	{ "atomic-bad-rkey", IBV_WR_ATOMIC_FETCH_AND_ADD, BAD_RKEY,
	  IBV_WC_REM_ACCESS_ERR, 0, 0, 0 },
	{ "write-beyond-mr", IBV_WR_RDMA_WRITE, BEYOND, IBV_WC_REM_ACCESS_ERR,
	  0, 0, 0 },
	{ "read-beyond-mr", IBV_WR_RDMA_READ, BEYOND, IBV_WC_REM_ACCESS_ERR, 0,
	  0, 0 },
	{ "write-without-right", IBV_WR_RDMA_WRITE, NO_RIGHT,
	  IBV_WC_REM_ACCESS_ERR, 0, 0, 0 },
	{ "read-without-right", IBV_WR_RDMA_READ, NO_RIGHT,
	  IBV_WC_REM_ACCESS_ERR, 0, 0, 0 },
	{ "atomic-without-right", IBV_WR_ATOMIC_CMP_AND_SWP, NO_RIGHT,
	  IBV_WC_REM_ACCESS_ERR, 0, 0, 0 },
	{ "atomic-unaligned", IBV_WR_ATOMIC_FETCH_AND_ADD, UNALIGNED,
	  IBV_WC_REM_INV_REQ_ERR, 0, 0, 0 },
	{ "recv-too-small", IBV_WR_SEND, SHORT_RECV, IBV_WC_REM_INV_REQ_ERR,
	  IBV_WC_LOC_LEN_ERR, IBV_WC_LOC_QP_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "send-bad-lkey", IBV_WR_SEND, BAD_LKEY, IBV_WC_LOC_PROT_ERR, 0, 0,
	  IBV_WC_WR_FLUSH_ERR },
	{ "write-beyond-lkey", IBV_WR_RDMA_WRITE, BEYOND_LKEY,
	  IBV_WC_LOC_PROT_ERR, 0, 0, IBV_WC_WR_FLUSH_ERR },
	{ "read-into-read-only", IBV_WR_RDMA_READ, NO_LOCAL_WRITE,
	  IBV_WC_LOC_PROT_ERR, 0, 0, 0 },
	{ "recv-bad-lkey", IBV_WR_SEND, BAD_RECV_LKEY, IBV_WC_REM_OP_ERR,
	  IBV_WC_LOC_PROT_ERR, IBV_WC_LOC_QP_OP_ERR, 0 },
};

static enum result wrong_on(struct pair *p, const struct wrong *w,
			    struct ibv_mr *weak)
{
	bool atomic = w->opcode == IBV_WR_ATOMIC_CMP_AND_SWP ||
		      w->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD;
	bool recv = w->opcode == IBV_WR_SEND;
	struct ibv_sge sge = sge_of(&p->a.buf, 64, atomic ? 8 : 256);
	struct ibv_sge to = sge_of(&p->b.buf, 64, 256);
	struct ibv_send_wr *bad, wr = { .wr_id = 9,
					.opcode = w->opcode,
					.send_flags = IBV_SEND_SIGNALED,
					.sg_list = &sge,
					.num_sge = 1 };
	uint64_t address = to.addr & ~63ULL;
	uint32_t rkey = p->b.buf.mr->rkey;
	bool deviates;
	struct ibv_wc wc;
	int ret;

	switch (w->kind) {
	case BAD_RKEY:
		rkey ^= 0x5a5a00;
		break;
	case BEYOND:
		address = (uintptr_t)p->b.buf.mr->addr + p->b.buf.mr->length -
			  100;
		break;
	case NO_RIGHT:
		rkey = weak->rkey;
		break;
	case UNALIGNED:
		address += 4;
		break;
	case SHORT_RECV:
		to.length = 255;
		break;
	case BAD_LKEY:
		sge.lkey ^= 0x5a5a00;
		break;
	case BEYOND_LKEY:
		sge.addr = (uintptr_t)p->a.buf.mr->addr + p->a.buf.mr->length -
			   100;
		break;
	case NO_LOCAL_WRITE:
		sge.addr = (uintptr_t)p->b.buf.data;
		sge.lkey = weak->lkey;
		break;
	case BAD_RECV_LKEY:
		to.lkey ^= 0x5a5a00;
		break;
	}
	memset(p->b.buf.data, 0x11, 1024);
	memset(p->a.buf.data, 0x22, 1024);
	if (recv)
		TRY(recv_one(&p->b, 10, to));
	if (atomic) {
		wr.wr.atomic.remote_addr = address;
		wr.wr.atomic.rkey = rkey;
		wr.wr.atomic.compare_add = 1;
	} else if (!recv) {
		wr.wr.rdma.remote_addr = address;
		wr.wr.rdma.rkey = rkey;
	}
	ret = post(&p->a, &wr, &bad);
	// An unaligned atomic may be refused at once.
	if (w->kind == UNALIGNED && ret == EINVAL)
		return PASS;
	if (ret)
		return fail("posting: %s", strerror(ret));
	TRY(await(p->a.scq, &wc, WAIT_MS, "%s, QP %u", w->name,
		  p->a.qp->qp_num));
	deviates = w->kernel && wc.status == w->kernel;
	TRY(is_wc(&wc, w->name, 9, deviates ? w->kernel : w->a, p->a.qp));
	if (recv && w->b) {
		TRY(await(p->b.rcq, &wc, WAIT_MS, "receive of %s, QP %u",
			  w->name, p->b.qp->qp_num));
		if (wc.status != w->b_or &&
		    (w->kind != SHORT_RECV ||
		     wc.status != IBV_WC_REM_INV_REQ_ERR))
			TRY(is_wc(&wc, "receive", 10, w->b, p->b.qp));
	}
	if (!recv)
		for (int i = 0; i < 1024; i++)
			if (p->b.buf.data[i] != 0x11)
				return fail("byte %d of the target was changed",
					    i);
	if (deviates)
		return by_kernel("status \"%s\", the architecture has \"%s\"",
				 ibv_wc_status_str(w->kernel),
				 ibv_wc_status_str(w->a));
	return PASS;
}

static enum result wrong(const struct wrong *w, bool extended)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .extended = extended };
	enum result result;
	struct ibv_mr *weak;
	struct pair p;

	TRY(pair_open(&p, &config));
	weak = ibv_reg_mr(dev.pd, p.b.buf.data, 4096, 0);
	if (!weak)
		return done(&p, fail("ibv_reg_mr without rights: %s",
				     strerror(errno)));
	result = wrong_on(&p, w, weak);
	ibv_dereg_mr(weak);
	return done(&p, result);
}

// Datagrams with the wrong key, and too long ones, are dropped; the good one
// after them arrives.
static enum result ud_dropped(void)
{
	struct pair_config config = { .type = IBV_QPT_UD };
	struct ibv_sge sge, to;
	struct ibv_send_wr wr = signaled_send(&sge, 0);
	enum result result = PASS;
	struct ibv_wc wc;
	struct pair p;

	TRY(pair_open(&p, &config));
	sge = sge_of(&p.a.buf, 0, 64);
	to = sge_of(&p.b.buf, 0, 200);
	wr.wr.ud.ah = p.ah;
	wr.wr.ud.remote_qpn = p.b.qp->qp_num;
	result = recv_one(&p.b, 1, to);
	for (unsigned int i = 0; i < 2 && result == PASS; i++) {
		wr.wr_id = i;
		wr.wr.ud.remote_qkey = i ? QKEY : QKEY + 1;
		result = send_one(&p.a, &wr);
		if (result == PASS)
			result = await(p.a.scq, &wc, WAIT_MS, "datagram %u", i);
		if (result == PASS)
			result = is_good(&wc, "datagram", i, IBV_WC_SEND,
					 p.a.qp);
	}
	if (result == PASS)
		result = await_arrival(&p, &wc, WAIT_MS, "the good datagram");
	if (result == PASS)
		result = is_good(&wc, "receive", 1, IBV_WC_RECV, p.b.qp);
	if (result == PASS) {
		for (unsigned int i = 0; i < 300; i++)
			idle(i);
		result = none_left(p.b.rcq, "the datagram with a wrong qkey");
	}
	return done(&p, result);
}

void case_remote_errors(void)
{
	for (int extended = 0; extended < 2; extended++)
		for (size_t i = 0; i < LENGTH(wrongs); i++)
			report(wrong(&wrongs[i], extended), "%s/%s",
			       extended ? "wr" : "post", wrongs[i].name);
	report(ud_dropped(), "ud/wrong-qkey");
}
