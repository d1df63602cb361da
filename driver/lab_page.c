// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks: atomic allocation, what to do when it fails, and the state machine
 * that says who owns a block.  Nobody else writes slot->state.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mmzone.h>
#include <linux/topology.h>

#include "lab.h"
#include "lab_trace.h"

#define LAB_GFP_COMMON	(__GFP_NOWARN | __GFP_COMP | __GFP_ZERO)
#define LAB_GFP_ATOMIC	(GFP_ATOMIC | LAB_GFP_COMMON)
/* Reclaims, but gives up before the OOM killer */
#define LAB_GFP_PROCESS	(GFP_KERNEL | __GFP_NORETRY | LAB_GFP_COMMON)

/* Allocation */

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

/* DMA mapping: a block is mapped while it is the device's, and at no other time */

static bool lab_dma_map(struct lab_queue *q, struct lab_slot *slot)
{
	struct device *dev = &q->lab->pdev->dev;

	slot->dma = dma_map_page(dev, slot->page, 0, PAGE_SIZE << slot->order, DMA_FROM_DEVICE);
	return !dma_mapping_error(dev, slot->dma);
}

static void lab_dma_unmap(struct lab_queue *q, struct lab_slot *slot)
{
	dma_unmap_page(&q->lab->pdev->dev, slot->dma, PAGE_SIZE << slot->order, DMA_FROM_DEVICE);
}

/* The state machine */

/* The one place that writes slot->state.  A wrong transition is a bug of this driver. */
static bool lab_slot_move(struct lab_queue *q, struct lab_slot *slot,
			  enum lab_state from, enum lab_state to)
{
	lockdep_assert_held(&q->lock);
	if (slot->state != from) {
		q->wrong_moves++;
		WARN_ONCE(1, "slot %td: state %u, not %u, on the way to %u\n",
			  slot - q->slots, slot->state, from, to);
		return false;
	}
	slot->state = to;
	return true;
}

/* Give the slot's page up: the caller frees it */
static struct lab_pages lab_slot_empty(struct lab_queue *q, struct lab_slot *slot)
{
	struct lab_pages pages = { slot->page, slot->order };

	slot->page = NULL;
	q->voids[q->nr_void++] = slot - q->slots;
	return pages;
}

/* Map the slot's block, write its descriptor. Return: false if it could not be mapped. */
static bool lab_slot_give(struct lab_queue *q, struct lab_slot *slot, enum lab_state from)
{
	if (!lab_dma_map(q, slot))
		return false;
	if (!lab_slot_move(q, slot, from, LAB_DEVICE)) {
		lab_dma_unmap(q, slot);
		return false;
	}
	lab_ring_post(q, slot - q->slots);
	q->posted++;
	q->stats.by_order[slot->order]++;
	return true;
}

/**
 * lab_slot_post() - VOID -> DEVICE: put a block into the fill ring
 * @q: the queue, lab_queue_wants() is true
 * @pages: the block; freed where this fails
 *
 * Context: any; queue->lock held.
 * Return: false if it could not be mapped for DMA.
 */
bool lab_slot_post(struct lab_queue *q, struct lab_pages pages)
{
	struct lab_slot *slot = &q->slots[q->voids[--q->nr_void]];

	lockdep_assert_held(&q->lock);
	slot->page = pages.page;
	slot->order = pages.order;
	slot->bytes = 0;
	slot->dirty = 0;
	slot->records = 0;
	if (!lab_slot_give(q, slot, LAB_VOID)) {
		lab_pages_free(q, lab_slot_empty(q, slot));
		return false;
	}
	trace_lab_post(q, slot - q->slots);
	return true;
}

/**
 * lab_slot_complete() - DEVICE -> READY: the device has filled a block
 * @q: the queue
 * @cpl: private copy that lab_ring_check() has passed
 *
 * Context: any; queue->lock held.
 */
void lab_slot_complete(struct lab_queue *q, const struct lab_cpl *cpl)
{
	u32 index = le16_to_cpu(cpl->slot);
	struct lab_slot *slot = &q->slots[index];

	if (!lab_slot_move(q, slot, LAB_DEVICE, LAB_READY))
		return;
	lab_dma_unmap(q, slot);
	q->posted--;
	slot->bytes = le32_to_cpu(cpl->bytes);
	slot->records = le16_to_cpu(cpl->records);
	q->ready_packets += slot->records;
	q->ready[lab_ring_entry(q->ready_prod, q->ring.log2)] = index;
	smp_store_release(&q->ready_prod, q->ready_prod + 1);	/* pairs with lab_claim_peek() */
	trace_lab_complete(q, index);
}

/**
 * lab_slot_refuse() - a completion that makes no sense: count it, and
 *                     DEVICE -> VOID if it names a block of the device
 * @q: the queue
 * @cpl: private copy that lab_ring_check() has refused
 *
 * Context: any; queue->lock held.
 */
