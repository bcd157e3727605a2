// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * ibv_wr_*(): requests that are built in the ring by function calls.
 *
 * From ibv_wr_start() on the send queue's lock is held and wr_next runs ahead
 * of the ring's own index. Only ibv_wr_complete() hands over what lies between
 * the two, so to abort is to forget wr_next. The first thing that goes wrong is
 * kept in wr_err: from then on nothing is written, and ibv_wr_complete()
 * tells it.
 */

#include <errno.h>

#include "rib-compat.h"
#include "wqe.h"

static void rib_wr_fail(struct rib_qp *qp, int err)
{
	if (!qp->wr_err)
		qp->wr_err = err;
}

/* The next request, with all but what its opcode needs; NULL: do nothing. */
static struct rib_send_wqe *rib_wr_begin(struct rib_qp *qp, uint32_t opcode)
{
	const struct ibv_qp_ex *ex = &qp->vqp.qp_ex;
	struct rib_ring *ring = &qp->sq.ring;

	if (unlikely(ex->wr_flags & ~RIB_SEND_FLAGS || qp->wr_wants))
		rib_wr_fail(qp, EINVAL);
	else if (unlikely(rib_ring_full(ring, qp->wr_next)))
		rib_wr_fail(qp, ENOMEM);
	if (unlikely(qp->wr_err))
		return NULL;

	qp->wr = rib_ring_slot(ring, qp->wr_next);
	qp->wr_next = rib_ring_after(ring, qp->wr_next);
	/* whether data is inline, the setter says */
	rib_put_head(qp->wr, ex->wr_id, opcode,
		     ex->wr_flags & ~IBV_SEND_INLINE);
	rib_put_data(&qp->wr->data, 0, 0);
	return qp->wr;
}

/* The request that a setter adds to; NULL: do nothing. */
static struct rib_send_wqe *rib_wr_current(struct rib_qp *qp)
{
	if (unlikely(!qp->wr))
		rib_wr_fail(qp, EINVAL);
	return unlikely(qp->wr_err) ? NULL : qp->wr;
}

static void rib_wr_rdma(struct rib_qp *qp, uint32_t opcode, uint32_t rkey,
			uint64_t remote_addr, __be32 imm_data)
{
	struct rib_send_wqe *wqe = rib_wr_begin(qp, opcode);

	if (!wqe)
		return;
	wqe->ex.imm_data = imm_data;
	rib_put_rdma(wqe, remote_addr, rkey);
}

static void rib_wr_atomic(struct rib_qp *qp, uint32_t opcode, uint32_t rkey,
			  uint64_t remote_addr, uint64_t compare_add,
			  uint64_t swap)
{
	struct rib_send_wqe *wqe;

	if (remote_addr & 7)
		rib_wr_fail(qp, EINVAL);
	wqe = rib_wr_begin(qp, opcode);
	if (!wqe)
		return;
	rib_put_atomic(wqe, remote_addr, rkey, compare_add, swap);
	qp->wr_wants = RIB_WANTS_RESULT;
}

static struct rib_send_wqe *rib_wr_message(struct rib_qp *qp, uint32_t opcode)
{
	struct rib_send_wqe *wqe = rib_wr_begin(qp, opcode);

	if (wqe && qp->vqp.qp.qp_type == IBV_QPT_UD)
		qp->wr_wants = RIB_WANTS_AH;
	return wqe;
}

static void rib_wr_atomic_cmp_swp(struct ibv_qp_ex *qp, uint32_t rkey,
				  uint64_t remote_addr, uint64_t compare,
				  uint64_t swap)
{
	rib_wr_atomic(to_rib_qp_ex(qp), IBV_WR_ATOMIC_CMP_AND_SWP, rkey,
		      remote_addr, compare, swap);
}

static void rib_wr_atomic_fetch_add(struct ibv_qp_ex *qp, uint32_t rkey,
				    uint64_t remote_addr, uint64_t add)
{
	rib_wr_atomic(to_rib_qp_ex(qp), IBV_WR_ATOMIC_FETCH_AND_ADD, rkey,
		      remote_addr, add, 0);
}

static void rib_wr_bind_mw(struct ibv_qp_ex *qp, struct ibv_mw *mw,
			   uint32_t rkey, const struct ibv_mw_bind_info *info)
{
	struct rib_send_wqe *wqe;

	if (!mw)
		rib_wr_fail(to_rib_qp_ex(qp), EINVAL);
	wqe = rib_wr_begin(to_rib_qp_ex(qp), IBV_WR_BIND_MW);
	if (wqe)
		rib_put_mw(wqe, info, mw->rkey, rkey);
}

