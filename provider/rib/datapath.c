// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The data path is not there yet. What is asked of it is refused, by the rules
 * of the man pages: a program learns that nothing was posted and that no
 * completion will come, rather than waiting for one.
 */

#include <errno.h>

#include "rib.h"

/* The first request of the list is the one that failed: none was posted. */
int rib_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
		  struct ibv_send_wr **bad_wr)
{
	*bad_wr = wr;
	return EOPNOTSUPP;
}

int rib_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
		  struct ibv_recv_wr **bad_wr)
{
	*bad_wr = wr;
	return EOPNOTSUPP;
}

/*
 * Only a negative number means failure here: 0 would say "none yet" and keep
 * the caller polling for ever, a positive one would promise filled entries.
 */
int rib_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc)
{
	return -EOPNOTSUPP;
}
