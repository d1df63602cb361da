// SPDX-License-Identifier: GPL-2.0-only
/*
 * LAB_IOC_EXCHANGE: give blocks back, get filled ones, in one call.
 */
#include <linux/bitmap.h>
#include <linux/pagemap.h>
#include <linux/uaccess.h>

#include "lab.h"

static bool lab_exchange_valid(const struct lab_exchange *x)
{
	return !(x->flags & ~LAB_EXCHANGE_WAIT) &&
	       x->nr_release <= LAB_EXCHANGE_MAX && x->nr_claim <= LAB_EXCHANGE_MAX &&
	       (x->nr_claim || !(x->flags & LAB_EXCHANGE_WAIT)) &&
	       x->timeout_ns <= KTIME_MAX;
}

/* Context: process; lab->life not held: the page may take for ever to come. Return: 0, -EFAULT. */
static int lab_release_load(struct lab_file *f, const struct lab_exchange *x)
{
	return copy_from_user(f->release_list, u64_to_user_ptr(x->release),
			      x->nr_release * sizeof(*f->release_list)) ? -EFAULT : 0;
}

/* Whether the process owns each slot of the list, and names none twice */
static bool lab_release_owned(struct lab_queue *q, const u32 *list, u32 nr)
{
	bool owned = true;
	u32 i, slot, marked;

	for (marked = 0; owned && marked < nr; marked++) {
		slot = list[marked];
		owned = slot < q->setup.depth && READ_ONCE(q->slots[slot].state) == LAB_USER &&
			!__test_and_set_bit(slot, q->seen);
	}
	for (i = 0; i < marked; i++)
		if (list[i] < q->setup.depth)
			__clear_bit(list[i], q->seen);
	return owned;
}

/*
 * What the caller is about to get: the interrupt handler only adds to the ready
 * ring and no one else takes from it, so what is seen here stays.
 * Return: number of blocks.
 */
static u32 lab_claim_peek(struct lab_queue *q, struct lab_block *list, u32 nr_claim)
{
	u32 nr = min(nr_claim, lab_queue_ready(q));
	const struct lab_slot *slot;
	u32 i, index;

	smp_rmb();	/* index before entries; pairs with lab_slot_complete() */
	for (i = 0; i < nr; i++) {
		index = q->ready[lab_ring_entry(q->ready_cons + i, q->ring.log2)];
		slot = &q->slots[index];
		list[i] = (struct lab_block) {
			.slot = index,
			.order = slot->order,
			.bytes = slot->bytes,
			.records = slot->records,
		};
	}
	return nr;
}

/*
 * Tell the caller what it is about to get.  Where nothing is ready yet, see at
 * least that the list can be written.
 * Context: process; page faults are not waited for, as lab->life is held.
 * Return: whether it could be written.
 */
static bool lab_claim_tell(struct lab_file *f, const struct lab_exchange *x, u32 nr)
{
	size_t bytes = (nr ?: x->nr_claim) * sizeof(*f->claim_list);
	unsigned long left;

	if (!nr)
		memset(f->claim_list, 0, bytes);
	pagefault_disable();
	left = copy_to_user(u64_to_user_ptr(x->claim), f->claim_list, bytes);
	pagefault_enable();
	return !left;
}

/* Let the page come. Context: process; lab->life not held. Return: 0, -EFAULT, -EINTR. */
static int lab_claim_fault_in(const struct lab_exchange *x)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	return fault_in_writeable(u64_to_user_ptr(x->claim),
				  x->nr_claim * sizeof(struct lab_block)) ? -EFAULT : 0;
}

/* Context: process; queue->map held. */
static void lab_release_commit(struct lab_queue *q, const u32 *list, u32 nr)
{
	struct lab_pages pages;
	u32 i;

	lab_window_release(q, list, nr);
	for (i = 0; i < nr; i++) {
		spin_lock_irq(&q->lock);
		pages = lab_slot_release(q, list[i]);
		spin_unlock_irq(&q->lock);
		if (pages.page)
			lab_pages_free(q, pages);
	}
}

