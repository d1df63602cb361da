// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fill and completion rings: post, pop, validate, barriers.
 */
#include <linux/dma-mapping.h>

#include "lab.h"

static size_t lab_ring_bytes(const struct lab_queue *q, size_t entry_bytes)
{
	return entry_bytes << q->ring.log2;
}

/**
 * lab_rings_alloc() - allocate both rings of a queue, empty
 * @q: the queue, not active; setup.depth is known
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int lab_rings_alloc(struct lab_queue *q)
{
	struct device *dev = &q->lab->pdev->dev;
	struct lab_ring *ring = &q->ring;

	memset(ring, 0, sizeof(*ring));
	ring->log2 = ilog2(q->setup.depth);
	ring->fill = dma_alloc_coherent(dev, lab_ring_bytes(q, sizeof(*ring->fill)),
					&ring->fill_dma, GFP_KERNEL);
	if (!ring->fill)
		return -ENOMEM;
	ring->cpl = dma_alloc_coherent(dev, lab_ring_bytes(q, sizeof(*ring->cpl)),
				       &ring->cpl_dma, GFP_KERNEL);
	if (!ring->cpl)
		goto free_fill;
	return 0;

free_fill:
	dma_free_coherent(dev, lab_ring_bytes(q, sizeof(*ring->fill)),
			  ring->fill, ring->fill_dma);
	return -ENOMEM;
}

/* Context: process; the device uses neither ring any more. */
void lab_rings_free(struct lab_queue *q)
{
	struct device *dev = &q->lab->pdev->dev;
	struct lab_ring *ring = &q->ring;

	dma_free_coherent(dev, lab_ring_bytes(q, sizeof(*ring->cpl)),
			  ring->cpl, ring->cpl_dma);
	dma_free_coherent(dev, lab_ring_bytes(q, sizeof(*ring->fill)),
			  ring->fill, ring->fill_dma);
}

/**
 * lab_ring_post() - write the fill descriptor of a slot
 * @q: the queue
 * @index: slot, mapped for DMA
 *
 * There is always room: the ring has as many entries as the queue has slots.
 * The device sees the descriptor after lab_ring_doorbell().
 *
 * Context: any; queue->lock held.
 */
void lab_ring_post(struct lab_queue *q, u32 index)
{
	const struct lab_slot *slot = &q->slots[index];
	struct lab_ring *ring = &q->ring;
	struct lab_fill *fill = &ring->fill[lab_ring_entry(ring->fill_prod, ring->log2)];

	lockdep_assert_held(&q->lock);
	fill->addr = cpu_to_le64(slot->dma);
	fill->len = cpu_to_le32(PAGE_SIZE << slot->order);
	fill->slot = cpu_to_le16(index);
	fill->flags = 0;
	ring->fill_prod++;
}

/**
 * lab_ring_doorbell() - tell the device about the descriptors written, if any
 * @q: the queue
 *
 * Context: any; queue->lock held.
 */
void lab_ring_doorbell(struct lab_queue *q)
{
	struct lab_ring *ring = &q->ring;

	lockdep_assert_held(&q->lock);
	if (ring->fill_rung == ring->fill_prod)
		return;
	ring->fill_rung = ring->fill_prod;
	/* writel() orders the descriptors before the doorbell, for the device's read of them */
	writel(ring->fill_prod, q->regs + LAB_Q_FILL_DB);
}

/* Where the next completion is, or will be */
static const struct lab_cpl *lab_ring_next(const struct lab_queue *q)
{
	return &q->ring.cpl[lab_ring_entry(q->ring.cpl_cons, q->ring.log2)];
}

/**
 * lab_ring_pending() - whether the device has written the next completion
 * @q: the queue
 *
 * Context: any; queue->lock held.
 */
bool lab_ring_pending(const struct lab_queue *q)
{
	u16 phase = le16_to_cpu(READ_ONCE(lab_ring_next(q)->phase)) & LAB_CPL_PHASE;

	lockdep_assert_held(&q->lock);
	return phase == lab_ring_phase(q->ring.cpl_cons, q->ring.log2);
}

/**
 * lab_ring_pop() - take the next completion
 * @q: the queue
 * @cpl: returns a private copy, still to be checked
 *
 * Context: any; queue->lock held.
 * Return: false if there is none.
 */
bool lab_ring_pop(struct lab_queue *q, struct lab_cpl *cpl)
{
	if (!lab_ring_pending(q))
		return false;
	dma_rmb();	/* phase before the rest; pairs with the device's order of stores */
	memcpy(cpl, lab_ring_next(q), sizeof(*cpl));
	q->ring.cpl_cons++;
	return true;
}

/**
 * lab_ring_check() - whether a completion makes sense
 * @q: the queue
 * @cpl: the private copy
 *
 * The device is not trusted: the slot must be one that it owns, what it says
 * it wrote must fit into that block.
 *
 * Context: any; queue->lock held.
 */
bool lab_ring_check(struct lab_queue *q, const struct lab_cpl *cpl)
{
	u32 slot = le16_to_cpu(cpl->slot);
	u32 bytes = le32_to_cpu(cpl->bytes);
	u32 records = le16_to_cpu(cpl->records);

	lockdep_assert_held(&q->lock);
	if (slot >= q->setup.depth || q->slots[slot].state != LAB_DEVICE)
		return false;
	return cpl->status == cpu_to_le16(LAB_CPL_OK) &&
	       bytes <= PAGE_SIZE << q->slots[slot].order && records &&
	       records <= bytes / sizeof(struct lab_record);
}

/**
 * lab_ring_rearm() - give the completions back, let the next interrupt come
 * @q: the queue
 *
 * One write.  If the device has completed more than was consumed, it raises
 * the interrupt again at once: nothing is missed between the last pop and here.
 *
 * Context: any; queue->lock held.
 */
void lab_ring_rearm(struct lab_queue *q)
{
	lockdep_assert_held(&q->lock);
	writel(q->ring.cpl_cons, q->regs + LAB_Q_ARM_DB);
}
