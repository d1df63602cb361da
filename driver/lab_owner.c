// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which file owns which queue, and how many pages that may come to be.
 */
#include "lab.h"

static u64 lab_setup_pages(const struct lab_setup *s)
{
	return (u64)(s->depth + s->reserve) << s->order;
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

/* Why @s cannot be had now. Context: lab->owner_lock held. */
static int lab_queue_refuse(const struct lab_dev *lab, const struct lab_queue *q,
			    const struct lab_setup *s)
{
	if (s->flags & LAB_SETUP_WIRE && !(lab->caps & LAB_CAP_WIRE))
		return -EOPNOTSUPP;
	if (!q || (s->flags & LAB_SETUP_WIRE && lab->wire))
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
		if (s->flags & LAB_SETUP_WIRE)
			lab->wire = q;
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
	if (lab->wire == q)
		lab->wire = NULL;
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
