// SPDX-License-Identifier: Apache-2.0
// The device, buffers, and connected pairs of QPs on it.
#include "exercise.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/mman.h>

#define GUARD 64
#define GUARD_BYTE 0xa5

struct device dev;

const char *type_name(enum ibv_qp_type type)
{
	return type == IBV_QPT_RC ? "rc" :
	       type == IBV_QPT_UC ? "uc" :
	       type == IBV_QPT_UD ? "ud" :
				    "?";
}

static const struct {
	const char *name;
	enum ibv_wc_opcode completion;
} ops[] = {
	[IBV_WR_RDMA_WRITE] = { "write", IBV_WC_RDMA_WRITE },
	[IBV_WR_RDMA_WRITE_WITH_IMM] = { "write_imm", IBV_WC_RDMA_WRITE },
	[IBV_WR_SEND] = { "send", IBV_WC_SEND },
	[IBV_WR_SEND_WITH_IMM] = { "send_imm", IBV_WC_SEND },
	[IBV_WR_RDMA_READ] = { "read", IBV_WC_RDMA_READ },
	[IBV_WR_ATOMIC_CMP_AND_SWP] = { "cmp_swap", IBV_WC_COMP_SWAP },
	[IBV_WR_ATOMIC_FETCH_AND_ADD] = { "fetch_add", IBV_WC_FETCH_ADD },
	[IBV_WR_LOCAL_INV] = { "local_inv", IBV_WC_LOCAL_INV },
	[IBV_WR_BIND_MW] = { "bind_mw", IBV_WC_BIND_MW },
	[IBV_WR_SEND_WITH_INV] = { "send_inv", IBV_WC_SEND },
};

const char *op_name(enum ibv_wr_opcode opcode)
{
	return opcode < LENGTH(ops) && ops[opcode].name ? ops[opcode].name :
							  "?";
}

enum ibv_wc_opcode completion_of(enum ibv_wr_opcode opcode)
{
	return ops[opcode].completion;
}

bool says_unsupported(int error)
{
	return error == EOPNOTSUPP || error == ENOSYS ||
	       error == EPROTONOSUPPORT;
}

// The GID that stands for an IPv4 address by RoCE v2.
static enum result find_gid(void)
{
	char path[200], type[32];
	union ibv_gid gid;

	for (int i = 0; i < dev.port.gid_tbl_len; i++) {
		FILE *f;
		bool v2;

		snprintf(path, sizeof(path),
			 "/sys/class/infiniband/%s/ports/%d/gid_attrs/types/%d",
			 dev.name, PORT, i);
		f = fopen(path, "r");
		if (!f)
			continue;
		v2 = fgets(type, sizeof(type), f) && strstr(type, "v2");
		fclose(f);
		if (!v2 || ibv_query_gid(dev.ctx, PORT, i, &gid) ||
		    !IN6_IS_ADDR_V4MAPPED((struct in6_addr *)gid.raw))
			continue;
		dev.gid = gid;
		dev.gid_index = i;
		return PASS;
	}
	return fail("no GID of an IPv4 address with RoCE v2 on %s", dev.name);
}

enum result device_open(const char *name)
{
	struct ibv_device **list;
	int ret, n;

