// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue's life: check, take, build, start; stop, free.
 */
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

/* How many blocks wait in the device: half, so that each completed one has a replacement */
static u32 lab_queue_target(const struct lab_queue *q)
{
	return q->setup.depth / 2;
}

/* How many blocks should be posted, and have a slot. Context: queue->lock held. */
u32 lab_queue_wants(const struct lab_queue *q)
{
	u32 target = lab_queue_target(q);

	return q->posted < target ? min(q->nr_void, target - q->posted) : 0;
}

/* What may be tuned later, too; order and depth are known to be right */
static bool lab_tuning_valid(const struct lab_setup *s)
{
	return s->min_order <= s->order &&
	       s->policy <= LAB_POLICY_RECYCLE && s->refill <= LAB_REFILL_THREADED &&
	       s->reserve <= LAB_MAX_RESERVE &&
	       s->irq_count >= 1 && s->irq_count <= s->depth / 2 &&
	       (s->irq_ns || s->irq_count == 1) && s->budget <= s->depth;
}

static bool lab_setup_valid(const struct lab_dev *lab, const struct lab_setup *s)
{
	return !(s->flags & ~LAB_SETUP_FLAGS) && !s->pad &&
	       hweight32(s->flags & LAB_SETUP_WIRE_FLAGS) <= 1 &&
	       s->tx_depth <= lab->max_depth &&
	       (!s->tx_depth || (s->tx_depth >= LAB_MIN_DEPTH && is_power_of_2(s->tx_depth))) &&
	       (s->queue < lab->num_queues || s->queue == LAB_QUEUE_ANY) &&
	       s->order <= lab->max_order && s->records_per_block <= LAB_MAX_RECORDS &&
	       s->depth >= LAB_MIN_DEPTH && s->depth <= lab->max_depth &&
	       is_power_of_2(s->depth) && lab_tuning_valid(s);
}

static void lab_setup_finish(struct lab_setup *s)
{
	if (!s->budget)
		s->budget = min(s->depth, LAB_BUDGET_DEFAULT);
}

static void lab_queue_free_arrays(struct lab_queue *q)
{
	bitmap_free(q->seen);
	kvfree(q->reserve);
	kvfree(q->ready);
	kvfree(q->voids);
	kvfree(q->slots);
}

static int lab_queue_alloc_arrays(struct lab_queue *q)
{
	u32 depth = q->setup.depth;

	q->slots = kvcalloc(depth, sizeof(*q->slots), GFP_KERNEL);
	q->voids = kvcalloc(depth, sizeof(*q->voids), GFP_KERNEL);
	q->ready = kvcalloc(depth, sizeof(*q->ready), GFP_KERNEL);
	q->reserve = kvcalloc(LAB_MAX_RESERVE, sizeof(*q->reserve), GFP_KERNEL);
	q->seen = bitmap_zalloc(depth, GFP_KERNEL);
	if (q->slots && q->voids && q->ready && q->reserve && q->seen)
		return 0;
	lab_queue_free_arrays(q);
	return -ENOMEM;
}

/* All slots void, all counters zero. Context: process, the queue is not active. */
static void lab_queue_clear(struct lab_queue *q)
{
	u32 i;

	q->error = 0;
	q->posted = 0;
	q->nr_void = 0;
	for (i = q->setup.depth; i-- > 0;)
		q->voids[q->nr_void++] = i;
	q->ready_prod = 0;
	q->ready_cons = 0;
	q->ready_packets = 0;
	q->nr_reserve = 0;
	q->nr_bulk = 0;
	q->window = 0;
	memset(&q->stats, 0, sizeof(q->stats));
	q->stats_whole = false;
	atomic64_set(&q->held, 0);
	atomic64_set(&q->released, 0);
}

