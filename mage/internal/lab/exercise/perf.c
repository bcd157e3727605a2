// SPDX-License-Identifier: Apache-2.0
// Two plain measurements, for comparing two providers side by side.
#include "exercise.h"

#define DEPTH 128
#define BATCH 16

static enum result rate(struct pair *p, uint64_t total, size_t size)
{
	struct ibv_sge from = sge_of(&p->a.buf, 0, size),
		       to = sge_of(&p->b.buf, 0, size);
	struct ibv_send_wr wr[BATCH], *bad;
	struct ibv_recv_wr recv[BATCH], *bad_recv;
	uint64_t sent = 0, completed = 0, received = 0, posted = 0, start;
	struct ibv_wc wc[64];
	unsigned int turn = 0;

	memset(recv, 0, sizeof(recv));
	for (int i = 0; i < BATCH; i++) {
		wr[i] = signaled_send(&from, 0);
		wr[i].next = i == BATCH - 1 ? NULL : &wr[i + 1];
		recv[i].sg_list = &to;
		recv[i].num_sge = 1;
		recv[i].next = i == BATCH - 1 ? NULL : &recv[i + 1];
	}
	start = now_ns();
	while (received < total || completed < total) {
		bool did = false;
		int n;

		while (posted < total && posted - received + BATCH <= DEPTH) {
			if (post_recv(&p->b, recv, &bad_recv))
				return fail("posting a receive");
			posted += BATCH;
		}
		while (sent + BATCH <= posted &&
		       sent - completed + BATCH <= DEPTH) {
			if (post(&p->a, wr, &bad))
				return fail("posting a send");
			sent += BATCH;
			did = true;
		}
		for (int side = 0; side < 2; side++) {
			n = ibv_poll_cq(side ? p->b.rcq : p->a.scq,
					(int)LENGTH(wc), wc);
			for (int i = 0; i < n; i++)
				if (wc[i].status)
					return fail("%s",
						    ibv_wc_status_str(
							    wc[i].status));
			*(side ? &received : &completed) += (uint64_t)n;
			did |= n > 0;
		}
		if (did)
			turn = 0;
		else
			idle(turn++);
		waiting_for("completions: %llu and %llu of %llu",
			    (unsigned long long)completed,
			    (unsigned long long)received,
			    (unsigned long long)total);
	}
	printf("value: %.0f messages/s\n",
	       (double)total * 1e9 / (double)(now_ns() - start));
	return PASS;
}

void case_rate(void)
{
	uint64_t total = (uint64_t)number("ops", 50000) / BATCH * BATCH;
	size_t size = (size_t)number("size", 64);
	struct pair_config config = { .type = IBV_QPT_RC,
				      .extended = number("wr", 0),
				      .send_depth = DEPTH,
				      .recv_depth = DEPTH,
				      .size = size };
	struct pair p;
	enum result result = pair_open(&p, &config);

	if (result == PASS)
		result = done(&p, rate(&p, total, size));
	report(result, "rate");
}

static enum result take(struct end *e, const char *who)
{
	struct ibv_wc wc;

	TRY(await(e->rcq, &wc, WAIT_MS, "%s", who));
	if (wc.status)
		return fail("%s: %s", who, ibv_wc_status_str(wc.status));
	return PASS;
}

static enum result latency(struct pair *p, uint64_t total, size_t size)
{
	struct ibv_sge a = sge_of(&p->a.buf, 0, size),
		       b = sge_of(&p->b.buf, 0, size);
	struct ibv_send_wr ping = { .opcode = IBV_WR_SEND,
				    .sg_list = &a,
				    .num_sge = 1 };
	struct ibv_send_wr pong = ping;
	uint64_t start = 0;
	struct ibv_wc wc;

	pong.sg_list = &b;
	for (uint64_t i = 0; i < total + 100; i++) {
		unsigned int flags = i % 8 ? 0 : IBV_SEND_SIGNALED;

		if (i == 100)
			start = now_ns();
		ping.send_flags = pong.send_flags = flags;
		TRY(recv_one(&p->b, i, b));
		TRY(recv_one(&p->a, i, a));
		TRY(send_one(&p->a, &ping));
		TRY(take(&p->b, "ping"));
		TRY(send_one(&p->b, &pong));
		TRY(take(&p->a, "pong"));
		if (flags) {
			TRY(await(p->a.scq, &wc, WAIT_MS, "send"));
			TRY(await(p->b.scq, &wc, WAIT_MS, "send"));
		}
	}
	printf("value: %.2f us\n",
	       (double)(now_ns() - start) / 2000.0 / (double)total);
	return PASS;
}

void case_latency(void)
{
	size_t size = (size_t)number("size", 64);
	struct pair_config config = { .type = IBV_QPT_RC,
				      .extended = number("wr", 0),
				      .size = size };
	struct pair p;
	enum result result = pair_open(&p, &config);

	if (result == PASS)
		result = done(&p,
			      latency(&p, (uint64_t)number("ops", 3000), size));
	report(result, "latency");
}
