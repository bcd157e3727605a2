// SPDX-License-Identifier: Apache-2.0
// What has to be refused. "man" in a comment says that a man page of
// libibverbs has it so; "IBA" that the architecture has, where the man page
// only says "errno". The numbers are those that providers agree on: EINVAL for
// a bad request, ENOMEM for a full queue.
#include "exercise.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static enum result refused(int ret, int want, int or, const char *what)
{
	if (!ret)
		return fail("%s was taken, expected %s", what, strerror(want));
	if (ret != want && ret != or)
		return fail("%s gives %d (%s), expected %d (%s)", what, ret,
			    ret < 0 ? "negative" : strerror(ret), want,
			    strerror(want));
	return PASS;
}

// man ibv_post_send: the first failing request ends the posting, *bad_wr points
// to it, and those before it are posted.
static enum result full_send(struct pair *p)
{
	unsigned int cap = p->a.cap.max_send_wr;
	struct ibv_send_wr *wr = calloc(cap + 3, sizeof(*wr)), *bad = NULL;
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 16);
	enum result result;
	struct ibv_wc wc;
	int ret;

	// B has no receives: they stay in the queue.
	for (unsigned int i = 0; i < cap + 3; i++) {
		wr[i] = signaled_send(&sge, i);
		wr[i].next = i == cap + 2 ? NULL : &wr[i + 1];
	}
	ret = post(&p->a, wr, &bad);
	result = refused(ret, ENOMEM, p->a.qpx ? ENOSPC : ENOMEM,
			 "a list longer than the queue");
	if (p->a.qpx) {
		// man ibv_wr_post: "the entire posting will be aborted".
		unsigned int n = 0;

		for (; result == PASS && n < cap; n++) {
			wr[n].next = NULL;
			result = send_one(&p->a, &wr[n]);
		}
	} else if (result == PASS && bad != &wr[cap]) {
		result = fail("bad_wr is number %td, expected %u",
			      bad ? bad - wr : -1, cap);
	}
	if (result == PASS) {
		wr[cap].next = NULL;
		result = refused(post(&p->a, &wr[cap], &bad), ENOMEM,
				 p->a.qpx ? ENOSPC : ENOMEM,
				 "one more than the queue holds");
	}
	for (unsigned int i = 0; i < cap && result == PASS; i++) {
		result = recv_one(&p->b, i, sge_of(&p->b.buf, 0, 16));
		if (result == PASS)
			result = await(p->a.scq, &wc, WAIT_MS,
				       "send %u of a full queue", i);
		if (result == PASS)
			result = is_good(&wc, "send of a full queue", i,
					 IBV_WC_SEND, p->a.qp);
	}
	if (result == PASS)
		result = none_left(p->a.scq, "more sends than were posted");
	free(wr);
	return result;
}

// man ibv_post_recv, ibv_post_srq_recv: the same.
static enum result full_recv(struct pair *p)
{
	unsigned int cap = p->b.recv_cap;
	struct ibv_recv_wr *wr = calloc(cap + 3, sizeof(*wr)), *bad = NULL;
	struct ibv_sge sge = sge_of(&p->b.buf, 0, 16);
	struct ibv_sge from = sge_of(&p->a.buf, 0, 16);
	struct ibv_send_wr send = signaled_send(&from, 0);
	enum result result;
	struct ibv_wc wc;

	for (unsigned int i = 0; i < cap + 3; i++) {
		wr[i].wr_id = i;
		wr[i].sg_list = &sge;
		wr[i].num_sge = 1;
		wr[i].next = i == cap + 2 ? NULL : &wr[i + 1];
	}
	result = refused(post_recv(&p->b, wr, &bad), ENOMEM, ENOMEM,
			 "a list longer than the queue");
	if (result == PASS && bad != &wr[cap])
		result = fail("bad_wr is number %td, expected %u",
			      bad ? bad - wr : -1, cap);
	for (unsigned int i = 0; i < cap && result == PASS; i++) {
		result = send_one(&p->a, &send);
		if (result == PASS)
			result = await(p->b.rcq, &wc, WAIT_MS, "receive %u", i);
		if (result == PASS)
			result = is_good(&wc, "receive", i, IBV_WC_RECV,
					 p->b.qp);
		if (result == PASS)
			result = await(p->a.scq, &wc, WAIT_MS, "send %u", i);
	}
	if (result == PASS)
		result = none_left(p->b.rcq, "more receives than posted");
	free(wr);
	return result;
}

