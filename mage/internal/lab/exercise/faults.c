// SPDX-License-Identifier: Apache-2.0
// What a provider makes of calls of its own that fail, or that take long: by
// intercept.c these are made to.
#include "exercise.h"

#include <pthread.h>
#include <rdma/ib_user_verbs.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

// What is to fail, and how often and with what; all other calls go on.
static _Atomic unsigned int bad_command;
static _Atomic int bad_times, bad_error, bad_met;

static int failing(unsigned int command)
{
	if (command != bad_command || bad_times <= 0)
		return 0;
	bad_times--;
	bad_met++;
	return bad_error;
}

static void begin_failing(unsigned int command, int error, int times)
{
	bad_command = command;
	bad_error = error;
	bad_times = times;
	bad_met = 0;
	intercept(failing);
}

// How many calls have failed.
static int end_failing(void)
{
	intercept(NULL);
	return bad_met;
}

#define ALWAYS 1000000

static enum result message(struct pair *p, uint64_t id, uint64_t recv_id)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 24);
	struct ibv_send_wr wr = { .wr_id = id,
				  .opcode = IBV_WR_SEND,
				  .sg_list = &sge,
				  .num_sge = 1,
				  .send_flags = IBV_SEND_SIGNALED };
	struct ibv_wc wc;

	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "send %llu", (unsigned long long)id));
	TRY(is_good(&wc, "send", id, IBV_WC_SEND, p->a.qp));
	TRY(await(p->b.rcq, &wc, WAIT_MS, "receive %llu",
		  (unsigned long long)recv_id));
	return is_good(&wc, "receive", recv_id, IBV_WC_RECV, p->b.qp);
}

// A thread beside the main one, and where it has come to.
struct beside {
	struct pair *p;
	enum result (*work)(struct pair *);
	pthread_t thread;
	_Atomic pid_t id;
	atomic_bool go, in, out;
	enum result result;
	char why[300];
};

static void *run_beside(void *argument)
{
	struct beside *b = argument;

	b->id = thread_id();
	while (!b->go)
		idle(0);
	b->in = true;
	b->result = b->work(b->p);
	b->out = true;
	if (b->result != PASS)
		snprintf(b->why, sizeof(b->why), "%s", reason());
	return NULL;
}

static enum result start_beside(struct beside *b)
{
	if (pthread_create(&b->thread, NULL, run_beside, b))
		return fail("pthread_create");
	while (!b->id)
		idle(0);
	return PASS;
}

static enum result end_beside(struct beside *b)
{
	b->go = true;
	pthread_join(b->thread, NULL);
	return b->result == PASS ? PASS : again(b->result, b->why);
}

// Waits until the thread is through, or sleeps on its way. A thread that does
// neither for so long burns a CPU.
#define SPINS_MS 5000

static bool out_or_asleep(struct beside *b)
{
	uint64_t end = now_ns() + SPINS_MS * 1000000ULL;

	while (now_ns() < end) {
		if (b->out || (b->in && thread_state(b->id) == 'S'))
			return true;
		usleep(1000);
	}
	return false;
}

// The call that is held up until another thread has had its turn.
static _Atomic unsigned int held_command;
static _Atomic pid_t held_thread;
static struct beside *held_for;
static atomic_int held_times;
static atomic_bool held_spins;

static int holding(unsigned int command)
{
	if (command != held_command || thread_id() != held_thread ||
	    atomic_fetch_add(&held_times, 1))
		return 0;
	held_for->go = true;
	if (!out_or_asleep(held_for))
		held_spins = true;
	return 0;
}

static void hold(unsigned int command, pid_t thread, struct beside *b)
{
	held_command = command;
	held_thread = thread;
	held_for = b;
	held_times = 0;
	held_spins = false;
	intercept(holding);
}

// A reset.

// Into the error state, and until the kernel has flushed all that it knows of.
static enum result to_error(struct pair *p)
{
	struct ibv_wc wc;

