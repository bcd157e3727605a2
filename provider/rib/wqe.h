/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What ibv_post_send() and ibv_wr_*() have in common: the parts of a send
 * request. Each field that the kernel reads for the opcode at hand is written,
 * and no other: a slot still holds what an earlier request left in it.
 */

#ifndef RIB_WQE_H
#define RIB_WQE_H

#include <string.h>

#include "rib.h"

/* The longest message that an InfiniBand transport carries. */
#define RIB_MAX_MESSAGE (1U << 31)

#define RIB_SEND_FLAGS                                             \
	(IBV_SEND_FENCE | IBV_SEND_SIGNALED | IBV_SEND_SOLICITED | \
	 IBV_SEND_INLINE)

/* Requests are accepted once the QP can send, and flushed in the error state.
 */
static inline bool rib_can_send(const struct rib_qp *qp)
{
	switch (qp->vqp.qp.state) {
	case IBV_QPS_RESET:
	case IBV_QPS_INIT:
	case IBV_QPS_RTR:
		return false;
	default:
		return true;
	}
}

/* The payload follows the struct. */
static inline void *rib_send_payload(struct rib_send_wqe *wqe)
{
	return wqe + 1;
}

static inline void rib_put_data(struct rib_data *data, uint32_t length,
				uint32_t num_sge)
{
	*data = (struct rib_data){
		.length = length,
		.resid = length,
		.num_sge = num_sge,
	};
}

static inline void rib_put_head(struct rib_send_wqe *wqe, uint64_t wr_id,
				uint32_t opcode, uint32_t send_flags)
{
	wqe->wr_id = wr_id;
	wqe->reserved = 0;
	wqe->opcode = opcode;
	wqe->send_flags = send_flags;
	wqe->ex.invalidate_rkey = 0;
	wqe->status = 0;
	wqe->state = 0;
	wqe->iova = 0;
	wqe->mask = 0;
	wqe->first_psn = 0;
	wqe->last_psn = 0;
	wqe->ack_length = 0;
	wqe->ssn = 0;
	wqe->has_rd_atomic = 0;
}

static inline void rib_put_rdma(struct rib_send_wqe *wqe, uint64_t remote_addr,
				uint32_t rkey)
{
	wqe->op.rdma.remote_addr = remote_addr;
	wqe->op.rdma.rkey = rkey;
	wqe->op.rdma.reserved = 0;
	wqe->iova = remote_addr;
}

static inline void rib_put_atomic(struct rib_send_wqe *wqe,
				  uint64_t remote_addr, uint32_t rkey,
				  uint64_t compare_add, uint64_t swap)
{
	wqe->op.atomic.remote_addr = remote_addr;
	wqe->op.atomic.compare_add = compare_add;
	wqe->op.atomic.swap = swap;
	wqe->op.atomic.rkey = rkey;
	wqe->op.atomic.reserved = 0;
	wqe->iova = remote_addr;
}

static inline void rib_put_ud(struct rib_send_wqe *wqe, struct ibv_ah *ibah,
			      uint32_t remote_qpn, uint32_t remote_qkey)
{
	const struct rib_ah *ah = to_rib_ah(ibah);

	wqe->op.ud.remote_qpn = remote_qpn;
	wqe->op.ud.remote_qkey = remote_qkey;
	wqe->op.ud.pkey_index = 0;
	wqe->op.ud.reserved = 0;
	wqe->op.ud.ah_num = ah->ah_num;
	if (unlikely(!ah->ah_num))
		wqe->op.ud.av = ah->av;
}

static inline void rib_put_mw(struct rib_send_wqe *wqe,
			      const struct ibv_mw_bind_info *info,
			      uint32_t mw_rkey, uint32_t rkey)
{
	wqe->op.mw.addr = info->addr;
	wqe->op.mw.length = info->length;
	/* no region: the window is to be unbound */
	wqe->op.mw.mr_lkey = info->mr ? info->mr->lkey : 0;
	wqe->op.mw.mw_rkey = mw_rkey;
	wqe->op.mw.rkey = rkey;
	wqe->op.mw.access = info->mw_access_flags;
}

#endif /* RIB_WQE_H */