// In a process of its own, with the device opened anew: a provider that does
// not look may well crash, and that is a result too.
static enum result isolated(enum result (*run)(const void *), const void *with)
{
	char why[400] = "";
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	if (pipe(ends))
		return fail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		enum result result;

		alarm(30);
		signal(SIGALRM, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		result = device_open(dev.name);
		if (result == PASS)
			result = run(with);
		n = write(ends[1], reason(), strlen(reason()));
		_exit(n < 0 ? FAIL : (int)result);
	}
	close(ends[1]);
	n = read(ends[0], why, sizeof(why) - 1);
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid)
		return fail("waitpid: %s", strerror(errno));
	if (WIFSIGNALED(status))
		return fail("killed by signal %d (%s)", WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
	return again((enum result)WEXITSTATUS(status), n > 0 ? why : "");
}

struct on_pair {
	const struct pair_config *config;
	enum result (*test)(struct pair *);
};

static enum result on_pair(const void *with)
{
	const struct on_pair *o = with;
	struct pair p;

	TRY(pair_open(&p, o->config));
	return done(&p, o->test(&p));
}

static enum result with_pair(const struct pair_config *config,
			     enum result (*test)(struct pair *))
{
	struct on_pair o = { config, test };

	return isolated(on_pair, &o);
}

// A good request, then a bad one, then a good one: only the first is posted.
static enum result in_list(struct pair *p, struct ibv_send_wr *wrong, int or)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 16);
	struct ibv_send_wr *bad = NULL, good = signaled_send(&sge, 1);
	struct ibv_send_wr after;
	struct ibv_wc wc;

	if (p->ah) {
		good.wr.ud.ah = p->ah;
		good.wr.ud.remote_qpn = p->b.qp->qp_num;
		good.wr.ud.remote_qkey = QKEY;
		wrong->wr.ud = good.wr.ud;
	}
	TRY(recv_one(&p->b, 1, sge_of(&p->b.buf, 0, 100)));
	after = good;
	after.wr_id = 3;
	wrong->wr_id = 2;
	wrong->send_flags |= IBV_SEND_SIGNALED;
	good.next = wrong;
	wrong->next = &after;
	TRY(refused(post(&p->a, &good, &bad), EINVAL, or, "the request"));
	if (p->a.qpx) {
		for (unsigned int i = 0; i < 300; i++)
			idle(i);
		return none_left(p->a.scq, "the posting was to be aborted");
	}
	if (bad != wrong)
		return fail("bad_wr is not the request that was refused%s",
			    bad ? "" : " but NULL");
	TRY(await(p->a.scq, &wc, WAIT_MS, "the request before a bad one"));
	TRY(is_good(&wc, "the request before a bad one", 1, IBV_WC_SEND,
		    p->a.qp));
	for (unsigned int i = 0; i < 300; i++)
		idle(i);
	return none_left(p->a.scq, "the bad request or the one after it");
}

// man ibv_post_send: the table of opcodes and QP types.
struct pairing {
	enum ibv_qp_type type;
	unsigned int opcode;
};

static enum result opcode_on(const void *with)
{
	const struct pairing *pairing = with;
	enum ibv_qp_type type = pairing->type;
	unsigned int opcode = pairing->opcode;
	struct pair_config config = { .type = type };
	struct ibv_sge sge;
	struct ibv_send_wr wr = { .num_sge = 1 };
	struct pair p;

	TRY(pair_open(&p, &config));
	sge = sge_of(&p.a.buf, 0, 8);
	wr.opcode = opcode;
	wr.sg_list = &sge;
	if (type == IBV_QPT_UD) {
		// So that who does not look has no wild pointer.
		wr.wr.ud.ah = p.ah;
		wr.wr.ud.remote_qpn = p.b.qp->qp_num;
		wr.wr.ud.remote_qkey = QKEY;
	} else if (opcode == IBV_WR_ATOMIC_CMP_AND_SWP ||
		   opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr.wr.atomic.remote_addr = (uintptr_t)p.b.buf.data & ~7ULL;
		wr.wr.atomic.rkey = p.b.buf.mr->rkey;
	} else {
		wr.wr.rdma.remote_addr = (uintptr_t)p.b.buf.data;
		wr.wr.rdma.rkey = p.b.buf.mr->rkey;
	}
	return done(&p, in_list(&p, &wr, EOPNOTSUPP));
}

