/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What ibv_post_send() and ibv_wr_*() have in common: the parts of a send
 * request. Each field that the kernel reads for the opcode at hand is written,
 * and no other: a slot still holds what an earlier request left in it.
 */

#ifndef RIB_WQE_H
#define RIB_WQE_H

#include <string.h>

#include "rib-compat.h"
#include "rib.h"

/* The longest message that an InfiniBand transport carries. */
#define RIB_MAX_MESSAGE (1U << 31)

#define RIB_SEND_FLAGS                                             \
	(IBV_SEND_FENCE | IBV_SEND_SIGNALED | IBV_SEND_SOLICITED | \
	 IBV_SEND_INLINE)

/* What an opcode brings with it. */
enum {
	RIB_RDMA = 1 << 0,
	RIB_ATOMIC = 1 << 1,
	RIB_INLINE = 1 << 2, /* may carry inline data */
	RIB_EX = 1 << 3,     /* immediate data, or a key to invalidate */
	RIB_MW = 1 << 4,
	RIB_VALUE = 1 << 5, /* eight bytes that lie in the request */
	RIB_DATA = 1 << 6,  /* has a list of places, or may have */
};

/* Not every release names an atomic write; a flush is for ibv_wr_*() alone. */
static const uint8_t rib_traits[32] = {
	[IBV_WR_RDMA_WRITE] = RIB_RDMA | RIB_INLINE | RIB_DATA,
	[IBV_WR_RDMA_WRITE_WITH_IMM] =
		RIB_RDMA | RIB_INLINE | RIB_EX | RIB_DATA,
	[IBV_WR_SEND] = RIB_INLINE | RIB_DATA,
	[IBV_WR_SEND_WITH_IMM] = RIB_INLINE | RIB_EX | RIB_DATA,
	[IBV_WR_SEND_WITH_INV] = RIB_INLINE | RIB_EX | RIB_DATA,
	[IBV_WR_RDMA_READ] = RIB_RDMA | RIB_DATA,
	[IBV_WR_ATOMIC_CMP_AND_SWP] = RIB_ATOMIC | RIB_DATA,
	[IBV_WR_ATOMIC_FETCH_AND_ADD] = RIB_ATOMIC | RIB_DATA,
	[IBV_WR_LOCAL_INV] = RIB_EX,
	[IBV_WR_BIND_MW] = RIB_MW,
	[RIB_WR_ATOMIC_WRITE] = RIB_RDMA | RIB_INLINE | RIB_VALUE,
};

/* What an atomic brings back. */
#define RIB_ATOMIC_SIZE 8

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
