/*
 * Labyrinth: doorbells: what the guest says about its rings
 *
 * Nothing here does DMA; the data path is woken instead.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/log.h"

#include "labyrinth.h"
#include "trace.h"

static bool lab_doorbell_taken(LabQueue *q, uint32_t offset, uint32_t index)
{
    trace_labyrinth_doorbell(q->index, offset, index);
    if (!lab_queue_enabled(q)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "labyrinth: queue %u: doorbell 0x%x of a queue that does "
                      "not run\n", q->index, offset);
        return false;
    }
    return true;
}

/* New descriptors: from where the last doorbell said, as far as the ring goes */
void lab_fill_doorbell(LabQueue *q, uint32_t index)
{
    uint32_t added = lab_ring_used(index, q->fill_prod);

    if (!lab_doorbell_taken(q, LAB_Q_FILL_DB, index)) {
        return;
    }
    if (added > lab_ring_free(q->fill_prod, q->fill_cons, q->ring_log2)) {
        lab_queue_fail(q, LAB_QERR_DOORBELL);
        return;
    }
    if (!added) {
        return;
    }
    q->fill_prod = index;
    q->fill_low = false;
    q->fill_low_wanted = false;
    if (q->waiting) {
        lab_queue_resume(q);
    }
}

/* Blocks to send; a queue without a ring takes none */
void lab_tx_doorbell(LabQueue *q, uint32_t index)
{
    LabTransmit *t = &q->tx;
    uint32_t added = lab_ring_used(index, t->prod);

    if (!lab_doorbell_taken(q, LAB_Q_TX_DB, index)) {
        return;
    }
    if (!q->tx_log2 || added > lab_ring_free(t->prod, t->cons, q->tx_log2)) {
        lab_queue_fail(q, LAB_QERR_DOORBELL);
        return;
    }
    t->prod = index;
    lab_transmit_resume(q);
}

/* Return: whether @index lies between what was consumed and what there is */
static bool lab_consume(LabQueue *q, uint32_t index)
{
    uint32_t there = lab_ring_used(q->cpl_prod, q->cpl_cons);

    if (lab_ring_used(index, q->cpl_cons) > there) {
        lab_queue_fail(q, LAB_QERR_DOORBELL);
        return false;
    }
    q->cpl_cons = index;
    lab_irq_consumed(q);
    if (lab_faulty(q)) {
        lab_fault_consumed(q);
    }
    if (q->waiting) {
        lab_queue_resume(q);
    }
    return true;
}

void lab_cpl_doorbell(LabQueue *q, uint32_t index)
{
    if (lab_doorbell_taken(q, LAB_Q_CPL_DB, index)) {
        lab_consume(q, index);
    }
}

/*
 * A queue that failed may still be armed: the interrupt that tells so waits.
 * A guest that found completions may not have looked at the status: it is told
 * once more, and then there is nothing left to consume.
 */
static void lab_arm_failed(LabQueue *q, uint32_t index)
{
    uint32_t there = lab_ring_used(q->cpl_prod, q->cpl_cons);
    uint32_t consumed = lab_ring_used(index, q->cpl_cons);

    if (consumed && consumed <= there) {
        q->cpl_cons = index;
        q->irq_wanted = true;
    }
    lab_irq_arm(q);
}

void lab_arm_doorbell(LabQueue *q, uint32_t index)
{
    if ((q->ctrl & LAB_Q_CTRL_ENABLE) && q->error) {
        lab_arm_failed(q, index);
    } else if (lab_doorbell_taken(q, LAB_Q_ARM_DB, index) &&
               lab_consume(q, index)) {
        lab_irq_arm(q);
    }
}

void lab_kick_doorbell(LabQueue *q, uint32_t value)
{
    if (lab_doorbell_taken(q, LAB_Q_KICK, value)) {
        lab_irq_force(q);
    }
}