static enum result bad_opcode(enum ibv_qp_type type, unsigned int opcode)
{
	struct pairing pairing = { type, opcode };

	return isolated(opcode_on, &pairing);
}

static enum result too_many_sges(struct pair *p)
{
	struct ibv_sge sge[64];
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .sg_list = sge };

	if (p->a.cap.max_send_sge >= LENGTH(sge))
		return unsupported("no limit below 64");
	for (size_t i = 0; i < LENGTH(sge); i++)
		sge[i] = sge_of(&p->a.buf, i, 1);
	wr.num_sge = (int)p->a.cap.max_send_sge + 1;
	return in_list(p, &wr, p->a.qpx ? ENOSPC : EINVAL);
}

static enum result negative_sges(struct pair *p)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .num_sge = -1 };

	return in_list(p, &wr, EINVAL);
}

static enum result too_many_recv_sges(struct pair *p)
{
	struct ibv_sge sge[64];
	struct ibv_recv_wr *bad = NULL, wr = { .sg_list = sge };

	for (size_t i = 0; i < LENGTH(sge); i++)
		sge[i] = sge_of(&p->b.buf, i, 1);
	// An SRQ's limit is not told by the config of this QP.
	wr.num_sge = p->b.srq ? 33 : (int)p->b.cap.max_recv_sge + 1;
	if (wr.num_sge > 64)
		return unsupported("no limit below 64");
	TRY(refused(post_recv(&p->b, &wr, &bad), EINVAL, EINVAL,
		    "a receive of too many SGEs"));
	if (bad != &wr)
		return fail("bad_wr does not point to it");
	wr.num_sge = -1;
	return refused(post_recv(&p->b, &wr, &bad), EINVAL, EINVAL,
		       "a receive of -1 SGEs");
}

// man ibv_post_send: inline data is limited by max_inline_data.
static enum result inline_too_long(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, p->a.cap.max_inline_data + 1);
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_INLINE,
				  .sg_list = &sge,
				  .num_sge = 1 };

	return in_list(p, &wr, p->a.qpx ? ENOSPC : ENOMEM);
}

// The sum of two lengths is small again in 32 bits.
static enum result inline_overflow(struct pair *p)
{
	struct ibv_sge sge[2] = { sge_of(&p->a.buf, 0, 0x80000000),
				  sge_of(&p->a.buf, 0, 0x80000010) };
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_INLINE,
				  .sg_list = sge,
				  .num_sge = 2 };

	return in_list(p, &wr, p->a.qpx ? ENOSPC : ENOMEM);
}

// man ibv_post_send: inline is valid only for sends and writes.
static enum result inline_read(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 8);
	struct ibv_send_wr wr = { .opcode = IBV_WR_RDMA_READ,
				  .send_flags = IBV_SEND_INLINE,
				  .sg_list = &sge,
				  .num_sge = 1 };

	wr.wr.rdma.remote_addr = (uintptr_t)p->b.buf.data;
	wr.wr.rdma.rkey = p->b.buf.mr->rkey;
	return in_list(p, &wr, EINVAL);
}

// IBA 9.4.5: what an atomic brings back has eight bytes, and they need a place.
static enum result atomic_of(struct pair *p, enum ibv_wr_opcode opcode,
			     uint32_t size, int num_sge)
{
	struct ibv_sge sge[2] = { sge_of(&p->a.buf, 0, size),
				  sge_of(&p->a.buf, 64, 3) };
	struct ibv_send_wr wr = { .opcode = opcode,
				  .sg_list = sge,
				  .num_sge = num_sge };

	wr.wr.atomic.remote_addr = ((uintptr_t)p->b.buf.data + 7) & ~7ULL;
	wr.wr.atomic.rkey = p->b.buf.mr->rkey;
	return in_list(p, &wr, EINVAL);
}

static enum result short_swap(struct pair *p)
{
	return atomic_of(p, IBV_WR_ATOMIC_CMP_AND_SWP, 7, 1);
}

static enum result short_add(struct pair *p)
{
	return atomic_of(p, IBV_WR_ATOMIC_FETCH_AND_ADD, 4, 1);
}

static enum result short_list(struct pair *p)
{
	return atomic_of(p, IBV_WR_ATOMIC_FETCH_AND_ADD, 4, 2);
}

static enum result empty_list(struct pair *p)
{
	return atomic_of(p, IBV_WR_ATOMIC_CMP_AND_SWP, 8, 0);
}

