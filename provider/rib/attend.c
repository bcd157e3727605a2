// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * QPs that need a call to the kernel which cannot be made where the need is
 * found: with a CQ's lock held, or after a call that failed and has to be made
 * again. They are put on a list of their context, and the next poll sees to
 * them, outside of all locks.
 *
 * The kernel moves a QP to the error state by itself and flushes the receives
 * that it finds then. Of a later one it does not know, since that queue has no
 * doorbell; the same state once more makes it look. What tells of such a QP:
 *
 *	a failed completion of the QP		poll.c
 *	an event of the QP or of its CQ		rib_async_event()
 *	the state, if the program asks for it	qp.c
 *	a receive queue that is found empty	post.c
 *
 * The last is for a responder without receives, which neither a completion nor
 * an event tells of. Where the queue was not empty, the flush of what was in it
 * gives completions that have failed, and the first of them finds the rest.
 */

#include <errno.h>
#include <sched.h>

#include "rib.h"

void rib_init_attention(struct rib_context *ctx)
{
	pthread_mutex_init(&ctx->attending, NULL);
	pthread_spin_init(&ctx->qps_lock, PTHREAD_PROCESS_PRIVATE);
	list_head_init(&ctx->listed);
	atomic_init(&ctx->any_listed, false);
}

void rib_fini_attention(struct rib_context *ctx)
{
	pthread_spin_destroy(&ctx->qps_lock);
	pthread_mutex_destroy(&ctx->attending);
}

static struct rib_qp **rib_bucket(struct rib_context *ctx, uint32_t qp_num)
{
	return &ctx->qps[qp_num % RIB_QP_BUCKETS];
}

void rib_enter_qp(struct rib_qp *qp)
{
	struct rib_context *ctx = to_rib_context(qp->vqp.qp.context);
	struct rib_qp **bucket = rib_bucket(ctx, qp->vqp.qp.qp_num);

	pthread_spin_lock(&ctx->qps_lock);
	qp->next = *bucket;
	*bucket = qp;
	pthread_spin_unlock(&ctx->qps_lock);
}

static void rib_unlist(struct rib_context *ctx, struct rib_qp *qp)
{
	if (qp->needs)
		list_del(&qp->listed);
	qp->needs = 0;
}

/* From here on nobody finds the QP, and nobody sees to it. */
void rib_leave_qp(struct rib_qp *qp)
{
	struct rib_context *ctx = to_rib_context(qp->vqp.qp.context);
	struct rib_qp **at = rib_bucket(ctx, qp->vqp.qp.qp_num);

	pthread_mutex_lock(&ctx->attending);
	pthread_spin_lock(&ctx->qps_lock);
	while (*at != qp)
		at = &(*at)->next;
	*at = qp->next;
	rib_unlist(ctx, qp);
	pthread_spin_unlock(&ctx->qps_lock);
	pthread_mutex_unlock(&ctx->attending);
}

/* Under qps_lock. */
static void rib_list(struct rib_context *ctx, struct rib_qp *qp, uint8_t needs)
{
	if (!qp->needs)
		list_add_tail(&ctx->listed, &qp->listed);
	qp->needs |= needs;
	atomic_store(&ctx->any_listed, true);
}

void rib_need(struct rib_qp *qp, uint8_t needs)
{
	struct rib_context *ctx = to_rib_context(qp->vqp.qp.context);

	pthread_spin_lock(&ctx->qps_lock);
	rib_list(ctx, qp, needs);
	pthread_spin_unlock(&ctx->qps_lock);
}

/* After a reset nothing of it matters. */
void rib_need_nothing(struct rib_qp *qp)
{
	struct rib_context *ctx = to_rib_context(qp->vqp.qp.context);

	pthread_spin_lock(&ctx->qps_lock);
	rib_unlist(ctx, qp);
	pthread_spin_unlock(&ctx->qps_lock);
}

