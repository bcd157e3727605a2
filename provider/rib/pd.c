// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Domains. A parent domain is one of the kernel's protection domains under a
 * second name, with the promise that what is made in it belongs to one thread.
 * The kernel sees only the protection domain, so it is counted here who still
 * needs the second name.
 */

#include <errno.h>
#include <stdlib.h>

#include "rib.h"

struct rib_pd *rib_get_pd(struct ibv_pd *ibpd)
{
	struct rib_pd *pd = to_rib_pd(ibpd);

	atomic_fetch_add(&pd->users, 1);
	return pd;
}

void rib_put_pd(struct rib_pd *pd)
{
	if (pd)
		atomic_fetch_sub(&pd->users, 1);
}

struct ibv_pd *rib_alloc_pd(struct ibv_context *context)
{
	struct ib_uverbs_alloc_pd_resp resp = {};
	struct ibv_alloc_pd cmd = {};
	struct rib_pd *pd;
	int ret;

	pd = calloc(1, sizeof(*pd));
	if (!pd)
		return NULL;

	ret = ibv_cmd_alloc_pd(context, &pd->pd, &cmd, sizeof(cmd), &resp,
			       sizeof(resp));
	if (ret) {
		free(pd);
		errno = ret;
		return NULL;
	}
	return &pd->pd;
}

static void rib_free_parent_domain(struct rib_pd *pd)
{
	rib_put_pd(pd->base);
	if (pd->td)
		atomic_fetch_sub(&pd->td->users, 1);
}

int rib_dealloc_pd(struct ibv_pd *ibpd)
{
	struct rib_pd *pd = to_rib_pd(ibpd);
	int ret;

	if (atomic_load(&pd->users))
		return EBUSY;
	if (pd->base) {
		rib_free_parent_domain(pd);
	} else {
		ret = ibv_cmd_dealloc_pd(ibpd);
		if (ret)
			return ret;
	}

	free(pd);
	return 0;
}

struct ibv_td *rib_alloc_td(struct ibv_context *context,
			    struct ibv_td_init_attr *attr)
{
	struct rib_td *td;

	if (attr->comp_mask) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	td = calloc(1, sizeof(*td));
	if (!td)
		return NULL;

	td->td.context = context;
	return &td->td;
}

int rib_dealloc_td(struct ibv_td *ibtd)
{
	struct rib_td *td = to_rib_td(ibtd);

	if (atomic_load(&td->users))
		return EBUSY;
	free(td);
	return 0;
}

static int rib_check_parent_domain(struct ibv_context *context,
				   const struct ibv_parent_domain_init_attr *at)
{
	/* Rings are the kernel's memory: an allocator would never be called. */
	if (at->comp_mask & ~IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT)
		return EOPNOTSUPP;
	if (!at->pd || at->pd->context != context || to_rib_pd(at->pd)->base)
		return EINVAL;
	if (at->td && at->td->context != context)
		return EINVAL;
	return 0;
}

struct ibv_pd *rib_alloc_parent_domain(struct ibv_context *context,
				       struct ibv_parent_domain_init_attr *attr)
{
	struct rib_pd *pd;
	int ret;

	ret = rib_check_parent_domain(context, attr);
	if (ret) {
		errno = ret;
		return NULL;
	}
	pd = calloc(1, sizeof(*pd));
	if (!pd)
		return NULL;

	ibv_initialize_parent_domain(&pd->pd, attr->pd);
	pd->base = rib_get_pd(attr->pd);
	if (attr->td) {
		pd->td = to_rib_td(attr->td);
		atomic_fetch_add(&pd->td->users, 1);
	}
	return &pd->pd;
}
