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

	verbs_uninit_context(&ctx->vctx);
	free(ctx);
}

static const struct verbs_context_ops rib_ctx_ops = {
	.alloc_pd = rib_alloc_pd,
	.attach_mcast = ibv_cmd_attach_mcast,
	.create_ah = rib_create_ah,
	.create_cq = rib_create_cq,
	.create_qp = rib_create_qp,
	.dealloc_pd = rib_dealloc_pd,
	.dereg_mr = rib_dereg_mr,
	.destroy_ah = rib_destroy_ah,
	.destroy_cq = rib_destroy_cq,
	.destroy_qp = rib_destroy_qp,
	.detach_mcast = ibv_cmd_detach_mcast,
	.free_context = rib_free_context,
	.modify_qp = rib_modify_qp,
	.poll_cq = rib_poll_cq,
	.post_recv = rib_post_recv,
	.post_send = rib_post_send,
	.query_device_ex = rib_query_device_ex,
	.query_port = rib_query_port,
	.query_qp = rib_query_qp,
	.reg_mr = rib_reg_mr,
	.req_notify_cq = ibv_cmd_req_notify_cq,
};

/*
 * Takes cmd_fd over, whatever the outcome: until a context exists
 * verbs_init_and_alloc_context() closes it, from then on
 * verbs_uninit_context() does.
 */
static struct verbs_context *rib_alloc_context(struct ibv_device *device,
					       int cmd_fd, void *private_data)
{
	struct rib_uget_context_resp resp = {};
	struct rib_uget_context cmd = {};
	struct rib_context *ctx;
	int ret;

	ctx = verbs_init_and_alloc_context(device, cmd_fd, ctx, vctx,
					   RDMA_DRIVER_RIB);
	if (!ctx)
		return NULL;

	ret = rib_cmd_get_context(&ctx->vctx, &cmd.ibv_cmd, sizeof(cmd),
				  &resp.ibv_resp, sizeof(resp));
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
 */
static const struct verbs_match_ent rib_match_table[] = {
	VERBS_DRIVER_ID(RDMA_DRIVER_RIB),
	VERBS_NAME_MATCH("rib", NULL),
	{},
};

static const struct verbs_device_ops rib_dev_ops = {
	.name = "rib",
	.match_min_abi_version = RIB_MIN_UVERBS_ABI_VERSION,
	.match_max_abi_version = RIB_UVERBS_ABI_VERSION,
	.match_table = rib_match_table,
	.alloc_context = rib_alloc_context,
	.alloc_device = rib_alloc_device,
	.uninit_device = rib_uninit_device,
};
PROVIDER_DRIVER(rib, rib_dev_ops);
