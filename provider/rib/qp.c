// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Queue pairs: making, changing and destroying them. post.c and wr.c post.
 */

#include <errno.h>
#include <stdlib.h>

#include "rib.h"
#include "rib-compat.h"

#define OPCODE(op) (1U << IBV_WR_##op)

/*
 * The table of ibv_post_send(3), and what later man pages add, as far as the
 * kernel goes along: it has no local invalidate for UC (Linux 6.12,
 * drivers/infiniband/sw/rxe/rxe_opcode.c: rxe_wr_opcode_info).
 */
static uint32_t rib_opcodes(enum ibv_qp_type type)
{
	const uint32_t ud = OPCODE(SEND) | OPCODE(SEND_WITH_IMM);
	const uint32_t uc = ud | OPCODE(SEND_WITH_INV) | OPCODE(RDMA_WRITE) |
			    OPCODE(RDMA_WRITE_WITH_IMM) | OPCODE(BIND_MW);

	switch (type) {
	case IBV_QPT_UD:
		return ud;
	case IBV_QPT_UC:
		return uc;
	case IBV_QPT_RC:
		return uc | OPCODE(RDMA_READ) | OPCODE(LOCAL_INV) |
		       OPCODE(ATOMIC_CMP_AND_SWP) |
		       OPCODE(ATOMIC_FETCH_AND_ADD) | RIB_ATOMIC_WRITE_OPCODE;
	default:
		return 0;
	}
}

static size_t rib_send_slot(const struct ibv_qp_cap *cap)
{
	size_t payload = cap->max_send_sge * sizeof(struct rib_sge);

	if (payload < cap->max_inline_data)
		payload = cap->max_inline_data;
	return sizeof(struct rib_send_wqe) + payload;
}

static void rib_unmap_qp(struct rib_qp *qp)
{
	rib_ring_unmap(&qp->rq.ring);
	rib_ring_unmap(&qp->sq.ring);
}

/* cap is what the kernel granted, which may be more than was asked for. */
static int rib_map_qp(struct rib_qp *qp, const struct ibv_qp_cap *cap,
		      const struct rib_mmap_info *sq_ring,
		      const struct rib_mmap_info *rq_ring)
{
	size_t recv_slot = sizeof(struct rib_recv_wqe) +
			   cap->max_recv_sge * sizeof(struct rib_sge);
	int fd = qp->vqp.qp.context->cmd_fd;
	int ret;

	ret = rib_ring_map_work(&qp->sq.ring, fd, sq_ring, rib_send_slot(cap));
	if (ret)
		return ret;
	if (qp->vqp.qp.srq)
		return 0;

	ret = rib_ring_map_work(&qp->rq.ring, fd, rq_ring, recv_slot);
	if (ret)
		rib_unmap_qp(qp);
	return ret;
}

/* The tail that both ways to make a QP have in common. */
static int rib_finish_qp(struct rib_qp *qp, struct ibv_pd *pd,
			 const struct ibv_qp_cap *cap,
			 const struct rib_mmap_info *sq_ring,
			 const struct rib_mmap_info *rq_ring)
{
	int ret;

	ret = rib_map_qp(qp, cap, sq_ring, rq_ring);
	if (ret) {
		ibv_cmd_destroy_qp(&qp->vqp.qp);
		return ret;
	}

	qp->opcodes = rib_opcodes(qp->vqp.qp.qp_type);
	qp->max_inline = cap->max_inline_data;
	qp->sq.max_sge = cap->max_send_sge;
	qp->rq.max_sge = cap->max_recv_sge;
	qp->pd = rib_get_pd(pd);
	rib_lock_init(&qp->sq.lock, qp->pd->td);
	rib_lock_init(&qp->rq.lock, qp->pd->td);
	pthread_mutex_init(&qp->state_lock, NULL);
	rib_enter_qp(qp);
	return 0;
}