void lab_slot_refuse(struct lab_queue *q, const struct lab_cpl *cpl)
{
	u32 index = le16_to_cpu(cpl->slot);
	struct lab_slot *slot = &q->slots[index];

	dev_warn_ratelimited(&q->lab->pdev->dev,
			     "queue %u: refused a completion: slot %u, %u bytes, %u records\n",
			     q->index, index, le32_to_cpu(cpl->bytes), le16_to_cpu(cpl->records));
	q->stats.refused++;
	q->stats.drop_invalid += le16_to_cpu(cpl->records);
	if (index >= q->setup.depth || slot->state != LAB_DEVICE)
		return;
	trace_lab_refuse(q, index);
	lab_slot_move(q, slot, LAB_DEVICE, LAB_VOID);
	lab_dma_unmap(q, slot);
	q->posted--;
	lab_pages_free(q, lab_slot_empty(q, slot));
}

/**
 * lab_slot_claim() - READY -> USER: the oldest ready block goes to the process
 * @q: the queue
 * @index: slot at the head of the ready ring
 *
 * Context: process; queue->map and queue->lock held.
 */
void lab_slot_claim(struct lab_queue *q, u32 index)
{
	struct lab_slot *slot = &q->slots[index];

	if (!lab_slot_move(q, slot, LAB_READY, LAB_USER))
		return;
	q->ready_cons++;
	q->ready_packets -= slot->records;
	q->stats.delivered += slot->records;
	q->stats.blocks++;
	trace_lab_claim(q, index);
}

/* A block that its owner gave back may go straight to the device again, at full size only */
static bool lab_slot_recycle(struct lab_queue *q, struct lab_slot *slot)
{
	if (q->setup.policy != LAB_POLICY_RECYCLE || !q->active ||
	    slot->order != q->setup.order || !lab_slot_give(q, slot, LAB_USER))
		return false;
	slot->dirty = max(slot->dirty, slot->bytes);
	q->stats.alloc_recycled++;
	trace_lab_recycle(q, slot - q->slots);
	return true;
}

/**
 * lab_slot_release() - USER -> VOID, or -> DEVICE under LAB_POLICY_RECYCLE
 * @q: the queue
 * @index: slot, already out of the window
 *
 * Context: process; queue->map and queue->lock held.
 * Return: the block to free; page is NULL if it was recycled.
 */
struct lab_pages lab_slot_release(struct lab_queue *q, u32 index)
{
	struct lab_slot *slot = &q->slots[index];

	if (lab_slot_recycle(q, slot))
		return (struct lab_pages){};
	trace_lab_release(q, index);
	if (!lab_slot_move(q, slot, LAB_USER, LAB_VOID))
		return (struct lab_pages){};
	return lab_slot_empty(q, slot);
}

/**
 * lab_slot_wipe() - zero what is left of earlier contents in a recycled block
 * @q: the queue
 * @index: slot in LAB_USER, not in the window yet
 *
 * A block is zeroed when it is allocated, so only what its owner has seen
 * before can be there: beyond the bytes that the device wrote this time.  The
 * rest of the last page that is shown is zeroed; further pages are not shown.
 *
 * Context: process; queue->map held.
 */
void lab_slot_wipe(struct lab_queue *q, u32 index)
{
	struct lab_slot *slot = &q->slots[index];
	u32 from = slot->bytes, to = min_t(u32, slot->dirty, PAGE_ALIGN(from));

	lockdep_assert_held(&q->map);
	if (from < to)
		memzero_page(slot->page + from / PAGE_SIZE, offset_in_page(from), to - from);
	if (slot->dirty <= to)
		slot->dirty = from;
}

/**
 * lab_slot_drain() - anything -> VOID: take every block back, free it
 * @q: the queue, stopped, out of every window
 *
 * Context: process.
 */
void lab_slot_drain(struct lab_queue *q)
{
	struct lab_slot *slot;
	u32 i;

	spin_lock_irq(&q->lock);
	q->stats.drop_close += q->ready_packets;
	q->ready_packets = 0;
	for (i = 0; i < q->setup.depth; i++) {
		slot = &q->slots[i];
		if (slot->state == LAB_VOID)
			continue;
		trace_lab_drain(q, i);
		if (slot->state == LAB_DEVICE)
			lab_dma_unmap(q, slot);
		lab_slot_move(q, slot, slot->state, LAB_VOID);
		lab_pages_free(q, lab_slot_empty(q, slot));
	}
	q->posted = 0;
	while (q->nr_reserve)
		lab_pages_free(q, q->reserve[--q->nr_reserve]);
	while (q->nr_bulk)
		__free_page(lab_bulk_pop(q));
	spin_unlock_irq(&q->lock);
}
