// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * ibv_post_send(), ibv_post_recv() and their kin, and the doorbell.
 *
 * A list is written into the ring request by request and handed over at once,
 * so the kernel is called once for a list. Where a request is refused the ones
 * before it are handed over and *bad_wr names it.
 */

#include <config.h>
#include <errno.h>
#include <unistd.h>

#include "rib-compat.h"
#include "wqe.h"

/*
 * "Look at the send queue": a post of no requests. The plain write() is the
 * short way into the kernel; where that is not to be had, because of how the
 * library was built or of who runs the process, the library knows another.
 */
int rib_ring_doorbell(struct rib_qp *qp)
{
	struct ib_uverbs_post_send_resp resp;
	struct ibv_send_wr *bad_wr;
	struct ibv_post_send cmd = {
		.hdr = {
			.command = IB_USER_VERBS_CMD_POST_SEND,
			.in_words = sizeof(cmd) / 4,
			.out_words = sizeof(resp) / 4,
		},
		.response = (uintptr_t)&resp,
		.qp_handle = qp->vqp.qp.handle,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
	};

	if (!VERBS_IOCTL_ONLY && likely(write(qp->vqp.qp.context->cmd_fd, &cmd,
					      sizeof(cmd)) == sizeof(cmd)))
		return 0;
	return ibv_cmd_post_send(&qp->vqp.qp, NULL, &bad_wr);
}

/*
 * A request that has been handed over is posted: the kernel comes upon it when
 * next it looks at the queue, for whatever reason, so it cannot be taken back,
 * and to name it in *bad_wr would be to have it sent twice. Where the doorbell
 * fails it is owed: the next post or poll rings it again.
 */
void rib_tell_of_sends(struct rib_qp *qp)
{
	if (unlikely(rib_ring_doorbell(qp)))
		rib_need(qp, RIB_NEEDS_A_BELL);
}

/*
 * 0 or an errno value. The sum is taken in 64 bits: a list can be longer than
 * the 32 bits that a request has for its length.
 */
static int rib_sum_sges(const struct ibv_sge *sge, int num_sge,
			uint32_t max_sge, uint32_t *length)
{
	uint64_t sum = 0;
	int i;

	if (unlikely(num_sge < 0 || (uint32_t)num_sge > max_sge))
		return EINVAL;
	for (i = 0; i < num_sge; i++)
		sum += sge[i].length;
	if (unlikely(sum > RIB_MAX_MESSAGE))
		return EINVAL;

	*length = sum;
	return 0;
}

/* What only some opcodes are asked. */
static bool rib_special_ok(const struct ibv_send_wr *wr, uint8_t traits,
			   uint32_t length)
{
	if (traits & RIB_ATOMIC)
		return length >= RIB_ATOMIC_SIZE &&
		       !(wr->wr.atomic.remote_addr & 7);
	if (traits & RIB_VALUE)
		return length == 8 && !(wr->wr.rdma.remote_addr & 7);
	if (traits & RIB_MW)
		return !wr->num_sge && wr->bind_mw.mw;
	return true;
}

static int rib_check_send(const struct rib_qp *qp, const struct ibv_send_wr *wr,
			  uint32_t *length)
{
	uint8_t traits;
	int ret;

	if (unlikely((unsigned int)wr->opcode > 31 ||
		     !(qp->opcodes & (1U << wr->opcode))))
		return EINVAL;
	if (unlikely(wr->send_flags & ~RIB_SEND_FLAGS))
		return EINVAL;
	ret = rib_sum_sges(wr->sg_list, wr->num_sge, qp->sq.max_sge, length);
	if (unlikely(ret))
		return ret;

	traits = rib_traits[wr->opcode];
	if ((wr->send_flags & IBV_SEND_INLINE) &&
	    (!(traits & RIB_INLINE) || *length > qp->max_inline))
		return EINVAL;
	if (qp->vqp.qp.qp_type == IBV_QPT_UD && unlikely(!wr->wr.ud.ah))
		return EINVAL;
	return rib_special_ok(wr, traits, *length) ? 0 : EINVAL;
}

static void rib_gather(uint8_t *to, const struct ibv_sge *sge, int num_sge)
{
	int i;

	for (i = 0; i < num_sge; i++) {
		memcpy(to, (const void *)(uintptr_t)sge[i].addr, sge[i].length);
		to += sge[i].length;
	}
}

