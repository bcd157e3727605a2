// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Reading completions: ibv_poll_cq(), and the functions of an extended CQ.
 */

#include <errno.h>
#include <string.h>

#include "rib.h"

/* Of a failed completion only these fields mean anything. */
static void rib_wc_keep_error(struct ibv_wc *wc)
{
	*wc = (struct ibv_wc){
		.wr_id = wc->wr_id,
		.status = wc->status,
		.vendor_err = wc->vendor_err,
		.qp_num = wc->qp_num,
	};
}

static unsigned int rib_wc_flags(uint32_t flags)
{
	unsigned int wc_flags = flags & (RIB_CQE_GRH | RIB_CQE_WITH_IMM);

	if (flags & RIB_CQE_WITH_INVALIDATE)
		wc_flags |= IBV_WC_WITH_INV;
	return wc_flags;
}

/* A ring that was lost when the CQ was resized is looked for again. */
static int rib_lock_cq(struct rib_cq *cq)
{
	int ret;

	rib_lock(&cq->lock);
	while (unlikely(cq->ring.lost)) {
		rib_unlock(&cq->lock);
		ret = rib_recover_cq(cq);
		if (ret)
			return ret;
		rib_lock(&cq->lock);
	}
	return 0;
}

static struct rib_context *rib_context_of(const struct rib_cq *cq)
{
	return to_rib_context(cq->vcq.cq.context);
}

/* After this the program may sleep, so the kernel is told all before. */
int rib_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
	rib_attend(to_rib_context(cq->context));
	return ibv_cmd_req_notify_cq(cq, solicited_only);
}

int rib_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc)
{
	struct rib_cq *cq = to_rib_cq(ibcq);
	struct rib_ring *ring = &cq->ring;
	uint32_t index;
	int ret, n;

	ret = rib_lock_cq(cq);
	if (unlikely(ret))
		return -ret;
	index = ring->own;
	for (n = 0; n < num_entries && !rib_ring_empty(ring, index); n++) {
		/* layout.c: one is the other */
		memcpy(&wc[n], rib_ring_slot(ring, index), sizeof(*wc));
		wc[n].wc_flags = rib_wc_flags(wc[n].wc_flags);
		if (unlikely(wc[n].status != IBV_WC_SUCCESS)) {
			rib_wc_keep_error(&wc[n]);
			rib_suspect(ibcq->context, wc[n].qp_num);
		}
		index = rib_ring_after(ring, index);
	}
	if (n > 0)
		rib_ring_release(ring, index);
	rib_unlock(&cq->lock);
	rib_attend(rib_context_of(cq));
	return n;
}

/*
 * Takes what a QP left behind out of the ring: after its reset it would be
 * mistaken for the outcome of later work. What others wait for moves up behind
 * the kernel's index; the kernel writes only in front of that. Of a ring
 * that is lost nothing can be reached.
 */
void rib_forget_completions(struct ibv_cq *ibcq, uint32_t qp_num)
{
	struct rib_cq *cq = to_rib_cq(ibcq);
	struct rib_ring *ring = &cq->ring;
	const struct rib_cqe *cqe;
	uint32_t from, to;

	if (rib_lock_cq(cq))
		return;
	ring->peer = rib_index_read(&ring->head->producer);
	for (from = to = ring->peer; from != ring->own;) {
		from = rib_ring_before(ring, from);
		cqe = rib_ring_slot(ring, from);
		if (cqe->qp_num == qp_num)
			continue;
		to = rib_ring_before(ring, to);
		if (to != from)
			memcpy(rib_ring_slot(ring, to), cqe, sizeof(*cqe));
	}
	if (to != ring->own)
		rib_ring_release(ring, to);
	rib_unlock(&cq->lock);
}

static void rib_take_cqe(struct rib_cq *cq)
{
	cq->cur = rib_ring_slot(&cq->ring, cq->next);
	cq->vcq.cq_ex.wr_id = cq->cur->wr_id;
	cq->vcq.cq_ex.status = cq->cur->status;
	cq->next = rib_ring_after(&cq->ring, cq->next);
	if (unlikely(cq->cur->status != IBV_WC_SUCCESS))
		rib_suspect(cq->vcq.cq.context, cq->cur->qp_num);
}

