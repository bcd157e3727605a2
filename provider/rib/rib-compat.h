/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The one place that knows that rdma-core's driver interface differs between
 * releases. What follows needs no configure test: IBVERBS_PABI_VERSION comes
 * from the config.h of the release that is being built, and from v32 on each
 * difference came with a new value of it.
 *
 *	25	v32		v27-v31 too, but they lack struct verbs_cq
 *	33	v33		one query_device command instead of two
 *	34	v34-v56
 *	57	v57-v58		ibv_cmd_get_context() takes file descriptors
 *	59	v59-v63
 *	64, 65	v64, v65
 */

#ifndef RIB_COMPAT_H
#define RIB_COMPAT_H

#include <config.h>
#include <errno.h>
#include <string.h>

#include <infiniband/driver.h>

#include "rib.h"

#if IBVERBS_PABI_VERSION < 25
#error "the rib provider needs rdma-core v32 or later"
#endif

static inline int rib_cmd_get_context(struct verbs_context *vctx,
				      struct ibv_get_context *cmd,
				      size_t cmd_size,
				      struct ib_uverbs_get_context_resp *resp,
				      size_t resp_size)
{
#if IBVERBS_PABI_VERSION >= 57
	return ibv_cmd_get_context(vctx, cmd, cmd_size, NULL, resp, resp_size);
#else
	return ibv_cmd_get_context(vctx, cmd, cmd_size, resp, resp_size);
#endif
}

#if IBVERBS_PABI_VERSION >= 33

static inline int
rib_cmd_query_device(struct ibv_context *context,
		     const struct ibv_query_device_ex_input *input,
		     struct ibv_device_attr_ex *attr, size_t attr_size,
		     uint64_t *raw_fw_ver)
{
	struct ib_uverbs_ex_query_device_resp resp = {};
	size_t resp_size = sizeof(resp);
	int ret;

	ret = ibv_cmd_query_device_any(context, input, attr, attr_size, &resp,
				       &resp_size);
	*raw_fw_ver = resp.base.fw_ver;
	return ret;
}

/* No op of these releases needs a different name or form. */
static inline void rib_set_compat_ops(struct verbs_context *vctx)
{
}

#else /* IBVERBS_PABI_VERSION < 33 */

/*
 * Fills the whole of attr, like its successor: from the extended command, or,
 * on a kernel or with a caller that has none, from the basic one.
 */
static inline int
rib_cmd_query_device(struct ibv_context *context,
		     const struct ibv_query_device_ex_input *input,
		     struct ibv_device_attr_ex *attr, size_t attr_size,
		     uint64_t *raw_fw_ver)
{
	struct ib_uverbs_ex_query_device_resp resp = {};
	struct ibv_query_device_ex cmd_ex = {};
	struct ibv_query_device cmd = {};
	int ret;

	*raw_fw_ver = 0;
	if (input && input->comp_mask)
		return EINVAL;
	if (attr_size < sizeof(attr->orig_attr))
		return EINVAL;

	memset(attr, 0, attr_size);
	if (attr_size > sizeof(attr->orig_attr)) {
		ret = ibv_cmd_query_device_ex(context, input, attr, attr_size,
					      raw_fw_ver, &cmd_ex,
					      sizeof(cmd_ex), &resp,
					      sizeof(resp));
		if (ret != EOPNOTSUPP && ret != ENOSYS)
			return ret;
	}
	return ibv_cmd_query_device(context, &attr->orig_attr, raw_fw_ver, &cmd,
				    sizeof(cmd));
}

static inline int rib_query_device(struct ibv_context *context,
				   struct ibv_device_attr *attr)
{
	struct ibv_device_attr_ex attr_ex;
	int ret;

	ret = rib_query_device_ex(context, NULL, &attr_ex,
				  sizeof(attr_ex.orig_attr));
	if (!ret)
		*attr = attr_ex.orig_attr;
	return ret;
}

/* ibv_query_device() still has an op of its own here. */
static inline void rib_set_compat_ops(struct verbs_context *vctx)
{
	static const struct verbs_context_ops compat_ops = {
		.query_device = rib_query_device,
	};

	verbs_set_ops(vctx, &compat_ops);
}

#endif

#endif /* RIB_COMPAT_H */