// The same, and what else a builder is followed by that it cannot have: the
// last column of the table of man ibv_wr_post.
enum setter { NO_SETTER, SGE, SGE_LIST, INLINE_DATA };

static void set(struct pair *p, enum setter setter)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 8);
	uint64_t data = 0;

	switch (setter) {
	case NO_SETTER:
		break;
	case SGE:
		ibv_wr_set_sge(p->a.qpx, sge.lkey, sge.addr, sge.length);
		break;
	case SGE_LIST:
		ibv_wr_set_sge_list(p->a.qpx, 1, &sge);
		break;
	case INLINE_DATA:
		ibv_wr_set_inline_data(p->a.qpx, &data, sizeof(data));
		break;
	}
}

static enum result built(struct pair *p, enum ibv_wr_opcode opcode,
			 enum setter setter)
{
	struct ibv_mw_bind_info info = {
		.mr = p->a.buf.mr,
		.addr = (uintptr_t)p->a.buf.data,
		.length = 64,
	};
	uint64_t to = ((uintptr_t)p->b.buf.data + 7) & ~7ULL;
	uint32_t rkey = p->b.buf.mr->rkey;
	struct ibv_mw *mw = NULL;
	int ret;

	if (opcode == IBV_WR_BIND_MW) {
		mw = ibv_alloc_mw(dev.pd, IBV_MW_TYPE_2);
		if (!mw)
			return unsupported("ibv_alloc_mw: %s", strerror(errno));
	}
	ibv_wr_start(p->a.qpx);
	p->a.qpx->wr_id = 1;
	p->a.qpx->wr_flags = IBV_SEND_SIGNALED;
	switch (opcode) {
	case IBV_WR_ATOMIC_CMP_AND_SWP:
		ibv_wr_atomic_cmp_swp(p->a.qpx, rkey, to, 1, 2);
		break;
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		ibv_wr_atomic_fetch_add(p->a.qpx, rkey, to, 1);
		break;
	case IBV_WR_LOCAL_INV:
		ibv_wr_local_inv(p->a.qpx, rkey);
		break;
	default:
		ibv_wr_bind_mw(p->a.qpx, mw, ibv_inc_rkey(mw->rkey), &info);
	}
	set(p, setter);
	ret = ibv_wr_complete(p->a.qpx);
	if (mw)
		ibv_dealloc_mw(mw);
	TRY(refused(ret, EINVAL, EINVAL, "the request"));
	return none_left(p->a.scq, "the posting was to be aborted");
}

static enum result swap_without(struct pair *p)
{
	return built(p, IBV_WR_ATOMIC_CMP_AND_SWP, NO_SETTER);
}

static enum result add_without(struct pair *p)
{
	return built(p, IBV_WR_ATOMIC_FETCH_AND_ADD, NO_SETTER);
}

static enum result add_inline(struct pair *p)
{
	return built(p, IBV_WR_ATOMIC_FETCH_AND_ADD, INLINE_DATA);
}

static enum result bind_with_sge(struct pair *p)
{
	return built(p, IBV_WR_BIND_MW, SGE);
}

static enum result inv_with_sges(struct pair *p)
{
	return built(p, IBV_WR_LOCAL_INV, SGE_LIST);
}

// man ibv_post_recv: "If the QP is associated with a shared receive queue,
// you must use ibv_post_srq_recv".
static enum result recv_beside_srq(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->b.buf, 0, 8);
	struct ibv_recv_wr *bad = NULL, wr = { .sg_list = &sge, .num_sge = 1 };

	TRY(refused(ibv_post_recv(p->b.qp, &wr, &bad), EINVAL, EINVAL,
		    "a receive on a QP with an SRQ"));
	return bad == &wr ? PASS : fail("bad_wr does not point to it");
}

// IBA C10-97.2.1 and 10.3.1: no receive in RESET, no send before RTS.
static enum result too_early(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 8);
	struct ibv_recv_wr *bad_recv = NULL,
			   recv = { .sg_list = &sge, .num_sge = 1 };
	struct ibv_send_wr *bad = NULL, wr = { .opcode = IBV_WR_SEND,
					       .sg_list = &sge,
					       .num_sge = 1 };

	TRY(refused(ibv_post_recv(p->a.qp, &recv, &bad_recv), EINVAL, EINVAL,
		    "a receive in RESET"));
	if (bad_recv != &recv)
		return fail(
			"bad_wr of a receive in RESET does not point to it");
	TRY(refused(post(&p->a, &wr, &bad), EINVAL, EINVAL, "a send in RESET"));
	if (qp_init(p->a.qp))
		return fail("to INIT");
	TRY(refused(post(&p->a, &wr, &bad), EINVAL, EINVAL, "a send in INIT"));
	return PASS;
}

