// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Completion queues: making, resizing and destroying them. poll.c reads them.
 */

#include <errno.h>
#include <stdlib.h>

#include "rib.h"
#include "rib-compat.h"

/*
 * What the kernel puts into a completion. It takes no time of one, so a
 * timestamp is refused rather than made up from the moment of polling.
 */
#define RIB_WC_FLAGS                                                           \
	(IBV_WC_EX_WITH_BYTE_LEN | IBV_WC_EX_WITH_IMM |                        \
	 IBV_WC_EX_WITH_QP_NUM | IBV_WC_EX_WITH_SRC_QP | IBV_WC_EX_WITH_SLID | \
	 IBV_WC_EX_WITH_SL | IBV_WC_EX_WITH_DLID_PATH_BITS)

static int rib_map_cq(struct rib_cq *cq, struct rib_ring *ring,
		      const struct rib_mmap_info *info)
{
	return rib_ring_map_completions(ring, cq->vcq.cq.context->cmd_fd, info,
					sizeof(struct rib_cqe));
}

struct ibv_cq *rib_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector)
{
	struct rib_ucreate_cq_resp resp = {};
	struct rib_ucreate_cq cmd = {};
	struct rib_cq *cq;
	int ret;

	cq = calloc(1, sizeof(*cq));
	if (!cq)
		return NULL;

	ret = ibv_cmd_create_cq(context, cqe, channel, comp_vector, &cq->vcq.cq,
				&cmd.ibv_cmd, sizeof(cmd), &resp.ibv_resp,
				sizeof(resp));
	if (ret)
		goto err_free;
	ret = rib_map_cq(cq, &cq->ring, &resp.cq_ring);
	if (ret)
		goto err_destroy;

	rib_lock_init(&cq->lock, false);
	return &cq->vcq.cq;

err_destroy:
	ibv_cmd_destroy_cq(&cq->vcq.cq);
err_free:
	free(cq);
	errno = ret;
	return NULL;
}

static int rib_check_cq_attr(const struct ibv_cq_init_attr_ex *attr)
{
	if (attr->wc_flags & ~(uint64_t)RIB_WC_FLAGS)
		return EOPNOTSUPP;
	if (attr->comp_mask &
	    ~(IBV_CQ_INIT_ATTR_MASK_FLAGS | IBV_CQ_INIT_ATTR_MASK_PD))
		return EOPNOTSUPP;
	if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS) &&
	    (attr->flags & ~IBV_CREATE_CQ_ATTR_SINGLE_THREADED))
		return EOPNOTSUPP;
	if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_PD) &&
	    (!attr->parent_domain || !to_rib_pd(attr->parent_domain)->base))
		return EINVAL;
	return 0;
}

static bool rib_cq_single_threaded(const struct rib_cq *cq,
				   const struct ibv_cq_init_attr_ex *attr)
{
	if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS) &&
	    (attr->flags & IBV_CREATE_CQ_ATTR_SINGLE_THREADED))
		return true;
	return cq->pd && cq->pd->td;
}

/* What of the attributes concerns this library alone stays here. */
static int rib_cmd_new_cq(struct ibv_context *context, struct rib_cq *cq,
			  const struct ibv_cq_init_attr_ex *attr)
{
	struct ibv_cq_init_attr_ex kernel_attr = {
		.cqe = attr->cqe,
		.cq_context = attr->cq_context,
		.channel = attr->channel,
		.comp_vector = attr->comp_vector,
		.wc_flags = attr->wc_flags,
	};
	struct rib_ucreate_cq_ex_resp resp = {};
	struct rib_ucreate_cq_ex cmd = {};
	int ret;

	ret = rib_cmd_create_cq_ex(context, &kernel_attr, &cq->vcq,
				   &cmd.ibv_cmd, sizeof(cmd), &resp.ibv_resp,
				   sizeof(resp));
	if (ret)
		return ret;

	ret = rib_map_cq(cq, &cq->ring, &resp.cq_ring);
	if (ret)
		ibv_cmd_destroy_cq(&cq->vcq.cq);
	return ret;
}

struct ibv_cq_ex *rib_create_cq_ex(struct ibv_context *context,
				   struct ibv_cq_init_attr_ex *attr)
{
	struct rib_cq *cq;
	int ret;

	ret = rib_check_cq_attr(attr);
	if (ret) {
		errno = ret;
		return NULL;
	}
	cq = calloc(1, sizeof(*cq));
	if (!cq)
		return NULL;

	ret = rib_cmd_new_cq(context, cq, attr);
	if (ret) {
		free(cq);
		errno = ret;
		return NULL;
	}

	if (attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_PD)
		cq->pd = rib_get_pd(attr->parent_domain);
	rib_lock_init(&cq->lock, rib_cq_single_threaded(cq, attr));
	rib_set_poll_ops(&cq->vcq.cq_ex, attr->wc_flags);
	return &cq->vcq.cq_ex;
}

static int rib_follow_cq(struct rib_cq *cq)
{
	return rib_ring_follow_completions(
		&cq->ring, cq->vcq.cq.context->cmd_fd, sizeof(struct rib_cqe));
}

/* For poll.c: tries again what failed when the CQ was resized. */
int rib_recover_cq(struct rib_cq *cq)
{
	int ret;

	rib_lock_park(&cq->lock);
	ret = rib_follow_cq(cq);
	rib_lock_unpark(&cq->lock);
	return ret ? EIO : 0;
}

/* The kernel moves what has not been polled to the new ring. */
static int rib_grow_cq(struct rib_cq *cq, int cqe)
{
	struct rib_uresize_cq_resp resp = {};
	struct rib_uresize_cq cmd = {};
	struct rib_space space;
	int ret;

	ret = rib_space_hold(&space, &cq->ring, cqe);
	if (ret)
		return ret;
	ret = ibv_cmd_resize_cq(&cq->vcq.cq, cqe, &cmd.ibv_cmd, sizeof(cmd),
				&resp.ibv_resp, sizeof(resp));
	rib_space_release(&space);
	if (ret)
		return ret;

	rib_ring_moved(&cq->ring, &resp.cq_ring);
	return rib_follow_cq(cq);
}

/*
 * ibv_resize_cq(3) lets a CQ stay larger than it was asked to become, and so it
 * does: the kernel would make room for what has completed, not for what is
 * still being sent, and drop completions that were safe before.
 */
static int rib_keep_cq(struct rib_cq *cq, int cqe)
{
	return rib_ring_waiting(&cq->ring) > (uint32_t)cqe ? EINVAL : 0;
}

/*
 * A thread that polls meanwhile sleeps. It must not be told that the CQ is
 * empty: it would wait for an event that has been sent already. A CQ whose ring
 * is lost is resized in any case, since the next ring may be mapped.
 */
int rib_resize_cq(struct ibv_cq *ibcq, int cqe)
{
	struct rib_cq *cq = to_rib_cq(ibcq);
	int ret;

	if (cqe <= 0)
		return EINVAL;
	rib_lock_park(&cq->lock);
	if (cqe <= ibcq->cqe && !cq->ring.lost)
		ret = rib_keep_cq(cq, cqe);
	else
		ret = rib_grow_cq(cq, cqe);
	rib_lock_unpark(&cq->lock);
	return ret;
}

int rib_destroy_cq(struct ibv_cq *ibcq)
{
	struct rib_cq *cq = to_rib_cq(ibcq);
	int ret;

	ret = ibv_cmd_destroy_cq(ibcq);
	if (ret)
		return ret;

	rib_ring_unmap(&cq->ring);
	rib_lock_fini(&cq->lock);
	rib_put_pd(cq->pd);
	free(cq);
	return 0;
}
