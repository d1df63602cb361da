/*
 * Labyrinth: misbehaviour on request: what a queue does
 *
 * Called from the data path where lab_faulty() says so.  What must happen
 * later (a write that comes late, an interrupt that does) has a timer; only
 * the guest's memory is written to, as by all other DMA.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"

#include "labyrinth.h"

#define LAB_EARLY_NS (20 * SCALE_US)
#define LAB_LATE_WRITE_NS (1 * SCALE_MS)
#define LAB_SPURIOUS_NS (1 * SCALE_MS)
#define LAB_LATE_IRQ_NS (5 * SCALE_MS)
#define LAB_STALL_NS (50 * SCALE_MS)

/* Beyond what any machine or IOMMU maps */
#define LAB_UNMAPPED (1ull << 51)

/* The fill ring */

/*
 * A descriptor is about to be used: say what the device takes it for.
 * Return: false: it stays in the ring, the one before is used once more.
 */
bool lab_fault_descriptor(LabQueue *q, struct lab_fill *d)
{
    LabQueueFaults *f = &q->faults;

    if (f->used && lab_fault_due(q, LAB_FAULT_DESC_TWICE)) {
        *d = f->last;
        return false;
    }
    f->last = *d;
    f->used = true;
    if (lab_fault_due(q, LAB_FAULT_DMA_UNMAPPED)) {
        d->addr |= cpu_to_le64(LAB_UNMAPPED);
    }
    return true;
}

/* Blocks */

/* One bit of what a CRC covers: header and payload of the record at @record */
static void lab_fault_flip(LabQueue *q, uint8_t *record, uint32_t bytes)
{
    uint64_t covered = sizeof(struct lab_record) + (uint64_t)ldl_le_p(record);
    uint64_t bit = lab_mix64(lab_fault_random(q, LAB_FAULT_RECORD_CORRUPT));

    bit %= MIN(covered, bytes) * 8;
    record[bit / 8] ^= 1 << bit % 8;
}

/* Take the first bytes away again, for now */
static void lab_fault_hold_back(LabQueue *q, uint8_t *at, uint32_t bytes)
{
    LabQueueFaults *f = &q->faults;

    f->early_addr = q->block.addr + q->block.map_start;
    f->early_bytes = MIN(bytes, LAB_EARLY_BYTES);
    memcpy(f->early, at, f->early_bytes);
    memset(at, 0, f->early_bytes);
    timer_mod(&f->early_timer, lab_now_ns() + LAB_EARLY_NS);
}

/* The open block is about to be completed: its last records, while mapped */
void lab_fault_block(LabQueue *q)
{
    LabBlock *b = &q->block;
    uint32_t bytes = b->used - b->map_start;

    if (!b->map || !bytes) {
        return;
    }
    if (lab_fault_due(q, LAB_FAULT_RECORD_CORRUPT)) {
        lab_fault_flip(q, b->map, bytes);
    }
    if (!timer_pending(&q->faults.early_timer) &&
        lab_fault_due(q, LAB_FAULT_CPL_EARLY)) {
        lab_fault_hold_back(q, b->map, bytes);
    }
}

/* Behind an IOMMU this is where the hardware says no */
static void lab_fault_write(LabQueue *q, uint64_t addr, const void *data,
                            uint32_t bytes)
{
    if (lab_queue_enabled(q) && lab_may_dma(q->dev) &&
        !lab_dma_write(q, addr, data, bytes)) {
        lab_queue_fail(q, LAB_QERR_BLOCK_DMA);
        lab_irq_send(q);
    }
}

static void lab_fault_early_timer(void *opaque)
{
    LabQueue *q = opaque;
    LabQueueFaults *f = &q->faults;

    lab_fault_write(q, f->early_addr, f->early, f->early_bytes);
}

static void lab_fault_late_timer(void *opaque)
{
    LabQueue *q = opaque;
    static const uint8_t junk[64] = { 0xde, 0xad };

    if (lab_fault_due(q, LAB_FAULT_LATE_WRITE)) {
        lab_fault_write(q, q->faults.late_addr, junk, sizeof(junk));
    }
}

/* The completion ring */

/* Status, records and sequence number take turns. Return: the status */
static uint16_t lab_fault_corrupt(LabQueue *q, struct lab_cpl *cpl)
{
    switch (q->cpl_prod / MAX(q->dev->faults.now.period, 1) % 3) {
    case 0:
        return 0xdead;
    case 1:
        cpl->records = 0;
        break;
    default:
        cpl->seq = ~cpl->seq;
        break;
    }
    return LAB_CPL_OK;
}

/*
 * What the completion about to be written shall say instead of the truth.
 * Return: its status
 */
uint16_t lab_fault_completion(LabQueue *q, struct lab_cpl *cpl)
{
    if (lab_fault_due(q, LAB_FAULT_BAD_SLOT)) {
        cpl->slot = cpu_to_le16(0xffff);
    }
    if (lab_fault_due(q, LAB_FAULT_BAD_LENGTH)) {
        cpl->bytes = cpu_to_le32(q->block.len + LAB_RECORD_ALIGN);
    }
    return lab_fault_due(q, LAB_FAULT_CPL_CORRUPT) ? lab_fault_corrupt(q, cpl)
                                                   : LAB_CPL_OK;
}