	TRY(recv_one(&p->a, 0, sge_of(&p->a.buf, 0, 64)));
	if (qp_state(p->a.qp, IBV_QPS_ERR))
		return fail("to ERR: %s", strerror(errno));
	TRY(await(p->a.rcq, &wc, WAIT_MS, "flush of the first receive"));
	TRY(is_wc(&wc, "receive", 0, IBV_WC_WR_FLUSH_ERR, p->a.qp));
	for (unsigned int i = 0; i < 300; i++)
		idle(i);
	return PASS;
}

// Linux lets no QP go from RESET to ERR, but from where it comes to next.
static enum result reconnected(struct pair *p)
{
	if (qp_state(p->a.qp, IBV_QPS_RESET) ||
	    qp_state(p->b.qp, IBV_QPS_RESET))
		return fail("to RESET: %s", strerror(errno));
	return pair_connect(p);
}

static enum result state_is(struct ibv_qp *qp, enum ibv_qp_state state)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	int ret = ibv_query_qp(qp, &attr, IBV_QP_STATE, &init);

	if (ret)
		return fail("ibv_query_qp: %s", strerror(ret));
	return attr.qp_state == state ?
		       PASS :
		       fail("the kernel has the QP in state %d, and not in %d",
			    attr.qp_state, state);
}

// A receive is posted in ERR by this thread. What it asks of the kernel is held
// up, and the QP is reset and connected again by another.
static enum result reset_wins(struct pair *p)
{
	struct beside other = { .p = p, .work = reconnected };
	enum result result;

	TRY(to_error(p));
	TRY(start_beside(&other));
	hold(IB_USER_VERBS_CMD_MODIFY_QP, thread_id(), &other);
	result = recv_one(&p->a, 1, sge_of(&p->a.buf, 0, 64));
	intercept(NULL);
	TRY(end_beside(&other));
	TRY(result);
	TRY(state_is(p->a.qp, IBV_QPS_RTS));
	for (uint64_t i = 0; i < 20; i++) {
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, 0, 64)));
		TRY(message(p, i, i));
	}
	return none_left(p->a.rcq, "receives from before the reset");
}

// The kernel refuses once what the flush needs.
static enum result flushed_later(struct pair *p, unsigned int command)
{
	struct ibv_wc wc;
	enum result result;

	TRY(to_error(p));
	begin_failing(command, ENOMEM, 1);
	result = recv_one(&p->a, 1, sge_of(&p->a.buf, 0, 64));
	end_failing();
	TRY(result);
	TRY(await(p->a.rcq, &wc, 5000, "flush of a receive"));
	return is_wc(&wc, "receive", 1, IBV_WC_WR_FLUSH_ERR, p->a.qp);
}

static enum result modify_refused(struct pair *p)
{
	return flushed_later(p, IB_USER_VERBS_CMD_MODIFY_QP);
}

static enum result query_refused(struct pair *p)
{
	return flushed_later(p, IB_USER_VERBS_CMD_QUERY_QP);
}

static enum result posts_in_batch(struct pair *p)
{
	struct ibv_cq_ex *cq = (struct ibv_cq_ex *)p->a.rcq;
	struct ibv_poll_cq_attr attr = { 0 };
	enum result result;
	int ret;

	ret = ibv_start_poll(cq, &attr);
	if (ret)
		return fail("ibv_start_poll: %s", strerror(ret));
	result = recv_one(&p->a, 2, sge_of(&p->a.buf, 0, 64));
	ibv_end_poll(cq);
	return result;
}

// A reset takes completions out of the CQ. While the kernel is at it, another
// thread posts a receive in the middle of a batch of that CQ.
static enum result batch_ends(struct pair *p)
{
	struct beside other = { .p = p, .work = posts_in_batch };
	struct ibv_wc wc;
	int ret;