// man ibv_poll_cq: a number of completions, never more than asked for.
static enum result poll_none(struct pair *p)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 8);
	struct ibv_send_wr wr = signaled_send(&sge, 0);
	struct ibv_wc wc;
	int n = ibv_poll_cq(p->a.scq, 0, &wc);

	if (n)
		return fail("ibv_poll_cq of 0 on an empty CQ gives %d", n);
	TRY(recv_one(&p->b, 0, sge));
	TRY(send_one(&p->a, &wr));
	TRY(await(p->b.rcq, &wc, WAIT_MS, "a receive"));
	for (unsigned int i = 0; i < 50; i++)
		idle(i);
	n = ibv_poll_cq(p->a.scq, 0, &wc);
	if (n)
		return fail("ibv_poll_cq of 0 gives %d", n);
	return await(p->a.scq, &wc, WAIT_MS, "the completion, still there");
}

static enum result make_cq(int cqe, int vector)
{
	struct ibv_cq *cq = ibv_create_cq(dev.ctx, cqe, NULL, NULL, vector);
	int error = errno;

	if (!cq)
		return refused(error, EINVAL, ENOMEM, "ibv_create_cq");
	ibv_destroy_cq(cq);
	return fail("a CQ of %d entries on vector %d was made", cqe, vector);
}

enum what { SEND_WR, RECV_WR, SEND_SGE, RECV_SGE, INLINE, BAD_TYPE };

static enum result make_qp(enum what what, bool extended)
{
	struct ibv_cq *cq = ibv_create_cq(dev.ctx, 8, NULL, NULL, 0);
	struct ibv_qp_init_attr plain = { .send_cq = cq,
					  .recv_cq = cq,
					  .qp_type = IBV_QPT_RC };
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = cq,
		.recv_cq = cq,
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = dev.pd,
		.send_ops_flags = IBV_QP_EX_WITH_SEND,
		.qp_type = IBV_QPT_RC
	};
	enum result result;
	struct ibv_qp *qp;
	int error;

	if (!cq)
		return fail("ibv_create_cq");
	plain.cap = (struct ibv_qp_cap){ 1, 1, 1, 1, 0 };
	switch (what) {
	case SEND_WR:
		plain.cap.max_send_wr = (uint32_t)dev.attr.max_qp_wr + 1;
		break;
	case RECV_WR:
		plain.cap.max_recv_wr = (uint32_t)dev.attr.max_qp_wr + 1;
		break;
	case SEND_SGE:
		plain.cap.max_send_sge = (uint32_t)dev.attr.max_sge + 1;
		break;
	case RECV_SGE:
		plain.cap.max_recv_sge = (uint32_t)dev.attr.max_sge + 1;
		break;
	case INLINE:
		plain.cap.max_inline_data = 1 << 24;
		break;
	case BAD_TYPE:
		plain.qp_type = 0x77;
		break;
	}
	attr.cap = plain.cap;
	attr.qp_type = plain.qp_type;
	qp = extended ? ibv_create_qp_ex(dev.ctx, &attr) :
			ibv_create_qp(dev.pd, &plain);
	error = errno;
	if (qp) {
		ibv_destroy_qp(qp);
		result = fail("the QP was made");
	} else if (what == BAD_TYPE && says_unsupported(error)) {
		result = PASS;
	} else {
		result = refused(error, EINVAL, ENOMEM, "creating the QP");
	}
	ibv_destroy_cq(cq);
	return result;
}

