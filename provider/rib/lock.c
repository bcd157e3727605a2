// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The slow side of a queue's lock. Its spinlock is held for some instructions
 * only. A thread that calls the kernel and must have the queue to itself parks
 * the lock: it holds the mutex, and threads that come meanwhile sleep on that.
 */

#include "ring.h"

void rib_lock_init(struct rib_lock *lock, bool single_threaded)
{
	pthread_spin_init(&lock->spin, PTHREAD_PROCESS_PRIVATE);
	pthread_mutex_init(&lock->slow, NULL);
	lock->off = single_threaded;
	lock->parked = false;
}

void rib_lock_fini(struct rib_lock *lock)
{
	pthread_spin_destroy(&lock->spin);
	pthread_mutex_destroy(&lock->slow);
}

/* Once this returns nobody is between rib_lock() and rib_unlock(). */
void rib_lock_park(struct rib_lock *lock)
{
	pthread_mutex_lock(&lock->slow);
	if (lock->off)
		return;
	pthread_spin_lock(&lock->spin);
	lock->parked = true;
	pthread_spin_unlock(&lock->spin);
}

void rib_lock_unpark(struct rib_lock *lock)
{
	if (!lock->off) {
		pthread_spin_lock(&lock->spin);
		lock->parked = false;
		pthread_spin_unlock(&lock->spin);
	}
	pthread_mutex_unlock(&lock->slow);
}

/* The tail of rib_lock(): the spinlock is held before and after. */
void rib_lock_wait(struct rib_lock *lock)
{
	do {
		pthread_spin_unlock(&lock->spin);
		pthread_mutex_lock(&lock->slow);
		pthread_mutex_unlock(&lock->slow);
		pthread_spin_lock(&lock->spin);
	} while (lock->parked);
}
