// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters: device's and driver's, by ioctl and in sysfs (queueN/ of the
 * class device, one value a file).
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "lab.h"

#define CREATE_TRACE_POINTS
#include "lab_trace.h"

/* The device's counters of a queue. Context: process; the device present. */
static void lab_stats_device(struct lab_queue *q, struct lab_stats *s)
{
	s->generated = readq(q->regs + LAB_Q_CNT_GENERATED);
	s->dev_delivered = readq(q->regs + LAB_Q_CNT_DELIVERED);
	s->drop_fifo = readq(q->regs + LAB_Q_CNT_DROP_FIFO);
	s->drop_size = readq(q->regs + LAB_Q_CNT_DROP_SIZE);
	s->drop_stop = readq(q->regs + LAB_Q_CNT_DROP_STOP);
	s->dev_in_flight = readq(q->regs + LAB_Q_CNT_IN_FLIGHT);
	s->dev_bytes = readq(q->regs + LAB_Q_CNT_BYTES);
	s->dev_blocks = readq(q->regs + LAB_Q_CNT_BLOCKS);
	s->dev_irqs = readq(q->regs + LAB_Q_CNT_IRQS);
	s->dev_fill_low = readq(q->regs + LAB_Q_CNT_FILL_LOW);
	if (!(q->lab->caps & LAB_CAP_TRANSMIT))
		return;
	s->tx_packets = readq(q->regs + LAB_Q_CNT_TX_PACKETS);
	s->tx_bytes = readq(q->regs + LAB_Q_CNT_TX_BYTES);
	s->tx_drop = readq(q->regs + LAB_Q_CNT_TX_DROP);
	s->tx_blocks = readq(q->regs + LAB_Q_CNT_TX_BLOCKS);
}

/**
 * lab_stats_keep() - keep the device's counters, which a reset would clear
 * @q: the queue, which has just been stopped
 *
 * Context: process; the device present.
 */
void lab_stats_keep(struct lab_queue *q)
{
	if (q->stats_whole)
		return;
	lab_stats_device(q, &q->stats);
	smp_store_release(&q->stats_whole, true);	/* pairs with lab_stats_read() */
}

/**
 * lab_stats_read() - all counters of a queue
 * @q: the queue
 * @s: returns them; size is kept
 *
 * Context: process; lab->life held, the device present.
 */
void lab_stats_read(struct lab_queue *q, struct lab_stats *s)
{
	bool whole = smp_load_acquire(&q->stats_whole);	/* pairs with lab_stats_keep() */
	u32 size = s->size;

	spin_lock_irq(&q->lock);
	*s = q->stats;
	s->size = size;
	s->queue = q->index;
	s->queue_error = q->error;
	s->ready_packets = q->ready_packets;
	s->flags = q->active ? LAB_STATS_ACTIVE : 0;
	s->held = atomic64_read(&q->held);
	s->released = atomic64_read(&q->released);
	s->policy = q->setup.policy;
	s->refill = q->setup.refill;
	s->order = q->setup.order;
	s->min_order = q->setup.min_order;
	s->depth = q->setup.depth;
	s->reserve = q->setup.reserve;
	s->reserved = q->nr_reserve;
	s->budget = q->setup.budget;
	spin_unlock_irq(&q->lock);
	if (whole)
		return;
	if (readl(q->regs + LAB_Q_STATUS) & LAB_Q_STATUS_GEN)
		s->flags |= LAB_STATS_GENERATING;
	lab_stats_device(q, s);
}

struct lab_counter {
	const char *name;
	size_t offset;
};

#define LAB_COUNTER(field)	{ #field, offsetof(struct lab_stats, field) }

