/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */

#ifndef RIB_H
#define RIB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ccan/container_of.h>
#include <ccan/list.h>
#include <infiniband/driver.h>
#include <kernel-abi/rib-abi.h>
#include <rdma/rib-abi.h>

#include "ring.h"

/* The oldest kernel driver that this provider understands. */
#define RIB_MIN_UVERBS_ABI_VERSION 2

/* The generic commands, each followed by what rib-abi.h adds to it. */
DECLARE_DRV_CMD(rib_ucreate_ah, IB_USER_VERBS_CMD_CREATE_AH, empty,
		rib_create_ah_resp);
DECLARE_DRV_CMD(rib_ucreate_cq, IB_USER_VERBS_CMD_CREATE_CQ, empty,
		rib_create_cq_resp);
DECLARE_DRV_CMD(rib_ucreate_cq_ex, IB_USER_VERBS_EX_CMD_CREATE_CQ, empty,
		rib_create_cq_resp);
DECLARE_DRV_CMD(rib_uresize_cq, IB_USER_VERBS_CMD_RESIZE_CQ, empty,
		rib_resize_cq_resp);
DECLARE_DRV_CMD(rib_ucreate_qp, IB_USER_VERBS_CMD_CREATE_QP, empty,
		rib_create_qp_resp);
DECLARE_DRV_CMD(rib_ucreate_qp_ex, IB_USER_VERBS_EX_CMD_CREATE_QP, empty,
		rib_create_qp_resp);
DECLARE_DRV_CMD(rib_ucreate_srq, IB_USER_VERBS_CMD_CREATE_SRQ, empty,
		rib_create_srq_resp);
DECLARE_DRV_CMD(rib_ucreate_srq_ex, IB_USER_VERBS_CMD_CREATE_XSRQ, empty,
		rib_create_srq_resp);
DECLARE_DRV_CMD(rib_umodify_srq, IB_USER_VERBS_CMD_MODIFY_SRQ, rib_modify_srq,
		empty);

struct rib_device {
	struct verbs_device vdev;
	uint32_t driver_id; /* what the kernel's ioctls want to be told */
};

#define RIB_QP_BUCKETS 256

struct rib_qp;

struct rib_context {
	struct verbs_context vctx;

	/* attend.c */
	pthread_mutex_t attending;   /* held by who sees to the QPs listed */
	pthread_spinlock_t qps_lock; /* for all below, and what is in QPs */
	struct rib_qp *qps[RIB_QP_BUCKETS]; /* all, by number */
	struct list_head listed;
	atomic_bool any_listed; /* read without the lock */
};

/* Known to this library alone: the kernel has no thread domains. */
struct rib_td {
	struct ibv_td td;
	atomic_uint users;
};

/* A protection domain, or a parent domain: that has a base, and maybe a td. */
struct rib_pd {
	struct ibv_pd pd;
	struct rib_pd *base;
	struct rib_td *td;
	atomic_uint users;
};

struct rib_mr {
	struct verbs_mr vmr;
	struct rib_pd *pd;
};

struct rib_mw {
	struct ibv_mw mw;
	struct rib_pd *pd;
};

struct rib_ah {
	struct ibv_ah ah;
	struct rib_pd *pd;
	uint32_t ah_num;
	struct rib_av av; /* only if ah_num is 0 */
};

/* A work queue of either direction. */
struct rib_wq {
	struct rib_lock lock;
	struct rib_ring ring;
	uint32_t max_sge;
};

struct rib_srq {
	struct verbs_srq vsrq;
	struct rib_wq rq;
	struct rib_pd *pd;
};

struct rib_cq {
	struct verbs_cq vcq;
	struct rib_lock lock;
	struct rib_ring ring;
	const struct rib_cqe *cur; /* what ibv_wc_read_*() read from */
	uint32_t next;		   /* the index behind it */
	struct rib_pd *pd;	   /* NULL, or its parent domain */
};

/* Why a QP is on its context's list. */
enum {
	RIB_NEEDS_A_LOOK = 1 << 0, /* the kernel may have moved it to error */
	RIB_NEEDS_A_BELL = 1 << 1, /* the kernel was not told of its requests */
};

/* What a request of ibv_wr_*() still waits for. */
enum {
	RIB_WANTS_AH = 1 << 0,
	RIB_WANTS_RESULT = 1 << 1, /* a place for what an atomic brings back */
};

struct rib_qp {
	struct verbs_qp vqp;
	struct rib_wq sq;
	struct rib_wq rq;
	uint32_t max_inline;
	uint32_t opcodes; /* a bit for each that this type of QP may send */
	struct rib_pd *pd;

	pthread_mutex_t state_lock; /* for what asks the kernel about states */
	atomic_bool failed;	    /* in error, or on its way */

	/* attend.c, under qps_lock */
	struct rib_qp *next;
	struct list_node listed;
	uint8_t needs;

	/* between ibv_wr_start() and its end, under sq.lock */
	struct rib_send_wqe *wr;
	uint32_t wr_next;
	int wr_err;
	uint8_t wr_wants;
};

static inline struct rib_device *to_rib_device(struct verbs_device *vdev)
{
	return container_of(vdev, struct rib_device, vdev);
}

static inline struct rib_context *to_rib_context(struct ibv_context *context)
{
	return container_of(context, struct rib_context, vctx.context);
}

static inline struct rib_td *to_rib_td(struct ibv_td *td)
{
	return container_of(td, struct rib_td, td);
}

static inline struct rib_pd *to_rib_pd(struct ibv_pd *pd)
{
	return container_of(pd, struct rib_pd, pd);
}

static inline struct rib_mr *to_rib_mr(struct verbs_mr *vmr)
{
	return container_of(vmr, struct rib_mr, vmr);
}