	// Two are flushed, so that there is one for the batch.
	TRY(recv_one(&p->a, 1, sge_of(&p->a.buf, 0, 64)));
	TRY(recv_one(&p->a, 2, sge_of(&p->a.buf, 0, 64)));
	if (qp_state(p->a.qp, IBV_QPS_ERR))
		return fail("to ERR: %s", strerror(errno));
	TRY(await(p->a.rcq, &wc, WAIT_MS, "flush of the first receive"));
	for (unsigned int i = 0; i < 300; i++)
		idle(i);
	TRY(start_beside(&other));
	waiting_for("a reset beside a batch of completions");
	hold(IB_USER_VERBS_CMD_MODIFY_QP, thread_id(), &other);
	ret = qp_state(p->a.qp, IBV_QPS_RESET);
	intercept(NULL);
	TRY(end_beside(&other));
	if (ret)
		return fail("to RESET: %s", strerror(ret));
	return state_is(p->a.qp, IBV_QPS_RESET);
}

static enum result with(struct pair_config config,
			enum result (*test)(struct pair *))
{
	struct pair p;
	enum result result;

	config.type = IBV_QPT_RC;
	TRY(pair_open(&p, &config));
	result = test(&p);
	intercept(NULL);
	return done(&p, result);
}

void case_reset_race(void)
{
	struct pair_config config = { 0 }, cq_ex = { .cq_ex = true };

	report(with(config, reset_wins), "reset-wins");
	report(with(cq_ex, batch_ends), "batch-ends");
	report(with(config, modify_refused), "modify-refused");
	report(with(config, query_refused), "query-refused");
}

// The doorbell.

// Each receive has another size, so that the messages are told apart.
static enum result arrived(struct pair *p, unsigned int n)
{
	struct ibv_wc wc;

	for (unsigned int i = 0; i < n; i++) {
		TRY(await(p->a.scq, &wc, WAIT_MS, "send %u of %u", i, n));
		TRY(is_good(&wc, "send", i, IBV_WC_SEND, p->a.qp));
		TRY(await(p->b.rcq, &wc, WAIT_MS, "receive %u of %u", i, n));
		TRY(is_good(&wc, "receive", i, IBV_WC_RECV, p->b.qp));
		if (wc.byte_len != 10 + i)
			return fail("message %u has %u bytes", i, wc.byte_len);
	}
	return PASS;
}

static void list_of_sends(struct pair *p, struct ibv_send_wr *wr,
			  struct ibv_sge *sge, unsigned int n)
{
	memset(wr, 0, n * sizeof(*wr));
	for (unsigned int i = 0; i < n; i++) {
		sge[i] = sge_of(&p->a.buf, 0, 10 + i);
		wr[i].wr_id = i;
		wr[i].opcode = IBV_WR_SEND;
		wr[i].send_flags = IBV_SEND_SIGNALED;
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		wr[i].next = i == n - 1 ? NULL : &wr[i + 1];
	}
}

// What a program does that believes the man pages: what was not posted, by
// *bad_wr or, with ibv_wr_*, all of the list, it posts again.
static enum result posts_again(struct pair *p, struct ibv_send_wr *wr,
			       struct ibv_send_wr *bad)
{
	int ret;

	if (!p->a.qpx)
		wr = bad;
	ret = wr ? post(&p->a, wr, &bad) : 0;
	return ret ? fail("posting again: %s", strerror(ret)) : PASS;
}

static enum result bell_lost(struct pair *p, unsigned int n, int error)
{
	struct ibv_send_wr wr[4], *bad = NULL;
	struct ibv_sge sge[4];
	int ret, met;