	waiting_for("%s to open", name);
	dev.name = name;
	list = ibv_get_device_list(&n);
	if (!list)
		return fail("ibv_get_device_list: %s", strerror(errno));
	for (int i = 0; i < n; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			dev.ib = list[i];
	if (!dev.ib) {
		ibv_free_device_list(list);
		return fail("no device %s among the %d that there are", name,
			    n);
	}
	dev.ctx = ibv_open_device(dev.ib);
	ret = errno;
	ibv_free_device_list(list);
	if (!dev.ctx)
		return fail("ibv_open_device: %s", strerror(ret));
	dev.pd = ibv_alloc_pd(dev.ctx);
	if (!dev.pd)
		return fail("ibv_alloc_pd: %s", strerror(errno));
	ret = ibv_query_device(dev.ctx, &dev.attr);
	if (ret)
		return fail("ibv_query_device: %s", strerror(ret));
	ret = ibv_query_port(dev.ctx, PORT, &dev.port);
	if (ret)
		return fail("ibv_query_port: %s", strerror(ret));
	dev.mtu = 128u << dev.port.active_mtu;
	return find_gid();
}

void device_close(void)
{
	int ret = ibv_dealloc_pd(dev.pd);

	if (ret)
		report(fail("ibv_dealloc_pd at the end: %s", strerror(ret)),
		       "close");
	ret = ibv_close_device(dev.ctx);
	if (ret)
		report(fail("ibv_close_device: %s", strerror(ret)), "close");
}

enum result buffer_make(struct buffer *b, size_t size, int access)
{
	b->size = size;
	b->base = mmap(NULL, size + 2 * GUARD, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->base == MAP_FAILED) {
		b->base = NULL;
		return fail("no memory for %zu bytes", size);
	}
	b->data = b->base + GUARD;
	memset(b->base, GUARD_BYTE, GUARD);
	memset(b->data + size, GUARD_BYTE, GUARD);
	// The guards are inside of the MR: it must not be the MR's bounds
	// that keep them.
	b->mr = ibv_reg_mr(dev.pd, b->base, size + 2 * GUARD, access);
	if (!b->mr)
		return fail("ibv_reg_mr of %zu bytes: %s", size,
			    strerror(errno));
	return PASS;
}

enum result buffer_intact(const struct buffer *b)
{
	for (size_t i = 0; i < GUARD; i++) {
		if (b->base[i] != GUARD_BYTE)
			return fail(
				"byte %zd before the buffer was overwritten",
				GUARD - i);
		if (b->data[b->size + i] != GUARD_BYTE)
			return fail("byte %zd after the buffer was overwritten",
				    i + 1);
	}
	return PASS;
}

enum result buffer_free(struct buffer *b)
{
	int ret = b->mr ? ibv_dereg_mr(b->mr) : 0;

	if (b->base)
		munmap(b->base, b->size + 2 * GUARD);
	memset(b, 0, sizeof(*b));
	return ret ? fail("ibv_dereg_mr: %s", strerror(ret)) : PASS;
}

void fill(void *to, size_t size, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL;
	uint8_t *p = to;

	for (; size >= 8; size -= 8, p += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(p, &x, 8);
	}
	x ^= x << 13;
	x ^= x >> 7;
	memcpy(p, &x, size);
}

struct ibv_sge sge_of(const struct buffer *b, size_t offset, size_t size)
{
	return (struct ibv_sge){
		.addr = (uintptr_t)b->data + offset,
		.length = (uint32_t)size,
		.lkey = b->mr->lkey,
	};
}

static struct ibv_ah_attr loopback(void)
{
	return (struct ibv_ah_attr){
		.is_global = 1,
		.port_num = PORT,
		.grh = { .dgid = dev.gid,
			 .sgid_index = (uint8_t)dev.gid_index,
			 .hop_limit = 64 },
	};
}

struct ibv_ah *loopback_ah(struct ibv_pd *pd)
{
	struct ibv_ah_attr attr = loopback();

	return ibv_create_ah(pd, &attr);
}

int qp_init(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT,
				    .port_num = PORT };
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT;

	if (qp->qp_type == IBV_QPT_UD) {
		attr.qkey = QKEY;
		mask |= IBV_QP_QKEY;
	} else {
		attr.qp_access_flags = REMOTE;
		mask |= IBV_QP_ACCESS_FLAGS;
	}
	return ibv_modify_qp(qp, &attr, mask);
}

int qp_ready(struct ibv_qp *qp, uint32_t peer, const struct pair_config *c)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = dev.port.active_mtu,
		.dest_qp_num = peer,
		.rq_psn = 0xfffff0, // so that it wraps
		.max_dest_rd_atomic = 8,
		.min_rnr_timer = 1,
		.ah_attr = loopback(),
	};
	int ret, mask = IBV_QP_STATE;

	if (qp->qp_type != IBV_QPT_UD)
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
			IBV_QP_RQ_PSN;
	if (qp->qp_type == IBV_QPT_RC)
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	ret = ibv_modify_qp(qp, &attr, mask);
	if (ret)
		return ret;

	attr.qp_state = IBV_QPS_RTS;
	attr.sq_psn = 0xfffff0;
	attr.timeout = c->impatient ? 10 : 17;
	attr.retry_cnt = c->impatient ? 1 : 7;
	attr.rnr_retry = c->rnr_never ? 0 : c->rnr_retry ? c->rnr_retry : 7;
	attr.max_rd_atomic = 8;
	mask = IBV_QP_STATE | IBV_QP_SQ_PSN;
	if (qp->qp_type == IBV_QPT_RC)
		mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			IBV_QP_MAX_QP_RD_ATOMIC;
	return ibv_modify_qp(qp, &attr, mask);
}

