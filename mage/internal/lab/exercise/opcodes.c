// SPDX-License-Identifier: Apache-2.0
// Every opcode, with the data at the destination and each completion's fields.
#include "exercise.h"

#include <arpa/inet.h>

#define GAP 13
#define LARGE (1u << 20)
#define SPACE (LARGE + 4096)

static uint8_t *expected, *scratch;

struct op {
	enum ibv_wr_opcode opcode;
	bool recv, imm;
};

static const struct op transfers[] = {
	{ IBV_WR_SEND, true, false },
	{ IBV_WR_SEND_WITH_IMM, true, true },
	{ IBV_WR_RDMA_WRITE, false, false },
	{ IBV_WR_RDMA_WRITE_WITH_IMM, true, true },
	{ IBV_WR_RDMA_READ, false, false },
};

// Cuts size bytes into n uneven pieces with gaps between; gives their span.
static size_t cut(struct ibv_sge *sge, int n, const struct buffer *b, size_t at,
		  size_t size)
{
	size_t start = at;

	for (int i = 0; i < n; i++) {
		size_t piece = i == n - 1 ? size : size / (size_t)(i + 2);

		sge[i] = sge_of(b, at, piece);
		at += piece + GAP;
		size -= piece;
	}
	return at - start;
}

static void gather(uint8_t *to, const struct ibv_sge *sge, int n)
{
	for (int i = 0; i < n; i++) {
		memcpy(to, (void *)(uintptr_t)sge[i].addr, sge[i].length);
		to += sge[i].length;
	}
}

// What base, of span bytes, has to look like once data is in its pieces.
static void scatter(uint8_t *image, const uint8_t *base,
		    const struct ibv_sge *sge, int n, const uint8_t *data)
{
	for (int i = 0; i < n; i++) {
		memcpy(image + ((uint8_t *)(uintptr_t)sge[i].addr - base), data,
		       sge[i].length);
		data += sge[i].length;
	}
}

static enum result same(const uint8_t *found, const uint8_t *wanted,
			size_t size, const char *where)
{
	if (!memcmp(found, wanted, size))
		return PASS;
	for (size_t i = 0; i < size; i++)
		if (found[i] != wanted[i])
			return fail(
				"%s: byte %zu of %zu is 0x%02x, expected 0x%02x",
				where, i, size, found[i], wanted[i]);
	return PASS;
}

// Whether data equals wanted while the kernel may still be writing it. memcmp
// would read a byte that differs a second time, when it may have arrived, and
// then call all that follows it equal.
static bool there(const volatile uint8_t *data, const uint8_t *wanted,
		  size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != wanted[i])
			return false;
	return true;
}

// Waits for data of which no acknowledgement tells when it is there. Bytes that
// are neither wanted nor what they were before are for the caller to find.
static enum result arrive(const volatile uint8_t *data, const uint8_t *wanted,
			  const uint8_t *before, size_t size)
{
	uint64_t end = now_ns() + WAIT_MS * 1000000ULL;

	for (unsigned int turn = 0; !there(data, wanted, size); turn++) {
		if (now_ns() > end)
			break;
		idle(turn);
	}
	for (size_t i = 0; i < size; i++) {
		uint8_t found = data[i];

		if (found != wanted[i] && found != before[i])
			return PASS;
	}
	return there(data, wanted, size) ?
		       PASS :
		       lost("no data after %u ms: a write of UC", WAIT_MS);
}

