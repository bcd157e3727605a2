/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The one place that knows that rdma-core's interfaces differ between releases.
 *
 * Of the driver interface tells IBVERBS_PABI_VERSION, from the config.h of the
 * release that is being built; from v32 on each difference came with a new
 * value of it.
 *
 *	25	v32		v27-v31 too, but they lack struct verbs_cq
 *	33	v33		one query_device command instead of two
 *	34	v34-v56		ibv_cmd_create_cq_ex() takes flags
 *	57	v57-v58		ibv_cmd_get_context() takes file descriptors
 *	59	v59-v63		ibv_cmd_create_cq_ex() takes provider attributes
 *	64, 65	v64, v65	ibv_cmd_create_qp_ex2() takes driver attributes
 *
 * Opcodes that verbs.h got in between are told by RIB_RELEASE, the number
 * before the dot, from CMakeLists.txt.
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

#ifndef RIB_RELEASE
#error "CMakeLists.txt defines RIB_RELEASE"
#endif

/* What a release does not name cannot be asked for: no bits, no opcode. */
#define RIB_HAVE_ATOMIC_WRITE (RIB_RELEASE >= 44)
#define RIB_HAVE_FLUSH (RIB_RELEASE >= 45)

#define RIB_WR_ATOMIC_WRITE 15
#if RIB_HAVE_ATOMIC_WRITE
#define RIB_ATOMIC_WRITE_OPCODE (1U << IBV_WR_ATOMIC_WRITE)
#define RIB_ATOMIC_WRITE_SEND_OP IBV_QP_EX_WITH_ATOMIC_WRITE
#else
#define RIB_ATOMIC_WRITE_OPCODE 0
#define RIB_ATOMIC_WRITE_SEND_OP 0
#endif

#if RIB_HAVE_FLUSH
#define RIB_FLUSH_SEND_OP IBV_QP_EX_WITH_FLUSH
#else
#define RIB_FLUSH_SEND_OP 0
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

static inline int
rib_cmd_create_cq_ex(struct ibv_context *context,
		     struct ibv_cq_init_attr_ex *attr, struct verbs_cq *cq,
		     struct ibv_create_cq_ex *cmd, size_t cmd_size,
		     struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size)
{
#if IBVERBS_PABI_VERSION >= 59
	return ibv_cmd_create_cq_ex(context, attr, NULL, cq, cmd, cmd_size,
				    resp, resp_size, 0);
#elif IBVERBS_PABI_VERSION >= 34
	return ibv_cmd_create_cq_ex(context, attr, cq, cmd, cmd_size, resp,
				    resp_size, 0);
#else
	return ibv_cmd_create_cq_ex(context, attr, cq, cmd, cmd_size, resp,
				    resp_size);
#endif
}

static inline int
rib_cmd_create_qp_ex(struct ibv_context *context, struct verbs_qp *qp,
		     struct ibv_qp_init_attr_ex *attr,
		     struct ibv_create_qp_ex *cmd, size_t cmd_size,
		     struct ib_uverbs_ex_create_qp_resp *resp, size_t resp_size)
{
#if IBVERBS_PABI_VERSION >= 64
	return ibv_cmd_create_qp_ex2(context, qp, attr, cmd, cmd_size, resp,
				     resp_size, NULL);
#else
	return ibv_cmd_create_qp_ex2(context, qp, attr, cmd, cmd_size, resp,
				     resp_size);
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