static inline struct rib_mw *to_rib_mw(struct ibv_mw *mw)
{
	return container_of(mw, struct rib_mw, mw);
}

static inline struct rib_ah *to_rib_ah(struct ibv_ah *ah)
{
	return container_of(ah, struct rib_ah, ah);
}

static inline struct rib_srq *to_rib_srq(struct ibv_srq *srq)
{
	return container_of(srq, struct rib_srq, vsrq.srq);
}

static inline struct rib_cq *to_rib_cq(struct ibv_cq *cq)
{
	return container_of(cq, struct rib_cq, vcq.cq);
}

static inline struct rib_cq *to_rib_cq_ex(struct ibv_cq_ex *cq)
{
	return container_of(cq, struct rib_cq, vcq.cq_ex);
}

static inline struct rib_qp *to_rib_qp(struct ibv_qp *qp)
{
	return container_of(qp, struct rib_qp, vqp.qp);
}

static inline struct rib_qp *to_rib_qp_ex(struct ibv_qp_ex *qp)
{
	return container_of(qp, struct rib_qp, vqp.qp_ex);
}

/* verbs.c: what has no queue; each call goes to the kernel */
int rib_query_device_ex(struct ibv_context *context,
			const struct ibv_query_device_ex_input *input,
			struct ibv_device_attr_ex *attr, size_t attr_size);
int rib_query_port(struct ibv_context *context, uint8_t port_num,
		   struct ibv_port_attr *attr);
struct ibv_mr *rib_reg_mr(struct ibv_pd *pd, void *addr, size_t length,
			  uint64_t hca_va, int access);
int rib_rereg_mr(struct verbs_mr *vmr, int flags, struct ibv_pd *pd, void *addr,
		 size_t length, int access);
int rib_dereg_mr(struct verbs_mr *vmr);
struct ibv_mw *rib_alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type);
int rib_dealloc_mw(struct ibv_mw *mw);
struct ibv_ah *rib_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);
int rib_destroy_ah(struct ibv_ah *ah);

/* pd.c: protection, thread and parent domains */
struct ibv_pd *rib_alloc_pd(struct ibv_context *context);
int rib_dealloc_pd(struct ibv_pd *pd);
struct ibv_td *rib_alloc_td(struct ibv_context *context,
			    struct ibv_td_init_attr *attr);
int rib_dealloc_td(struct ibv_td *td);
struct ibv_pd *
rib_alloc_parent_domain(struct ibv_context *context,
			struct ibv_parent_domain_init_attr *attr);
struct rib_pd *rib_get_pd(struct ibv_pd *pd);
void rib_put_pd(struct rib_pd *pd);

/* cq.c and poll.c */
struct ibv_cq *rib_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector);
struct ibv_cq_ex *rib_create_cq_ex(struct ibv_context *context,
				   struct ibv_cq_init_attr_ex *attr);
int rib_resize_cq(struct ibv_cq *cq, int cqe);
int rib_recover_cq(struct rib_cq *cq);
int rib_destroy_cq(struct ibv_cq *cq);
int rib_req_notify_cq(struct ibv_cq *cq, int solicited_only);
int rib_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc);
void rib_forget_completions(struct ibv_cq *cq, uint32_t qp_num);
void rib_set_poll_ops(struct ibv_cq_ex *cq, uint64_t wc_flags);

/* srq.c */
struct ibv_srq *rib_create_srq(struct ibv_pd *pd,
			       struct ibv_srq_init_attr *attr);
struct ibv_srq *rib_create_srq_ex(struct ibv_context *context,
				  struct ibv_srq_init_attr_ex *attr);
int rib_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
		   int attr_mask);
int rib_recover_srq(struct rib_srq *srq);
int rib_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr);
int rib_destroy_srq(struct ibv_srq *srq);

/* qp.c */
struct ibv_qp *rib_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
struct ibv_qp *rib_create_qp_ex(struct ibv_context *context,
				struct ibv_qp_init_attr_ex *attr);
int rib_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
		 struct ibv_qp_init_attr *init_attr);
int rib_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask);
int rib_settle_qp(struct rib_qp *qp);
int rib_destroy_qp(struct ibv_qp *qp);

/* attend.c */
void rib_init_attention(struct rib_context *ctx);
void rib_fini_attention(struct rib_context *ctx);
void rib_enter_qp(struct rib_qp *qp);
void rib_leave_qp(struct rib_qp *qp);
void rib_need(struct rib_qp *qp, uint8_t needs);
void rib_need_nothing(struct rib_qp *qp);
void rib_suspect(struct ibv_context *context, uint32_t qp_num);
void rib_attend_now(struct rib_context *ctx);
void rib_async_event(struct ibv_context *context,
		     struct ibv_async_event *event);

static inline void rib_attend(struct rib_context *ctx)
{
	if (unlikely(atomic_load_explicit(&ctx->any_listed,
					  memory_order_relaxed)))
		rib_attend_now(ctx);
}

/* Requests are accepted once the QP can send; in error they are flushed. */
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

/* post.c and wr.c */
int rib_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
		  struct ibv_send_wr **bad_wr);
int rib_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
		  struct ibv_recv_wr **bad_wr);
int rib_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr,
		      struct ibv_recv_wr **bad_wr);
int rib_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw,
		struct ibv_mw_bind *mw_bind);
int rib_ring_doorbell(struct rib_qp *qp);
void rib_tell_of_sends(struct rib_qp *qp);
bool rib_send_ops_known(enum ibv_qp_type type, uint64_t send_ops);
void rib_set_wr_ops(struct ibv_qp_ex *qp, uint64_t send_ops);

#endif /* RIB_H */