static enum result received(struct pair *p, const struct op *op, uint64_t id,
			    size_t size, uint32_t imm)
{
	bool ud = p->config.type == IBV_QPT_UD;
	unsigned int flags = IBV_WC_WITH_IMM | IBV_WC_WITH_INV;
	unsigned int wanted = op->imm ? IBV_WC_WITH_IMM : 0;
	struct ibv_wc wc;

	TRY(await_arrival(p, &wc, WAIT_MS, "receive of %s, %zu bytes, QP %u",
			  op_name(op->opcode), size, p->b.qp->qp_num));
	TRY(is_good(&wc, "receive", id,
		    op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM ?
			    IBV_WC_RECV_RDMA_WITH_IMM :
			    IBV_WC_RECV,
		    p->b.qp));
	if (wc.byte_len != size + (ud ? GRH : 0))
		return fail("receive: byte_len expected %zu, found %u",
			    size + (ud ? GRH : 0), wc.byte_len);
	// GRH says something only for datagrams.
	if (ud) {
		flags |= IBV_WC_GRH;
		wanted |= IBV_WC_GRH;
		if (wc.src_qp != p->a.qp->qp_num)
			return fail("receive: src_qp expected %u, found %u",
				    p->a.qp->qp_num, wc.src_qp);
	}
	if ((wc.wc_flags & flags) != wanted)
		return fail("receive: wc_flags expected 0x%x, found 0x%x",
			    wanted, wc.wc_flags);
	if (op->imm && wc.imm_data != htonl(imm))
		return fail("receive: imm_data expected 0x%x, found 0x%x", imm,
			    ntohl(wc.imm_data));
	return PASS;
}

static void addressed(struct pair *p, struct ibv_send_wr *wr)
{
	wr->wr.ud.ah = p->ah;
	wr->wr.ud.remote_qpn = p->b.qp->qp_num;
	wr->wr.ud.remote_qkey = QKEY;
}

static enum result transfer(struct pair *p, const struct op *op, size_t size,
			    int n, unsigned int flags)
{
	static uint64_t id = 1000;
	bool ud = p->config.type == IBV_QPT_UD;
	bool send =
		op->opcode == IBV_WR_SEND || op->opcode == IBV_WR_SEND_WITH_IMM;
	bool read = op->opcode == IBV_WR_RDMA_READ;
	struct ibv_sge local[MAX_SGE], remote[MAX_SGE + 1], grh = { 0 };
	struct ibv_sge *into = remote;
	int pieces = send ? n : 1;
	struct ibv_recv_wr *bad_recv, recv = { .sg_list = remote };
	struct ibv_send_wr *bad = NULL, wr = { .opcode = op->opcode },
			   last = { .opcode = IBV_WR_RDMA_WRITE,
				    .send_flags = IBV_SEND_SIGNALED };
	size_t from = 3, span_a, span_b;
	struct ibv_wc wc;
	uint32_t imm;
	int ret;

	id += 10;
	imm = (uint32_t)random64();
	span_a = cut(local, n, &p->a.buf, 5, size) + 32;
	if (ud) {
		remote[0] = sge_of(&p->b.buf, 0, GRH);
		grh = remote[0];
		into = remote + 1;
		from = GRH;
	}
	span_b = cut(into, pieces, &p->b.buf, from, size) + 32;
	fill(p->a.buf.data, span_a + 5, id);
	fill(p->b.buf.data, span_b + from, id + 1);

	// The expected image of the side that data arrives at.
	if (read) {
		memcpy(expected, p->a.buf.data, span_a);
		scatter(expected, p->a.buf.data, local, n,
			p->b.buf.data + from);
	} else {
		memcpy(expected, p->b.buf.data, span_b);
		gather(scratch, local, n);
		scatter(expected, p->b.buf.data, into, pieces, scratch);
	}

	if (op->recv) {
		recv.wr_id = id + 1;
		recv.num_sge = send ? pieces + ud : 0;
		ret = post_recv(&p->b, &recv, &bad_recv);
		if (ret)
			return fail("ibv_post_recv: %s", strerror(ret));
	}
	wr.wr_id = id;
	wr.send_flags = flags;
	wr.sg_list = local;
	wr.num_sge = size || n > 1 ? n : 0;
	if (op->imm)
		wr.imm_data = htonl(imm);
	if (ud) {
		addressed(p, &wr);
	} else if (!send) {
		wr.wr.rdma.remote_addr = into->addr;
		wr.wr.rdma.rkey = p->b.buf.mr->rkey;
	}
	if (!(flags & IBV_SEND_SIGNALED)) {
		// Another one tells that it is through.
		last.wr_id = id + 2;
		wr.next = &last;
		if (ud) {
			last.opcode = IBV_WR_SEND;
			addressed(p, &last);
			TRY(recv_one(&p->b, id + 3, grh));
		} else {
			last.wr.rdma.remote_addr = into->addr;
			last.wr.rdma.rkey = p->b.buf.mr->rkey;
		}
	}
	ret = post(&p->a, &wr, &bad);
	if (ret)
		return fail("posting %zu bytes in %d pieces: %s", size, n,
			    strerror(ret));
	if (flags & IBV_SEND_INLINE) // The buffers are free again.
		memset(p->a.buf.data, 0x77, span_a);

	if (flags & IBV_SEND_SIGNALED) {
		TRY(await(p->a.scq, &wc, WAIT_MS, "%s of %zu bytes, QP %u",
			  op_name(op->opcode), size, p->a.qp->qp_num));
		TRY(is_good(&wc, op_name(op->opcode), id,
			    completion_of(op->opcode), p->a.qp));
		if (read && wc.byte_len != size)
			return fail("read: byte_len expected %zu, found %u",
				    size, wc.byte_len);
	} else {
		TRY(await(p->a.scq, &wc, WAIT_MS,
			  "what follows an unsignaled %s, QP %u",
			  op_name(op->opcode), p->a.qp->qp_num));
		TRY(is_good(&wc, "after an unsignaled one", id + 2,
			    completion_of(last.opcode), p->a.qp));
	}
	if (op->recv)
		TRY(received(p, op, id + 1, size, imm));
	if (ud && !(flags & IBV_SEND_SIGNALED))
		TRY(await_arrival(p, &wc, WAIT_MS, "the second datagram"));
	TRY(none_left(p->a.scq, "send CQ"));
	TRY(none_left(p->b.rcq, "receive CQ"));

	if (read)
		return same(p->a.buf.data, expected, span_a, "read data");
	if (p->config.type == IBV_QPT_UC && !op->recv) {
		fill(scratch, span_b + from, id + 1);
		TRY(arrive(p->b.buf.data, expected, scratch, span_b));
	}
	if (ud) // What the GRH says is for others to say.
		memcpy(expected, p->b.buf.data, GRH);
	return same(p->b.buf.data, expected, span_b, "data at the receiver");
}