int qp_state(struct ibv_qp *qp, enum ibv_qp_state state)
{
	struct ibv_qp_attr attr = { .qp_state = state };

	return ibv_modify_qp(qp, &attr, IBV_QP_STATE);
}

static uint64_t send_ops(const struct pair_config *c)
{
	uint64_t flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;

	if (c->type == IBV_QPT_UD)
		return flags;
	flags |= IBV_QP_EX_WITH_RDMA_WRITE | IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM;
	if (c->windows)
		flags |= IBV_QP_EX_WITH_BIND_MW | IBV_QP_EX_WITH_SEND_WITH_INV;
	if (c->invalidate || (c->windows && c->type == IBV_QPT_RC))
		flags |= IBV_QP_EX_WITH_LOCAL_INV;
	if (c->type == IBV_QPT_UC)
		return flags;
	return flags | IBV_QP_EX_WITH_RDMA_READ |
	       IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
	       IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD;
}

static enum result make_qp(struct end *e, const struct pair_config *c)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = e->scq,
		.recv_cq = e->rcq,
		.srq = e->srq,
		.cap = { .max_send_wr = c->send_depth,
			 .max_recv_wr = e->srq ? 0 : c->recv_depth,
			 .max_send_sge = c->sges,
			 .max_recv_sge = e->srq ? 0 : c->sges,
			 .max_inline_data = c->inline_size },
		.qp_type = c->type,
		.sq_sig_all = c->all_signaled,
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = c->pd,
		.send_ops_flags = send_ops(c),
	};
	struct ibv_qp_init_attr plain = {
		.send_cq = e->scq,
		.recv_cq = e->rcq,
		.srq = e->srq,
		.cap = attr.cap,
		.qp_type = c->type,
		.sq_sig_all = c->all_signaled,
	};
	int error;

	if (c->extended) {
		e->qp = ibv_create_qp_ex(dev.ctx, &attr);
		error = errno;
		e->cap = attr.cap;
		if (!e->qp && says_unsupported(error))
			return unsupported("ibv_create_qp_ex of %s: %s",
					   type_name(c->type), strerror(error));
		if (e->qp)
			e->qpx = ibv_qp_to_qp_ex(e->qp);
		if (e->qp && !e->qpx)
			return fail("ibv_qp_to_qp_ex gives nothing");
	} else {
		e->qp = ibv_create_qp(c->pd, &plain);
		error = errno;
		e->cap = plain.cap;
	}
	if (!e->qp)
		return fail("creating a %s QP: %s", type_name(c->type),
			    strerror(error));
	if (e->cap.max_send_wr < c->send_depth ||
	    e->cap.max_send_sge < c->sges ||
	    e->cap.max_inline_data < c->inline_size ||
	    (!e->srq && (e->cap.max_recv_wr < c->recv_depth ||
			 e->cap.max_recv_sge < c->sges)))
		return fail(
			"a QP smaller than asked for: send %u recv %u sge %u/%u inline %u",
			e->cap.max_send_wr, e->cap.max_recv_wr,
			e->cap.max_send_sge, e->cap.max_recv_sge,
			e->cap.max_inline_data);
	if (!e->srq)
		e->recv_cap = e->cap.max_recv_wr;
	return PASS;
}

static struct ibv_cq *make_cq(const struct pair_config *c)
{
	struct ibv_cq_init_attr_ex attr = { .cqe = c->cq_depth,
					    .channel = c->channel,
					    .wc_flags = IBV_WC_EX_WITH_QP_NUM };
	struct ibv_cq_ex *cq;

	if (c->cq_ex) {
		cq = ibv_create_cq_ex(dev.ctx, &attr);
		return cq ? ibv_cq_ex_to_cq(cq) : NULL;
	}
	return ibv_create_cq(dev.ctx, (int)c->cq_depth, NULL, c->channel, 0);
}