// man ibv_create_qp_ex: unknown flags are refused.
static enum result unknown_flags(void)
{
	struct ibv_cq *cq = ibv_create_cq(dev.ctx, 8, NULL, NULL, 0);
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = cq,
		.recv_cq = cq,
		.cap = { 1, 1, 1, 1, 0 },
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = dev.pd,
		.qp_type = IBV_QPT_RC
	};
	static const uint64_t flags[] = { 1ULL << 60, IBV_QP_EX_WITH_TSO };
	enum result result = PASS;

	for (size_t i = 0; i < LENGTH(flags) && result == PASS; i++) {
		struct ibv_qp *qp;

		attr.send_ops_flags = flags[i];
		qp = ibv_create_qp_ex(dev.ctx, &attr);
		if (qp) {
			ibv_destroy_qp(qp);
			result = fail("send_ops_flags 0x%llx are taken",
				      (unsigned long long)flags[i]);
		} else {
			result = refused(errno, EOPNOTSUPP, EINVAL,
					 "unknown send_ops_flags");
		}
	}
	if (result == PASS) { // A read on a UD QP.
		struct ibv_qp *qp;

		attr.qp_type = IBV_QPT_UD;
		attr.send_ops_flags = IBV_QP_EX_WITH_RDMA_READ;
		qp = ibv_create_qp_ex(dev.ctx, &attr);
		if (qp) {
			ibv_destroy_qp(qp);
			result = fail("reads on a UD QP are taken");
		} else {
			result = refused(errno, EOPNOTSUPP, EINVAL,
					 "reads on a UD QP");
		}
	}
	ibv_destroy_cq(cq);
	return result;
}

static enum result make_srq(uint32_t wr, uint32_t sge)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = wr,
						    .max_sge = sge } };
	struct ibv_srq *srq = ibv_create_srq(dev.pd, &attr);

	if (!srq)
		return refused(errno, EINVAL, ENOMEM, "ibv_create_srq");
	ibv_destroy_srq(srq);
	return fail("an SRQ of %u requests of %u SGEs was made", wr, sge);
}

static enum result modify_wrong(struct pair *p)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS };
	int ret;

	// IBA: RESET to RTS is no transition.
	ret = ibv_modify_qp(p->a.qp, &attr, IBV_QP_STATE);
	TRY(refused(ret, EINVAL, EINVAL, "RESET to RTS"));
	attr.qp_state = IBV_QPS_INIT;
	// A required attribute is left out.
	ret = ibv_modify_qp(p->a.qp, &attr, IBV_QP_STATE);
	TRY(refused(ret, EINVAL, EINVAL, "to INIT without a port"));
	return p->a.qp->state == IBV_QPS_RESET ?
		       PASS :
		       fail("qp->state is %d after refused changes",
			    p->a.qp->state);
}

static enum result in_use(struct pair *p)
{
	TRY(refused(ibv_destroy_cq(p->a.scq), EBUSY, EBUSY,
		    "destroying a CQ that a QP uses"));
	return refused(ibv_dealloc_pd(dev.pd), EBUSY, EBUSY,
		       "freeing a PD that is in use");
}

static enum result bad_mr(void)
{
	static uint8_t memory[4096];
	struct ibv_mr *mr;

	// man ibv_reg_mr: remote write and atomic need local write.
	mr = ibv_reg_mr(dev.pd, memory, sizeof(memory),
			IBV_ACCESS_REMOTE_WRITE);
	if (mr) {
		ibv_dereg_mr(mr);
		return fail("REMOTE_WRITE without LOCAL_WRITE is taken");
	}
	TRY(refused(errno, EINVAL, EINVAL, "REMOTE_WRITE without LOCAL_WRITE"));
	mr = ibv_reg_mr(dev.pd, (void *)4096, 4096, IBV_ACCESS_LOCAL_WRITE);
	if (mr) {
		ibv_dereg_mr(mr);
		return fail("memory that is not there was registered");
	}
	return refused(errno, EFAULT, ENOMEM, "memory that is not there");
}

// Verbs that soft RoCE and its like have not: NULL and errno, or errno.
// Where a device has one, it is undone and counts as well.
static enum result absent(const void *made, int error, const char *what)
{
	if (made)
		return PASS;
	if (says_unsupported(error))
		return PASS;
	return fail("%s gives %d (%s), expected %s", what, error,
		    strerror(error), strerror(EOPNOTSUPP));
}

static enum result no_dm(void)
{
	struct ibv_alloc_dm_attr attr = { .length = 64 };
	struct ibv_dm *dm = ibv_alloc_dm(dev.ctx, &attr);
	enum result result = absent(dm, errno, "ibv_alloc_dm");

	if (dm)
		ibv_free_dm(dm);
	return result;
}

static enum result no_null_mr(void)
{
	struct ibv_mr *mr = ibv_alloc_null_mr(dev.pd);
	enum result result = absent(mr, errno, "ibv_alloc_null_mr");

	if (mr)
		ibv_dereg_mr(mr);
	return result;
}

