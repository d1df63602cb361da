// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt: reap completions, allocate each replacement, post, re-arm.
 */
#include <linux/sched/clock.h>

#include "lab.h"
#include "lab_trace.h"

#define LAB_RETRY_NS	(2 * NSEC_PER_MSEC)

/**
 * lab_reap() - completed blocks become READY, @max of them at most
 * @q: the queue
 * @max: how many
 *
 * Context: any; queue->lock held.
 * Return: how many completions were taken.
 */
u32 lab_reap(struct lab_queue *q, u32 max)
{
	struct lab_cpl cpl;
	u32 n;

	for (n = 0; n < max && lab_ring_pop(q, &cpl); n++) {
		if (lab_ring_check(q, &cpl))
			lab_slot_complete(q, &cpl);
		else
			lab_slot_refuse(q, &cpl);
	}
	return n;
}

static void lab_refill_later(struct lab_queue *q)
{
	if (!hrtimer_is_queued(&q->refill_timer))	/* or each failure would put it off */
		hrtimer_start(&q->refill_timer, ns_to_ktime(LAB_RETRY_NS), HRTIMER_MODE_REL);
}

/* How many blocks one interrupt may allocate: zeroing takes time by the page */
static u32 lab_refill_budget(const struct lab_queue *q)
{
	return max(q->setup.budget >> q->setup.order, 1u);
}

/*
 * Replace what was reaped.  What the budget leaves raises the interrupt again.
 * A failure is a normal result: process context takes over a little later,
 * since a ring that ran dry brings no interrupts.
 * Context: queue->lock held, hard IRQ unless threaded. Return: blocks posted.
 */
static u32 lab_refill(struct lab_queue *q)
{
	u32 n, want = min(lab_queue_wants(q), lab_refill_budget(q));
	struct lab_pages pages;

	lab_pages_prefetch(q, want);
	for (n = 0; n < want; n++) {
		pages = lab_pages_atomic(q);
		if (!pages.page || !lab_slot_post(q, pages)) {
			lab_refill_later(q);
			break;
		}
	}
	lab_ring_doorbell(q);
	if (n == want && lab_queue_wants(q))
		writel(1, q->regs + LAB_Q_KICK);
	if (q->nr_reserve < q->setup.reserve)
		lab_refill_later(q);
	return n;
}

static const char *const lab_error_names[] = {
	[LAB_QERR_CONFIG] = "bad ring base, size or vector",
	[LAB_QERR_DOORBELL] = "doorbell out of range",
	[LAB_QERR_DESC] = "bad fill descriptor",
	[LAB_QERR_FILL_DMA] = "it could not read the fill ring",
	[LAB_QERR_BLOCK_DMA] = "it could not write to a block",
	[LAB_QERR_CPL_DMA] = "it could not write to the completion ring",
	[LAB_QERR_TX_DESC] = "bad transmit descriptor",
	[LAB_QERR_TX_DMA] = "it could not use the transmit ring or a block of it",
};

static const char *lab_error_name(u32 error)
{
	if (error == LAB_QERR_RESET)
		return "it was reset";
	return error < ARRAY_SIZE(lab_error_names) ? lab_error_names[error] : "unknown";
}

/* The owner of a queue that the device has stopped gets -EIO. Context: queue->lock held. */
void lab_stopped(struct lab_queue *q, u32 error)
{
	if (q->error)
		return;
	WRITE_ONCE(q->error, error);
	dev_err(&q->lab->pdev->dev, "queue %u: stopped by the device: %s (%u)\n", q->index,
		lab_error_name(error), error);
}

/* No completion: a kick, fill-low, or the device has stopped the queue */
static void lab_idle_irq(struct lab_queue *q)
{
	u32 status = readl(q->regs + LAB_Q_STATUS);

	q->stats.irqs_idle++;
	if (status == ~0u)
		lab_gone(q->lab);
	else if (LAB_Q_STATUS_ERROR(status))
		lab_stopped(q, LAB_Q_STATUS_ERROR(status));
}

/**
 * lab_service() - all that an interrupt of a queue asks for
 * @q: the queue
 *
 * Context: any; the hard IRQ, its thread, the watch.
 */
void lab_service(struct lab_queue *q)
{
	u64 start = sched_clock();
	unsigned long flags;
	u32 reaped, sent, refilled;

	spin_lock_irqsave(&q->lock, flags);
	if (!q->active)
		goto unlock;
	q->stats.irqs++;
	reaped = lab_reap(q, q->setup.budget);
	sent = lab_tx_reap(q);
	if (!reaped && !sent)
		lab_idle_irq(q);
	refilled = lab_refill(q);
	if (!q->error)		/* a stopped queue has nothing more to tell */
		lab_ring_rearm(q);
	trace_lab_irq(q, reaped, refilled);
	q->stats.irq_ns[lab_hist_bucket(sched_clock() - start)]++;
unlock:
	spin_unlock_irqrestore(&q->lock, flags);
	wake_up_interruptible(&q->wait);
}

