// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit: records of the process, copied into blocks of the queue's own, out
 * to the wire or back into receive.
 *
 * Entry i of the ring always names block i, which the device only reads; it is
 * the driver's again when the device has written the entry's status.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "lab.h"
#include "lab_trace.h"

static size_t lab_tx_ring_bytes(const struct lab_queue *q)
{
	return sizeof(*q->tx.desc) * q->setup.tx_depth;
}

static size_t lab_tx_block_bytes(const struct lab_queue *q)
{
	return PAGE_SIZE << q->setup.order;
}

/* The first @nr blocks, and the ring */
static void lab_tx_free_some(struct lab_queue *q, u32 nr)
{
	struct device *dev = &q->lab->pdev->dev;
	struct lab_tx_ring *tx = &q->tx;

	while (nr--)
		dma_free_pages(dev, lab_tx_block_bytes(q), tx->blocks[nr].page,
			       tx->blocks[nr].dma, DMA_TO_DEVICE);
	kvfree(tx->blocks);
	dma_free_coherent(dev, lab_tx_ring_bytes(q), tx->desc, tx->desc_dma);
}

static bool lab_tx_alloc_block(struct lab_queue *q, struct lab_tx_block *block)
{
	struct device *dev = &q->lab->pdev->dev;

	block->page = dma_alloc_pages(dev, lab_tx_block_bytes(q), &block->dma, DMA_TO_DEVICE,
				      GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	/* It cannot be an error, but CONFIG_DMA_API_DEBUG wants it looked at */
	return block->page && !dma_mapping_error(dev, block->dma);
}

/**
 * lab_tx_alloc() - ring and blocks to transmit from, if the queue is to
 * @q: the queue, not active; setup is known
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int lab_tx_alloc(struct lab_queue *q)
{
	struct device *dev = &q->lab->pdev->dev;
	struct lab_tx_ring *tx = &q->tx;
	u32 i;

	memset(tx, 0, sizeof(*tx));
	if (!q->setup.tx_depth)
		return 0;
	tx->desc = dma_alloc_coherent(dev, lab_tx_ring_bytes(q), &tx->desc_dma, GFP_KERNEL);
	if (!tx->desc)
		return -ENOMEM;
	tx->blocks = kvcalloc(q->setup.tx_depth, sizeof(*tx->blocks), GFP_KERNEL);
	for (i = 0; tx->blocks && i < q->setup.tx_depth; i++)
		if (!lab_tx_alloc_block(q, &tx->blocks[i]))
			break;
	if (tx->blocks && i == q->setup.tx_depth)
		return 0;
	lab_tx_free_some(q, i);
	return -ENOMEM;
}

/* Context: process; the device uses the ring no more. */
void lab_tx_free(struct lab_queue *q)
{
	if (q->setup.tx_depth)
		lab_tx_free_some(q, q->setup.tx_depth);
}

/* Tell the device where the ring is; the queue is disabled. Context: process. */
void lab_tx_program(struct lab_queue *q)
{
	if (!(q->lab->caps & LAB_CAP_TRANSMIT))
		return;		/* an older device has no such registers */
	writeq(q->tx.desc_dma, q->regs + LAB_Q_TX_BASE);
	writel(q->setup.tx_depth ? ilog2(q->setup.tx_depth) : 0, q->regs + LAB_Q_TX_LOG2);
}

/* Whether the device has sent the next block. Context: any; queue->lock held. */
bool lab_tx_pending(const struct lab_queue *q)
{
	const struct lab_tx_ring *tx = &q->tx;
	const struct lab_tx *desc = &tx->desc[tx->cons & (q->setup.tx_depth - 1)];

	lockdep_assert_held(&q->lock);
	return tx->cons != tx->prod && le16_to_cpu(READ_ONCE(desc->status)) & LAB_TX_DONE;
}

/**
 * lab_tx_reap() - take back what the device has sent
 * @q: the queue
 *
 * Context: any; queue->lock held.
 * Return: how many blocks.
 */
u32 lab_tx_reap(struct lab_queue *q)
{
	u32 n;

	for (n = 0; lab_tx_pending(q); n++)
		WRITE_ONCE(q->tx.cons, q->tx.cons + 1);
	return n;
}

static bool lab_tx_room(const struct lab_queue *q)
{
	return q->tx.prod - READ_ONCE(q->tx.cons) < q->setup.tx_depth;
}

static bool lab_tx_idle(const struct lab_queue *q)
{
	return q->tx.prod == READ_ONCE(q->tx.cons);
}

/* Whether there is a block to fill, for poll(). Context: any. */
bool lab_tx_writable(const struct lab_queue *q)
{
	return q->setup.tx_depth && lab_tx_room(q);
}

/*
 * The process's records into a block.
 * Context: process; page faults are not waited for, as lab->life is held.
 */
static int lab_tx_copy(struct page *page, u64 user, u32 bytes)
{
	unsigned long left = 0;
	u32 at, n;
	void *to;

	for (at = 0; !left && at < bytes; at += n) {
		n = min_t(u32, bytes - at, PAGE_SIZE);
		to = kmap_local_page(page + at / PAGE_SIZE);
		pagefault_disable();
		left = copy_from_user(to, u64_to_user_ptr(user + at), n);
		pagefault_enable();
		kunmap_local(to);
	}
	return left ? -EFAULT : 0;
}

/* Payload bytes of the record at @at of a block; its header lies within a page */
static u32 lab_tx_length(struct page *page, u32 at)
{
	const struct lab_record *record;
	void *from = kmap_local_page(page + at / PAGE_SIZE);
	u32 length;

	record = from + offset_in_page(at);
	length = le32_to_cpu(READ_ONCE(record->length));
	kunmap_local(from);
	return length;
}

/* Walk through the copy. Return: number of records, 0 if they are not all whole. */
static u32 lab_tx_count(struct page *page, u32 bytes)
{
	u32 at, length, n = 0;

	for (at = 0; at < bytes; at += lab_record_stride(length)) {
		length = lab_tx_length(page, at);
		if (!length || length > LAB_TX_MAX || !lab_record_fits(length, at, bytes))
			return 0;
		n++;
	}
	return n;
}

/* Context: process; queue->lock held. */
static void lab_tx_post(struct lab_queue *q, u32 bytes)
{
	struct lab_tx_ring *tx = &q->tx;
	u32 entry = tx->prod & (q->setup.tx_depth - 1);

	tx->desc[entry] = (struct lab_tx) {
		.addr = cpu_to_le64(tx->blocks[entry].dma),
		.bytes = cpu_to_le32(bytes),
		.flags = cpu_to_le16(LAB_TX_IRQ),
	};
	WRITE_ONCE(tx->prod, tx->prod + 1);
	writel(tx->prod, q->regs + LAB_Q_TX_DB);	/* orders the descriptor before it */
	trace_lab_transmit(q, entry, bytes);
}

static int lab_send_once(struct lab_queue *q, struct lab_send *s)
{
	struct lab_tx_block *block = &q->tx.blocks[q->tx.prod & (q->setup.tx_depth - 1)];
	int ret = 0;

	if (READ_ONCE(q->error))
		return -EIO;
	spin_lock_irq(&q->lock);
	lab_tx_reap(q);
	spin_unlock_irq(&q->lock);
	if (!s->bytes)
		return lab_tx_idle(q) ? 0 : -EAGAIN;
	if (!lab_tx_room(q))
		return -EAGAIN;
	ret = lab_tx_copy(block->page, s->data, s->bytes);
	if (ret)
		return ret;
	s->records = lab_tx_count(block->page, s->bytes);
	if (!s->records)
		return -EINVAL;
	dma_sync_single_for_device(&q->lab->pdev->dev, block->dma, s->bytes, DMA_TO_DEVICE);
	spin_lock_irq(&q->lock);
	if (q->active)
		lab_tx_post(q, s->bytes);
	else
		ret = -EIO;
	spin_unlock_irq(&q->lock);
	return ret;
}

/* Let the pages come. Context: process; lab->life not held. Return: 0, -EFAULT, -EINTR. */
static int lab_send_fault_in(const struct lab_send *s)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	return fault_in_readable(u64_to_user_ptr(s->data), s->bytes) ? -EFAULT : 0;
}