// The table is asked for only where there are no WQs to put into it.
static enum result no_wq(bool table)
{
	struct ibv_cq *cq = ibv_create_cq(dev.ctx, 8, NULL, NULL, 0);
	struct ibv_wq_init_attr attr = { .wq_type = IBV_WQT_RQ,
					 .max_wr = 4,
					 .max_sge = 1,
					 .pd = dev.pd,
					 .cq = cq };
	struct ibv_wq *wq = ibv_create_wq(dev.ctx, &attr), *none[1] = { NULL };
	struct ibv_rwq_ind_table_init_attr init = { .ind_tbl = none };
	enum result result = absent(wq, errno, "ibv_create_wq");

	if (wq)
		ibv_destroy_wq(wq);
	ibv_destroy_cq(cq);
	if (!table || result != PASS)
		return result;
	if (wq)
		return unsupported("this device has WQs");
	if (ibv_create_rwq_ind_table(dev.ctx, &init))
		return fail("a table of no WQ was made");
	return absent(NULL, errno, "ibv_create_rwq_ind_table");
}

static enum result no_xrcd(void)
{
	struct ibv_xrcd_init_attr attr = {
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS,
		.fd = -1,
		.oflags = O_CREAT
	};
	struct ibv_xrcd *x = ibv_open_xrcd(dev.ctx, &attr);
	enum result result = absent(x, errno, "ibv_open_xrcd");

	if (x)
		ibv_close_xrcd(x);
	return result;
}

static enum result no_flow(struct pair *p)
{
	struct ibv_flow_attr attr = { .type = IBV_FLOW_ATTR_NORMAL,
				      .size = sizeof(attr),
				      .port = PORT };
	struct ibv_flow *f = ibv_create_flow(p->a.qp, &attr);
	enum result result = absent(f, errno, "ibv_create_flow");

	if (f)
		ibv_destroy_flow(f);
	return result;
}

static enum result no_td(void)
{
	struct ibv_td_init_attr attr = { 0 };
	struct ibv_td *td = ibv_alloc_td(dev.ctx, &attr);
	enum result result = absent(td, errno, "ibv_alloc_td");

	if (td)
		ibv_dealloc_td(td);
	return result;
}

static enum result no_counters(void)
{
	struct ibv_counters_init_attr attr = { 0 };
	struct ibv_counters *c = ibv_create_counters(dev.ctx, &attr);
	enum result result = absent(c, errno, "ibv_create_counters");

	if (c)
		ibv_destroy_counters(c);
	return result;
}

static enum result no_modify_cq(struct pair *p)
{
	struct ibv_modify_cq_attr attr = { .attr_mask = IBV_CQ_ATTR_MODERATE };
	int ret = ibv_modify_cq(p->a.scq, &attr);

	return absent(ret ? NULL : p, ret, "ibv_modify_cq");
}

static enum result no_dmabuf(void)
{
	struct ibv_mr *mr = ibv_reg_dmabuf_mr(dev.pd, 0, 4096, 0, -1,
					      IBV_ACCESS_LOCAL_WRITE);
	int error = errno;

	if (mr) {
		ibv_dereg_mr(mr);
		return fail("a dmabuf MR of file descriptor -1");
	}
	return error == EBADF || error == EINVAL ?
		       PASS :
		       absent(NULL, error, "ibv_reg_dmabuf_mr");
}

