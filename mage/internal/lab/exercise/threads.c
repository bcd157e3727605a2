// SPDX-License-Identifier: Apache-2.0
// Threads that share QPs and CQs, thread domains, and a fork.
#include "exercise.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW 8
#define THREADS 16

struct message {
	uint64_t number, check;
};

static struct shared {
	struct pair *pair;
	unsigned int threads;
	uint64_t each;
	// By wr_id: busy from the posting to the handling of the completion.
	atomic_bool sending[THREADS][WINDOW], receiving[THREADS][WINDOW];
	atomic_uchar *seen;
	atomic_ulong received, sent;
	atomic_bool broken;
	char why[300];
	uint64_t end;
} s;

static void broken(const char *format, unsigned long long a,
		   unsigned long long b)
{
	if (!atomic_exchange(&s.broken, true))
		snprintf(s.why, sizeof(s.why), format, a, b);
}

static size_t slot(unsigned int thread, uint64_t i)
{
	return (thread * WINDOW + i % WINDOW) * 64;
}

static void handle(const struct ibv_wc *wc, bool recv)
{
	unsigned int thread = (unsigned int)(wc->wr_id >> 32);
	uint64_t i = wc->wr_id & 0xffffffff;
	struct message m;

	if (wc->status || thread >= s.threads) {
		broken("wr_id %llx: status %llu", wc->wr_id, wc->status);
		return;
	}
	if (!recv) {
		if (!atomic_exchange(&s.sending[thread][i % WINDOW], false))
			broken("send %llu of thread %llu completes twice", i,
			       thread);
		atomic_fetch_add(&s.sent, 1);
		return;
	}
	memcpy(&m, s.pair->b.buf.data + slot(thread, i), sizeof(m));
	if (m.number >= s.each * s.threads ||
	    m.check != m.number * 0x9e3779b97f4a7c15ULL)
		broken("receive %llu holds no message: %llx", i, m.number);
	else if (atomic_fetch_add(&s.seen[m.number], 1))
		broken("message %llu arrives twice (receive %llu)", m.number,
		       i);
	if (!atomic_exchange(&s.receiving[thread][i % WINDOW], false))
		broken("receive %llu of thread %llu completes twice", i,
		       thread);
	atomic_fetch_add(&s.received, 1);
}

static bool poll_both(void)
{
	struct ibv_wc wc[5];
	bool any = false;

	for (int recv = 0; recv < 2; recv++) {
		struct ibv_cq *cq = recv ? s.pair->b.rcq : s.pair->a.scq;
		int n = ibv_poll_cq(cq, (int)LENGTH(wc), wc);

		if (n < 0)
			broken("ibv_poll_cq gives %llu, recv %llu",
			       (unsigned long long)n, (unsigned long long)recv);
		for (int i = 0; i < n; i++)
			handle(&wc[i], recv);
		any |= n > 0;
	}
	return any;
}

static void *work(void *argument)
{
	unsigned int thread = (unsigned int)(uintptr_t)argument, turn = 0;
	uint64_t i = 0, total = s.each * s.threads;

	while (!atomic_load(&s.broken) && (atomic_load(&s.received) < total ||
					   atomic_load(&s.sent) < total)) {
		bool did = false;
		unsigned int at = (unsigned int)(i % WINDOW);

		if (i < s.each && !atomic_load(&s.sending[thread][at]) &&
		    !atomic_load(&s.receiving[thread][at])) {
			struct message m = { .number = thread * s.each + i };
			struct ibv_sge sge = sge_of(&s.pair->a.buf,
						    slot(thread, i), sizeof(m));
			struct ibv_send_wr wr =
				signaled_send(&sge, (uint64_t)thread << 32 | i);

			m.check = m.number * 0x9e3779b97f4a7c15ULL;
			memcpy((void *)(uintptr_t)sge.addr, &m, sizeof(m));
			atomic_store(&s.sending[thread][at], true);
			atomic_store(&s.receiving[thread][at], true);
			if (recv_one(&s.pair->b, wr.wr_id,
				     sge_of(&s.pair->b.buf, slot(thread, i),
					    sizeof(m))) ||
			    send_one(&s.pair->a, &wr))
				broken("posting %llu of thread %llu", i,
				       thread);
			i++;
			did = true;
		}
		did |= poll_both();
		if (did)
			turn = 0;
		else
			idle(turn++);
		if (now_ns() > s.end)
			broken("%llu of %llu messages received in time",
			       atomic_load(&s.received), total);
	}
	return NULL;
}

static enum result run(struct pair *p)
{
	pthread_t thread[THREADS];
	unsigned int n;

	waiting_for("%u threads with %llu messages each", s.threads,
		    (unsigned long long)s.each);
	s.pair = p;
	s.seen = calloc(s.each * s.threads, 1);
	s.end = now_ns() +
		(uint64_t)(number("timeout", 120) - 5) * 1000000000ULL;
	for (n = 0; n < s.threads; n++)
		if (pthread_create(&thread[n], NULL, work,
				   (void *)(uintptr_t)n))
			break;
	if (n < s.threads)
		broken("%llu of %llu threads started", n, s.threads);
	while (n--)
		pthread_join(thread[n], NULL);
	for (uint64_t i = 0; i < s.each * s.threads && !s.broken; i++)
		if (s.seen[i] != 1)
			broken("message %llu came %llu times", i, s.seen[i]);
	free(s.seen);
	if (s.broken)
		return fail("%s", s.why);
	TRY(none_left(p->a.scq, "send CQ"));
	return none_left(p->b.rcq, "receive CQ");
}

