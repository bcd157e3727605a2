/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR Linux-OpenIB)
 */
/*
 * What the rib kernel driver and its userspace provider say to each other,
 * beyond the generic uverbs commands.
 *
 * rdma-core's buildlib/make_abi_structs.py reads this file line by line and
 * knows kernel style only: one declaration a line, the opening brace on the
 * line of its struct. Every struct is a multiple of 8 bytes and every 64-bit
 * field is an __aligned_u64, so that 32 and 64-bit processes see one layout.
 */

#ifndef RIB_ABI_USER_H
#define RIB_ABI_USER_H

#include <linux/types.h>

/* Raised when a struct below changes in a way that old readers misread. */
#define RIB_UVERBS_ABI_VERSION 1

/* A ring of the driver, to be mapped from the uverbs file; size 0: none. */
struct rib_mmap_info {
	__aligned_u64 offset;
	__u32 size;
	__u32 reserved;
};

/* No feature bit is given away yet: a driver answers 0. */
struct rib_alloc_ucontext_resp {
	__u32 feature_mask;
	__u32 reserved;
};

struct rib_create_cq_resp {
	struct rib_mmap_info cq_ring;
};

struct rib_create_qp_resp {
	struct rib_mmap_info rq_ring;
	struct rib_mmap_info sq_ring;
};

#endif /* RIB_ABI_USER_H */