void case_bad_input(void)
{
	struct pair_config rc = { .type = IBV_QPT_RC,
				  .send_depth = 6,
				  .recv_depth = 6 };
	struct pair_config srq = rc, loose = rc, ud = rc, windows = rc;

	srq.srq = true;
	loose.loose = true;
	ud.type = IBV_QPT_UD;
	for (int extended = 0; extended < 2; extended++) {
		const char *api = extended ? "wr" : "post";

		rc.extended = ud.extended = loose.extended = extended;
		report(with_pair(&rc, full_send), "%s/send-queue-full", api);
		report(with_pair(&rc, too_many_sges), "%s/too-many-sges", api);
		report(with_pair(&rc, inline_too_long), "%s/inline-too-long",
		       api);
		report(with_pair(&ud, inline_too_long), "%s/ud-inline-too-long",
		       api);
		report(with_pair(&ud, too_many_sges), "%s/ud-too-many-sges",
		       api);
		report(with_pair(&rc, inline_overflow), "%s/inline-overflow",
		       api);
		report(with_pair(&rc, short_swap), "%s/short-cmp_swap", api);
		report(with_pair(&rc, short_add), "%s/short-fetch_add", api);
		report(with_pair(&rc, short_list), "%s/short-list", api);
		report(with_pair(&rc, empty_list), "%s/empty-list", api);
	}
	windows.windows = windows.extended = true;
	report(with_pair(&rc, swap_without), "wr/cmp_swap-without-sge");
	report(with_pair(&rc, add_without), "wr/fetch_add-without-sge");
	report(with_pair(&rc, add_inline), "wr/fetch_add-inline");
	report(with_pair(&windows, bind_with_sge), "wr/bind_mw-with-sge");
	report(with_pair(&windows, inv_with_sges), "wr/local_inv-with-sges");
	rc.extended = ud.extended = loose.extended = false;
	report(with_pair(&rc, negative_sges), "post/negative-sges");
	report(with_pair(&rc, inline_read), "post/inline-read");
	report(with_pair(&loose, too_early), "post/too-early");
	report(bad_opcode(IBV_QPT_UC, IBV_WR_RDMA_READ), "opcode/uc-read");
	report(bad_opcode(IBV_QPT_UC, IBV_WR_ATOMIC_CMP_AND_SWP),
	       "opcode/uc-cmp_swap");
	report(bad_opcode(IBV_QPT_UC, IBV_WR_ATOMIC_FETCH_AND_ADD),
	       "opcode/uc-fetch_add");
	report(bad_opcode(IBV_QPT_UD, IBV_WR_RDMA_WRITE), "opcode/ud-write");
	report(bad_opcode(IBV_QPT_UD, IBV_WR_RDMA_READ), "opcode/ud-read");
	report(bad_opcode(IBV_QPT_UD, IBV_WR_ATOMIC_FETCH_AND_ADD),
	       "opcode/ud-fetch_add");
	report(bad_opcode(IBV_QPT_UD, IBV_WR_SEND_WITH_INV),
	       "opcode/ud-send_inv");
	report(bad_opcode(IBV_QPT_RC, IBV_WR_TSO), "opcode/rc-tso");
	report(bad_opcode(IBV_QPT_RC, 0x55), "opcode/rc-unknown");
	report(with_pair(&rc, full_recv), "recv-queue-full");
	report(with_pair(&srq, full_recv), "srq-full");
	report(with_pair(&rc, too_many_recv_sges), "recv-too-many-sges");
	report(with_pair(&srq, too_many_recv_sges), "srq-too-many-sges");
	report(with_pair(&srq, recv_beside_srq), "recv-beside-srq");
	report(with_pair(&rc, poll_none), "poll-of-none");
	report(make_cq(0, 0), "create/cq-of-0");
	report(make_cq(-1, 0), "create/cq-of-minus-1");
	report(make_cq(dev.attr.max_cqe + 1, 0), "create/cq-too-large");
	report(make_cq(8, dev.ctx->num_comp_vectors), "create/cq-vector");
	for (int extended = 0; extended < 2; extended++) {
		const char *api = extended ? "qp_ex" : "qp";

		report(make_qp(SEND_WR, extended), "create/%s-send-wr", api);
		report(make_qp(RECV_WR, extended), "create/%s-recv-wr", api);
		report(make_qp(SEND_SGE, extended), "create/%s-send-sge", api);
		report(make_qp(RECV_SGE, extended), "create/%s-recv-sge", api);
		report(make_qp(INLINE, extended), "create/%s-inline", api);
		report(make_qp(BAD_TYPE, extended), "create/%s-type", api);
	}
	report(unknown_flags(), "create/qp_ex-flags");
	report(make_srq(0, 1), "create/srq-of-0");
	report(make_srq((uint32_t)dev.attr.max_srq_wr + 1, 1),
	       "create/srq-too-large");
	report(make_srq(4, (uint32_t)dev.attr.max_srq_sge + 1),
	       "create/srq-sge");
	report(with_pair(&loose, modify_wrong), "modify/qp");
	report(with_pair(&rc, in_use), "destroy/in-use");
	report(bad_mr(), "create/mr");
	report(no_dm(), "absent/dm");
	report(no_null_mr(), "absent/null-mr");
	report(no_wq(false), "absent/wq");
	report(no_wq(true), "absent/rwq-ind-table");
	report(no_xrcd(), "absent/xrcd");
	report(with_pair(&rc, no_flow), "absent/flow");
	report(no_td(), "absent/td");
	report(no_counters(), "absent/counters");
	report(with_pair(&rc, no_modify_cq), "absent/modify-cq");
	report(no_dmabuf(), "absent/dmabuf-mr");
}
