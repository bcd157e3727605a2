// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * No code: proof, at compile time, that rib-abi.h describes the bytes that the
 * kernel's soft-RoCE header describes, and that what the data path copies in
 * one piece has the same form on both sides.
 */

#include <assert.h>
#include <stddef.h>

#include <infiniband/verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_rxe.h>

#include "rib.h"

#define SAME_SIZE(ours, theirs) \
	static_assert(sizeof(struct ours) == sizeof(struct theirs), #ours)
#define SAME_PLACE(ours, field, theirs, other)                \
	static_assert(offsetof(struct ours, field) ==         \
			      offsetof(struct theirs, other), \
		      #ours "." #field)
#define AT(place, ours, field) \
	static_assert(offsetof(struct ours, field) == (place), #ours "." #field)

SAME_SIZE(rib_mmap_info, mminfo);
SAME_SIZE(rib_create_cq_resp, rxe_create_cq_resp);
SAME_SIZE(rib_resize_cq_resp, rxe_resize_cq_resp);
SAME_SIZE(rib_create_qp_resp, rxe_create_qp_resp);
SAME_PLACE(rib_create_qp_resp, sq_ring, rxe_create_qp_resp, sq_mi);
SAME_SIZE(rib_create_srq_resp, rxe_create_srq_resp);
SAME_SIZE(rib_modify_srq, rxe_modify_srq_cmd);
SAME_SIZE(rib_av, rxe_av);
SAME_PLACE(rib_av, dgid, rxe_av, grh.dgid);
SAME_PLACE(rib_av, traffic_class, rxe_av, grh.traffic_class);
SAME_PLACE(rib_av, local, rxe_av, sgid_addr);
SAME_PLACE(rib_av, remote, rxe_av, dgid_addr);
SAME_SIZE(rib_sge, rxe_sge);
SAME_PLACE(rib_recv_wqe, data, rxe_recv_wqe, dma);
SAME_SIZE(rib_send_wqe, rxe_send_wqe);
SAME_PLACE(rib_send_wqe, opcode, rxe_send_wqe, wr.opcode);
SAME_PLACE(rib_send_wqe, ex, rxe_send_wqe, wr.ex);
SAME_PLACE(rib_send_wqe, op, rxe_send_wqe, wr.wr);
SAME_PLACE(rib_send_wqe, iova, rxe_send_wqe, iova);
SAME_PLACE(rib_send_wqe, data, rxe_send_wqe, dma);

/* Of what the header of an older release does not have yet. */
static_assert(sizeof(struct rib_create_ah_resp) == 8, "rib_create_ah_resp");
AT(128, rib_ring_head, producer);
AT(256, rib_ring_head, consumer);
AT(384, rib_ring_head, slots);
AT(36, rib_send_wqe, op.ud.ah_num);
AT(56, rib_send_wqe, op.ud.av);
AT(36, rib_send_wqe, op.flush.rkey);
AT(44, rib_send_wqe, op.mw.mw_rkey);

/* The payload begins where the struct ends. */
static_assert(sizeof(struct rib_send_wqe) == 208, "rib_send_wqe");
static_assert(sizeof(struct rib_recv_wqe) == 40, "rib_recv_wqe");

/* A gather list is copied as it is. */
SAME_SIZE(rib_sge, ibv_sge);
SAME_PLACE(rib_sge, length, ibv_sge, length);
SAME_PLACE(rib_sge, lkey, ibv_sge, lkey);

/* So is a completion, but for one flag. */
SAME_SIZE(rib_cqe, ib_uverbs_wc);
SAME_SIZE(rib_cqe, ibv_wc);
SAME_PLACE(rib_cqe, status, ibv_wc, status);
SAME_PLACE(rib_cqe, opcode, ibv_wc, opcode);
SAME_PLACE(rib_cqe, byte_len, ibv_wc, byte_len);
SAME_PLACE(rib_cqe, ex, ibv_wc, imm_data);
SAME_PLACE(rib_cqe, qp_num, ibv_wc, qp_num);
SAME_PLACE(rib_cqe, wc_flags, ibv_wc, wc_flags);
SAME_PLACE(rib_cqe, dlid_path_bits, ibv_wc, dlid_path_bits);
static_assert((int)IBV_WC_GRH == RIB_CQE_GRH, "IBV_WC_GRH");
static_assert((int)IBV_WC_WITH_IMM == RIB_CQE_WITH_IMM, "IBV_WC_WITH_IMM");