static enum result sizes(struct pair *p, const struct op *op, int n,
			 unsigned int flags)
{
	const size_t mtu = dev.mtu;
	const size_t list[] = { 0,   1,	      7,       64,	   mtu - 1,
				mtu, mtu + 1, 2 * mtu, 3 * mtu + 5 };

	for (size_t i = 0; i < LENGTH(list); i++)
		if (p->config.type != IBV_QPT_UD || list[i] <= mtu)
			TRY(transfer(p, op, list[i], n, flags));
	return PASS;
}

static enum result inlines(struct pair *p, const struct op *op, int n)
{
	const size_t list[] = { 1, 2, 31, 64, p->a.cap.max_inline_data };

	for (size_t i = 0; i < LENGTH(list); i++)
		TRY(transfer(p, op, list[i], n,
			     IBV_SEND_INLINE |
				     (i % 2 ? 0 : IBV_SEND_SIGNALED)));
	return PASS;
}

static enum result atomic(struct pair *p, enum ibv_wr_opcode opcode)
{
	const bool swap = opcode == IBV_WR_ATOMIC_CMP_AND_SWP;
	uint64_t *target = (uint64_t *)(((uintptr_t)p->b.buf.data + 71) & ~63);
	uint8_t *result = p->a.buf.data + 24;