/* Context: process; queue->map held. */
static void lab_claim_commit(struct lab_queue *q, const struct lab_block *list, u32 nr)
{
	u32 i;

	spin_lock_irq(&q->lock);
	for (i = 0; i < nr; i++)
		lab_slot_claim(q, list[i].slot);
	spin_unlock_irq(&q->lock);
	for (i = 0; i < nr; i++)
		lab_slot_wipe(q, list[i].slot);
	lab_window_claim(q, list, nr);
}

/*
 * The device learns of recycled blocks; if it has few left, the interrupt
 * handler is called, to allocate for the slots that are free now.
 */
static void lab_release_tell(struct lab_queue *q)
{
	spin_lock_irq(&q->lock);
	if (q->active) {
		lab_ring_doorbell(q);
		if (lab_queue_wants(q) && q->posted < q->setup.depth / 4 + 1)
			writel(1, q->regs + LAB_Q_KICK);
	}
	spin_unlock_irq(&q->lock);
}

/*
 * One try.
 * Return: blocks claimed, -EAGAIN if none is ready, -EFAULT if the list of them
 * could not be written now, or another errno.
 */
static int lab_exchange_once(struct lab_file *f, const struct lab_exchange *x)
{
	struct lab_queue *q = f->queue;
	u32 nr;

	if (!lab_release_owned(q, f->release_list, x->nr_release))
		return -EINVAL;
	nr = lab_claim_peek(q, f->claim_list, x->nr_claim);
	if (!lab_claim_tell(f, x, nr))
		return -EFAULT;
	mutex_lock(&q->map);
	lab_release_commit(q, f->release_list, x->nr_release);
	lab_claim_commit(q, f->claim_list, nr);
	mutex_unlock(&q->map);
	if (x->nr_release)
		lab_release_tell(q);
	if (nr || !x->nr_claim)
		return nr;
	return READ_ONCE(q->error) ? -EIO : -EAGAIN;
}

static int lab_exchange_try(struct lab_file *f, const struct lab_exchange *x)
{
	int ret;

	do {
		ret = -ENODEV;
		down_read(&f->lab->life);
		if (!READ_ONCE(f->lab->gone))
			ret = lab_exchange_once(f, x);
		up_read(&f->lab->life);
		if (ret != -EFAULT)
			return ret;
		ret = lab_claim_fault_in(x);
	} while (!ret);
	return ret;
}

static bool lab_exchange_ready(const struct lab_queue *q, const void *arg)
{
	return lab_queue_ready(q);
}

/**
 * lab_exchange() - LAB_IOC_EXCHANGE
 * @f: open file with a queue
 * @file: the same
 * @arg: struct lab_exchange: the lists; nr_claim returns how many blocks were claimed
 *
 * Context: process; f->lock held, but not while it waits; lab->life not: a wait
 * must not keep the device from being removed.
 * Return: 0, or an errno of the glossary in labyrinth.h.
 */
int lab_exchange(struct lab_file *f, struct file *file, void *arg)
{
	struct lab_exchange *x = arg;
	struct lab_queue *q = f->queue;
	ktime_t until = 0;
	int ret;

	if (!q)
		return -ENXIO;
	if (q->mm != current->mm)
		return -EPERM;
	if (!lab_exchange_valid(x))
		return -EINVAL;
	ret = lab_release_load(f, x);
	if (ret)
		return ret;
	for (;;) {
		ret = lab_exchange_try(f, x);
		if (ret != -EAGAIN || !(x->flags & LAB_EXCHANGE_WAIT) || file->f_flags & O_NONBLOCK)
			break;
		x->nr_release = 0;	/* that part is done */
		ret = lab_file_wait(f, &until, x->timeout_ns, lab_exchange_ready, x);
		if (ret)
			break;
	}
	x->nr_claim = max(ret, 0);
	return min(ret, 0);
}