static const struct lab_counter lab_counters[] = {
	LAB_COUNTER(generated),
	LAB_COUNTER(dev_delivered),
	LAB_COUNTER(drop_fifo),
	LAB_COUNTER(drop_size),
	LAB_COUNTER(drop_stop),
	LAB_COUNTER(dev_in_flight),
	LAB_COUNTER(dev_bytes),
	LAB_COUNTER(dev_blocks),
	LAB_COUNTER(dev_irqs),
	LAB_COUNTER(dev_fill_low),
	LAB_COUNTER(drop_invalid),
	LAB_COUNTER(drop_close),
	LAB_COUNTER(ready_packets),
	LAB_COUNTER(delivered),
	LAB_COUNTER(blocks),
	LAB_COUNTER(irqs),
	LAB_COUNTER(irqs_idle),
	LAB_COUNTER(refused),
	LAB_COUNTER(alloc_atomic),
	LAB_COUNTER(alloc_fallback),
	LAB_COUNTER(alloc_reserve),
	LAB_COUNTER(alloc_recycled),
	LAB_COUNTER(alloc_process),
	LAB_COUNTER(alloc_failed),
	LAB_COUNTER(held),
	LAB_COUNTER(released),
	LAB_COUNTER(wrong_moves),
	LAB_COUNTER(tx_packets),
	LAB_COUNTER(tx_bytes),
	LAB_COUNTER(tx_drop),
	LAB_COUNTER(tx_blocks),
	LAB_COUNTER(irqs_missed),
};

/* One file of one queue */
struct lab_counter_attr {
	struct device_attribute attr;
	const struct lab_counter *counter;
	u32 queue;
};

static ssize_t lab_counter_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct lab_counter_attr *a = container_of(attr, struct lab_counter_attr, attr);
	struct lab_dev *lab = container_of(dev, struct lab_dev, dev);
	struct lab_stats *stats;
	ssize_t ret = -ENODEV;

	stats = kzalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	down_read(&lab->life);
	if (!READ_ONCE(lab->gone) && lab_alive(lab)) {
		lab_stats_read(&lab->queues[a->queue], stats);
		ret = sysfs_emit(buf, "%llu\n", *(u64 *)((char *)stats + a->counter->offset));
	}
	up_read(&lab->life);
	kfree(stats);
	return ret;
}

/* All that sysfs keeps of one queue */
struct lab_counter_dir {
	struct attribute_group group;
	struct attribute *list[ARRAY_SIZE(lab_counters) + 1];
	struct lab_counter_attr attrs[ARRAY_SIZE(lab_counters)];
};

static const struct attribute_group *lab_counter_group(struct lab_dev *lab, u32 queue)
{
	struct device *dev = &lab->pdev->dev;
	struct lab_counter_dir *dir = devm_kzalloc(dev, sizeof(*dir), GFP_KERNEL);
	struct device_attribute *attr;
	u32 i;

	if (!dir)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(lab_counters); i++) {
		attr = &dir->attrs[i].attr;
		dir->attrs[i].counter = &lab_counters[i];
		dir->attrs[i].queue = queue;
		sysfs_attr_init(&attr->attr);
		attr->attr.name = lab_counters[i].name;
		attr->attr.mode = 0444;
		attr->show = lab_counter_show;
		dir->list[i] = &attr->attr;
	}
	dir->group.name = devm_kasprintf(dev, GFP_KERNEL, "queue%u", queue);
	dir->group.attrs = dir->list;
	return dir->group.name ? &dir->group : NULL;
}

/**
 * lab_stats_groups() - make the sysfs groups, to appear with the class device
 * @lab: the device, not added yet
 *
 * Context: process, in probe; all is freed after remove.
 * Return: 0 or -ENOMEM.
 */
int lab_stats_groups(struct lab_dev *lab)
{
	const struct attribute_group **groups;
	u32 i;

	groups = devm_kcalloc(&lab->pdev->dev, lab->num_queues + 1, sizeof(*groups), GFP_KERNEL);
	if (!groups)
		return -ENOMEM;
	for (i = 0; i < lab->num_queues; i++) {
		groups[i] = lab_counter_group(lab, i);
		if (!groups[i])
			return -ENOMEM;
	}
	lab->dev.groups = groups;
	return 0;
}
