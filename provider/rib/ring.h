/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A ring that the process and the kernel share, and the lock of its user side.
 *
 * The other side is a kernel thread on another CPU, not a DMA engine, so the
 * indices are C11 atomics: acquire when the kernel's is read, release when
 * ours is written. That alone would do; udma_barrier.h's primitives stand where
 * rdma-core wants the hand-over to a device to be marked.
 *
 * What each side writes it owns, so our own index is remembered, and the
 * kernel's is read again only when the remembered one says full or empty, or
 * when a receive is posted, which asks whether the kernel has taken all before
 * it: the cache line that it lies in is one that the kernel keeps writing.
 */

#ifndef RIB_RING_H
#define RIB_RING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rdma/rib-abi.h>
#include <util/compiler.h>
#include <util/udma_barrier.h>

struct rib_ring {
	struct rib_ring_head *head; /* NULL: not there */
	uint8_t *slots;
	uint32_t mask;
	uint32_t shift;
	uint32_t own;  /* the index that this side writes */
	uint32_t peer; /* the kernel's, when last looked at */
	bool lost;     /* the kernel has gone on to the one announced */
	size_t size;
	struct rib_mmap_info announced;
};

/*
 * A lock that objects of one thread go without. No thread calls the kernel with
 * the spinlock held: it parks the lock, and the others sleep (lock.c).
 */
struct rib_lock {
	pthread_spinlock_t spin;
	bool off;
	bool parked;
	pthread_mutex_t slow;
};

/* Address space that is held for a ring until the kernel has made it. */
struct rib_space {
	void *addr;
	size_t size;
};

typedef _Atomic(uint32_t) rib_index_t;

static inline uint32_t rib_index_read(const __u32 *index)
{
	return atomic_load_explicit((const rib_index_t *)index,
				    memory_order_acquire);
}

static inline void rib_index_write(__u32 *index, uint32_t value)
{
	udma_to_device_barrier();
	atomic_store_explicit((rib_index_t *)index, value,
			      memory_order_release);
}

static inline uint32_t rib_ring_after(const struct rib_ring *ring,
				      uint32_t index)
{
	return (index + 1) & ring->mask;
}

static inline uint32_t rib_ring_before(const struct rib_ring *ring,
				       uint32_t index)
{
	return (index - 1) & ring->mask;
}

static inline void *rib_ring_slot(const struct rib_ring *ring, uint32_t index)
{
	return ring->slots + ((size_t)index << ring->shift);
}

/* Producer: would an entry at this index be one too many? */
static inline bool rib_ring_full(struct rib_ring *ring, uint32_t index)
{
	uint32_t after = rib_ring_after(ring, index);

	if (likely(after != ring->peer))
		return false;
	ring->peer = rib_index_read(&ring->head->consumer);
	return after == ring->peer;
}

/* Producer: has the kernel taken all that was handed over? */
static inline bool rib_ring_drained(struct rib_ring *ring)
{
	ring->peer = rib_index_read(&ring->head->consumer);
	return ring->peer == ring->own;
}

/* Producer: everything before this index is the kernel's from now on. */
static inline void rib_ring_publish(struct rib_ring *ring, uint32_t index)
{
	ring->own = index;
	rib_index_write(&ring->head->producer, index);
}

/* Consumer: has the kernel put anything at this index? */
static inline bool rib_ring_empty(struct rib_ring *ring, uint32_t index)
{
	if (index != ring->peer)
		return false;
	ring->peer = rib_index_read(&ring->head->producer);
	if (index == ring->peer)
		return true;
	udma_from_device_barrier();
	return false;
}

/* Consumer: how many entries lie there. */
static inline uint32_t rib_ring_waiting(struct rib_ring *ring)
{
	ring->peer = rib_index_read(&ring->head->producer);
	return (ring->peer - ring->own) & ring->mask;
}

/* Consumer: the slots before this index may be written again. */
static inline void rib_ring_release(struct rib_ring *ring, uint32_t index)
{
	ring->own = index;
	rib_index_write(&ring->head->consumer, index);
}

/* lock.c */
void rib_lock_init(struct rib_lock *lock, bool single_threaded);
void rib_lock_fini(struct rib_lock *lock);
void rib_lock_park(struct rib_lock *lock);
void rib_lock_unpark(struct rib_lock *lock);
void rib_lock_wait(struct rib_lock *lock);

static inline void rib_lock(struct rib_lock *lock)
{
	if (lock->off)
		return;
	pthread_spin_lock(&lock->spin);
	if (unlikely(lock->parked))
		rib_lock_wait(lock);
}

static inline void rib_unlock(struct rib_lock *lock)
{
	if (!lock->off)
		pthread_spin_unlock(&lock->spin);
}

/* ring.c; all answer 0 or an errno value */
int rib_ring_map_work(struct rib_ring *ring, int fd,
		      const struct rib_mmap_info *info, size_t min_slot);
int rib_ring_map_completions(struct rib_ring *ring, int fd,
			     const struct rib_mmap_info *info, size_t min_slot);
void rib_ring_reread(struct rib_ring *ring);
void rib_ring_moved(struct rib_ring *ring, const struct rib_mmap_info *to);
int rib_ring_follow_work(struct rib_ring *ring, int fd, size_t min_slot);
int rib_ring_follow_completions(struct rib_ring *ring, int fd, size_t min_slot);
void rib_ring_unmap(struct rib_ring *ring);
int rib_space_hold(struct rib_space *space, const struct rib_ring *ring,
		   uint32_t entries);
void rib_space_release(struct rib_space *space);

#endif /* RIB_RING_H */
