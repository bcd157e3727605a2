/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */

#ifndef RIB_H
#define RIB_H

#include <stddef.h>
#include <stdint.h>

#include <ccan/container_of.h>
#include <infiniband/driver.h>
#include <kernel-abi/rib-abi.h>
#include <rdma/rib-abi.h>

/* The oldest kernel driver that this provider understands. */
#define RIB_MIN_UVERBS_ABI_VERSION 1

/* The generic commands, each followed by what rib-abi.h adds to it. */
DECLARE_DRV_CMD(rib_uget_context, IB_USER_VERBS_CMD_GET_CONTEXT, empty,
		rib_alloc_ucontext_resp);
DECLARE_DRV_CMD(rib_ucreate_cq, IB_USER_VERBS_CMD_CREATE_CQ, empty,
		rib_create_cq_resp);
DECLARE_DRV_CMD(rib_ucreate_qp, IB_USER_VERBS_CMD_CREATE_QP, empty,
		rib_create_qp_resp);

struct rib_device {
	struct verbs_device vdev;
};

struct rib_context {
	struct verbs_context vctx;
};

struct rib_cq {
	struct verbs_cq vcq;
};

struct rib_qp {
	struct verbs_qp vqp;
};

static inline struct rib_device *to_rib_device(struct verbs_device *vdev)
{
	return container_of(vdev, struct rib_device, vdev);
}

static inline struct rib_context *to_rib_context(struct ibv_context *context)
{
	return container_of(context, struct rib_context, vctx.context);
}

static inline struct rib_cq *to_rib_cq(struct ibv_cq *cq)
{
	return container_of(cq, struct rib_cq, vcq.cq);
}

static inline struct rib_qp *to_rib_qp(struct ibv_qp *qp)
{
	return container_of(qp, struct rib_qp, vqp.qp);
}

/* verbs.c: the control path; each call goes to the kernel */
int rib_query_device_ex(struct ibv_context *context,
			const struct ibv_query_device_ex_input *input,
			struct ibv_device_attr_ex *attr, size_t attr_size);
int rib_query_port(struct ibv_context *context, uint8_t port_num,
		   struct ibv_port_attr *attr);
struct ibv_pd *rib_alloc_pd(struct ibv_context *context);
int rib_dealloc_pd(struct ibv_pd *pd);
struct ibv_mr *rib_reg_mr(struct ibv_pd *pd, void *addr, size_t length,
			  uint64_t hca_va, int access);
int rib_dereg_mr(struct verbs_mr *vmr);
struct ibv_cq *rib_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector);
int rib_destroy_cq(struct ibv_cq *cq);
struct ibv_qp *rib_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
int rib_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
		 struct ibv_qp_init_attr *init_attr);
int rib_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask);
int rib_destroy_qp(struct ibv_qp *qp);
struct ibv_ah *rib_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);
int rib_destroy_ah(struct ibv_ah *ah);

/* datapath.c: work requests and completions */
int rib_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
		  struct ibv_send_wr **bad_wr);
int rib_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
		  struct ibv_recv_wr **bad_wr);
int rib_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc);

#endif /* RIB_H */