struct ibv_qp *rib_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	struct rib_ucreate_qp_resp resp = {};
	struct rib_ucreate_qp cmd = {};
	struct rib_qp *qp;
	int ret;

	if (!rib_opcodes(attr->qp_type)) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;

	ret = ibv_cmd_create_qp(pd, &qp->vqp.qp, attr, &cmd.ibv_cmd,
				sizeof(cmd), &resp.ibv_resp, sizeof(resp));
	if (!ret)
		ret = rib_finish_qp(qp, pd, &attr->cap, &resp.sq_ring,
				    &resp.rq_ring);
	if (ret) {
		free(qp);
		errno = ret;
		return NULL;
	}
	return &qp->vqp.qp;
}

static int rib_check_qp_attr(const struct ibv_qp_init_attr_ex *attr)
{
	if (!rib_opcodes(attr->qp_type))
		return EOPNOTSUPP;
	if (attr->comp_mask &
	    ~(IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_CREATE_FLAGS |
	      IBV_QP_INIT_ATTR_SEND_OPS_FLAGS))
		return EOPNOTSUPP;
	if (!(attr->comp_mask & IBV_QP_INIT_ATTR_PD) || !attr->pd)
		return EINVAL;
	if ((attr->comp_mask & IBV_QP_INIT_ATTR_CREATE_FLAGS) &&
	    attr->create_flags)
		return EOPNOTSUPP;
	if ((attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) &&
	    !rib_send_ops_known(attr->qp_type, attr->send_ops_flags))
		return EOPNOTSUPP;
	return 0;
}

static int rib_cmd_new_qp(struct ibv_context *context, struct rib_qp *qp,
			  struct ibv_qp_init_attr_ex *attr)
{
	struct rib_ucreate_qp_ex_resp resp = {};
	struct rib_ucreate_qp_ex cmd = {};
	int ret;

	ret = rib_cmd_create_qp_ex(context, &qp->vqp, attr, &cmd.ibv_cmd,
				   sizeof(cmd), &resp.ibv_resp, sizeof(resp));
	if (ret)
		return ret;
	return rib_finish_qp(qp, attr->pd, &attr->cap, &resp.sq_ring,
			     &resp.rq_ring);
}

struct ibv_qp *rib_create_qp_ex(struct ibv_context *context,
				struct ibv_qp_init_attr_ex *attr)
{
	struct rib_qp *qp;
	int ret;

	ret = rib_check_qp_attr(attr);
	if (ret) {
		errno = ret;
		return NULL;
	}
	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;

	ret = rib_cmd_new_qp(context, qp, attr);
	if (ret) {
		free(qp);
		errno = ret;
		return NULL;
	}

	if (attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) {
		rib_set_wr_ops(&qp->vqp.qp_ex, attr->send_ops_flags);
		qp->vqp.comp_mask |= VERBS_QP_EX;
	}
	return &qp->vqp.qp;
}

static int rib_cmd_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			    int attr_mask, struct ibv_qp_init_attr *init_attr)
{
	struct ibv_query_qp cmd = {};

	return ibv_cmd_query_qp(qp, attr, attr_mask, init_attr, &cmd,
				sizeof(cmd));
}

/*
 * Under state_lock: the kernel is in the error state, and what lies in the
 * receive queue it may have overlooked. An SRQ is not the QP's, and of one with
 * an SRQ the kernel would tell the end again.
 */
static int rib_flush_recvs(struct rib_qp *qp)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct ibv_modify_qp cmd = {};

	if (!qp->rq.ring.head)
		return 0;
	return ibv_cmd_modify_qp(&qp->vqp.qp, &attr, IBV_QP_STATE, &cmd,
				 sizeof(cmd));
}

static int rib_settle_locked(struct rib_qp *qp)
{
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr;
	int ret;

	ret = rib_cmd_query_qp(&qp->vqp.qp, &attr, IBV_QP_STATE, &init_attr);
	if (ret || attr.qp_state != IBV_QPS_ERR)
		return ret;

	qp->vqp.qp.state = IBV_QPS_ERR;
	atomic_store(&qp->failed, true);
	return rib_flush_recvs(qp);
}

/*
 * Takes over the error state if the kernel has the QP in it, and has what was
 * posted late flushed. Whatever changes the state waits, so that a QP that has
 * been reset meanwhile is not moved back.
 */