	for (uint64_t i = 0; i < 6; i++) {
		uint64_t before = random64(), now, old;
		bool match = i % 2;
		uint64_t operand = match ? before : before + 1 + i;
		uint64_t other = random64();
		uint64_t after =
			swap ? (match ? other : before) : before + operand;
		struct ibv_sge sge = sge_of(&p->a.buf, 24, 8);
		struct ibv_send_wr wr = { .wr_id = 50 + i,
					  .opcode = opcode,
					  .sg_list = &sge,
					  .num_sge = 1,
					  .send_flags = IBV_SEND_SIGNALED };
		struct ibv_wc wc;

		wr.wr.atomic.remote_addr = (uintptr_t)target;
		wr.wr.atomic.rkey = p->b.buf.mr->rkey;
		wr.wr.atomic.compare_add = operand;
		wr.wr.atomic.swap = swap ? other : 0;
		memset(result - 8, 0x33, 24);
		target[-1] = 0x1111;
		target[0] = before;
		target[1] = 0x2222;
		TRY(send_one(&p->a, &wr));
		TRY(await(p->a.scq, &wc, WAIT_MS, "%s, QP %u", op_name(opcode),
			  p->a.qp->qp_num));
		TRY(is_good(&wc, op_name(opcode), 50 + i, completion_of(opcode),
			    p->a.qp));
		if (wc.byte_len != 8)
			return fail("byte_len expected 8, found %u",
				    wc.byte_len);
		memcpy(&old, result, 8);
		if (old != before)
			return fail("old value expected 0x%llx, found 0x%llx",
				    (unsigned long long)before,
				    (unsigned long long)old);
		now = *(volatile uint64_t *)target;
		if (now != after)
			return fail("new value expected 0x%llx, found 0x%llx",
				    (unsigned long long)after,
				    (unsigned long long)now);
		if (target[-1] != 0x1111 || target[1] != 0x2222 ||
		    result[-1] != 0x33 || result[8] != 0x33)
			return fail("memory beside the 8 bytes was written");
	}
	return none_left(p->a.scq, "send CQ");
}

// A write to the MR of B by a key, and the status it has to end with.
static enum result write_by(struct pair *p, uint32_t rkey,
			    enum ibv_wc_status status)
{
	struct ibv_sge sge = sge_of(&p->a.buf, 0, 100);
	struct ibv_send_wr wr = { .wr_id = 70,
				  .opcode = IBV_WR_RDMA_WRITE,
				  .sg_list = &sge,
				  .num_sge = 1,
				  .send_flags = IBV_SEND_SIGNALED };
	static const uint8_t nothing[100];
	struct ibv_wc wc;

	fill(p->a.buf.data, 100, rkey);
	memset(p->b.buf.data, 0, 4096);
	wr.wr.rdma.remote_addr = (uintptr_t)p->b.buf.data + 200;
	wr.wr.rdma.rkey = rkey;
	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "write through a window"));
	TRY(is_wc(&wc, "write through a window", 70, status, p->a.qp));
	if (status != IBV_WC_SUCCESS)
		return p->b.buf.data[200] || p->b.buf.data[299] ?
			       fail("an invalid key, and yet data arrived") :
			       PASS;
	if (p->config.type == IBV_QPT_UC)
		TRY(arrive(p->b.buf.data + 200, p->a.buf.data, nothing, 100));
	return same(p->b.buf.data + 200, p->a.buf.data, 100, "window data");
}

static struct ibv_mw_bind_info window(struct pair *p)
{
	return (struct ibv_mw_bind_info){
		.mr = p->b.buf.mr,
		.addr = (uintptr_t)p->b.buf.data + 128,
		.length = 1024,
		.mw_access_flags =
			IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	};
}

// Soft RoCE has no opcode for some of what the architecture has for UC. It says
// so by the completion; kernels differ in which status they leave there.
static enum result local(const struct pair *p, const struct ibv_wc *wc,
			 enum ibv_wr_opcode opcode, uint64_t id,
			 const struct ibv_qp *qp)
{
	if (p->config.type == IBV_QPT_UC && wc->wr_id == id &&
	    (wc->status == IBV_WC_LOC_QP_OP_ERR ||
	     wc->status == IBV_WC_WR_FLUSH_ERR))
		return unsupported("the kernel completes %s on UC with \"%s\"",
				   op_name(opcode),
				   ibv_wc_status_str(wc->status));
	return is_good(wc, op_name(opcode), id, completion_of(opcode), qp);
}