static void rib_put_payload(struct rib_send_wqe *wqe,
			    const struct ibv_send_wr *wr, uint8_t traits,
			    uint32_t length)
{
	void *payload = rib_send_payload(wqe);

	rib_put_data(&wqe->data, length, wr->num_sge);
	if ((wr->send_flags & IBV_SEND_INLINE) || (traits & RIB_VALUE))
		rib_gather(payload, wr->sg_list, wr->num_sge);
	else if (wr->num_sge)
		memcpy(payload, wr->sg_list,
		       wr->num_sge * sizeof(*wr->sg_list));
}

static void rib_put_send(const struct rib_qp *qp, struct rib_send_wqe *wqe,
			 const struct ibv_send_wr *wr, uint32_t length)
{
	uint8_t traits = rib_traits[wr->opcode];

	rib_put_head(wqe, wr->wr_id, wr->opcode, wr->send_flags);
	if (traits & RIB_EX)
		wqe->ex.imm_data = wr->imm_data;

	if (traits & RIB_RDMA)
		rib_put_rdma(wqe, wr->wr.rdma.remote_addr, wr->wr.rdma.rkey);
	else if (qp->vqp.qp.qp_type == IBV_QPT_UD)
		rib_put_ud(wqe, wr->wr.ud.ah, wr->wr.ud.remote_qpn,
			   wr->wr.ud.remote_qkey);
	else if (traits & RIB_ATOMIC)
		rib_put_atomic(wqe, wr->wr.atomic.remote_addr,
			       wr->wr.atomic.rkey, wr->wr.atomic.compare_add,
			       wr->wr.atomic.swap);
	else if (traits & RIB_MW)
		rib_put_mw(wqe, &wr->bind_mw.bind_info, wr->bind_mw.mw->rkey,
			   wr->bind_mw.rkey);

	rib_put_payload(wqe, wr, traits, length);
}

/* Writes what can be written from index on; wr ends at the first that cannot. */
static int rib_put_sends(struct rib_qp *qp, struct ibv_send_wr **wr,
			 uint32_t *index)
{
	struct rib_ring *ring = &qp->sq.ring;
	uint32_t length = 0;
	int ret;

	for (; *wr; *wr = (*wr)->next) {
		ret = rib_check_send(qp, *wr, &length);
		if (unlikely(ret))
			return ret;
		if (unlikely(rib_ring_full(ring, *index)))
			return ENOMEM;

		rib_put_send(qp, rib_ring_slot(ring, *index), *wr, length);
		*index = rib_ring_after(ring, *index);
	}
	return 0;
}

/* Puts what can be put; *any tells whether there is something to be sent. */
static int rib_put_list(struct rib_qp *qp, struct ibv_send_wr *wr,
			struct ibv_send_wr **bad_wr, bool *any)
{
	uint32_t index;
	int ret;

	rib_lock(&qp->sq.lock);
	index = qp->sq.ring.own;
	ret = rib_put_sends(qp, &wr, &index);
	*any = index != qp->sq.ring.own;
	if (*any)
		rib_ring_publish(&qp->sq.ring, index);
	rib_unlock(&qp->sq.lock);

	if (unlikely(ret))
		*bad_wr = wr;
	return ret;
}

/* The doorbell is outside the lock: it may be rung too often, and by anyone. */
int rib_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr,
		  struct ibv_send_wr **bad_wr)
{
	struct rib_qp *qp = to_rib_qp(ibqp);
	bool any;
	int ret;

	if (unlikely(!rib_can_send(qp))) {
		*bad_wr = wr;
		return EINVAL;
	}

	ret = rib_put_list(qp, wr, bad_wr, &any);
	if (likely(any))
		rib_tell_of_sends(qp);
	return ret;
}

static void rib_put_recv(struct rib_recv_wqe *wqe, const struct ibv_recv_wr *wr,
			 uint32_t length)
{
	wqe->wr_id = wr->wr_id;
	wqe->reserved_1 = 0;
	wqe->reserved_2 = 0;
	rib_put_data(&wqe->data, length, wr->num_sge);
	if (wr->num_sge)
		memcpy(wqe + 1, wr->sg_list,
		       wr->num_sge * sizeof(*wr->sg_list));
}