static enum result make_end(struct pair *p, struct end *e)
{
	const struct pair_config *c = &p->config;

	TRY(buffer_make(&e->buf, c->size, c->access));
	if (c->one_cq && e == &p->b) {
		e->scq = p->a.scq;
		e->rcq = p->a.scq;
	} else {
		e->scq = make_cq(c);
		e->rcq = c->one_cq ? e->scq : make_cq(c);
	}
	if (!e->scq || !e->rcq)
		return fail("ibv_create_cq of %u entries: %s", c->cq_depth,
			    strerror(errno));
	if (c->srq) {
		struct ibv_srq_init_attr attr = {
			.attr = { .max_wr = c->recv_depth, .max_sge = c->sges }
		};

		e->srq = ibv_create_srq(c->pd, &attr);
		if (!e->srq)
			return fail("ibv_create_srq of %u: %s", c->recv_depth,
				    strerror(errno));
		e->recv_cap = attr.attr.max_wr;
	}
	return make_qp(e, c);
}

enum result pair_connect(struct pair *p)
{
	int ret = qp_init(p->a.qp);

	if (!ret)
		ret = qp_init(p->b.qp);
	if (!ret)
		ret = qp_ready(p->b.qp, p->a.qp->qp_num, &p->config);
	if (!ret)
		ret = qp_ready(p->a.qp, p->b.qp->qp_num, &p->config);
	return ret ? fail("connecting %s QPs: %s", type_name(p->config.type),
			  strerror(ret)) :
		     PASS;
}

static enum result pair_make(struct pair *p)
{
	TRY(make_end(p, &p->a));
	TRY(make_end(p, &p->b));
	if (p->config.type == IBV_QPT_UD) {
		p->ah = loopback_ah(p->config.pd);
		if (!p->ah)
			return fail("ibv_create_ah: %s", strerror(errno));
	}
	return p->config.loose ? PASS : pair_connect(p);
}

enum result pair_open(struct pair *p, const struct pair_config *config)
{
	struct pair_config *c = &p->config;
	enum result result;

	memset(p, 0, sizeof(*p));
	*c = *config;
	if (!c->send_depth)
		c->send_depth = 16;
	if (!c->recv_depth)
		c->recv_depth = 16;
	if (!c->cq_depth)
		c->cq_depth = 2 * (c->send_depth + c->recv_depth) + 64;
	if (!c->sges)
		c->sges = 1;
	if (!c->size)
		c->size = 65536;
	if (!c->access)
		c->access = REMOTE | IBV_ACCESS_MW_BIND;
	if (!c->pd)
		c->pd = dev.pd;
	waiting_for("a pair of %s QPs", type_name(c->type));
	result = pair_make(p);
	return result == PASS ? PASS : done(p, result);
}

static int end_close(struct end *e)
{
	int ret = 0;

	if (e->qp)
		ret |= ibv_destroy_qp(e->qp);
	if (e->srq)
		ret |= ibv_destroy_srq(e->srq);
	return ret;
}

static int cqs_close(struct end *e)
{
	int ret = 0;

	if (e->scq)
		ret |= ibv_destroy_cq(e->scq);
	if (e->rcq && e->rcq != e->scq)
		ret |= ibv_destroy_cq(e->rcq);
	return ret;
}

enum result pair_close(struct pair *p)
{
	enum result result = PASS;
	int ret = 0;

	waiting_for("a pair of %s QPs to be destroyed",
		    type_name(p->config.type));
	if (p->ah)
		ret |= ibv_destroy_ah(p->ah);
	ret |= end_close(&p->a);
	ret |= end_close(&p->b);
	ret |= cqs_close(&p->a);
	if (!p->config.one_cq)
		ret |= cqs_close(&p->b);
	if (ret)
		result = fail("destroying a pair of %s QPs: %s",
			      type_name(p->config.type), strerror(ret));
	for (int i = 0; i < 2; i++) {
		struct buffer *b = i ? &p->b.buf : &p->a.buf;

		if (b->base && result == PASS)
			result = buffer_intact(b);
		if (buffer_free(b) != PASS)
			result = FAIL;
	}
	memset(p, 0, sizeof(*p));
	return result;
}