static enum result type2(struct pair *p, struct ibv_mw *mw,
			 enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr bind = { .wr_id = 61,
				    .opcode = IBV_WR_BIND_MW,
				    .send_flags = IBV_SEND_SIGNALED };
	struct ibv_send_wr end = { .wr_id = 62,
				   .opcode = opcode,
				   .send_flags = IBV_SEND_SIGNALED };
	struct ibv_sge sge = sge_of(&p->b.buf, 3000, 64);
	struct ibv_sge data = sge_of(&p->a.buf, 300, 17);
	uint32_t rkey = ibv_inc_rkey(mw->rkey);
	struct ibv_wc wc;

	bind.bind_mw.mw = mw;
	bind.bind_mw.rkey = rkey;
	bind.bind_mw.bind_info = window(p);
	TRY(send_one(&p->b, &bind));
	TRY(await(p->b.scq, &wc, WAIT_MS, "bind_mw"));
	TRY(local(p, &wc, IBV_WR_BIND_MW, 61, p->b.qp));
	TRY(write_by(p, rkey, IBV_WC_SUCCESS));

	end.invalidate_rkey = rkey;
	if (opcode == IBV_WR_LOCAL_INV) {
		struct ibv_send_wr *bad = NULL;
		int ret = post(&p->b, &end, &bad);

		// ibv_post_send(3) has it on UC; soft RoCE's kernel has not.
		if (ret == EINVAL && p->b.qp->qp_type == IBV_QPT_UC)
			return unsupported("local_inv is refused on UC");
		if (ret)
			return fail("posting local_inv: %s", strerror(ret));
		TRY(await(p->b.scq, &wc, WAIT_MS, "local_inv"));
		TRY(local(p, &wc, opcode, 62, p->b.qp));
	} else if (opcode == IBV_WR_SEND_WITH_INV) {
		TRY(recv_one(&p->b, 63, sge));
		end.sg_list = &data;
		end.num_sge = 1;
		fill(p->a.buf.data + 300, 17, 5);
		TRY(send_one(&p->a, &end));
		TRY(await(p->a.scq, &wc, WAIT_MS, "send_inv"));
		TRY(local(p, &wc, opcode, 62, p->a.qp));
		TRY(await_arrival(p, &wc, WAIT_MS, "receive of send_inv"));
		TRY(is_good(&wc, "receive", 63, IBV_WC_RECV, p->b.qp));
		if (wc.byte_len != 17)
			return fail(
				"receive of send_inv: byte_len expected 17, found %u",
				wc.byte_len);
		TRY(same(p->b.buf.data + 3000, p->a.buf.data + 300, 17,
			 "data of send_inv"));
		if (wc.invalidated_rkey != rkey)
			return fail(
				"invalidated_rkey expected 0x%x, found 0x%x",
				rkey, wc.invalidated_rkey);
		if ((wc.wc_flags & (IBV_WC_WITH_INV | IBV_WC_WITH_IMM |
				    IBV_WC_IP_CSUM_OK)) != IBV_WC_WITH_INV)
			return fail(
				"wc_flags expected IBV_WC_WITH_INV (0x%x), found 0x%x",
				IBV_WC_WITH_INV, wc.wc_flags);
	} else {
		return PASS;
	}
	if (p->config.type == IBV_QPT_UC)
		return PASS; // Nothing comes back from a dropped write.
	return write_by(p, rkey, IBV_WC_REM_ACCESS_ERR);
}

static enum result type1(struct pair *p, struct ibv_mw *mw)
{
	struct ibv_mw_bind bind = { .wr_id = 65,
				    .send_flags = IBV_SEND_SIGNALED,
				    .bind_info = window(p) };
	uint32_t before = mw->rkey, bound;
	struct ibv_wc wc;
	int ret = ibv_bind_mw(p->b.qp, mw, &bind);

	if (says_unsupported(ret))
		return unsupported("ibv_bind_mw: %s", strerror(ret));
	if (ret)
		return fail("ibv_bind_mw: %s", strerror(ret));
	TRY(await(p->b.scq, &wc, WAIT_MS, "ibv_bind_mw"));
	TRY(local(p, &wc, IBV_WR_BIND_MW, 65, p->b.qp));
	bound = mw->rkey;
	if (bound == before)
		return fail("ibv_bind_mw leaves the rkey as it was");
	TRY(write_by(p, bound, IBV_WC_SUCCESS));

	// A length of zero takes the binding away.
	bind.wr_id = 66;
	bind.bind_info.length = 0;
	ret = ibv_bind_mw(p->b.qp, mw, &bind);
	if (ret)
		return fail("ibv_bind_mw of length 0: %s", strerror(ret));
	TRY(await(p->b.scq, &wc, WAIT_MS, "ibv_bind_mw of length 0"));
	TRY(is_good(&wc, "unbind", 66, IBV_WC_BIND_MW, p->b.qp));
	if (p->config.type == IBV_QPT_UC)
		return PASS;
	return write_by(p, bound, IBV_WC_REM_ACCESS_ERR);
}

