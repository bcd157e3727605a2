/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR Linux-OpenIB) */
/*
 * What the kernel driver of a rib device and its userspace provider say to
 * each other, beyond the generic uverbs commands. It is the agreement of the
 * kernel's soft-RoCE driver: drivers/infiniband/sw/rxe, with its user API in
 * include/uapi/rdma/rdma_user_rxe.h. Each fact below names the place it was
 * taken from; "uapi" stands for that header as of Linux 6.12, "rxe" for that
 * folder. The names are rib's own: this file lies beside the kernel's header
 * in rdma-core and both may be compiled into one file.
 *
 * rdma-core's buildlib/make_abi_structs.py reads this file line by line and
 * knows kernel style only: one declaration a line, the opening brace on the
 * line of its struct. Every struct is a multiple of 8 bytes and every 64-bit
 * field is an __aligned_u64, so that 32 and 64-bit processes see one layout.
 * layout.c proves sizes and offsets.
 */

#ifndef RIB_ABI_USER_H
#define RIB_ABI_USER_H

#include <linux/types.h>

/* rxe/rxe_verbs.h: RXE_UVERBS_ABI_VERSION, 2 since Linux 4.17. */
#define RIB_UVERBS_ABI_VERSION 2

/*
 * A ring that waits to be mapped: at "offset" of the uverbs file, "size" bytes.
 * An announcement can be mapped once (rxe/rxe_mmap.c: rxe_mmap()).
 * uapi: struct mminfo
 */
struct rib_mmap_info {
	__aligned_u64 offset;
	__u32 size;
	__u32 reserved;
};

/*
 * Number of the address handle, from 1 up. A kernel before 5.17 leaves it 0,
 * and wants the address itself in each request.
 * uapi: struct rxe_create_ah_resp; rxe/rxe_verbs.c: rxe_create_ah()
 */
struct rib_create_ah_resp {
	__u32 ah_num;
	__u32 reserved;
};

/* uapi: struct rxe_create_cq_resp */
struct rib_create_cq_resp {
	struct rib_mmap_info cq_ring;
};

/* The ring's new place; entries have moved. uapi: struct rxe_resize_cq_resp */
struct rib_resize_cq_resp {
	struct rib_mmap_info cq_ring;
};

/* A QP with an SRQ has no rq_ring. uapi: struct rxe_create_qp_resp */
struct rib_create_qp_resp {
	struct rib_mmap_info rq_ring;
	struct rib_mmap_info sq_ring;
};

/* uapi: struct rxe_create_srq_resp */
struct rib_create_srq_resp {
	struct rib_mmap_info rq_ring;
	__u32 srq_num;
	__u32 reserved;
};

/*
 * Where the kernel writes a struct rib_mmap_info if the ring moves.
 * uapi: struct rxe_modify_srq_cmd; rxe/rxe_srq.c: rxe_srq_from_attr()
 */
struct rib_modify_srq {
	__aligned_u64 ring_info_addr;
};

/*
 * Start of each ring. Slot number n is at slots + (n << log2_slot_size); both
 * indices count modulo index_mask + 1, and of that many slots one stays empty.
 * Work rings: the process produces. Completion rings: the kernel does.
 * uapi: struct rxe_queue_buf; rxe/rxe_queue.h
 */
struct rib_ring_head {
	__u32 log2_slot_size;
	__u32 index_mask;
	__u32 pad_1[30];
	__u32 producer;
	__u32 pad_2[31];
	__u32 consumer;
	__u32 pad_3[31];
	__u8 slots[];
};

/* uapi: struct rxe_sge; bit for bit a struct ibv_sge */
struct rib_sge {
	__aligned_u64 addr;
	__u32 length;
	__u32 lkey;
};

/*
 * What a request transfers. Behind it, and so at the end of a work request,
 * come either struct rib_sge num_sge times or the data itself.
 * The kernel counts resid down and moves cur_sge and sge_offset.
 * uapi: struct rxe_dma_info
 */
struct rib_data {
	__u32 length;
	__u32 resid;
	__u32 cur_sge;
	__u32 num_sge;
	__u32 sge_offset;
	__u32 reserved;
};

/* uapi: struct rxe_recv_wqe */
struct rib_recv_wqe {
	__aligned_u64 wr_id;
	__u32 reserved_1;
	__u32 reserved_2;
	struct rib_data data;
};

/* Values of rib_av.network_type. uapi: RXE_NETWORK_TYPE_IPV4 and _IPV6 */
#define RIB_NETWORK_IPV4 1
#define RIB_NETWORK_IPV6 2

