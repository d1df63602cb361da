// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody waits, and no interrupt comes: look without one.
 *
 * A timer of the queue runs while there are waiters.  What it finds at two
 * looks in a row is overdue: the interrupt that should have told of it was
 * lost.  The price is one look at the ring, or one register, in 10 ms.
 */
#include "lab.h"

#define LAB_WATCH_NS	(10 * NSEC_PER_MSEC)

/* Completions may wait for so long, by the moderation that was asked for */
static ktime_t lab_watch_interval(const struct lab_queue *q)
{
	return ns_to_ktime(LAB_WATCH_NS + READ_ONCE(q->setup.irq_ns));
}

/*
 * It neither runs nor says why: it is gone, or was reset behind our back.
 * Context: queue->lock held.
 */
static void lab_watch_lost(struct lab_queue *q)
{
	if (lab_alive(q->lab))
		lab_stopped(q, LAB_QERR_RESET);
}

/* Whether there is something to do that is an interrupt's to tell. Context: queue->lock held. */
static bool lab_watch_due(struct lab_queue *q)
{
	u32 status;

	if (lab_ring_pending(q) || lab_tx_pending(q))
		return true;
	status = readl(q->regs + LAB_Q_STATUS);
	if (status == ~0u || !(status & LAB_Q_STATUS_ENABLED || LAB_Q_STATUS_ERROR(status))) {
		lab_watch_lost(q);
		return false;
	}
	return LAB_Q_STATUS_ERROR(status) ||
	       (status & LAB_Q_STATUS_FILL_LOW && lab_queue_wants(q));
}

/* Context: queue->lock held. Return: whether it was due at the last look, too. */
static bool lab_watch_look(struct lab_queue *q)
{
	u32 cons = q->ring.cpl_cons + q->tx.cons;
	bool due = lab_watch_due(q);
	bool missed = due && q->watch_due && q->watch_cons == cons;

	q->watch_due = due && !missed;
	q->watch_cons = cons;
	q->stats.irqs_missed += missed;
	return missed;
}

static bool lab_watch_wanted(const struct lab_queue *q)
{
	return q->active && !q->error && !READ_ONCE(q->lab->gone);
}

/**
 * lab_watch() - the timer of a queue that is waited for
 * @timer: of the queue
 *
 * Context: hard IRQ; soft IRQ on PREEMPT_RT.
 */
enum hrtimer_restart lab_watch(struct hrtimer *timer)
{
	struct lab_queue *q = container_of(timer, struct lab_queue, watch_timer);
	bool missed, again;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	missed = lab_watch_wanted(q) && lab_watch_look(q);
	again = lab_watch_wanted(q) && wq_has_sleeper(&q->wait);
	q->watching = again;
	if (again)
		hrtimer_forward_now(timer, lab_watch_interval(q));
	spin_unlock_irqrestore(&q->lock, flags);
	if (missed)
		lab_service(q);
	if (READ_ONCE(q->error))
		wake_up_interruptible(&q->wait);
	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/**
 * lab_watch_arm() - somebody is about to wait for the queue
 * @q: the queue
 *
 * Context: process; the caller is on q->wait already, so that either the timer
 * sees it there, or this starts the timer.
 */
void lab_watch_arm(struct lab_queue *q)
{
	spin_lock_irq(&q->lock);
	if (!q->watching && lab_watch_wanted(q)) {
		q->watching = true;
		q->watch_due = false;
		hrtimer_start(&q->watch_timer, lab_watch_interval(q), HRTIMER_MODE_REL);
	}
	spin_unlock_irq(&q->lock);
}

/* Context: process; the queue is not active any more. */
void lab_watch_stop(struct lab_queue *q)
{
	hrtimer_cancel(&q->watch_timer);
	q->watching = false;
}