static enum result windows(enum ibv_qp_type type, bool extended,
			   enum ibv_mw_type kind, enum ibv_wr_opcode opcode)
{
	struct pair_config config = { .type = type,
				      .extended = extended,
				      .windows = true,
				      .invalidate =
					      opcode == IBV_WR_LOCAL_INV };
	enum result result;
	struct ibv_mw *mw;
	struct pair p;

	TRY(pair_open(&p, &config));
	mw = ibv_alloc_mw(dev.pd, kind);
	if (!mw) {
		int error = errno;

		return done(&p,
			    says_unsupported(error) ?
				    unsupported("ibv_alloc_mw of type %d: %s",
						kind, strerror(error)) :
				    fail("ibv_alloc_mw of type %d: %s", kind,
					 strerror(error)));
	}
	result = kind == IBV_MW_TYPE_1 ? type1(&p, mw) : type2(&p, mw, opcode);
	if (ibv_dealloc_mw(mw) && result == PASS)
		result = fail("ibv_dealloc_mw");
	return done(&p, result);
}

// Each group has its own QPs, so that one failure is one failure.
static enum result group(const struct pair_config *config, const struct op *op,
			 const char *name)
{
	struct pair p;
	enum result result;

	TRY(pair_open(&p, config));
	if (!strcmp(name, "plain"))
		result = sizes(&p, op, 1, IBV_SEND_SIGNALED);
	else if (!strcmp(name, "unsignaled"))
		result = sizes(&p, op, 1, 0);
	else if (!strcmp(name, "sges"))
		result = sizes(&p, op, 4, IBV_SEND_SIGNALED);
	else if (!strcmp(name, "inline"))
		result = inlines(&p, op, 1);
	else if (!strcmp(name, "inline-list"))
		result = inlines(&p, op, 3);
	else if (!strcmp(name, "large"))
		result = transfer(&p, op, LARGE, 3, IBV_SEND_SIGNALED);
	else
		result = atomic(&p, op->opcode);
	return done(&p, result);
}

static void types(enum ibv_qp_type type, bool extended)
{
	static const char *const groups[] = {
		"plain", "unsignaled", "sges", "inline", "inline-list", "large"
	};
	const char *api = extended ? "wr" : "post";
	struct pair_config config = { .type = type,
				      .extended = extended,
				      .sges = 5,
				      .inline_size = 96,
				      .size = SPACE };

	for (size_t i = 0; i < LENGTH(transfers); i++) {
		const struct op *op = &transfers[i];
		bool send = op->opcode == IBV_WR_SEND ||
			    op->opcode == IBV_WR_SEND_WITH_IMM;

		if ((type == IBV_QPT_UD && !send) ||
		    (type != IBV_QPT_RC && op->opcode == IBV_WR_RDMA_READ))
			continue;
		for (size_t g = 0; g < LENGTH(groups); g++) {
			if ((type == IBV_QPT_UD &&
			     !strcmp(groups[g], "large")) ||
			    (op->opcode == IBV_WR_RDMA_READ &&
			     !strncmp(groups[g], "inline", 6)))
				continue;
			report(group(&config, op, groups[g]), "%s/%s/%s/%s",
			       type_name(type), api, op_name(op->opcode),
			       groups[g]);
		}
	}
	if (type == IBV_QPT_RC) {
		struct op op = { IBV_WR_ATOMIC_CMP_AND_SWP, false, false };

		report(group(&config, &op, "atomic"), "rc/%s/cmp_swap", api);
		op.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD;
		report(group(&config, &op, "atomic"), "rc/%s/fetch_add", api);
	}
	if (type == IBV_QPT_UD)
		return;
	report(windows(type, extended, IBV_MW_TYPE_1, IBV_WR_BIND_MW),
	       "%s/%s/bind_mw-type1", type_name(type), api);
	report(windows(type, extended, IBV_MW_TYPE_2, IBV_WR_BIND_MW),
	       "%s/%s/bind_mw-type2", type_name(type), api);
	report(windows(type, extended, IBV_MW_TYPE_2, IBV_WR_LOCAL_INV),
	       "%s/%s/local_inv", type_name(type), api);
	report(windows(type, extended, IBV_MW_TYPE_2, IBV_WR_SEND_WITH_INV),
	       "%s/%s/send_inv", type_name(type), api);
}