static void rib_wr_local_inv(struct ibv_qp_ex *qp, uint32_t invalidate_rkey)
{
	struct rib_send_wqe *wqe;

	wqe = rib_wr_begin(to_rib_qp_ex(qp), IBV_WR_LOCAL_INV);
	if (wqe)
		wqe->ex.invalidate_rkey = invalidate_rkey;
}

static void rib_wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey,
			     uint64_t remote_addr)
{
	rib_wr_rdma(to_rib_qp_ex(qp), IBV_WR_RDMA_READ, rkey, remote_addr, 0);
}

static void rib_wr_rdma_write(struct ibv_qp_ex *qp, uint32_t rkey,
			      uint64_t remote_addr)
{
	rib_wr_rdma(to_rib_qp_ex(qp), IBV_WR_RDMA_WRITE, rkey, remote_addr, 0);
}

static void rib_wr_rdma_write_imm(struct ibv_qp_ex *qp, uint32_t rkey,
				  uint64_t remote_addr, __be32 imm_data)
{
	rib_wr_rdma(to_rib_qp_ex(qp), IBV_WR_RDMA_WRITE_WITH_IMM, rkey,
		    remote_addr, imm_data);
}

static void rib_wr_send(struct ibv_qp_ex *qp)
{
	rib_wr_message(to_rib_qp_ex(qp), IBV_WR_SEND);
}

static void rib_wr_send_imm(struct ibv_qp_ex *qp, __be32 imm_data)
{
	struct rib_send_wqe *wqe;

	wqe = rib_wr_message(to_rib_qp_ex(qp), IBV_WR_SEND_WITH_IMM);
	if (wqe)
		wqe->ex.imm_data = imm_data;
}

static void rib_wr_send_inv(struct ibv_qp_ex *qp, uint32_t invalidate_rkey)
{
	struct rib_send_wqe *wqe;

	wqe = rib_wr_message(to_rib_qp_ex(qp), IBV_WR_SEND_WITH_INV);
	if (wqe)
		wqe->ex.invalidate_rkey = invalidate_rkey;
}

#if RIB_HAVE_ATOMIC_WRITE
/* Always eight bytes, and they travel in the request. */
static void rib_wr_atomic_write(struct ibv_qp_ex *ex, uint32_t rkey,
				uint64_t remote_addr, const void *atomic_wr)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	struct rib_send_wqe *wqe;

	if (remote_addr & 7)
		rib_wr_fail(qp, EINVAL);
	wqe = rib_wr_begin(qp, IBV_WR_ATOMIC_WRITE);
	if (!wqe)
		return;
	rib_put_rdma(wqe, remote_addr, rkey);
	memcpy(rib_send_payload(wqe), atomic_wr, 8);
	rib_put_data(&wqe->data, 8, 0);
}
#endif

#if RIB_HAVE_FLUSH
static void rib_wr_flush(struct ibv_qp_ex *ex, uint32_t rkey,
			 uint64_t remote_addr, size_t length, uint8_t type,
			 uint8_t level)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	struct rib_send_wqe *wqe;

	if (length > UINT32_MAX)
		rib_wr_fail(qp, EINVAL);
	wqe = rib_wr_begin(qp, IBV_WR_FLUSH);
	if (!wqe)
		return;
	wqe->op.flush.remote_addr = remote_addr;
	wqe->op.flush.length = length;
	wqe->op.flush.rkey = rkey;
	wqe->op.flush.type = type;
	wqe->op.flush.level = level;
	wqe->iova = remote_addr;
	rib_put_data(&wqe->data, length, 0);
}
#endif

static void rib_wr_set_ud_addr(struct ibv_qp_ex *ex, struct ibv_ah *ah,
			       uint32_t remote_qpn, uint32_t remote_qkey)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	struct rib_send_wqe *wqe;

	if (!ah || !(qp->wr_wants & RIB_WANTS_AH))
		rib_wr_fail(qp, EINVAL);
	wqe = rib_wr_current(qp);
	if (!wqe)
		return;
	rib_put_ud(wqe, ah, remote_qpn, remote_qkey);
	qp->wr_wants &= ~RIB_WANTS_AH;
}