/*
 * One end of a path: a struct sockaddr_in or a struct sockaddr_in6. "word" is
 * the IPv4 address of the one and the flow information of the other.
 * uapi: struct rxe_av, sgid_addr and dgid_addr
 */
struct rib_av_end {
	__u16 family;
	__be16 port;
	__be32 word;
	__u8 ipv6[16];
	__u32 scope_id;
};

/* An address in full. uapi: struct rxe_av with struct rxe_global_route */
struct rib_av {
	__u8 port_num;
	__u8 network_type;
	__u8 dmac[6];
	__u8 dgid[16];
	__u32 flow_label;
	__u8 sgid_index;
	__u8 hop_limit;
	__u8 traffic_class;
	__u8 pad;
	struct rib_av_end local;
	struct rib_av_end remote;
};

/*
 * A send request. Opcodes and flags are those of enum ibv_wr_opcode and enum
 * ibv_send_flags. What stands in "op" depends on the opcode:
 *	flush	flush
 *	rdma	RDMA write and read, atomic write
 *	atomic	compare and swap, fetch and add
 *	ud	the sends of a UD queue pair
 *	mw	bind memory window: mw_rkey is the key so far, rkey the next
 * uapi: struct rxe_send_wqe with struct rxe_send_wr
 *
 * From "status" on up to "data" it is the kernel's; a request is handed over
 * with all of it 0 (state 0 is rxe/rxe_verbs.h: wqe_state_posted), save iova,
 * the address that the kernel puts into the request's packets
 * (rxe/rxe_req.c: init_req_packet()).
 */
struct rib_send_wqe {
	__aligned_u64 wr_id;
	__u32 reserved;
	__u32 opcode;
	__u32 send_flags;
	union {
		__be32 imm_data;
		__u32 invalidate_rkey;
	} ex;
	union {
		struct {
			__aligned_u64 remote_addr;
			__u32 length;
			__u32 rkey;
			__u8 type;
			__u8 level;
		} flush;
		struct {
			__aligned_u64 remote_addr;
			__u32 rkey;
			__u32 reserved;
		} rdma;
		struct {
			__aligned_u64 remote_addr;
			__aligned_u64 compare_add;
			__aligned_u64 swap;
			__u32 rkey;
			__u32 reserved;
		} atomic;
		struct {
			__u32 remote_qpn;
			__u32 remote_qkey;
			__u16 pkey_index;
			__u16 reserved;
			__u32 ah_num;
			__u32 pad[4];
			struct rib_av av;
		} ud;
		struct {
			__aligned_u64 addr;
			__aligned_u64 length;
			__u32 mr_lkey;
			__u32 mw_rkey;
			__u32 rkey;
			__u32 access;
		} mw;
	} op;
	__u32 status;
	__u32 state;
	__aligned_u64 iova;
	__u32 mask;
	__u32 first_psn;
	__u32 last_psn;
	__u32 ack_length;
	__u32 ssn;
	__u32 has_rd_atomic;
	struct rib_data data;
};

/*
 * Bits of rib_cqe.wc_flags; they are the kernel's own, and the third means
 * something else in libibverbs (IBV_WC_IP_CSUM_OK).
 * include/rdma/ib_verbs.h: enum ib_wc_flags
 */
#define RIB_CQE_GRH 1
#define RIB_CQE_WITH_IMM 2
#define RIB_CQE_WITH_INVALIDATE 4

/*
 * A completion. Status and opcode are libibverbs' own values, the field order
 * is that of struct ibv_wc. Of one that failed, the kernel fills wr_id, status
 * and qp_num and clears the rest.
 * include/uapi/rdma/ib_user_verbs.h: struct ib_uverbs_wc, which
 * rxe/rxe_comp.c: make_send_cqe() and rxe/rxe_resp.c: do_complete() write
 */
struct rib_cqe {
	__aligned_u64 wr_id;
	__u32 status;
	__u32 opcode;
	__u32 vendor_err;
	__u32 byte_len;
	union {
		__be32 imm_data;
		__u32 invalidate_rkey;
	} ex;
	__u32 qp_num;
	__u32 src_qp;
	__u32 wc_flags;
	__u16 pkey_index;
	__u16 slid;
	__u8 sl;
	__u8 dlid_path_bits;
	__u8 port_num;
	__u8 reserved;
};

#endif /* RIB_ABI_USER_H */