int rib_settle_qp(struct rib_qp *qp)
{
	int ret;

	pthread_mutex_lock(&qp->state_lock);
	ret = rib_settle_locked(qp);
	pthread_mutex_unlock(&qp->state_lock);
	return ret;
}

int rib_query_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int attr_mask,
		 struct ibv_qp_init_attr *init_attr)
{
	struct rib_qp *qp = to_rib_qp(ibqp);
	int ret;

	ret = rib_cmd_query_qp(ibqp, attr, attr_mask, init_attr);
	if (!ret && attr->qp_state == IBV_QPS_ERR &&
	    !atomic_load(&qp->failed) && rib_settle_qp(qp))
		rib_need(qp, RIB_NEEDS_A_LOOK);
	return ret;
}

static void rib_reread_wq(struct rib_wq *wq)
{
	rib_lock(&wq->lock);
	rib_ring_reread(&wq->ring);
	rib_unlock(&wq->lock);
}

static void rib_forget_qp(struct ibv_qp *qp)
{
	if (qp->send_cq)
		rib_forget_completions(qp->send_cq, qp->qp_num);
	if (qp->recv_cq && qp->recv_cq != qp->send_cq)
		rib_forget_completions(qp->recv_cq, qp->qp_num);
}

/*
 * A reset throws away what was posted: the kernel moves its indices past it
 * and leaves ours alone, so posting goes on where it had come to. The locks of
 * the queues are not taken under state_lock: who has one, in the middle of a
 * batch of completions or of requests, may post a receive and wait for that.
 */
static void rib_after_reset(struct rib_qp *qp)
{
	rib_reread_wq(&qp->sq);
	rib_reread_wq(&qp->rq);
	rib_forget_qp(&qp->vqp.qp);
}

static bool rib_resets(const struct ibv_qp_attr *attr, int attr_mask)
{
	return (attr_mask & IBV_QP_STATE) && attr->qp_state == IBV_QPS_RESET;
}

/*
 * The flag is up before the kernel flushes: a receive that the flush does not
 * see is then one whose poster sees the flag.
 */
static int rib_modify_locked(struct rib_qp *qp, struct ibv_qp_attr *attr,
			     int attr_mask)
{
	bool to_error =
		(attr_mask & IBV_QP_STATE) && attr->qp_state == IBV_QPS_ERR;
	bool failed = atomic_load(&qp->failed);
	struct ibv_modify_qp cmd = {};
	int ret;

	if (to_error)
		atomic_store(&qp->failed, true);
	ret = ibv_cmd_modify_qp(&qp->vqp.qp, attr, attr_mask, &cmd,
				sizeof(cmd));
	if (ret) {
		atomic_store(&qp->failed, failed);
		return ret;
	}

	if (attr_mask & IBV_QP_STATE)
		qp->vqp.qp.state = attr->qp_state;
	if (rib_resets(attr, attr_mask)) {
		atomic_store(&qp->failed, false);
		rib_need_nothing(qp);
	}
	return 0;
}

int rib_modify_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int attr_mask)
{
	struct rib_qp *qp = to_rib_qp(ibqp);
	int ret;

	pthread_mutex_lock(&qp->state_lock);
	ret = rib_modify_locked(qp, attr, attr_mask);
	pthread_mutex_unlock(&qp->state_lock);
	if (!ret && rib_resets(attr, attr_mask))
		rib_after_reset(qp);
	return ret;
}

int rib_destroy_qp(struct ibv_qp *ibqp)
{
	struct rib_qp *qp = to_rib_qp(ibqp);
	int ret;

	ret = ibv_cmd_destroy_qp(ibqp);
	if (ret)
		return ret;

	rib_leave_qp(qp); /* no event of it comes any more */
	rib_forget_qp(ibqp);
	rib_unmap_qp(qp);
	pthread_mutex_destroy(&qp->state_lock);
	rib_lock_fini(&qp->sq.lock);
	rib_lock_fini(&qp->rq.lock);
	rib_put_pd(qp->pd);
	free(qp);
	return 0;
}