	for (unsigned int i = 0; i < 2 * n + 2; i++)
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, i * 64, 64)));
	list_of_sends(p, wr, sge, n);
	begin_failing(IB_USER_VERBS_CMD_POST_SEND, error, ALWAYS);
	ret = post(&p->a, wr, &bad);
	met = end_failing();
	if (!met)
		return unsupported("there is no doorbell that could fail");
	if (ret)
		TRY(posts_again(p, wr, bad));
	TRY(arrived(p, n));
	// RC keeps the order: what was sent twice came before this one.
	TRY(message(p, 99, n));
	TRY(none_left(p->a.scq, "send CQ"));
	return none_left(p->b.rcq, "receive CQ");
}

// The third request is wrong, and it alone is what was not posted.
static enum result bell_lost_and_wrong(struct pair *p)
{
	struct ibv_send_wr wr[4], *bad = NULL;
	struct ibv_sge sge[4];
	int ret;

	for (unsigned int i = 0; i < 8; i++)
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, i * 64, 64)));
	list_of_sends(p, wr, sge, 4);
	wr[2].num_sge = 1000;
	begin_failing(IB_USER_VERBS_CMD_POST_SEND, ENOMEM, ALWAYS);
	ret = post(&p->a, wr, &bad);
	end_failing();
	if (!ret || bad != &wr[2])
		return fail("posting gives %d, and *bad_wr is request %td", ret,
			    bad ? bad - wr : -1);
	wr[2].num_sge = 1;
	TRY(posts_again(p, wr, bad));
	TRY(arrived(p, 4));
	TRY(message(p, 99, 4));
	return none_left(p->b.rcq, "receive CQ");
}

static enum result bells(bool extended, unsigned int n, int error)
{
	struct pair_config config = { .type = IBV_QPT_RC,
				      .extended = extended };
	struct pair p;
	enum result result;

	TRY(pair_open(&p, &config));
	result = bell_lost(&p, n, error);
	intercept(NULL);
	return done(&p, result);
}

void case_lost_doorbell(void)
{
	static const int errors[] = { ENOMEM, EINTR, EIO };
	struct pair_config config = { 0 };

	for (int extended = 0; extended < 2; extended++) {
		for (size_t i = 0; i < LENGTH(errors); i++) {
			const char *api = extended ? "wr" : "post";

			report(bells(extended, 1, errors[i]), "%s/one/%d", api,
			       errors[i]);
			report(bells(extended, 4, errors[i]), "%s/list/%d", api,
			       errors[i]);
		}
	}
	report(with(config, bell_lost_and_wrong), "post/list-with-a-wrong-one");
}

// A ring that has moved and cannot be mapped.

static bool says_it_failed(int ret, int error)
{
	return ret < 0 || error == EIO || error == ENOMEM;
}

// Five completions wait; the CQ grows and its new ring is not mapped. They are
// there, or polling says that it fails: "nothing there" would be untrue.
static enum result cq_lost(struct pair *p)
{
	struct ibv_wc wc;
	int ret, polled;

	for (uint64_t i = 0; i < 5; i++) {
		struct ibv_sge sge = sge_of(&p->a.buf, 0, 24);
		struct ibv_send_wr wr = { .wr_id = i,
					  .opcode = IBV_WR_SEND,
					  .sg_list = &sge,
					  .num_sge = 1,
					  .send_flags = IBV_SEND_SIGNALED };

		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, 0, 64)));
		TRY(send_one(&p->a, &wr));
		TRY(await(p->a.scq, &wc, WAIT_MS, "send"));
	}
	begin_failing(CALL_MAP, ENOMEM, ALWAYS);
	ret = ibv_resize_cq(p->b.rcq, 60);
	polled = ibv_poll_cq(p->b.rcq, 1, &wc);
	end_failing();
	if (says_unsupported(ret))
		return unsupported("ibv_resize_cq: %s", strerror(ret));
	if (!ret)
		return fail("ibv_resize_cq without a mapping was done");
	if (!polled)
		return fail("ibv_poll_cq finds nothing where 5 are");
	if (polled == 1)
		TRY(is_good(&wc, "receive", 0, IBV_WC_RECV, p->b.qp));
	for (uint64_t i = polled == 1; i < 5; i++) {
		TRY(await(p->b.rcq, &wc, WAIT_MS, "receive before the resize"));
		TRY(is_good(&wc, "receive", i, IBV_WC_RECV, p->b.qp));
	}
	ret = ibv_resize_cq(p->b.rcq, 120);
	if (ret)
		return fail("ibv_resize_cq again: %s", strerror(ret));
	for (uint64_t i = 0; i < 100; i++) {
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, 0, 64)));
		TRY(message(p, i, i));
	}
	return PASS;
}

