// SPDX-License-Identifier: Apache-2.0
// Whose device it is, the control path, and what is left behind.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "exercise.h"

#include <dlfcn.h>

void case_claimed(void)
{
	const char *expect = text("expect", "librib-rdmav");
	const char *file;
	Dl_info info;

	if (!dladdr((void *)dev.ctx->ops.poll_cq, &info) || !info.dli_fname) {
		report(fail("dladdr knows nothing of poll_cq"), "claimed");
		return;
	}
	file = strrchr(info.dli_fname, '/');
	file = file ? file + 1 : info.dli_fname;
	evidence("%s is served by %s", dev.name, file);
	report(strstr(file, expect) ? PASS :
				      fail("%s is served by %s, expected %s",
					   dev.name, file, expect),
	       "claimed");
}

static enum result with_cq(bool extended, bool qp)
{
	struct ibv_cq_init_attr_ex attr = { .cqe = 10,
					    .wc_flags = IBV_WC_STANDARD_FLAGS };
	struct ibv_qp_init_attr init = { .cap = { 4, 4, 2, 2, 16 },
					 .qp_type = IBV_QPT_RC };
	struct ibv_cq_ex *ex = NULL;
	struct ibv_cq *cq;
	struct ibv_qp *q;
	int ret;

	if (extended) {
		ex = ibv_create_cq_ex(dev.ctx, &attr);
		if (!ex)
			return says_unsupported(errno) ?
				       unsupported("ibv_create_cq_ex: %s",
						   strerror(errno)) :
				       fail("ibv_create_cq_ex: %s",
					    strerror(errno));
		cq = ibv_cq_ex_to_cq(ex);
	} else {
		cq = ibv_create_cq(dev.ctx, 10, NULL, NULL, 0);
	}
	if (!cq)
		return fail("ibv_create_cq: %s", strerror(errno));
	if (qp) {
		init.send_cq = cq;
		init.recv_cq = cq;
		q = ibv_create_qp(dev.pd, &init);
		if (!q)
			return fail("ibv_create_qp: %s", strerror(errno));
		ret = ibv_destroy_qp(q);
		if (ret)
			return fail("ibv_destroy_qp: %s", strerror(ret));
	}
	ret = ibv_destroy_cq(cq);
	return ret ? fail("ibv_destroy_cq: %s", strerror(ret)) : PASS;
}

static enum result a_cq(void)
{
	return with_cq(false, false);
}

static enum result a_cq_ex(void)
{
	return with_cq(true, false);
}

static enum result a_qp(void)
{
	return with_cq(false, true);
}

static enum result a_context(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *ctx = NULL;

	for (int i = 0; list && list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), dev.name))
			ctx = ibv_open_device(list[i]);
	if (list)
		ibv_free_device_list(list);
	if (!ctx)
		return fail("ibv_open_device: %s", strerror(errno));
	return ibv_close_device(ctx) ? fail("ibv_close_device") : PASS;
}

static enum result a_pd(void)
{
	struct ibv_pd *pd = ibv_alloc_pd(dev.ctx);

	if (!pd)
		return fail("ibv_alloc_pd: %s", strerror(errno));
	return ibv_dealloc_pd(pd) ? fail("ibv_dealloc_pd") : PASS;
}

static enum result an_mr(void)
{
	static char memory[8192];
	struct ibv_mr *mr = ibv_reg_mr(dev.pd, memory, sizeof(memory), REMOTE);

	if (!mr)
		return fail("ibv_reg_mr: %s", strerror(errno));
	return ibv_dereg_mr(mr) ? fail("ibv_dereg_mr") : PASS;
}

static enum result an_mw(void)
{
	struct ibv_mw *mw = ibv_alloc_mw(dev.pd, IBV_MW_TYPE_1);

	if (!mw)
		return says_unsupported(errno) ?
			       unsupported("ibv_alloc_mw: %s",
					   strerror(errno)) :
			       fail("ibv_alloc_mw: %s", strerror(errno));
	return ibv_dealloc_mw(mw) ? fail("ibv_dealloc_mw") : PASS;
}

static enum result an_ah(void)
{
	struct ibv_ah *ah = loopback_ah(dev.pd);