static int rib_put_recvs(struct rib_wq *rq, struct ibv_recv_wr **wr,
			 uint32_t *index)
{
	uint32_t length = 0;
	int ret;

	for (; *wr; *wr = (*wr)->next) {
		ret = rib_sum_sges((*wr)->sg_list, (*wr)->num_sge, rq->max_sge,
				   &length);
		if (unlikely(ret))
			return ret;
		if (unlikely(rib_ring_full(&rq->ring, *index)))
			return ENOMEM;

		rib_put_recv(rib_ring_slot(&rq->ring, *index), *wr, length);
		*index = rib_ring_after(&rq->ring, *index);
	}
	return 0;
}

/*
 * No doorbell: the kernel looks for a buffer when a message has come. The lock
 * is the caller's.
 */
static int rib_put_recv_list(struct rib_wq *rq, struct ibv_recv_wr *wr,
			     struct ibv_recv_wr **bad_wr)
{
	uint32_t index = rq->ring.own;
	int ret;

	ret = rib_put_recvs(rq, &wr, &index);
	if (index != rq->ring.own)
		rib_ring_publish(&rq->ring, index);
	if (unlikely(ret))
		*bad_wr = wr;
	return ret;
}

/*
 * See attend.c. The flag is read after the receives have been published: if it
 * is set only later, the flush that comes with it finds them.
 */
static void rib_watch_recvs(struct rib_qp *qp, bool was_empty)
{
	const struct ibv_qp *ibqp = &qp->vqp.qp;

	atomic_thread_fence(memory_order_seq_cst);
	if (likely(!atomic_load_explicit(&qp->failed, memory_order_relaxed) &&
		   !(was_empty && ibqp->qp_type == IBV_QPT_RC &&
		     ibqp->state != IBV_QPS_INIT)))
		return;
	if (rib_settle_qp(qp))
		rib_need(qp, RIB_NEEDS_A_LOOK);
}

int rib_post_recv(struct ibv_qp *ibqp, struct ibv_recv_wr *wr,
		  struct ibv_recv_wr **bad_wr)
{
	struct rib_qp *qp = to_rib_qp(ibqp);
	bool was_empty;
	int ret;

	if (unlikely(!qp->rq.ring.head || ibqp->state == IBV_QPS_RESET)) {
		*bad_wr = wr;
		return EINVAL;
	}
	rib_lock(&qp->rq.lock);
	was_empty = rib_ring_drained(&qp->rq.ring);
	ret = rib_put_recv_list(&qp->rq, wr, bad_wr);
	rib_unlock(&qp->rq.lock);

	rib_watch_recvs(qp, was_empty);
	return ret;
}

/* A ring that was lost when the SRQ was resized is looked for again. */
static int rib_lock_srq(struct rib_srq *srq)
{
	int ret;

	rib_lock(&srq->rq.lock);
	while (unlikely(srq->rq.ring.lost)) {
		rib_unlock(&srq->rq.lock);
		ret = rib_recover_srq(srq);
		if (ret)
			return ret;
		rib_lock(&srq->rq.lock);
	}
	return 0;
}

int rib_post_srq_recv(struct ibv_srq *ibsrq, struct ibv_recv_wr *wr,
		      struct ibv_recv_wr **bad_wr)
{
	struct rib_srq *srq = to_rib_srq(ibsrq);
	int ret;

	ret = rib_lock_srq(srq);
	if (unlikely(ret)) {
		*bad_wr = wr;
		return ret;
	}
	ret = rib_put_recv_list(&srq->rq, wr, bad_wr);
	rib_unlock(&srq->rq.lock);
	return ret;
}

/* A window of type 1: the library chooses the key that it will have. */
int rib_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw,
		struct ibv_mw_bind *mw_bind)
{
	struct ibv_send_wr wr = {
		.wr_id = mw_bind->wr_id,
		.opcode = IBV_WR_BIND_MW,
		.send_flags = mw_bind->send_flags,
		.bind_mw = {
			.mw = mw,
			.rkey = ibv_inc_rkey(mw->rkey),
			.bind_info = mw_bind->bind_info,
		},
	};
	struct ibv_send_wr *bad_wr;
	int ret;

	if (mw_bind->bind_info.mw_access_flags & IBV_ACCESS_ZERO_BASED)
		return EINVAL;

	ret = rib_post_send(qp, &wr, &bad_wr);
	if (ret)
		return ret;

	mw->rkey = wr.bind_mw.rkey;
	return 0;
}