/* The first blocks and the reserve, from where sleeping is allowed. Return: 0 or -ENOMEM. */
static int lab_queue_populate(struct lab_queue *q)
{
	struct lab_pages pages;
	bool posted = true;

	while (posted && q->posted < lab_queue_target(q)) {
		pages = lab_pages_process(q);
		if (!pages.page)
			return -ENOMEM;
		spin_lock_irq(&q->lock);
		q->stats.alloc_process++;
		posted = lab_slot_post(q, pages);
		spin_unlock_irq(&q->lock);
	}
	while (posted && q->nr_reserve < q->setup.reserve) {
		pages = lab_pages_process(q);
		if (!pages.page)
			return -ENOMEM;
		q->stats.alloc_process++;
		q->reserve[q->nr_reserve++] = pages;
	}
	return posted ? 0 : -ENOMEM;
}

static int lab_queue_build(struct lab_queue *q)
{
	int ret;

	ret = lab_queue_alloc_arrays(q);
	if (ret)
		return ret;
	lab_queue_clear(q);
	ret = lab_rings_alloc(q);
	if (ret)
		goto free_arrays;
	ret = lab_tx_alloc(q);
	if (ret)
		goto free_rings;
	ret = lab_queue_populate(q);
	if (ret)
		goto drain;
	q->mm = current->mm;
	mmgrab(q->mm);
	return 0;

drain:
	lab_slot_drain(q);
	lab_tx_free(q);
free_rings:
	lab_rings_free(q);
free_arrays:
	lab_queue_free_arrays(q);
	return ret;
}

static void lab_queue_unbuild(struct lab_queue *q)
{
	lab_slot_drain(q);
	mmdrop(q->mm);
	lab_tx_free(q);
	lab_rings_free(q);
	lab_queue_free_arrays(q);
}

/* Registers that may be written at any time */
static void lab_queue_moderate(struct lab_queue *q)
{
	writel(q->setup.block_timeout_ns, q->regs + LAB_Q_BLOCK_TIMEOUT);
	writel(q->setup.irq_count, q->regs + LAB_Q_COAL_COUNT);
	writel(q->setup.irq_ns, q->regs + LAB_Q_COAL_NS);
}

static void lab_queue_program(struct lab_queue *q)
{
	const struct lab_setup *s = &q->setup;

	writeq(q->ring.fill_dma, q->regs + LAB_Q_FILL_BASE);
	writeq(q->ring.cpl_dma, q->regs + LAB_Q_CPL_BASE);
	writel(q->ring.log2, q->regs + LAB_Q_RING_LOG2);
	writel(q->index, q->regs + LAB_Q_VECTOR);
	writel(s->records_per_block, q->regs + LAB_Q_RECORDS_MAX);
	lab_tx_program(q);
	lab_queue_moderate(q);
	writel(LAB_Q_CTRL_ENABLE | (s->flags & LAB_SETUP_LOSSY ? LAB_Q_CTRL_LOSSY : 0) |
	       (s->flags & LAB_SETUP_LOOPBACK ? LAB_Q_CTRL_LOOPBACK : 0), q->regs + LAB_Q_CTRL);
}

/* Let the device have the queue. Return: 0, -EIO, or -ENODEV if it is gone. */
static int lab_queue_start(struct lab_queue *q)
{
	u32 status;

	lab_queue_program(q);
	status = readl(q->regs + LAB_Q_STATUS);
	if (status == ~0u)
		return -ENODEV;
	if (!(status & LAB_Q_STATUS_ENABLED))
		return -EIO;
	spin_lock_irq(&q->lock);
	q->active = true;
	lab_ring_doorbell(q);
	lab_ring_rearm(q);	/* it may have raised when nobody listened */
	spin_unlock_irq(&q->lock);
	if (q->setup.flags & LAB_SETUP_WIRE_FLAGS)
		lab_wire_join(q);
	return 0;
}

/**
 * lab_queue_setup() - LAB_IOC_SETUP: take a queue, its rings and blocks
 * @f: open file, without a queue
 * @file: the same
 * @s: what is wanted; returns the queue's number and the window's size
 *
 * Context: process; lab->life held for reading, f->lock held.
 * Return: 0, or an errno of the glossary in labyrinth.h; then nothing changed.
 */