static void build(struct ibv_qp_ex *q, const struct ibv_send_wr *wr)
{
	q->wr_id = wr->wr_id;
	q->wr_flags = wr->send_flags & ~(unsigned int)IBV_SEND_INLINE;
	switch (wr->opcode) {
	case IBV_WR_SEND:
		ibv_wr_send(q);
		break;
	case IBV_WR_SEND_WITH_IMM:
		ibv_wr_send_imm(q, wr->imm_data);
		break;
	case IBV_WR_SEND_WITH_INV:
		ibv_wr_send_inv(q, wr->invalidate_rkey);
		break;
	case IBV_WR_RDMA_WRITE:
		ibv_wr_rdma_write(q, wr->wr.rdma.rkey, wr->wr.rdma.remote_addr);
		break;
	case IBV_WR_RDMA_WRITE_WITH_IMM:
		ibv_wr_rdma_write_imm(q, wr->wr.rdma.rkey,
				      wr->wr.rdma.remote_addr, wr->imm_data);
		break;
	case IBV_WR_RDMA_READ:
		ibv_wr_rdma_read(q, wr->wr.rdma.rkey, wr->wr.rdma.remote_addr);
		break;
	case IBV_WR_ATOMIC_CMP_AND_SWP:
		ibv_wr_atomic_cmp_swp(q, wr->wr.atomic.rkey,
				      wr->wr.atomic.remote_addr,
				      wr->wr.atomic.compare_add,
				      wr->wr.atomic.swap);
		break;
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		ibv_wr_atomic_fetch_add(q, wr->wr.atomic.rkey,
					wr->wr.atomic.remote_addr,
					wr->wr.atomic.compare_add);
		break;
	case IBV_WR_BIND_MW:
		ibv_wr_bind_mw(q, wr->bind_mw.mw, wr->bind_mw.rkey,
			       &wr->bind_mw.bind_info);
		return;
	case IBV_WR_LOCAL_INV:
		ibv_wr_local_inv(q, wr->invalidate_rkey);
		return;
	default:
		abort();
	}
	if (q->qp_base.qp_type == IBV_QPT_UD)
		ibv_wr_set_ud_addr(q, wr->wr.ud.ah, wr->wr.ud.remote_qpn,
				   wr->wr.ud.remote_qkey);
	if (!(wr->send_flags & IBV_SEND_INLINE)) {
		if (wr->num_sge == 1)
			ibv_wr_set_sge(q, wr->sg_list->lkey, wr->sg_list->addr,
				       wr->sg_list->length);
		else
			ibv_wr_set_sge_list(q, (size_t)wr->num_sge,
					    wr->sg_list);
	} else if (wr->num_sge == 1) {
		ibv_wr_set_inline_data(q, (void *)(uintptr_t)wr->sg_list->addr,
				       wr->sg_list->length);
	} else {
		struct ibv_data_buf list[MAX_SGE];

		for (int i = 0; i < wr->num_sge; i++) {
			list[i].addr = (void *)(uintptr_t)wr->sg_list[i].addr;
			list[i].length = wr->sg_list[i].length;
		}
		ibv_wr_set_inline_data_list(q, (size_t)wr->num_sge, list);
	}
}

int post(struct end *e, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	if (!e->qpx)
		return ibv_post_send(e->qp, wr, bad);
	ibv_wr_start(e->qpx);
	for (; wr; wr = wr->next)
		build(e->qpx, wr);
	return ibv_wr_complete(e->qpx);
}

int post_recv(struct end *e, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	return e->srq ? ibv_post_srq_recv(e->srq, wr, bad) :
			ibv_post_recv(e->qp, wr, bad);
}

enum result recv_one(struct end *e, uint64_t id, struct ibv_sge sge)
{
	struct ibv_recv_wr wr = { .wr_id = id, .sg_list = &sge, .num_sge = 1 };
	struct ibv_recv_wr *bad = NULL;
	int ret = post_recv(e, &wr, &bad);

	return ret ? fail("posting receive %llu: %s", (unsigned long long)id,
			  strerror(ret)) :
		     PASS;
}