static enum result threaded(const char *what)
{
	struct pair_config config = { .type = IBV_QPT_RC };
	struct ibv_td_init_attr td_attr = { 0 };
	struct ibv_parent_domain_init_attr attr = { .pd = dev.pd };
	struct ibv_pd *parent = NULL;
	struct ibv_td *td = NULL;
	enum result result;
	struct pair p;

	memset(&s, 0, sizeof(s));
	s.threads = (unsigned int)number("threads", 4);
	if (s.threads > THREADS)
		s.threads = THREADS;
	s.each = (uint64_t)number("ops", 4000) / s.threads;
	config.send_depth = config.recv_depth = s.threads * WINDOW;
	config.extended = !strcmp(what, "wr");
	config.srq = !strcmp(what, "srq");
	config.one_cq = false;
	if (!strcmp(what, "thread-domain")) {
		// One thread only: that is what a thread domain promises.
		s.threads = 1;
		td = ibv_alloc_td(dev.ctx, &td_attr);
		if (!td && says_unsupported(errno))
			return unsupported("ibv_alloc_td: %s", strerror(errno));
		if (!td)
			return fail("ibv_alloc_td: %s", strerror(errno));
	}
	if (td || !strcmp(what, "parent-domain")) {
		attr.td = td;
		parent = ibv_alloc_parent_domain(dev.ctx, &attr);
		if (!parent) {
			int error = errno;

			if (td)
				ibv_dealloc_td(td);
			return says_unsupported(error) ?
				       unsupported(
					       "ibv_alloc_parent_domain: %s",
					       strerror(error)) :
				       fail("ibv_alloc_parent_domain: %s",
					    strerror(error));
		}
		config.pd = parent;
	}
	result = pair_open(&p, &config);
	if (result == PASS)
		result = done(&p, run(&p));
	if (parent && ibv_dealloc_pd(parent) && result == PASS)
		result = fail("ibv_dealloc_pd of the parent domain");
	if (td && ibv_dealloc_td(td) && result == PASS)
		result = fail("ibv_dealloc_td");
	return result;
}

void case_threads(void)
{
	static const char *const kinds[] = { "post", "wr", "srq",
					     "parent-domain", "thread-domain" };

	for (size_t i = 0; i < LENGTH(kinds); i++)
		report(threaded(kinds[i]), "%s", kinds[i]);
}

static enum result ping(struct pair *p, uint64_t id)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 3000);
	struct ibv_send_wr wr = signaled_send(&sge, id);
	struct ibv_wc wc;

	fill(p->a.buf.data, 3000, id);
	TRY(recv_one(&p->b, id, sge_of(&p->b.buf, 0, 3000)));
	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "send %llu", (unsigned long long)id));
	TRY(is_good(&wc, "send", id, IBV_WC_SEND, p->a.qp));
	TRY(await(p->b.rcq, &wc, WAIT_MS, "receive %llu",
		  (unsigned long long)id));
	TRY(is_good(&wc, "receive", id, IBV_WC_RECV, p->b.qp));
	return memcmp(p->a.buf.data, p->b.buf.data, 3000) ?
		       fail("message %llu: wrong data",
			    (unsigned long long)id) :
		       PASS;
}

static enum result forked(struct pair *p, bool early_exit)
{
	int hold[2], status;
	char c = 0;
	pid_t pid;

	TRY(ping(p, 1));
	if (pipe(hold))
		return fail("pipe");
	pid = fork();
	if (pid < 0)
		return fail("fork: %s", strerror(errno));
	if (!pid) {
		// Touches memory of its own while the parent goes on.
		char *own = malloc(100000);

		close(hold[1]);
		memset(own, 1, 100000);
		if (!early_exit)
			while (read(hold[0], &c, 1) > 0)
				;
		_exit(own[500] == 1 ? 0 : 1);
	}
	close(hold[0]);
	if (early_exit)
		waitpid(pid, &status, 0);
	for (uint64_t i = 2; i < 60; i++)
		TRY(ping(p, i));
	close(hold[1]);
	if (!early_exit)
		waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return fail("the child ended with status 0x%x", status);
	for (uint64_t i = 60; i < 120; i++)
		TRY(ping(p, i));
	return PASS;
}

void case_fork(void)
{
	for (int extended = 0; extended < 2; extended++)
		for (int early = 0; early < 2; early++) {
			struct pair_config config = { .type = IBV_QPT_RC,
						      .extended = extended };
			struct pair p;
			enum result result = pair_open(&p, &config);

			if (result == PASS)
				result = done(&p, forked(&p, early));
			report(result, "%s/%s", extended ? "wr" : "post",
			       early ? "child-gone" : "child-alive");
		}
}
