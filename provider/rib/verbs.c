// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * What has no queue: device and port, memory regions and windows, address
 * handles. The kernel driver keeps the object; what is kept here is the handle
 * that libibverbs needs to name it.
 *
 * In this folder creating verbs answer NULL and set errno, the others return an
 * errno value, as the man pages promise. An object whose destruction the kernel
 * refuses is kept, so that the caller can try again.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rib.h"
#include "rib-compat.h"

/* The kernel packs major, minor and patch level in 16 bits each. */
static void rib_format_fw_ver(char *buf, size_t size, uint64_t raw)
{
	snprintf(buf, size, "%u.%u.%u", (unsigned int)(raw >> 32 & 0xffff),
		 (unsigned int)(raw >> 16 & 0xffff),
		 (unsigned int)(raw & 0xffff));
}

int rib_query_device_ex(struct ibv_context *context,
			const struct ibv_query_device_ex_input *input,
			struct ibv_device_attr_ex *attr, size_t attr_size)
{
	uint64_t raw_fw_ver;
	int ret;

	ret = rib_cmd_query_device(context, input, attr, attr_size,
				   &raw_fw_ver);
	if (ret)
		return ret;

	rib_format_fw_ver(attr->orig_attr.fw_ver,
			  sizeof(attr->orig_attr.fw_ver), raw_fw_ver);
	return 0;
}

int rib_query_port(struct ibv_context *context, uint8_t port_num,
		   struct ibv_port_attr *attr)
{
	struct ibv_query_port cmd = {};

	return ibv_cmd_query_port(context, port_num, attr, &cmd, sizeof(cmd));
}

struct ibv_mr *rib_reg_mr(struct ibv_pd *pd, void *addr, size_t length,
			  uint64_t hca_va, int access)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct ibv_reg_mr cmd = {};
	struct rib_mr *mr;
	int ret;

	mr = calloc(1, sizeof(*mr));
	if (!mr)
		return NULL;

	ret = ibv_cmd_reg_mr(pd, addr, length, hca_va, access, &mr->vmr, &cmd,
			     sizeof(cmd), &resp, sizeof(resp));
	if (ret) {
		free(mr);
		errno = ret;
		return NULL;
	}
	mr->pd = rib_get_pd(pd);
	return &mr->vmr.ibv_mr;
}

int rib_rereg_mr(struct verbs_mr *vmr, int flags, struct ibv_pd *pd, void *addr,
		 size_t length, int access)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct rib_mr *mr = to_rib_mr(vmr);
	struct ibv_rereg_mr cmd = {};
	int ret;

	ret = ibv_cmd_rereg_mr(vmr, flags, addr, length, (uintptr_t)addr,
			       access, pd, &cmd, sizeof(cmd), &resp,
			       sizeof(resp));
	if (ret)
		return ret;

	if (flags & IBV_REREG_MR_CHANGE_PD) {
		rib_put_pd(mr->pd);
		mr->pd = rib_get_pd(pd);
	}
	return 0;
}

int rib_dereg_mr(struct verbs_mr *vmr)
{
	struct rib_mr *mr = to_rib_mr(vmr);
	int ret;

	ret = ibv_cmd_dereg_mr(vmr);
	if (ret)
		return ret;

	rib_put_pd(mr->pd);
	free(mr);
	return 0;
}

struct ibv_mw *rib_alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type)
{
	struct ib_uverbs_alloc_mw_resp resp = {};
	struct ibv_alloc_mw cmd = {};
	struct rib_mw *mw;
	int ret;

	mw = calloc(1, sizeof(*mw));
	if (!mw)
		return NULL;

	ret = ibv_cmd_alloc_mw(pd, type, &mw->mw, &cmd, sizeof(cmd), &resp,
			       sizeof(resp));
	if (ret) {
		free(mw);
		errno = ret;
		return NULL;
	}
	mw->pd = rib_get_pd(pd);
	return &mw->mw;
}

int rib_dealloc_mw(struct ibv_mw *ibmw)
{
	struct rib_mw *mw = to_rib_mw(ibmw);
	int ret;

	ret = ibv_cmd_dealloc_mw(ibmw);
	if (ret)
		return ret;

	rib_put_pd(mw->pd);
	free(mw);
	return 0;
}

/* ::ffff:a.b.c.d is how RoCE writes an IPv4 address as a GID. */
static bool rib_gid_is_ipv4(const uint8_t *gid)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid, mapped, sizeof(mapped));
}

static void rib_put_av_end(struct rib_av_end *end, const uint8_t *gid)
{
	if (rib_gid_is_ipv4(gid)) {
		end->family = AF_INET;
		memcpy(&end->word, gid + 12, sizeof(end->word));
	} else {
		end->family = AF_INET6;
		memcpy(end->ipv6, gid, sizeof(end->ipv6));
	}
}

/* For a kernel that numbers no address handles. */
static int rib_fill_av(struct rib_av *av, struct ibv_context *context,
		       struct ibv_ah_attr *attr)
{
	const struct ibv_global_route *grh = &attr->grh;
	union ibv_gid sgid;
	int ret;

	ret = ibv_query_gid(context, attr->port_num, grh->sgid_index, &sgid);
	if (ret)
		return EINVAL;

	av->port_num = attr->port_num;
	av->network_type = rib_gid_is_ipv4(grh->dgid.raw) ? RIB_NETWORK_IPV4 :
							    RIB_NETWORK_IPV6;
	memcpy(av->dgid, grh->dgid.raw, sizeof(av->dgid));
	av->flow_label = grh->flow_label;
	av->sgid_index = grh->sgid_index;
	av->hop_limit = grh->hop_limit;
	av->traffic_class = grh->traffic_class;
	rib_put_av_end(&av->local, sgid.raw);
	rib_put_av_end(&av->remote, grh->dgid.raw);
	return ibv_resolve_eth_l2_from_gid(context, attr, av->dmac, NULL);
}

static int rib_cmd_new_ah(struct rib_ah *ah, struct ibv_pd *pd,
			  struct ibv_ah_attr *attr)
{
	struct rib_ucreate_ah_resp resp = {};
	int ret;

	ret = ibv_cmd_create_ah(pd, &ah->ah, attr, &resp.ibv_resp,
				sizeof(resp));
	if (ret)
		return ret;

	ah->ah_num = resp.ah_num;
	if (ah->ah_num)
		return 0;
	ret = rib_fill_av(&ah->av, pd->context, attr);
	if (ret)
		ibv_cmd_destroy_ah(&ah->ah);
	return ret;
}

struct ibv_ah *rib_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
	struct rib_ah *ah;
	int ret;

	ah = calloc(1, sizeof(*ah));
	if (!ah)
		return NULL;

	ret = rib_cmd_new_ah(ah, pd, attr);
	if (ret) {
		free(ah);
		errno = ret;
		return NULL;
	}
	ah->pd = rib_get_pd(pd);
	return &ah->ah;
}

int rib_destroy_ah(struct ibv_ah *ibah)
{
	struct rib_ah *ah = to_rib_ah(ibah);
	int ret;

	ret = ibv_cmd_destroy_ah(ibah);
	if (ret)
		return ret;

	rib_put_pd(ah->pd);
	free(ah);
	return 0;
}