	if (!ah)
		return fail("ibv_create_ah: %s", strerror(errno));
	return ibv_destroy_ah(ah) ? fail("ibv_destroy_ah") : PASS;
}

static enum result an_srq(void)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = 9,
						    .max_sge = 2 } };
	struct ibv_srq *srq = ibv_create_srq(dev.pd, &attr);

	if (!srq)
		return fail("ibv_create_srq: %s", strerror(errno));
	return ibv_destroy_srq(srq) ? fail("ibv_destroy_srq") : PASS;
}

static enum result a_channel(void)
{
	struct ibv_comp_channel *c = ibv_create_comp_channel(dev.ctx);

	if (!c)
		return fail("ibv_create_comp_channel: %s", strerror(errno));
	return ibv_destroy_comp_channel(c) ? fail("destroying it") : PASS;
}

static enum result a_pair(bool extended, bool srq)
{
	struct pair_config config = { .type = extended ? IBV_QPT_UD :
							 IBV_QPT_RC,
				      .extended = extended,
				      .srq = srq };
	struct pair p;

	TRY(pair_open(&p, &config));
	return pair_close(&p);
}

static enum result a_plain_pair(void)
{
	return a_pair(false, false);
}

static enum result an_extended_pair(void)
{
	return a_pair(true, false);
}

static enum result an_srq_pair(void)
{
	return a_pair(false, true);
}

static enum result a_resized_cq(void)
{
	struct ibv_cq *cq = ibv_create_cq(dev.ctx, 10, NULL, NULL, 0);
	int ret;

	if (!cq)
		return fail("ibv_create_cq: %s", strerror(errno));
	ret = ibv_resize_cq(cq, 100);
	if (ibv_destroy_cq(cq))
		return fail("ibv_destroy_cq");
	return says_unsupported(ret) ?
		       unsupported("ibv_resize_cq: %s", strerror(ret)) :
	       ret ? fail("ibv_resize_cq: %s", strerror(ret)) :
		     PASS;
}

// A creation that the kernel or the provider refuses must leave nothing.
static enum result refusals(void)
{
	struct ibv_cq *cq = ibv_create_cq(dev.ctx, 10, NULL, NULL, 0);
	struct ibv_qp_init_attr init = { .send_cq = cq,
					 .recv_cq = cq,
					 .cap = { 1u << 30, 4, 2, 2, 16 },
					 .qp_type = IBV_QPT_RC };
	struct ibv_srq_init_attr srq = { .attr = { .max_wr = 1u << 30,
						   .max_sge = 2 } };

	if (!cq)
		return fail("ibv_create_cq: %s", strerror(errno));
	if (ibv_create_qp(dev.pd, &init) || ibv_create_srq(dev.pd, &srq) ||
	    ibv_create_cq(dev.ctx, 1 << 30, NULL, NULL, 0))
		return fail("an object of 2^30 entries was made");
	return ibv_destroy_cq(cq) ? fail("ibv_destroy_cq") : PASS;
}

static const struct {
	const char *name;
	enum result (*once)(void);
	unsigned int divide; // these take longer
} kinds[] = {
	{ "pd", a_pd, 1 },
	{ "mr", an_mr, 1 },
	{ "mw", an_mw, 1 },
	{ "ah", an_ah, 1 },
	{ "cq", a_cq, 1 },
	{ "cq_ex", a_cq_ex, 1 },
	{ "cq-resize", a_resized_cq, 2 },
	{ "channel", a_channel, 1 },
	{ "srq", an_srq, 1 },
	{ "qp", a_qp, 1 },
	{ "refusals", refusals, 2 },
	{ "context", a_context, 10 },
	{ "pair", a_plain_pair, 10 },
	{ "pair-wr", an_extended_pair, 10 },
	{ "pair-srq", an_srq_pair, 10 },
};

static enum result repeat(enum result (*once)(void), long n)
{
	long before, after, allowed = 128;
	int files, files_after;

	for (int i = 0; i < 20; i++)
		TRY(once());
	before = resident_kib();
	files = open_files();
	for (long i = 0; i < n; i++)
		TRY(once());
	after = resident_kib();
	files_after = open_files();
	// One leaked object of 64 bytes each time is more than that.
	if (n >= 2000)
		allowed = n * 64 / 1024;
	if (after - before > allowed)
		return fail("after %ld times VmRSS grew from %ld to %ld KiB", n,
			    before, after);
	return files == files_after ?
		       PASS :
		       fail("open files %d, then %d", files, files_after);
}

