// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which file owns which queue, and how many pages that may come to be.
 */
#include "lab.h"

static u64 lab_setup_pages(const struct lab_setup *s)
{
	return (u64)(s->depth + s->reserve + s->tx_depth) << s->order;
}

/* The queue asked for, or any free one. Context: lab->owner_lock held. */
static struct lab_queue *lab_queue_pick(struct lab_dev *lab, u32 index)
{
	u32 i;

	lockdep_assert_held(&lab->owner_lock);
	if (index != LAB_QUEUE_ANY)
		return lab->queues[index].file ? NULL : &lab->queues[index];
	for (i = 0; i < lab->num_queues; i++)
		if (!lab->queues[i].file)
			return &lab->queues[i];
	return NULL;
}

/*
 * Whether the device has what @s wants of the wire: frames come from a netdev
 * or from a queue that loops back; more than a single queue that receives is of
 * version 1.1.
 */
static bool lab_wire_there(const struct lab_dev *lab, const struct lab_setup *s)
{
	bool loopback = s->flags & LAB_SETUP_LOOPBACK;
	u32 wanted = s->flags & LAB_SETUP_WIRE_FLAGS;

	if ((s->tx_depth || loopback || wanted & ~LAB_SETUP_WIRE) &&
	    !(lab->caps & LAB_CAP_TRANSMIT))
		return false;
	return loopback || (!wanted && !s->tx_depth) || lab->caps & LAB_CAP_WIRE;
}

/* Why @s cannot be had now. Context: lab->owner_lock held. */
static int lab_queue_refuse(const struct lab_dev *lab, const struct lab_queue *q,
			    const struct lab_setup *s)
{
	u32 wire = s->flags & LAB_SETUP_WIRE_FLAGS;

	if (!lab_wire_there(lab, s))
		return -EOPNOTSUPP;
	if (!q || (wire && lab->wire_mask && (wire == LAB_SETUP_WIRE || wire != lab->wire_flags)))
		return -EBUSY;
	if (lab_setup_pages(s) > lab->pages_max - lab->pages)
		return -ENOSPC;
	return 0;
}

/**
 * lab_queue_take() - make @file the owner of a queue, and book its pages
 * @lab: the device
 * @file: open file without a queue
 * @s: checked set-up
 *
 * Context: process.
 * Return: the queue; -EBUSY, -EOPNOTSUPP or -ENOSPC as a pointer.
 */
struct lab_queue *lab_queue_take(struct lab_dev *lab, struct file *file,
				 const struct lab_setup *s)
{
	struct lab_queue *q;
	int ret;

	mutex_lock(&lab->owner_lock);
	q = lab_queue_pick(lab, s->queue);
	ret = lab_queue_refuse(lab, q, s);
	if (!ret) {
		q->file = file;
		lab->pages += lab_setup_pages(s);
		if (s->flags & LAB_SETUP_WIRE_FLAGS) {
			lab->wire_flags = s->flags & LAB_SETUP_WIRE_FLAGS;
			lab->wire_mask |= BIT(q->index);
		}
	}
	mutex_unlock(&lab->owner_lock);
	return ret ? ERR_PTR(ret) : q;
}

/* Give it up again. Context: process. */
void lab_queue_untake(struct lab_queue *q)
{
	struct lab_dev *lab = q->lab;

	mutex_lock(&lab->owner_lock);
	q->file = NULL;
	lab->pages -= lab_setup_pages(&q->setup);
	lab->wire_mask &= ~BIT(q->index);
	mutex_unlock(&lab->owner_lock);
}

/* Book the pages of a changed reserve. Context: process. Return: 0 or -ENOSPC. */
int lab_queue_rebook(struct lab_queue *q, const struct lab_setup *s)
{
	struct lab_dev *lab = q->lab;
	int ret = -ENOSPC;
	u64 others;

	mutex_lock(&lab->owner_lock);
	others = lab->pages - lab_setup_pages(&q->setup);
	if (lab_setup_pages(s) <= lab->pages_max - others) {
		lab->pages = others + lab_setup_pages(s);
		ret = 0;
	}
	mutex_unlock(&lab->owner_lock);
	return ret;
}

/* Tell the device where frames go. Context: lab->owner_lock held. */
static void lab_wire_steer(struct lab_dev *lab)
{
	u32 steer = LAB_STEER_ENABLE;

	lockdep_assert_held(&lab->owner_lock);
	if (!lab->wire_running)
		steer = 0;
	else if (lab->wire_flags == LAB_SETUP_WIRE)
		steer |= ilog2(lab->wire_running);
	else
		steer |= lab->wire_flags == LAB_SETUP_WIRE_HASH ? LAB_STEER_MODE_HASH :
								  LAB_STEER_MODE_ROBIN;
	if (lab->caps & LAB_CAP_TRANSMIT)
		writel(lab->wire_running, lab->regs + LAB_REG_STEER_MASK);
	writel(steer, lab->regs + LAB_REG_STEER);
}

/* The queue, which was set up for the wire, runs. Context: process. */
void lab_wire_join(struct lab_queue *q)
{
	mutex_lock(&q->lab->owner_lock);
	q->lab->wire_running |= BIT(q->index);
	lab_wire_steer(q->lab);
	mutex_unlock(&q->lab->owner_lock);
}

/* The queue is about to stop: what still comes goes to the others. Context: process. */
void lab_wire_leave(struct lab_queue *q)
{
	mutex_lock(&q->lab->owner_lock);
	q->lab->wire_mask &= ~BIT(q->index);
	q->lab->wire_running &= ~BIT(q->index);
	lab_wire_steer(q->lab);
	mutex_unlock(&q->lab->owner_lock);
}