void case_opcodes(void)
{
	static const enum ibv_qp_type list[] = { IBV_QPT_RC, IBV_QPT_UC,
						 IBV_QPT_UD };

	expected = malloc(SPACE + 4096);
	scratch = malloc(SPACE + 4096);
	for (size_t i = 0; i < LENGTH(list); i++) {
		types(list[i], false);
		types(list[i], true);
	}
	free(expected);
	free(scratch);
}

static enum result length(struct pair *p, enum ibv_wr_opcode opcode,
			  size_t size)
{
	bool ud = p->config.type == IBV_QPT_UD;
	bool send = opcode == IBV_WR_SEND;
	bool recv = opcode != IBV_WR_RDMA_READ;
	size_t more = ud ? GRH : 0;
	struct ibv_sge to = sge_of(&p->b.buf, 0, p->b.buf.size);
	struct ibv_sge sge = sge_of(&p->a.buf, 0, size);
	struct ibv_send_wr wr = { .wr_id = size,
				  .opcode = opcode,
				  .sg_list = &sge,
				  .num_sge = 1,
				  .send_flags = IBV_SEND_SIGNALED };
	struct ibv_wc wc;

	if (recv)
		TRY(recv_one(&p->b, size, to));
	if (ud) {
		addressed(p, &wr);
	} else if (!send) {
		wr.wr.rdma.remote_addr = to.addr;
		wr.wr.rdma.rkey = p->b.buf.mr->rkey;
	}
	TRY(send_one(&p->a, &wr));
	TRY(await(p->a.scq, &wc, WAIT_MS, "%s of %zu bytes", op_name(opcode),
		  size));
	TRY(is_good(&wc, op_name(opcode), size, completion_of(opcode),
		    p->a.qp));
	if (!recv)
		return wc.byte_len == size ?
			       PASS :
			       fail("byte_len of a %s of %zu bytes is %u",
				    op_name(opcode), size, wc.byte_len);
	TRY(await_arrival(p, &wc, WAIT_MS, "receive of %s of %zu bytes",
			  op_name(opcode), size));
	TRY(is_wc(&wc, "receive", size, IBV_WC_SUCCESS, p->b.qp));
	if (wc.byte_len != size + more)
		return fail(
			"byte_len of the receive of a %s of %zu bytes%s is %u",
			op_name(opcode), size, ud ? " (and 40 of GRH)" : "",
			wc.byte_len);
	return PASS;
}

static enum result lengths(enum ibv_qp_type type, enum ibv_wr_opcode opcode)
{
	struct pair_config config = { .type = type, .size = 65536 };
	const size_t mtu = dev.mtu;
	const size_t around[] = { 0, 64, 255, mtu, 2 * mtu, 4 * mtu, 40000 };
	enum result result;
	struct pair p;

	TRY(pair_open(&p, &config));
	result = PASS;
	for (size_t i = 0; i < LENGTH(around) && result == PASS; i++)
		for (int d = -2; d <= 2 && result == PASS; d++) {
			size_t size = around[i] + (size_t)d;

			if ((!around[i] && d < 0) ||
			    (type == IBV_QPT_UD && size > mtu))
				continue;
			result = length(&p, opcode, size);
		}
	return done(&p, result);
}

void case_length(void)
{
	report(lengths(IBV_QPT_RC, IBV_WR_SEND), "rc/send");
	report(lengths(IBV_QPT_RC, IBV_WR_RDMA_WRITE_WITH_IMM), "rc/write_imm");
	report(lengths(IBV_QPT_RC, IBV_WR_RDMA_READ), "rc/read");
	report(lengths(IBV_QPT_UC, IBV_WR_SEND), "uc/send");
	report(lengths(IBV_QPT_UC, IBV_WR_RDMA_WRITE_WITH_IMM), "uc/write_imm");
	report(lengths(IBV_QPT_UD, IBV_WR_SEND), "ud/send");
}