static int rib_start_poll(struct ibv_cq_ex *cq_ex,
			  struct ibv_poll_cq_attr *attr)
{
	struct rib_cq *cq = to_rib_cq_ex(cq_ex);
	int ret;

	if (unlikely(attr->comp_mask))
		return EINVAL;

	ret = rib_lock_cq(cq);
	if (unlikely(ret))
		return ret;
	cq->next = cq->ring.own;
	if (rib_ring_empty(&cq->ring, cq->next)) {
		rib_unlock(&cq->lock);
		rib_attend(rib_context_of(cq));
		return ENOENT;
	}
	rib_take_cqe(cq);
	return 0;
}

/*
 * What was taken is given back when the known part of the ring is used up, and
 * not only at the end: a caller that never ends its batch must not let the
 * ring run full.
 */
static int rib_next_poll(struct ibv_cq_ex *cq_ex)
{
	struct rib_cq *cq = to_rib_cq_ex(cq_ex);

	if (cq->next == cq->ring.peer) {
		rib_ring_release(&cq->ring, cq->next);
		if (rib_ring_empty(&cq->ring, cq->next))
			return ENOENT;
	}
	rib_take_cqe(cq);
	return 0;
}

static void rib_end_poll(struct ibv_cq_ex *cq_ex)
{
	struct rib_cq *cq = to_rib_cq_ex(cq_ex);

	if (cq->ring.own != cq->next)
		rib_ring_release(&cq->ring, cq->next);
	rib_unlock(&cq->lock);
	rib_attend(rib_context_of(cq));
}

static enum ibv_wc_opcode rib_read_opcode(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->opcode;
}

static uint32_t rib_read_vendor_err(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->vendor_err;
}

static uint32_t rib_read_byte_len(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->byte_len;
}

/* Serves ibv_wc_read_invalidated_rkey() too: the same four bytes. */
static __be32 rib_read_imm_data(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->ex.imm_data;
}

static uint32_t rib_read_qp_num(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->qp_num;
}

static uint32_t rib_read_src_qp(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->src_qp;
}

static unsigned int rib_read_wc_flags(struct ibv_cq_ex *cq)
{
	return rib_wc_flags(to_rib_cq_ex(cq)->cur->wc_flags);
}

static uint32_t rib_read_slid(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->slid;
}

static uint8_t rib_read_sl(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->sl;
}

static uint8_t rib_read_dlid_path_bits(struct ibv_cq_ex *cq)
{
	return to_rib_cq_ex(cq)->cur->dlid_path_bits;
}

/* What was not asked for keeps its reader NULL, as the man page says. */
void rib_set_poll_ops(struct ibv_cq_ex *cq, uint64_t wc_flags)
{
	cq->start_poll = rib_start_poll;
	cq->next_poll = rib_next_poll;
	cq->end_poll = rib_end_poll;
	cq->read_opcode = rib_read_opcode;
	cq->read_vendor_err = rib_read_vendor_err;
	cq->read_wc_flags = rib_read_wc_flags;

	if (wc_flags & IBV_WC_EX_WITH_BYTE_LEN)
		cq->read_byte_len = rib_read_byte_len;
	if (wc_flags & IBV_WC_EX_WITH_IMM)
		cq->read_imm_data = rib_read_imm_data;
	if (wc_flags & IBV_WC_EX_WITH_QP_NUM)
		cq->read_qp_num = rib_read_qp_num;
	if (wc_flags & IBV_WC_EX_WITH_SRC_QP)
		cq->read_src_qp = rib_read_src_qp;
	if (wc_flags & IBV_WC_EX_WITH_SLID)
		cq->read_slid = rib_read_slid;
	if (wc_flags & IBV_WC_EX_WITH_SL)
		cq->read_sl = rib_read_sl;
	if (wc_flags & IBV_WC_EX_WITH_DLID_PATH_BITS)
		cq->read_dlid_path_bits = rib_read_dlid_path_bits;
}