struct ibv_send_wr signaled_send(struct ibv_sge *sge, uint64_t id)
{
	return (struct ibv_send_wr){ .wr_id = id,
				     .opcode = IBV_WR_SEND,
				     .sg_list = sge,
				     .num_sge = 1,
				     .send_flags = IBV_SEND_SIGNALED };
}

enum result send_one(struct end *e, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;
	int ret = post(e, wr, &bad);

	return ret ? fail("posting %s %llu by %s: %s", op_name(wr->opcode),
			  (unsigned long long)wr->wr_id,
			  e->qpx ? "ibv_wr_*" : "ibv_post_send",
			  strerror(ret)) :
		     PASS;
}

enum result await_n(struct ibv_cq *cq, struct ibv_wc *wc, int n,
		    unsigned int ms, const char *what)
{
	uint64_t end = now_ns() + (uint64_t)ms * 1000000;
	unsigned int turn = 0;
	int have = 0;

	waiting_for("%s", what);
	while (have < n) {
		int got = ibv_poll_cq(cq, n - have, wc + have);

		if (got < 0)
			return fail("ibv_poll_cq gives %d, waiting for %s", got,
				    what);
		if (got > n - have)
			return fail("ibv_poll_cq gives %d of at most %d", got,
				    n - have);
		have += got;
		if (got)
			turn = 0;
		else if (now_ns() > end)
			return fail("only %d of %d completions after %u ms: %s",
				    have, n, ms, what);
		else
			idle(turn++);
	}
	return PASS;
}

enum result await(struct ibv_cq *cq, struct ibv_wc *wc, unsigned int ms,
		  const char *what, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	memset(wc, 0xee, sizeof(*wc));
	return await_n(cq, wc, 1, ms, text);
}

enum result await_arrival(const struct pair *p, struct ibv_wc *wc,
			  unsigned int ms, const char *what, ...)
{
	uint64_t end = now_ns() + (uint64_t)ms * 1000000;
	unsigned int turn = 0;
	char text[160];
	va_list ap;
	int got;

	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	if (p->config.type == IBV_QPT_RC)
		return await(p->b.rcq, wc, ms, "%s", text);
	waiting_for("%s", text);
	memset(wc, 0xee, sizeof(*wc));
	while (!(got = ibv_poll_cq(p->b.rcq, 1, wc))) {
		if (now_ns() > end)
			return lost("no completion after %u ms: %s", ms, text);
		idle(turn++);
	}
	return got == 1 ?
		       PASS :
		       fail("ibv_poll_cq gives %d, waiting for %s", got, text);
}

enum result none_left(struct ibv_cq *cq, const char *what)
{
	struct ibv_wc wc;
	int n = ibv_poll_cq(cq, 1, &wc);

	return n ? fail("%s: a completion too many: wr_id %llu, %s", what,
			(unsigned long long)wc.wr_id,
			ibv_wc_status_str(wc.status)) :
		   PASS;
}

enum result is_wc(const struct ibv_wc *wc, const char *what, uint64_t id,
		  enum ibv_wc_status status, const struct ibv_qp *qp)
{
	if (wc->wr_id != id)
		return fail("%s: wr_id expected %llu, found %llu (%s)", what,
			    (unsigned long long)id,
			    (unsigned long long)wc->wr_id,
			    ibv_wc_status_str(wc->status));
	if (wc->status != status)
		return fail(
			"%s %llu: status expected \"%s\", found \"%s\" (%d)",
			what, (unsigned long long)id, ibv_wc_status_str(status),
			ibv_wc_status_str(wc->status), wc->status);
	if (wc->qp_num != qp->qp_num)
		return fail("%s %llu: qp_num expected %u, found %u", what,
			    (unsigned long long)id, qp->qp_num, wc->qp_num);
	return PASS;
}

enum result is_good(const struct ibv_wc *wc, const char *what, uint64_t id,
		    enum ibv_wc_opcode opcode, const struct ibv_qp *qp)
{
	TRY(is_wc(wc, what, id, IBV_WC_SUCCESS, qp));
	if (wc->opcode != opcode)
		return fail(
			"%s %llu: opcode of the completion expected %d, found %d",
			what, (unsigned long long)id, opcode, wc->opcode);
	return PASS;
}