/* A completion has failed. Its QP may have been destroyed. */
void rib_suspect(struct ibv_context *context, uint32_t qp_num)
{
	struct rib_context *ctx = to_rib_context(context);
	struct rib_qp *qp;

	pthread_spin_lock(&ctx->qps_lock);
	for (qp = *rib_bucket(ctx, qp_num); qp; qp = qp->next)
		if (qp->vqp.qp.qp_num == qp_num && !atomic_load(&qp->failed))
			rib_list(ctx, qp, RIB_NEEDS_A_LOOK);
	pthread_spin_unlock(&ctx->qps_lock);
}

static void rib_suspect_all_of(struct rib_context *ctx, struct ibv_cq *cq)
{
	struct rib_qp *qp;
	uint32_t i;

	pthread_spin_lock(&ctx->qps_lock);
	for (i = 0; i < RIB_QP_BUCKETS; i++)
		for (qp = ctx->qps[i]; qp; qp = qp->next)
			if (qp->vqp.qp.send_cq == cq ||
			    qp->vqp.qp.recv_cq == cq)
				rib_list(ctx, qp, RIB_NEEDS_A_LOOK);
	pthread_spin_unlock(&ctx->qps_lock);
}

/*
 * The kernel writes the completion that failed a moment before it changes the
 * state, so where an error is expected it is asked several times. If even that
 * is too early nothing is missed: what has been posted by then is in the queue
 * when the kernel flushes it.
 */
static int rib_look_at(struct rib_qp *qp)
{
	enum { PATIENCE = 64 };
	int ret, i;

	for (i = 0; i < PATIENCE; i++) {
		ret = rib_settle_qp(qp);
		if (ret || atomic_load(&qp->failed) ||
		    qp->vqp.qp.qp_type != IBV_QPT_RC || !rib_can_send(qp))
			return ret;
		sched_yield();
	}
	return 0;
}

/* What is left to be done. */
static uint8_t rib_see_to(struct rib_qp *qp, uint8_t needs)
{
	uint8_t left = 0;

	if ((needs & RIB_NEEDS_A_BELL) && rib_can_send(qp) &&
	    rib_ring_doorbell(qp))
		left |= RIB_NEEDS_A_BELL;
	if ((needs & RIB_NEEDS_A_LOOK) && rib_look_at(qp))
		left |= RIB_NEEDS_A_LOOK;
	return left;
}

/*
 * The list of those that are seen to is this call's own; what comes back to the
 * context's is for the next.
 */
static void rib_see_to_all(struct rib_context *ctx)
{
	struct list_head todo = LIST_HEAD_INIT(todo);
	struct rib_qp *qp;
	uint8_t needs;

	pthread_spin_lock(&ctx->qps_lock);
	list_append_list(&todo, &ctx->listed);
	atomic_store(&ctx->any_listed, false);
	while ((qp = list_pop(&todo, struct rib_qp, listed))) {
		needs = qp->needs;
		qp->needs = 0;
		pthread_spin_unlock(&ctx->qps_lock);
		needs = rib_see_to(qp, needs);
		pthread_spin_lock(&ctx->qps_lock);
		if (needs)
			rib_list(ctx, qp, needs);
	}
	pthread_spin_unlock(&ctx->qps_lock);
}

/* Call it with no lock held. One thread at a time is enough. */
void rib_attend_now(struct rib_context *ctx)
{
	if (pthread_mutex_trylock(&ctx->attending))
		return;
	rib_see_to_all(ctx);
	pthread_mutex_unlock(&ctx->attending);
}

/* Soft-RoCE sends few of these; the architecture has all for a QP that ends. */
void rib_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
	struct rib_context *ctx = to_rib_context(context);

	switch (event->event_type) {
	case IBV_EVENT_QP_FATAL:
	case IBV_EVENT_QP_REQ_ERR:
	case IBV_EVENT_QP_ACCESS_ERR:
	case IBV_EVENT_QP_LAST_WQE_REACHED:
		rib_need(to_rib_qp(event->element.qp), RIB_NEEDS_A_LOOK);
		break;
	case IBV_EVENT_CQ_ERR:
		rib_suspect_all_of(ctx, event->element.cq);
		break;
	default:
		break;
	}
	rib_attend(ctx);
}