static void lab_fault_stall(LabQueue *q)
{
    q->faults.stalled = true;
    timer_mod(&q->faults.stall_timer, lab_now_ns() + LAB_STALL_NS);
}

static void lab_fault_stall_timer(void *opaque)
{
    LabQueue *q = opaque;

    q->faults.stalled = false;
    lab_queue_resume(q);
    lab_transmit_resume(q);
}

static uint32_t lab_fault_errors(LabQueue *q)
{
    static const uint32_t kinds[] = {
        LAB_FAULT_AER_CORRECTABLE, LAB_FAULT_AER_NONFATAL, LAB_FAULT_AER_FATAL,
    };
    uint32_t errors = 0;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        errors |= lab_fault_due(q, kinds[i]) ? kinds[i] : 0;
    }
    return errors;
}

/* The completion of the open block was written.  Vanishing ends all. */
void lab_fault_completed(LabQueue *q)
{
    LabQueueFaults *f = &q->faults;
    uint32_t errors;

    timer_del(&f->late_timer);
    if (lab_ring_free(q->cpl_prod, q->cpl_cons, q->ring_log2) &&
        lab_fault_due(q, LAB_FAULT_CPL_DUPLICATE) && lab_completion_write(q)) {
        q->cpl_prod++;
    }
    if (lab_fault_due(q, LAB_FAULT_STALL)) {
        lab_fault_stall(q);
    }
    errors = lab_fault_errors(q);
    if (errors) {
        lab_report_errors(q->dev, errors);
    }
    if (lab_fault_due(q, LAB_FAULT_ALL_ONES)) {
        lab_vanish(q->dev, LAB_AWAY);
    } else if (lab_fault_due(q, LAB_FAULT_LINK_DOWN)) {
        lab_vanish(q->dev, LAB_LINK_DOWN);
    }
}

/* The guest has said how far it is: a late write may come where no block is posted */
void lab_fault_consumed(LabQueue *q)
{
    if ((q->dev->faults.now.on & LAB_FAULT_LATE_WRITE) && !q->block.open &&
        q->cpl_prod == q->cpl_cons && q->fill_prod == q->fill_cons &&
        q->faults.late_addr) {
        timer_mod(&q->faults.late_timer, lab_now_ns() + LAB_LATE_WRITE_NS);
    }
}

/* Interrupts */

/* The first may be the end of the device, and of the queue */
static void lab_fault_irq_twice(LabQueue *q)
{
    LabState *s = q->dev;

    object_ref(OBJECT(s));
    lab_irq_notify(q);
    if (lab_present(s)) {
        lab_irq_notify(q);
    }
    object_unref(OBJECT(s));
}

/*
 * The interrupt of the queue is about to be sent.  Return: whether the caller
 * shall do it; the queue may be gone if not.
 */
bool lab_fault_irq(LabQueue *q)
{
    QEMUTimer *timer = &q->faults.irq_timer;

    if (lab_fault_due(q, LAB_FAULT_IRQ_LOST)) {
        return false;
    }
    if (!timer_pending(timer) && lab_fault_due(q, LAB_FAULT_IRQ_LATE)) {
        timer_mod(timer, lab_now_ns() + LAB_LATE_IRQ_NS);
        return false;
    }
    if (!timer_pending(timer) && lab_fault_due(q, LAB_FAULT_IRQ_SPURIOUS)) {
        timer_mod(timer, lab_now_ns() + LAB_SPURIOUS_NS);
    }
    if (lab_fault_due(q, LAB_FAULT_IRQ_DUPLICATE)) {
        lab_fault_irq_twice(q);
        return false;
    }
    return true;
}

static void lab_fault_irq_timer(void *opaque)
{
    LabQueue *q = opaque;

    if (lab_may_dma(q->dev)) {
        lab_irq_notify(q);
    }
}

/* Life */

void lab_fault_init_queue(LabQueue *q)
{
    LabQueueFaults *f = &q->faults;

    timer_init_ns(&f->stall_timer, QEMU_CLOCK_VIRTUAL, lab_fault_stall_timer, q);
    timer_init_ns(&f->late_timer, QEMU_CLOCK_VIRTUAL, lab_fault_late_timer, q);
    timer_init_ns(&f->early_timer, QEMU_CLOCK_VIRTUAL, lab_fault_early_timer, q);
    timer_init_ns(&f->irq_timer, QEMU_CLOCK_VIRTUAL, lab_fault_irq_timer, q);
}

/* The queue is disabled, or begins anew: nothing comes late any more */
void lab_fault_clear_queue(LabQueue *q)
{
    LabQueueFaults *f = &q->faults;

    timer_del(&f->stall_timer);
    timer_del(&f->late_timer);
    timer_del(&f->early_timer);
    timer_del(&f->irq_timer);
    f->stalled = false;
    f->used = false;
    f->late_addr = 0;
}