/* What has its data in the request already takes no other. */
static bool rib_takes_inline(uint32_t opcode)
{
	return (rib_traits[opcode] & (RIB_INLINE | RIB_DATA)) ==
	       (RIB_INLINE | RIB_DATA);
}

/*
 * What ibv_post_send() asks of a list of places, once its length is known: that
 * it is not too long, that an opcode without data has none, and that there is
 * room for what an atomic brings back.
 */
static bool rib_wr_takes(struct rib_qp *qp, const struct rib_send_wqe *wqe,
			 size_t num_sge, uint64_t length)
{
	uint8_t traits = rib_traits[wqe->opcode];

	if (num_sge > qp->sq.max_sge || length > RIB_MAX_MESSAGE ||
	    !(traits & RIB_DATA))
		return false;
	if (!(traits & RIB_ATOMIC))
		return true;
	if (length < RIB_ATOMIC_SIZE)
		return false;
	qp->wr_wants &= ~RIB_WANTS_RESULT;
	return true;
}

/* The request if it may take so many bytes of inline data, else NULL. */
static struct rib_send_wqe *rib_wr_inline(struct rib_qp *qp, size_t length)
{
	struct rib_send_wqe *wqe = rib_wr_current(qp);

	if (!wqe)
		return NULL;
	if (length > qp->max_inline || !rib_takes_inline(wqe->opcode)) {
		rib_wr_fail(qp, EINVAL);
		return NULL;
	}
	wqe->send_flags |= IBV_SEND_INLINE;
	rib_put_data(&wqe->data, length, 0);
	return wqe;
}

static void rib_wr_set_inline_data(struct ibv_qp_ex *qp, void *addr,
				   size_t length)
{
	struct rib_send_wqe *wqe = rib_wr_inline(to_rib_qp_ex(qp), length);

	if (wqe && length)
		memcpy(rib_send_payload(wqe), addr, length);
}

static void rib_wr_set_inline_data_list(struct ibv_qp_ex *ex, size_t num_buf,
					const struct ibv_data_buf *buf_list)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	struct rib_send_wqe *wqe;
	size_t length = 0;
	uint8_t *to;
	size_t i;

	/* stops where the limit is passed, so that the sum cannot wrap */
	for (i = 0; i < num_buf && length <= qp->max_inline; i++) {
		if (buf_list[i].length > qp->max_inline)
			rib_wr_fail(qp, EINVAL);
		length += buf_list[i].length;
	}

	wqe = rib_wr_inline(qp, length);
	if (!wqe)
		return;
	to = rib_send_payload(wqe);
	for (i = 0; i < num_buf; i++) {
		memcpy(to, buf_list[i].addr, buf_list[i].length);
		to += buf_list[i].length;
	}
}

static void rib_wr_set_sge(struct ibv_qp_ex *ex, uint32_t lkey, uint64_t addr,
			   uint32_t length)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	struct rib_send_wqe *wqe = rib_wr_current(qp);

	if (!wqe)
		return;
	if (unlikely(!rib_wr_takes(qp, wqe, 1, length))) {
		rib_wr_fail(qp, EINVAL);
		return;
	}
	*(struct rib_sge *)rib_send_payload(wqe) = (struct rib_sge){
		.addr = addr,
		.length = length,
		.lkey = lkey,
	};
	rib_put_data(&wqe->data, length, 1);
}

static void rib_wr_set_sge_list(struct ibv_qp_ex *ex, size_t num_sge,
				const struct ibv_sge *sg_list)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	struct rib_send_wqe *wqe = rib_wr_current(qp);
	uint64_t length = 0;
	size_t i;

	if (!wqe)
		return;
	for (i = 0; i < num_sge && i <= qp->sq.max_sge; i++)
		length += sg_list[i].length;
	if (unlikely(!rib_wr_takes(qp, wqe, num_sge, length))) {
		rib_wr_fail(qp, EINVAL);
		return;
	}
	if (num_sge)
		memcpy(rib_send_payload(wqe), sg_list,
		       num_sge * sizeof(*sg_list));
	rib_put_data(&wqe->data, length, num_sge);
}

static void rib_wr_start(struct ibv_qp_ex *ex)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);

	rib_lock(&qp->sq.lock);
	qp->wr = NULL;
	qp->wr_next = qp->sq.ring.own;
	qp->wr_err = rib_can_send(qp) ? 0 : EINVAL;
	qp->wr_wants = 0;
}

