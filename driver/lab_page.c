// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine that says who owns a block.  Nobody else writes slot->state.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>

#include "lab.h"
#include "lab_trace.h"

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
		q->stats.wrong_moves++;
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
 * lab_slot_wipe() - zero the rest of the last page that is shown of a block
 * @q: the queue
 * @index: slot in LAB_USER, not in the window yet
 *
 * What the device wrote is before it, further pages are not shown.  A block was
 * zeroed when it was allocated, so only what its owner has seen before can be
 * here; or, where DMA does not see the caches, what the zeroes did not reach.
 *
 * Context: process; queue->map held.
 */
void lab_slot_wipe(struct lab_queue *q, u32 index)
{
	struct lab_slot *slot = &q->slots[index];
	u32 from = slot->bytes, to = PAGE_ALIGN(from);

	lockdep_assert_held(&q->map);
	if (from < to)
		memzero_page(slot->page + from / PAGE_SIZE, offset_in_page(from), to - from);
}

/* Whatever its state: VOID, and its block the caller's to free. Context: queue->lock held. */
static struct lab_pages lab_slot_take_back(struct lab_queue *q, u32 index)
{
	struct lab_slot *slot = &q->slots[index];

	if (slot->state == LAB_VOID)
		return (struct lab_pages){};
	trace_lab_drain(q, index);
	if (slot->state == LAB_DEVICE)
		lab_dma_unmap(q, slot);
	lab_slot_move(q, slot, slot->state, LAB_VOID);
	return lab_slot_empty(q, slot);
}

/**
 * lab_slot_drain() - anything -> VOID: take every block back, free it
 * @q: the queue, stopped, out of every window
 *
 * Context: process. Interrupts are off for a block at a time: there may be thousands.
 */
void lab_slot_drain(struct lab_queue *q)
{
	struct lab_pages pages;
	u32 i;

	for (i = 0; i < q->setup.depth; i++) {
		spin_lock_irq(&q->lock);
		pages = lab_slot_take_back(q, i);
		spin_unlock_irq(&q->lock);
		if (pages.page)
			lab_pages_free(q, pages);
	}
	lab_reserve_trim(q, 0);
	spin_lock_irq(&q->lock);
	q->stats.drop_close += q->ready_packets;
	q->ready_packets = 0;
	q->posted = 0;
	lab_bulk_free(q);
	spin_unlock_irq(&q->lock);
}