static enum result srq_lost(struct pair *p)
{
	struct ibv_srq_attr attr = { .max_wr = 40 };
	struct ibv_sge sge = sge_of(&p->b.buf, 0, 64);
	struct ibv_recv_wr *bad = NULL,
			   wr = { .wr_id = 3, .sg_list = &sge, .num_sge = 1 };
	uint64_t posted = 3;
	int ret, late;

	for (uint64_t i = 0; i < 3; i++)
		TRY(recv_one(&p->b, i, sge));
	begin_failing(CALL_MAP, ENOMEM, ALWAYS);
	ret = ibv_modify_srq(p->b.srq, &attr, IBV_SRQ_MAX_WR);
	late = ibv_post_srq_recv(p->b.srq, &wr, &bad);
	end_failing();
	if (says_unsupported(ret))
		return unsupported("ibv_modify_srq of max_wr: %s",
				   strerror(ret));
	if (!ret)
		return fail("ibv_modify_srq without a mapping was done");
	if (late && (!says_it_failed(0, late) || bad != &wr))
		return fail("ibv_post_srq_recv gives %d (%s)", late,
			    strerror(late));
	posted += !late;
	// What was taken is served, and what is posted now as well.
	for (; posted < 12; posted++)
		TRY(recv_one(&p->b, posted, sge));
	for (uint64_t i = 0; i < posted; i++)
		TRY(message(p, i, i));
	return PASS;
}

static long address_space(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f)
		return 0;
	if (fscanf(f, "%ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void limit_address_space(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_AS, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_AS, &limit);
}

// No address space is left: a resize that is refused has changed nothing.
static enum result cq_no_space(struct pair *p)
{
	int ret, before = p->b.rcq->cqe;

	TRY(recv_one(&p->b, 0, sge_of(&p->b.buf, 0, 64)));
	TRY(message(p, 0, 0));
	limit_address_space((rlim_t)address_space());
	ret = ibv_resize_cq(p->b.rcq, 8000);
	limit_address_space(RLIM_INFINITY);
	if (says_unsupported(ret))
		return unsupported("ibv_resize_cq: %s", strerror(ret));
	if (ret != ENOMEM)
		return fail("ibv_resize_cq without address space gives %d",
			    ret);
	if (p->b.rcq->cqe != before)
		return fail("cqe is %d after a resize that failed, was %d",
			    p->b.rcq->cqe, before);
	for (uint64_t i = 0; i < 40; i++) {
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, 0, 64)));
		TRY(message(p, i, i));
	}
	return PASS;
}

static enum result srq_no_space(struct pair *p)
{
	struct ibv_srq_attr attr = { .max_wr = 4000 };
	int ret;

	limit_address_space((rlim_t)address_space());
	ret = ibv_modify_srq(p->b.srq, &attr, IBV_SRQ_MAX_WR);
	limit_address_space(RLIM_INFINITY);
	if (says_unsupported(ret))
		return unsupported("ibv_modify_srq of max_wr: %s",
				   strerror(ret));
	if (ret != ENOMEM)
		return fail("ibv_modify_srq without address space gives %d",
			    ret);
	memset(&attr, 0, sizeof(attr));
	ret = ibv_query_srq(p->b.srq, &attr);
	if (ret || attr.max_wr != p->b.recv_cap)
		return fail("max_wr is %u after a resize that failed, was %u",
			    attr.max_wr, p->b.recv_cap);
	for (uint64_t i = 0; i < 40; i++) {
		TRY(recv_one(&p->b, i, sge_of(&p->b.buf, 0, 64)));
		TRY(message(p, i, i));
	}
	return PASS;
}

