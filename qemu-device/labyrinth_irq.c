/*
 * Labyrinth: interrupts of a queue
 *
 * Raising one disarms the queue; the guest arms it again with the doorbell
 * that also says what it has consumed.  What happens in between is not lost:
 * arming with completions left raises at once.
 *
 * An MSI is a write to an address of the guest's choosing, so it is sent last
 * in whatever is being done: whoever decides sets irq_due, and whoever calls
 * lab_irq_send() touches nothing after it.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"

#include "labyrinth.h"
#include "trace.h"

/* A queue starts armed, with nothing to tell */
void lab_irq_reset(LabQueue *q)
{
    timer_del(&q->coal_timer);
    q->armed = q->ctrl & LAB_Q_CTRL_ENABLE;
    q->irq_wanted = false;
    q->fill_low_wanted = false;
    q->irq_due = false;
    q->coal_expired = false;
    lab_fault_clear_queue(q);
}

static void lab_irq_raise(LabQueue *q, uint32_t completions)
{
    trace_labyrinth_irq(q->index, q->vector, completions,
                        q->irq_wanted || q->fill_low_wanted);
    timer_del(&q->coal_timer);
    q->armed = false;
    q->irq_wanted = false;
    q->fill_low_wanted = false;
    q->coal_expired = false;
    q->irq_due = true;
    q->counters.irqs++;
}

/* Raise if there is a reason and the guest listens */
void lab_irq_update(LabQueue *q)
{
    uint32_t completions = lab_ring_used(q->cpl_prod, q->cpl_cons);

    if (!q->armed || q->vector >= q->dev->num_queues ||
        !lab_may_dma(q->dev) || q->faults.stalled) {
        return;
    }
    if (q->irq_wanted || q->fill_low_wanted ||
        (completions && q->coal_expired) ||
        completions >= MAX(q->coal_count, 1)) {
        lab_irq_raise(q, completions);
    } else if (completions && q->coal_ns && !timer_pending(&q->coal_timer)) {
        timer_mod(&q->coal_timer, lab_now_ns() + q->coal_ns);
    }
}

/* QEMU would die of another pin, or none, which a damaged saved state names */
static void lab_pin_set(LabState *s, int level)
{
    PCIDevice *pdev = PCI_DEVICE(s);

    pci_config_set_interrupt_pin(pdev->config, 1);
    pci_set_irq(pdev, level);
}

/*
 * What the guest has enabled: MSI-X, else MSI, else the pin.  QEMU would die of
 * a vector that there is not, as a queue may have that does not run.
 * Context: the last thing done
 */
void lab_irq_notify(LabQueue *q)
{
    PCIDevice *pdev = PCI_DEVICE(q->dev);

    if (q->vector >= q->dev->num_queues) {
        return;
    }
    q->dev->isr |= 1u << q->index;
    if (msix_enabled(pdev)) {
        msix_notify(pdev, q->vector);
    } else if (msi_enabled(pdev)) {
        msi_notify(pdev, q->vector % msi_nr_vectors_allocated(pdev));
    } else {
        lab_pin_set(q->dev, 1);
    }
}

/* Return: the queues that raised since it was last asked; the pin drops */
uint32_t lab_irq_acknowledge(LabState *s)
{
    uint32_t isr = s->isr;

    s->isr = 0;
    lab_pin_set(s, 0);
    return isr;
}

/* Context: the last thing done */
void lab_irq_send(LabQueue *q)
{
    if (q->irq_due) {
        q->irq_due = false;
        if (likely(!lab_faulty(q)) || lab_fault_irq(q)) {
            lab_irq_notify(q);
        }
    }
}

void lab_irq_timer(void *opaque)
{
    LabQueue *q = opaque;

    q->coal_expired = true;
    lab_irq_update(q);
    lab_irq_send(q);
}

/* Completions were consumed: if none is left there is nothing to wait for */
void lab_irq_consumed(LabQueue *q)
{
    if (q->cpl_prod == q->cpl_cons) {
        timer_del(&q->coal_timer);
        q->coal_expired = false;
    }
}

/* Other limits hold for the completions that wait already */
void lab_irq_moderate(LabQueue *q)
{
    timer_del(&q->coal_timer);
    lab_irq_update(q);
}

/* What the guest has not consumed yet, it has not seen: tell it now */
void lab_irq_arm(LabQueue *q)
{
    q->armed = true;
    q->coal_expired = q->cpl_prod != q->cpl_cons;
    lab_irq_update(q);
}

/* An interrupt for another reason than completions */
void lab_irq_force(LabQueue *q)
{
    q->irq_wanted = true;
    lab_irq_update(q);
}
