// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocation of blocks: atomically, and what to do when that fails: a smaller
 * block, one of the reserve, process context.
 */
#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/topology.h>

#include "lab.h"
#include "lab_trace.h"

#define LAB_GFP_COMMON	(__GFP_NOWARN | __GFP_COMP | __GFP_ZERO)
#define LAB_GFP_ATOMIC	(GFP_ATOMIC | LAB_GFP_COMMON)
/* Reclaims, but gives up before the OOM killer */
#define LAB_GFP_PROCESS	(GFP_KERNEL | __GFP_NORETRY | LAB_GFP_COMMON)

static struct page *lab_page_alloc(struct lab_queue *q, gfp_t gfp, u32 order)
{
	struct page *page = alloc_pages_node(dev_to_node(&q->lab->pdev->dev), gfp, order);

	trace_lab_alloc(q, order, gfp, page);
	return page;
}

/**
 * lab_pages_prefetch() - order-0 blocks in one go, for the lab_pages_atomic() to come
 * @q: the queue
 * @nr: how many will be asked for
 *
 * Context: any, as lab_pages_atomic(); queue->lock held.
 */
void lab_pages_prefetch(struct lab_queue *q, u32 nr)
{
	nr = min(nr, LAB_BULK);
	if (q->setup.order || nr <= q->nr_bulk)
		return;
	q->nr_bulk = lab_alloc_bulk(LAB_GFP_ATOMIC, dev_to_node(&q->lab->pdev->dev),
				    nr, q->bulk);
}

static struct page *lab_bulk_pop(struct lab_queue *q)
{
	struct page *page = q->bulk[--q->nr_bulk];

	q->bulk[q->nr_bulk] = NULL;
	trace_lab_alloc(q, 0, LAB_GFP_ATOMIC, page);
	return page;
}

/* From setup.order down to setup.min_order, the first that works */
static struct lab_pages lab_pages_alloc(struct lab_queue *q, gfp_t gfp)
{
	struct lab_pages pages = { .order = q->setup.order };
	u32 min_order = READ_ONCE(q->setup.min_order);	/* may be tuned meanwhile */

	for (;;) {
		pages.page = lab_page_alloc(q, gfp, pages.order);
		if (pages.page) {
			atomic64_inc(&q->held);
			return pages;
		}
		if (pages.order <= min_order)
			return pages;
		pages.order--;
	}
}

/* The zone that was tried first */
static void lab_explain(struct lab_queue *q, u32 way)
{
	int node = dev_to_node(&q->lab->pdev->dev);
	struct pglist_data *pgdat = NODE_DATA(node == NUMA_NO_NODE ? numa_mem_id() : node);
	struct zone *zone = &pgdat->node_zones[gfp_zone(LAB_GFP_ATOMIC)];

	while (zone > pgdat->node_zones && !populated_zone(zone))
		zone--;		/* small machines have no Normal zone */
	trace_lab_alloc_failed(q, zone, way);
}

static struct lab_pages lab_reserve_pop(struct lab_queue *q)
{
	if (!q->nr_reserve)
		return (struct lab_pages){};
	q->stats.alloc_reserve++;
	return q->reserve[--q->nr_reserve];
}

/**
 * lab_pages_atomic() - a block for the device, now or not at all
 * @q: the queue
 *
 * In this order: a block of setup.order, a smaller one, one of the reserve.
 * The first two come from alloc_pages(GFP_ATOMIC), zeroed: no byte of stale
 * memory reaches a process.
 *
 * Context: any, hard IRQ too (on PREEMPT_RT the handler is a thread, where
 * the page allocator may be called); queue->lock held.
 * Return: the block; page is NULL if there is none, which is a normal result.
 */
struct lab_pages lab_pages_atomic(struct lab_queue *q)
{
	struct lab_pages pages = {};

	lockdep_assert_held(&q->lock);
	if (q->nr_bulk) {
		pages.page = lab_bulk_pop(q);
		atomic64_inc(&q->held);
	} else {
		pages = lab_pages_alloc(q, LAB_GFP_ATOMIC);
	}
	if (pages.page && pages.order == q->setup.order) {
		q->stats.alloc_atomic++;
		return pages;
	}
	q->stats.alloc_failed++;
	if (pages.page) {
		q->stats.alloc_fallback++;
		lab_explain(q, LAB_WAY_FALLBACK);
		return pages;
	}
	pages = lab_reserve_pop(q);
	lab_explain(q, pages.page ? LAB_WAY_RESERVE : LAB_WAY_LATER);
	return pages;
}

/**
 * lab_pages_process() - a block, where reclaim may be waited for
 * @q: the queue
 *
 * Context: process, no spinlock held.
 * Return: as lab_pages_atomic().
 */
struct lab_pages lab_pages_process(struct lab_queue *q)
{
	might_sleep();
	return lab_pages_alloc(q, LAB_GFP_PROCESS);
}

/* Context: any. */
void lab_pages_free(struct lab_queue *q, struct lab_pages pages)
{
	__free_pages(pages.page, pages.order);
	atomic64_inc(&q->released);
}

/**
 * lab_reserve_trim() - give blocks of the reserve up
 * @q: the queue
 * @keep: how many stay
 *
 * Context: process. Interrupts are off for a block at a time: there may be a thousand.
 */
void lab_reserve_trim(struct lab_queue *q, u32 keep)
{
	struct lab_pages pages;

	do {
		pages.page = NULL;
		spin_lock_irq(&q->lock);
		if (q->nr_reserve > keep)
			pages = q->reserve[--q->nr_reserve];
		spin_unlock_irq(&q->lock);
		if (pages.page)
			lab_pages_free(q, pages);
	} while (pages.page);
}

/* What was allocated together and not used. Context: any; queue->lock held. */
void lab_bulk_free(struct lab_queue *q)
{
	while (q->nr_bulk)
		__free_page(lab_bulk_pop(q));
}