void case_resources(void)
{
	long n = number("count", 2000);

	for (size_t i = 0; i < LENGTH(kinds); i++) {
		long times = n / kinds[i].divide;

		waiting_for("%ld times %s", times, kinds[i].name);
		report(repeat(kinds[i].once, times), "%s", kinds[i].name);
	}
}

static enum result queries(struct pair *p)
{
	struct ibv_device_attr_ex ex;
	struct ibv_qp_init_attr init;
	struct ibv_port_attr port;
	struct ibv_qp_attr attr;
	union ibv_gid gid;
	__be16 pkey;
	int ret;

	memset(&ex, 0, sizeof(ex));
	ret = ibv_query_device_ex(dev.ctx, NULL, &ex);
	if (ret)
		return fail("ibv_query_device_ex: %s", strerror(ret));
	if (ex.orig_attr.max_qp != dev.attr.max_qp || !ex.orig_attr.fw_ver[0])
		return fail("ibv_query_device_ex: max_qp %d, fw_ver \"%s\"",
			    ex.orig_attr.max_qp, ex.orig_attr.fw_ver);
	if (ibv_query_port(dev.ctx, PORT, &port) ||
	    port.link_layer != IBV_LINK_LAYER_ETHERNET)
		return fail("ibv_query_port: link layer %d", port.link_layer);
	if (!ibv_query_port(dev.ctx, 9, &port))
		return fail("ibv_query_port of a port that is not there");
	if (ibv_query_gid(dev.ctx, PORT, dev.gid_index, &gid) ||
	    memcmp(&gid, &dev.gid, sizeof(gid)))
		return fail("ibv_query_gid");
	if (ibv_query_pkey(dev.ctx, PORT, 0, &pkey))
		return fail("ibv_query_pkey");
	memset(&attr, 0, sizeof(attr));
	ret = ibv_query_qp(p->a.qp, &attr,
			   IBV_QP_STATE | IBV_QP_DEST_QPN | IBV_QP_CAP |
				   IBV_QP_PATH_MTU,
			   &init);
	if (ret)
		return fail("ibv_query_qp: %s", strerror(ret));
	if (attr.qp_state != IBV_QPS_RTS ||
	    attr.dest_qp_num != p->b.qp->qp_num ||
	    attr.cap.max_send_wr < p->config.send_depth ||
	    init.send_cq != p->a.scq || init.recv_cq != p->a.rcq ||
	    init.qp_type != IBV_QPT_RC)
		return fail("ibv_query_qp: state %d, peer %u, send %u",
			    attr.qp_state, attr.dest_qp_num,
			    attr.cap.max_send_wr);
	return PASS;
}

static enum result once_for_valgrind(void)
{
	struct pair_config config = { .type = IBV_QPT_RC, .extended = true };
	struct ibv_sge sge;
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND_WITH_IMM,
				  .send_flags = IBV_SEND_SIGNALED,
				  .num_sge = 1 };
	struct ibv_wc wc;
	struct pair p;
	enum result result;

	TRY(pair_open(&p, &config));
	result = queries(&p);
	if (result != PASS)
		return done(&p, result);
	// One message, so that valgrind sees what is read from a completion.
	sge = sge_of(&p.a.buf, 0, 100);
	wr.sg_list = &sge;
	result = recv_one(&p.b, 1, sge_of(&p.b.buf, 0, 100));
	if (result == PASS)
		result = send_one(&p.a, &wr);
	if (result == PASS)
		result = await(p.a.scq, &wc, WAIT_MS, "a send");
	if (result == PASS)
		result = is_good(&wc, "send", 0, IBV_WC_SEND, p.a.qp);
	if (result == PASS)
		result = await(p.b.rcq, &wc, WAIT_MS, "a receive");
	if (result == PASS)
		result = is_good(&wc, "receive", 1, IBV_WC_RECV, p.b.qp);
	return done(&p, result);
}

void case_control(void)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		report(kinds[i].once(), "%s", kinds[i].name);
	report(once_for_valgrind(), "queries-and-a-message");
}