void case_lost_ring(void)
{
	struct pair_config cq = { .recv_depth = 64, .cq_depth = 15 };
	struct pair_config srq = { .srq = true, .recv_depth = 7 };

	report(with(cq, cq_no_space), "cq/no-address-space");
	report(with(srq, srq_no_space), "srq/no-address-space");
	report(with(cq, cq_lost), "cq/not-mapped");
	report(with(srq, srq_lost), "srq/not-mapped");
}

// A resize that takes long, and what comes meanwhile.

static enum result polls(struct pair *p)
{
	struct ibv_wc wc;

	return ibv_poll_cq(p->b.rcq, 1, &wc) < 0 ? fail("ibv_poll_cq") : PASS;
}

static enum result starts_poll(struct pair *p)
{
	struct ibv_poll_cq_attr attr = { 0 };
	int ret = ibv_start_poll((struct ibv_cq_ex *)p->b.rcq, &attr);

	if (!ret)
		ibv_end_poll((struct ibv_cq_ex *)p->b.rcq);
	return ret && ret != ENOENT ?
		       fail("ibv_start_poll: %s", strerror(ret)) :
		       PASS;
}

static enum result posts_recv(struct pair *p)
{
	return recv_one(&p->b, 0, sge_of(&p->b.buf, 0, 64));
}

static enum result held_up(struct pair *p, unsigned int command,
			   enum result (*meanwhile)(struct pair *))
{
	struct beside other = { .p = p, .work = meanwhile };
	struct ibv_srq_attr attr = { .max_wr = 40 };
	int ret;

	TRY(start_beside(&other));
	hold(command, thread_id(), &other);
	ret = p->b.srq ? ibv_modify_srq(p->b.srq, &attr, IBV_SRQ_MAX_WR) :
			 ibv_resize_cq(p->b.rcq, 60);
	intercept(NULL);
	TRY(end_beside(&other));
	if (says_unsupported(ret))
		return unsupported("resizing: %s", strerror(ret));
	if (ret)
		return fail("resizing: %s", strerror(ret));
	if (!held_times)
		return unsupported("the resize makes no such call");
	if (held_spins)
		return fail("a thread spins while another is in the kernel");
	if (meanwhile != posts_recv)
		TRY(recv_one(&p->b, 0, sge_of(&p->b.buf, 0, 64)));
	return p->config.cq_ex ? PASS : message(p, 0, 0);
}

static enum result slow(struct pair_config config, unsigned int command,
			enum result (*meanwhile)(struct pair *))
{
	struct pair p;
	enum result result;

	config.type = IBV_QPT_RC;
	TRY(pair_open(&p, &config));
	result = held_up(&p, command, meanwhile);
	intercept(NULL);
	return done(&p, result);
}

void case_slow_path(void)
{
	struct pair_config cq = { .cq_depth = 15 };
	struct pair_config cq_ex = { .cq_depth = 15, .cq_ex = true };
	struct pair_config srq = { .srq = true, .recv_depth = 7 };

	report(slow(cq, IB_USER_VERBS_CMD_RESIZE_CQ, polls), "cq/command");
	report(slow(cq, CALL_MAP, polls), "cq/mapping");
	report(slow(cq_ex, IB_USER_VERBS_CMD_RESIZE_CQ, starts_poll),
	       "extended-cq/command");
	report(slow(cq_ex, CALL_MAP, starts_poll), "extended-cq/mapping");
	report(slow(srq, IB_USER_VERBS_CMD_MODIFY_SRQ, posts_recv),
	       "srq/command");
	report(slow(srq, CALL_MAP, posts_recv), "srq/mapping");
}