int lab_queue_setup(struct lab_file *f, struct file *file, struct lab_setup *s)
{
	struct lab_queue *q;
	int ret;

	if (f->queue)
		return -EBUSY;
	if (!lab_setup_valid(f->lab, s))
		return -EINVAL;
	q = lab_queue_take(f->lab, file, s);
	if (IS_ERR(q))
		return PTR_ERR(q);
	q->setup = *s;
	q->setup.queue = q->index;
	lab_setup_finish(&q->setup);
	ret = lab_queue_build(q);
	if (ret)
		goto untake;
	ret = lab_queue_start(q);
	if (ret)
		goto unbuild;
	q->setup.window_stride = lab_window_stride(q);
	q->setup.window_bytes = q->setup.window_stride * s->depth;
	*s = q->setup;
	smp_store_release(&f->queue, q);	/* pairs with lab_window_mmap() */
	return 0;

unbuild:
	lab_queue_stop(q, 0);
	lab_queue_unbuild(q);
untake:
	lab_queue_untake(q);
	return ret;
}

/**
 * lab_queue_tune() - LAB_IOC_TUNE: change policy, reserve, moderation
 * @q: a queue that is set up
 * @tune: the new values
 *
 * Context: process; lab->life held for reading, f->lock held.
 * Return: 0, -EINVAL, -ENOSPC; then nothing changed.
 */
int lab_queue_tune(struct lab_queue *q, const struct lab_tune *tune)
{
	struct lab_setup s = q->setup;
	int ret;

	s.policy = tune->policy;
	s.refill = tune->refill;
	s.min_order = tune->min_order;
	s.reserve = tune->reserve;
	s.irq_count = tune->irq_count;
	s.irq_ns = tune->irq_ns;
	s.block_timeout_ns = tune->block_timeout_ns;
	s.budget = tune->budget;
	if (tune->flags || !lab_tuning_valid(&s))
		return -EINVAL;
	lab_setup_finish(&s);
	ret = lab_queue_rebook(q, &s);
	if (ret)
		return ret;
	spin_lock_irq(&q->lock);
	q->setup = s;
	if (q->active)
		lab_queue_moderate(q);
	spin_unlock_irq(&q->lock);
	lab_reserve_trim(q, s.reserve);
	queue_work(system_highpri_wq, &q->refill_work);	/* fills the reserve */
	return 0;
}

/*
 * What the device had completed and no interrupt has told of yet, is the owner's,
 * or is counted when it is dropped.
 * Context: process; the device does no more DMA.
 */
static void lab_queue_reap_rest(struct lab_queue *q)
{
	u32 left = q->setup.depth;
	u32 n;

	do {
		spin_lock_irq(&q->lock);
		n = lab_reap(q, min(left, LAB_BUDGET_DEFAULT));
		spin_unlock_irq(&q->lock);
		left -= n;
	} while (n);
}

/**
 * lab_queue_stop() - no more DMA, interrupts or refills
 * @q: the queue
 * @error: LAB_QERR_* that its owner is told, if it has one for longer
 *
 * Context: process. On return the device and the handler are done with it.
 */
void lab_queue_stop(struct lab_queue *q, u32 error)
{
	u32 status;

	spin_lock_irq(&q->lock);
	q->active = false;
	if (error)
		WRITE_ONCE(q->error, error);
	spin_unlock_irq(&q->lock);
	if (q->setup.flags & LAB_SETUP_WIRE_FLAGS)
		lab_wire_leave(q);
	writel(0, q->regs + LAB_Q_CTRL);
	status = readl(q->regs + LAB_Q_STATUS);	/* the write has arrived: no more DMA */
	synchronize_irq(q->irq);
	lab_watch_stop(q);
	hrtimer_cancel(&q->refill_timer);
	cancel_work_sync(&q->refill_work);
	lab_queue_reap_rest(q);
	if (status != ~0u)
		lab_stats_keep(q);
	wake_up_interruptible(&q->wait);
}

/**
 * lab_queue_release() - take a queue and all its blocks back from its owner
 * @q: the queue, with an owner
 *
 * Context: process; lab->life held: for reading when the file is closed, for
 * writing when the device is removed.
 */
void lab_queue_release(struct lab_queue *q)
{
	lab_queue_stop(q, 0);
	lab_window_revoke(q);
	lab_queue_unbuild(q);
	lab_queue_untake(q);
}
