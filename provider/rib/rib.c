// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The rib provider's device and context: how libibverbs finds a rib device
 * and what it may call on one that has been opened.
 */

#include <errno.h>
#include <stdlib.h>

#include "rib.h"
#include "rib-compat.h"

static void rib_free_context(struct ibv_context *context)
{
	struct rib_context *ctx = to_rib_context(context);

	rib_fini_attention(ctx);
	verbs_uninit_context(&ctx->vctx);
	free(ctx);
}

/*
 * What is not in this table the device does not have: libibverbs answers
 * EOPNOTSUPP to a caller of it (device memory, XRC, flow steering, counters).
 */
static const struct verbs_context_ops rib_ctx_ops = {
	.advise_mr = ibv_cmd_advise_mr,
	.alloc_mw = rib_alloc_mw,
	.alloc_parent_domain = rib_alloc_parent_domain,
	.alloc_pd = rib_alloc_pd,
	.alloc_td = rib_alloc_td,
	.async_event = rib_async_event,
	.attach_mcast = ibv_cmd_attach_mcast,
	.bind_mw = rib_bind_mw,
	.create_ah = rib_create_ah,
	.create_cq = rib_create_cq,
	.create_cq_ex = rib_create_cq_ex,
	.create_qp = rib_create_qp,
	.create_qp_ex = rib_create_qp_ex,
	.create_srq = rib_create_srq,
	.create_srq_ex = rib_create_srq_ex,
	.dealloc_mw = rib_dealloc_mw,
	.dealloc_pd = rib_dealloc_pd,
	.dealloc_td = rib_dealloc_td,
	.dereg_mr = rib_dereg_mr,
	.destroy_ah = rib_destroy_ah,
	.destroy_cq = rib_destroy_cq,
	.destroy_qp = rib_destroy_qp,
	.destroy_srq = rib_destroy_srq,
	.detach_mcast = ibv_cmd_detach_mcast,
	.free_context = rib_free_context,
	.modify_qp = rib_modify_qp,
	.modify_srq = rib_modify_srq,
	.poll_cq = rib_poll_cq,
	.post_recv = rib_post_recv,
	.post_send = rib_post_send,
	.post_srq_recv = rib_post_srq_recv,
	.query_device_ex = rib_query_device_ex,
	.query_port = rib_query_port,
	.query_qp = rib_query_qp,
	.query_srq = rib_query_srq,
	.reg_mr = rib_reg_mr,
	.req_notify_cq = rib_req_notify_cq,
	.rereg_mr = rib_rereg_mr,
	.resize_cq = rib_resize_cq,
};

static uint32_t rib_driver_id(struct ibv_device *device)
{
	return to_rib_device(verbs_get_device(device))->driver_id;
}

/*
 * Takes cmd_fd over, whatever the outcome: until a context exists
 * verbs_init_and_alloc_context() closes it, from then on
 * verbs_uninit_context() does.
 */
static struct verbs_context *rib_alloc_context(struct ibv_device *device,
					       int cmd_fd, void *private_data)
{
	struct ib_uverbs_get_context_resp resp = {};
	struct ibv_get_context cmd = {};
	struct rib_context *ctx;
	int ret;

	ctx = verbs_init_and_alloc_context(device, cmd_fd, ctx, vctx,
					   rib_driver_id(device));
	if (!ctx)
		return NULL;

	rib_init_attention(ctx);
	ret = rib_cmd_get_context(&ctx->vctx, &cmd, sizeof(cmd), &resp,
				  sizeof(resp));
	if (ret) {
		rib_free_context(&ctx->vctx.context);
		errno = ret;
		return NULL;
	}

	verbs_set_ops(&ctx->vctx, &rib_ctx_ops);
	rib_set_compat_ops(&ctx->vctx);
	return &ctx->vctx;
}

static struct verbs_device *rib_alloc_device(struct verbs_sysfs_dev *sysfs_dev)
{
	struct rib_device *dev;

	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return NULL;

	/* A kernel refuses commands that name another driver than its own. */
	dev->driver_id = RDMA_DRIVER_RIB;
	if (sysfs_dev->driver_id == RDMA_DRIVER_RXE)
		dev->driver_id = RDMA_DRIVER_RXE;
	return &dev->vdev;
}

static void rib_uninit_device(struct verbs_device *vdev)
{
	free(to_rib_device(vdev));
}

/*
 * The driver id is the contract with the kernel, but it only travels over
 * netlink: where a kernel, a container or a test tree gives none, the name
 * that the kernel driver chose is all there is to go by.
 *
 * There are no VERBS_PCI_MATCH() entries: a device in software hangs on a
 * network interface, whatever that is plugged into, and has no PCI identity. An
 * entry here would claim the RDMA device of another driver on the same card.
 */
static const struct verbs_match_ent rib_match_table[] = {
	VERBS_DRIVER_ID(RDMA_DRIVER_RIB),
	VERBS_NAME_MATCH("rib", NULL),
	{},
};

/*
 * Names can be changed. One that begins with "rib" is not taken where the
 * kernel says that its driver is one with other queues than soft-RoCE's.
 */
static bool rib_match_device(struct verbs_sysfs_dev *sysfs_dev)
{
	if (!sysfs_dev->match)
		return false;

	switch (sysfs_dev->driver_id) {
	case RDMA_DRIVER_UNKNOWN:
	case RDMA_DRIVER_RIB:
	case RDMA_DRIVER_RXE:
		return true;
	default:
		return false;
	}
}

static const struct verbs_device_ops rib_dev_ops = {
	.name = "rib",
	.match_min_abi_version = RIB_MIN_UVERBS_ABI_VERSION,
	.match_max_abi_version = RIB_UVERBS_ABI_VERSION,
	.match_device = rib_match_device,
	.match_table = rib_match_table,
	.alloc_context = rib_alloc_context,
	.alloc_device = rib_alloc_device,
	.uninit_device = rib_uninit_device,
};
PROVIDER_DRIVER(rib, rib_dev_ops);
/* edit 1796035517960630395 */
