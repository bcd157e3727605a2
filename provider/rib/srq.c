// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Shared receive queues. post.c posts to them.
 */

#include <errno.h>
#include <stdlib.h>

#include "rib.h"

static size_t rib_recv_slot(uint32_t max_sge)
{
	return sizeof(struct rib_recv_wqe) + max_sge * sizeof(struct rib_sge);
}

/* The tail that both ways to make an SRQ have in common. */
static int rib_finish_srq(struct rib_srq *srq, struct ibv_pd *pd,
			  uint32_t max_sge, const struct rib_mmap_info *info)
{
	int ret;

	ret = rib_ring_map_work(&srq->rq.ring, pd->context->cmd_fd, info,
				rib_recv_slot(max_sge));
	if (ret) {
		ibv_cmd_destroy_srq(&srq->vsrq.srq);
		return ret;
	}

	srq->rq.max_sge = max_sge;
	srq->pd = rib_get_pd(pd);
	rib_lock_init(&srq->rq.lock, srq->pd->td);
	return 0;
}

struct ibv_srq *rib_create_srq(struct ibv_pd *pd,
			       struct ibv_srq_init_attr *attr)
{
	struct rib_ucreate_srq_resp resp = {};
	struct rib_ucreate_srq cmd = {};
	struct rib_srq *srq;
	int ret;

	srq = calloc(1, sizeof(*srq));
	if (!srq)
		return NULL;

	ret = ibv_cmd_create_srq(pd, &srq->vsrq.srq, attr, &cmd.ibv_cmd,
				 sizeof(cmd), &resp.ibv_resp, sizeof(resp));
	if (!ret)
		ret = rib_finish_srq(srq, pd, attr->attr.max_sge,
				     &resp.rq_ring);
	if (ret) {
		free(srq);
		errno = ret;
		return NULL;
	}
	return &srq->vsrq.srq;
}

/* The device has neither XRC nor tag matching. */
static int rib_check_srq_attr(const struct ibv_srq_init_attr_ex *attr)
{
	if (attr->comp_mask & ~(IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD))
		return EOPNOTSUPP;
	if ((attr->comp_mask & IBV_SRQ_INIT_ATTR_TYPE) &&
	    attr->srq_type != IBV_SRQT_BASIC)
		return EOPNOTSUPP;
	if (!(attr->comp_mask & IBV_SRQ_INIT_ATTR_PD) || !attr->pd)
		return EINVAL;
	return 0;
}

struct ibv_srq *rib_create_srq_ex(struct ibv_context *context,
				  struct ibv_srq_init_attr_ex *attr)
{
	struct rib_ucreate_srq_ex_resp resp = {};
	struct rib_ucreate_srq_ex cmd = {};
	struct rib_srq *srq;
	int ret;

	ret = rib_check_srq_attr(attr);
	if (ret) {
		errno = ret;
		return NULL;
	}
	srq = calloc(1, sizeof(*srq));
	if (!srq)
		return NULL;

	ret = ibv_cmd_create_srq_ex(context, &srq->vsrq, attr, &cmd.ibv_cmd,
				    sizeof(cmd), &resp.ibv_resp, sizeof(resp));
	if (!ret)
		ret = rib_finish_srq(srq, attr->pd, attr->attr.max_sge,
				     &resp.rq_ring);
	if (ret) {
		free(srq);
		errno = ret;
		return NULL;
	}
	return &srq->vsrq.srq;
}

static int rib_follow_srq(struct rib_srq *srq)
{
	return rib_ring_follow_work(&srq->rq.ring,
				    srq->vsrq.srq.context->cmd_fd,
				    rib_recv_slot(srq->rq.max_sge));
}

/* For post.c: tries again what failed when the SRQ was resized. */
int rib_recover_srq(struct rib_srq *srq)
{
	int ret;

	rib_lock_park(&srq->rq.lock);
	ret = rib_follow_srq(srq);
	rib_lock_unpark(&srq->rq.lock);
	return ret ? EIO : 0;
}

static int rib_cmd_resize_srq(struct rib_srq *srq, struct ibv_srq_attr *attr,
			      int attr_mask)
{
	struct rib_mmap_info info = {};
	struct rib_umodify_srq cmd = {};
	struct rib_space space;
	int ret;

	ret = rib_space_hold(&space, &srq->rq.ring, attr->max_wr);
	if (ret)
		return ret;
	cmd.ring_info_addr = (uintptr_t)&info;
	ret = ibv_cmd_modify_srq(&srq->vsrq.srq, attr, attr_mask, &cmd.ibv_cmd,
				 sizeof(cmd));
	rib_space_release(&space);
	if (ret)
		return ret;

	rib_ring_moved(&srq->rq.ring, &info);
	return rib_follow_srq(srq);
}

/* As with a CQ: the kernel moves the requests, so nobody may post meanwhile. */
static int rib_resize_srq(struct rib_srq *srq, struct ibv_srq_attr *attr,
			  int attr_mask)
{
	int ret;

	rib_lock_park(&srq->rq.lock);
	ret = rib_cmd_resize_srq(srq, attr, attr_mask);
	rib_lock_unpark(&srq->rq.lock);
	return ret;
}

int rib_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
		   int attr_mask)
{
	struct rib_umodify_srq cmd = {};

	if (attr_mask & IBV_SRQ_MAX_WR)
		return rib_resize_srq(to_rib_srq(srq), attr, attr_mask);
	return ibv_cmd_modify_srq(srq, attr, attr_mask, &cmd.ibv_cmd,
				  sizeof(cmd));
}

int rib_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr)
{
	struct ibv_query_srq cmd = {};

	return ibv_cmd_query_srq(srq, attr, &cmd, sizeof(cmd));
}

int rib_destroy_srq(struct ibv_srq *ibsrq)
{
	struct rib_srq *srq = to_rib_srq(ibsrq);
	int ret;

	ret = ibv_cmd_destroy_srq(ibsrq);
	if (ret)
		return ret;

	rib_ring_unmap(&srq->rq.ring);
	rib_lock_fini(&srq->rq.lock);
	rib_put_pd(srq->pd);
	free(srq);
	return 0;
}