static int lab_send_try(struct lab_file *f, struct lab_send *s)
{
	int ret;

	do {
		ret = -ENODEV;
		down_read(&f->lab->life);
		if (!READ_ONCE(f->lab->gone))
			ret = lab_send_once(f->queue, s);
		up_read(&f->lab->life);
		if (ret != -EFAULT)
			return ret;
		ret = lab_send_fault_in(s);
	} while (!ret);
	return ret;
}

/* There is room, or all was sent */
static bool lab_send_ready(const struct lab_queue *q, const void *arg)
{
	const struct lab_send *s = arg;

	return s->bytes ? lab_tx_room(q) : lab_tx_idle(q);
}

static bool lab_send_valid(const struct lab_queue *q, const struct lab_send *s)
{
	return !(s->flags & ~LAB_SEND_WAIT) && !s->records && s->timeout_ns <= KTIME_MAX &&
	       IS_ALIGNED(s->bytes, LAB_RECORD_ALIGN) && s->bytes <= lab_tx_block_bytes(q);
}

/**
 * lab_send() - LAB_IOC_SEND
 * @f: open file with a queue
 * @file: the same
 * @arg: struct lab_send: the records; returns how many they are
 *
 * Context: process; f->lock held, but not while it waits; lab->life not: neither
 * a wait nor a page fault may keep the device from being removed.
 * Return: 0, or an errno of the glossary in labyrinth.h.
 */
int lab_send(struct lab_file *f, struct file *file, void *arg)
{
	struct lab_queue *q = f->queue;
	struct lab_send *s = arg;
	ktime_t until = 0;
	int ret;

	if (!q || !q->setup.tx_depth)
		return -ENXIO;
	if (q->mm != current->mm)
		return -EPERM;
	if (!lab_send_valid(q, s))
		return -EINVAL;
	for (;;) {
		ret = lab_send_try(f, s);
		if (ret != -EAGAIN || !(s->flags & LAB_SEND_WAIT) || file->f_flags & O_NONBLOCK)
			return ret;
		ret = lab_file_wait(f, &until, s->timeout_ns, lab_send_ready, s);
		if (ret)
			return ret;
	}
}