/**
 * lab_irq() - the hard-IRQ handler of a queue
 * @irq: Linux IRQ number
 * @data: the queue
 *
 * The device masks the interrupt when it raises it, until lab_ring_rearm().
 *
 * Context: hard IRQ; a thread on PREEMPT_RT and with threadirqs.
 */
irqreturn_t lab_irq(int irq, void *data)
{
	struct lab_queue *q = data;

	if (READ_ONCE(q->setup.refill) == LAB_REFILL_THREADED)
		return IRQ_WAKE_THREAD;
	lab_service(q);
	return IRQ_HANDLED;
}

/* refill=threaded: the same work, one wake-up later. Context: IRQ thread. */
irqreturn_t lab_irq_thread(int irq, void *data)
{
	lab_service(data);
	return IRQ_HANDLED;
}

/* Return: the queues of @isr whose refill is threaded */
static u32 lab_service_isr(struct lab_dev *lab, u32 isr)
{
	u32 i, threaded = 0;

	for (i = 0; i < lab->num_queues; i++) {
		if (!(isr & BIT(i)))
			continue;
		if (READ_ONCE(lab->queues[i].setup.refill) == LAB_REFILL_THREADED)
			threaded |= BIT(i);
		else
			lab_service(&lab->queues[i]);
	}
	return threaded;
}

/**
 * lab_irq_shared() - the hard-IRQ handler of all queues, without MSI-X
 * @irq: Linux IRQ number, which other devices may have, too
 * @data: the device
 *
 * Reading the register names the queues that raised, and drops the pin.
 *
 * Context: hard IRQ; a thread on PREEMPT_RT and with threadirqs.
 */
irqreturn_t lab_irq_shared(int irq, void *data)
{
	struct lab_dev *lab = data;
	u32 threaded, isr = readl(lab->regs + LAB_REG_ISR);

	if (!isr || isr == ~0u)		/* another device's; or ours is not there */
		return IRQ_NONE;
	threaded = lab_service_isr(lab, isr);
	if (!threaded)
		return IRQ_HANDLED;
	atomic_or(threaded, &lab->isr_threaded);
	return IRQ_WAKE_THREAD;
}

/* Context: IRQ thread. */
irqreturn_t lab_irq_shared_thread(int irq, void *data)
{
	struct lab_dev *lab = data;
	u32 i, isr = atomic_xchg(&lab->isr_threaded, 0);

	for (i = 0; i < lab->num_queues; i++)
		if (isr & BIT(i))
			lab_service(&lab->queues[i]);
	return IRQ_HANDLED;
}

enum hrtimer_restart lab_refill_timer(struct hrtimer *timer)
{
	struct lab_queue *q = container_of(timer, struct lab_queue, refill_timer);

	queue_work(system_highpri_wq, &q->refill_work);
	return HRTIMER_NORESTART;
}

/* Whether process context has something to allocate for. Context: queue->lock held. */
static bool lab_hungry(const struct lab_queue *q)
{
	return q->active && (lab_queue_wants(q) || q->nr_reserve < q->setup.reserve);
}

/*
 * The ring first, then the reserve.  The device is told at once: it may have
 * waited for this one, and the next takes a while to allocate.
 * Context: queue->lock held. Return: false if the block could not be mapped.
 */
static bool lab_feed(struct lab_queue *q, struct lab_pages pages)
{
	q->stats.alloc_process++;
	if (!lab_queue_wants(q)) {
		q->reserve[q->nr_reserve++] = pages;
		return true;
	}
	if (!lab_slot_post(q, pages))
		return false;
	lab_ring_doorbell(q);
	return true;
}

/**
 * lab_refill_work() - allocate where sleeping is allowed, after a failure
 * @work: of the queue
 *
 * Context: process.
 */
void lab_refill_work(struct work_struct *work)
{
	struct lab_queue *q = container_of(work, struct lab_queue, refill_work);
	struct lab_pages pages;
	bool hungry;

	spin_lock_irq(&q->lock);
	while ((hungry = lab_hungry(q))) {
		spin_unlock_irq(&q->lock);
		pages = lab_pages_process(q);
		spin_lock_irq(&q->lock);
		if (!pages.page)
			break;
		if (!lab_hungry(q))
			lab_pages_free(q, pages);
		else if (!lab_feed(q, pages))
			break;
	}
	if (q->active && hungry)
		lab_refill_later(q);
	spin_unlock_irq(&q->lock);
}