static int rib_wr_complete(struct ibv_qp_ex *ex)
{
	struct rib_qp *qp = to_rib_qp_ex(ex);
	bool any = qp->wr_next != qp->sq.ring.own;
	int ret;

	if (unlikely(qp->wr_wants))
		rib_wr_fail(qp, EINVAL);
	ret = qp->wr_err;
	if (!ret && any)
		rib_ring_publish(&qp->sq.ring, qp->wr_next);
	rib_unlock(&qp->sq.lock);

	if (!ret && any)
		rib_tell_of_sends(qp);
	return ret;
}

static void rib_wr_abort(struct ibv_qp_ex *ex)
{
	rib_unlock(&to_rib_qp_ex(ex)->sq.lock);
}

bool rib_send_ops_known(enum ibv_qp_type type, uint64_t send_ops)
{
	const uint64_t ud = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
	const uint64_t uc =
		ud | IBV_QP_EX_WITH_SEND_WITH_INV | IBV_QP_EX_WITH_RDMA_WRITE |
		IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | IBV_QP_EX_WITH_BIND_MW;
	const uint64_t rc = uc | IBV_QP_EX_WITH_RDMA_READ |
			    IBV_QP_EX_WITH_LOCAL_INV |
			    IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
			    IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD |
			    RIB_ATOMIC_WRITE_SEND_OP | RIB_FLUSH_SEND_OP;

	switch (type) {
	case IBV_QPT_UD:
		return !(send_ops & ~ud);
	case IBV_QPT_UC:
		return !(send_ops & ~uc);
	case IBV_QPT_RC:
		return !(send_ops & ~rc);
	default:
		return false;
	}
}

static void rib_set_new_builders(struct ibv_qp_ex *qp, uint64_t send_ops)
{
#if RIB_HAVE_ATOMIC_WRITE
	if (send_ops & IBV_QP_EX_WITH_ATOMIC_WRITE)
		qp->wr_atomic_write = rib_wr_atomic_write;
#endif
#if RIB_HAVE_FLUSH
	if (send_ops & IBV_QP_EX_WITH_FLUSH)
		qp->wr_flush = rib_wr_flush;
#endif
}

static void rib_set_builders(struct ibv_qp_ex *qp, uint64_t send_ops)
{
	if (send_ops & IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP)
		qp->wr_atomic_cmp_swp = rib_wr_atomic_cmp_swp;
	if (send_ops & IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)
		qp->wr_atomic_fetch_add = rib_wr_atomic_fetch_add;
	if (send_ops & IBV_QP_EX_WITH_BIND_MW)
		qp->wr_bind_mw = rib_wr_bind_mw;
	if (send_ops & IBV_QP_EX_WITH_LOCAL_INV)
		qp->wr_local_inv = rib_wr_local_inv;
	if (send_ops & IBV_QP_EX_WITH_RDMA_READ)
		qp->wr_rdma_read = rib_wr_rdma_read;
	if (send_ops & IBV_QP_EX_WITH_RDMA_WRITE)
		qp->wr_rdma_write = rib_wr_rdma_write;
	if (send_ops & IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM)
		qp->wr_rdma_write_imm = rib_wr_rdma_write_imm;
	if (send_ops & IBV_QP_EX_WITH_SEND)
		qp->wr_send = rib_wr_send;
	if (send_ops & IBV_QP_EX_WITH_SEND_WITH_IMM)
		qp->wr_send_imm = rib_wr_send_imm;
	if (send_ops & IBV_QP_EX_WITH_SEND_WITH_INV)
		qp->wr_send_inv = rib_wr_send_inv;
}

void rib_set_wr_ops(struct ibv_qp_ex *qp, uint64_t send_ops)
{
	rib_set_builders(qp, send_ops);
	rib_set_new_builders(qp, send_ops);

	qp->wr_set_ud_addr = rib_wr_set_ud_addr;
	qp->wr_set_inline_data = rib_wr_set_inline_data;
	qp->wr_set_inline_data_list = rib_wr_set_inline_data_list;
	qp->wr_set_sge = rib_wr_set_sge;
	qp->wr_set_sge_list = rib_wr_set_sge_list;

	qp->wr_start = rib_wr_start;
	qp->wr_complete = rib_wr_complete;
	qp->wr_abort = rib_wr_abort;
}
