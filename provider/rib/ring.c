// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Mapping and unmapping of the rings that the kernel announces.
 */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring.h"

/*
 * The header says how to find the slots. It is believed only as far as the
 * mapping reaches, so that a kernel with another idea of it cannot make the
 * process write beside the ring.
 */
static int rib_ring_adopt(struct rib_ring *ring, size_t min_slot)
{
	const struct rib_ring_head *head = ring->head;
	uint64_t count = (uint64_t)head->index_mask + 1;

	if (head->log2_slot_size > 20 || (count & head->index_mask))
		return EPROTO;
	if ((1UL << head->log2_slot_size) < min_slot)
		return EPROTO;
	if (sizeof(*head) + (count << head->log2_slot_size) > ring->size)
		return EPROTO;

	ring->slots = ring->head->slots;
	ring->mask = head->index_mask;
	ring->shift = head->log2_slot_size;
	return 0;
}

static int rib_ring_map(struct rib_ring *ring, int fd,
			const struct rib_mmap_info *info, size_t min_slot)
{
	void *head;
	int ret;

	if (info->size < sizeof(struct rib_ring_head))
		return EPROTO;
	head = mmap(NULL, info->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    info->offset);
	if (head == MAP_FAILED)
		return errno;

	*ring = (struct rib_ring){ .head = head, .size = info->size };
	ret = rib_ring_adopt(ring, min_slot);
	if (ret)
		rib_ring_unmap(ring);
	return ret;
}

/* Send and receive rings: the process produces. */
int rib_ring_map_work(struct rib_ring *ring, int fd,
		      const struct rib_mmap_info *info, size_t min_slot)
{
	int ret;

	ret = rib_ring_map(ring, fd, info, min_slot);
	if (!ret)
		rib_ring_reread(ring);
	return ret;
}

int rib_ring_map_completions(struct rib_ring *ring, int fd,
			     const struct rib_mmap_info *info, size_t min_slot)
{
	int ret;

	ret = rib_ring_map(ring, fd, info, min_slot);
	if (ret)
		return ret;

	ring->own = rib_index_read(&ring->head->consumer) & ring->mask;
	ring->peer = ring->own;
	return 0;
}

/* Takes a work ring as the kernel left it. */
void rib_ring_reread(struct rib_ring *ring)
{
	if (!ring->head)
		return;
	ring->own = rib_index_read(&ring->head->producer) & ring->mask;
	ring->peer = rib_index_read(&ring->head->consumer) & ring->mask;
}

/*
 * The kernel has moved what lay in the ring to another one and no longer looks
 * at this one. It does so before the other can be mapped, and does not go back:
 * until a mapping succeeds the ring is lost, and each use of it tries again.
 */
void rib_ring_moved(struct rib_ring *ring, const struct rib_mmap_info *to)
{
	ring->announced = *to;
	ring->lost = true;
}

static void rib_ring_replace(struct rib_ring *ring, const struct rib_ring *with)
{
	rib_ring_unmap(ring);
	*ring = *with;
}

int rib_ring_follow_work(struct rib_ring *ring, int fd, size_t min_slot)
{
	struct rib_ring moved;
	int ret;

	if (!ring->lost)
		return 0;
	ret = rib_ring_map_work(&moved, fd, &ring->announced, min_slot);
	if (!ret)
		rib_ring_replace(ring, &moved);
	return ret;
}

int rib_ring_follow_completions(struct rib_ring *ring, int fd, size_t min_slot)
{
	struct rib_ring moved;
	int ret;

	if (!ring->lost)
		return 0;
	ret = rib_ring_map_completions(&moved, fd, &ring->announced, min_slot);
	if (!ret)
		rib_ring_replace(ring, &moved);
	return ret;
}

/*
 * Called before the kernel is asked to resize a ring, so that for want of
 * address space the resize fails before anything has changed. The size is the
 * kernel's decision; this is what it decides today.
 */
int rib_space_hold(struct rib_space *space, const struct rib_ring *ring,
		   uint32_t entries)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t size, slots = 1;

	while (slots <= entries)
		slots <<= 1;
	size = sizeof(*ring->head) + (slots << ring->shift);
	size = (size + page - 1) & ~(page - 1);
	if (size != (size_t)size)
		return ENOMEM;

	space->size = size;
	space->addr = mmap(NULL, space->size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return space->addr == MAP_FAILED ? errno : 0;
}

void rib_space_release(struct rib_space *space)
{
	munmap(space->addr, space->size);
}

void rib_ring_unmap(struct rib_ring *ring)
{
	if (ring->head)
		munmap(ring->head, ring->size);
	*ring = (struct rib_ring){};
}
