/*
 * Labyrinth: saving and loading the device, for snapshots and live migration
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * The state is whole at any moment, in the middle of a burst, too: no block is
 * mapped between two slices, and the clock goes on where it stood.  What
 * follows from the rest is not saved but made anew when the machine runs:
 * descriptors read ahead, the bottom halves, the timers of generator and block.
 *
 * A saved state is not trusted: a field that makes no sense is told and the
 * state refused.  Loading that ended early, for that or any other reason,
 * leaves a device that is reset before the machine runs, or is saved.
 *
 * A later field goes into a subsection that is needed when the field differs
 * from its reset value, so that older states still load.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "migration/vmstate.h"

#include "labyrinth.h"
#include "labyrinth_block.h"

typedef struct LabCheck {
    const char *what;
    bool (*valid)(const LabQueue *q);
} LabCheck;

static bool lab_valid_control(const LabQueue *q)
{
    return !(q->ctrl & ~LAB_Q_CTRL_BITS) && q->error <= UINT8_MAX;
}

/* The guest may write anything while the queue does not run */
static bool lab_valid_config(const LabQueue *q)
{
    return !lab_queue_enabled(q) || lab_queue_config_valid(q);
}

static bool lab_valid_fill_ring(const LabQueue *q)
{
    return !lab_queue_enabled(q) ||
           lab_ring_valid(q->fill_prod, q->fill_cons, q->ring_log2);
}

/* The open block has an entry kept for it */
static bool lab_valid_completion_ring(const LabQueue *q)
{
    return !lab_queue_enabled(q) ||
           (lab_ring_valid(q->cpl_prod, q->cpl_cons, q->ring_log2) &&
            lab_ring_free(q->cpl_prod, q->cpl_cons, q->ring_log2) >=
            q->block.open);
}

static bool lab_valid_idle(const LabQueue *q)
{
    return lab_queue_enabled(q) ||
           (!lab_in_flight(q) && !q->block.open && !q->gen.running);
}

static bool lab_valid_block(const LabQueue *q)
{
    const LabBlock *b = &q->block;

    if (!b->open) {
        return !b->records;
    }
    return QEMU_IS_ALIGNED(b->addr, LAB_MIN_BLOCK_BYTES) &&
           lab_block_len_valid(b->len) && b->used <= b->len &&
           QEMU_IS_ALIGNED(b->used, LAB_RECORD_ALIGN) &&
           b->records <= b->used / sizeof(struct lab_record) &&
           !b->records == !b->used && b->records <= b->records_limit &&
           b->records_limit - 1 < LAB_MAX_RECORDS &&
           b->payload_bytes <= b->used;
}

/* A block that was opened in the future would not close in time */
static bool lab_valid_block_time(const LabQueue *q)
{
    return !q->block.records || (q->block.opened_ns >= 0 &&
                                 q->block.opened_ns <= lab_now_ns());
}

static bool lab_valid_counters(const LabQueue *q)
{
    const LabCounters *c = &q->counters;

    return c->generated == c->delivered + c->drop_fifo + c->drop_size +
                           c->drop_stop + lab_in_flight(q);
}

static const LabCheck lab_checks[] = {
    { "control or error", lab_valid_control },
    { "configuration", lab_valid_config },
    { "fill ring's indices", lab_valid_fill_ring },
    { "completion ring's indices", lab_valid_completion_ring },
    { "queue that does not run, with packets or generator,", lab_valid_idle },
    { "open block", lab_valid_block },
    { "open block's time", lab_valid_block_time },
    { "generator", lab_generator_valid_state },
    { "FIFO", lab_fifo_valid },
    { "transmit ring or block", lab_transmit_valid_state },
    { "counters", lab_valid_counters },
};

static int lab_queue_post_load(void *opaque, int version_id)
{
    LabQueue *q = opaque;

    for (size_t i = 0; i < ARRAY_SIZE(lab_checks); i++) {
        if (!lab_checks[i].valid(q)) {
            error_report("labyrinth: queue %u: saved state refused: %s makes "
                         "no sense", q->index, lab_checks[i].what);
            return -EINVAL;
        }
    }
    return 0;
}

/* Only what the FIFO holds is saved, and loaded to its start */
static int lab_queue_pre_save(void *opaque)
{
    LabQueue *q = opaque;

    lab_fifo_straighten(&q->fifo);
    return 0;
}

static bool lab_fifo_fits(void *opaque, int version_id)
{
    LabQueue *q = opaque;

    return q->fifo.tail <= q->fifo.size;
}

static const VMStateDescription lab_vmstate_latch = {
    .name = "labyrinth/latch",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(offset, LabLatch),
        VMSTATE_UINT32(value, LabLatch),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription lab_vmstate_counters = {
    .name = "labyrinth/queue/counters",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT64(generated, LabCounters),
        VMSTATE_UINT64(delivered, LabCounters),
        VMSTATE_UINT64(drop_fifo, LabCounters),
        VMSTATE_UINT64(drop_size, LabCounters),
        VMSTATE_UINT64(drop_stop, LabCounters),
        VMSTATE_UINT64(bytes, LabCounters),
        VMSTATE_UINT64(blocks, LabCounters),
        VMSTATE_UINT64(irqs, LabCounters),
        VMSTATE_UINT64(fill_low, LabCounters),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription lab_vmstate_block = {
    .name = "labyrinth/queue/block",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_BOOL(open, LabBlock),
        VMSTATE_UINT16(slot, LabBlock),
        VMSTATE_UINT64(addr, LabBlock),
        VMSTATE_UINT32(len, LabBlock),
        VMSTATE_UINT32(used, LabBlock),
        VMSTATE_UINT32(records, LabBlock),
        VMSTATE_UINT32(records_limit, LabBlock),
        VMSTATE_UINT32(first_seq, LabBlock),
        VMSTATE_UINT64(payload_bytes, LabBlock),
        VMSTATE_INT64(opened_ns, LabBlock),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription lab_vmstate_generator = {
    .name = "labyrinth/queue/generator",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_BOOL(running, LabGenerator),
        VMSTATE_UINT64(count, LabGenerator),
        VMSTATE_UINT64(seed, LabGenerator),
        VMSTATE_UINT64(gap_ns, LabGenerator),
        VMSTATE_UINT32(size_min, LabGenerator),
        VMSTATE_UINT32(size_max, LabGenerator),
        VMSTATE_UINT32(burst, LabGenerator),
        VMSTATE_UINT64(done, LabGenerator),
        VMSTATE_UINT32(burst_number, LabGenerator),
        VMSTATE_UINT64(burst_left, LabGenerator),
        VMSTATE_INT64(next_ns, LabGenerator),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription lab_vmstate_queue = {
    .name = "labyrinth/queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = lab_queue_pre_save,
    .post_load = lab_queue_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(ctrl, LabQueue),
        VMSTATE_UINT32(error, LabQueue),
        VMSTATE_UINT64(fill_base, LabQueue),
        VMSTATE_UINT64(cpl_base, LabQueue),
        VMSTATE_UINT32(ring_log2, LabQueue),
        VMSTATE_UINT32(vector, LabQueue),
        VMSTATE_UINT32(records_max, LabQueue),
        VMSTATE_UINT32(block_timeout_ns, LabQueue),
        VMSTATE_UINT32(coal_count, LabQueue),
        VMSTATE_UINT32(coal_ns, LabQueue),
        VMSTATE_UINT32(gen_size_min, LabQueue),
        VMSTATE_UINT32(gen_size_max, LabQueue),
        VMSTATE_UINT32(gen_burst, LabQueue),
        VMSTATE_UINT64(gen_count, LabQueue),
        VMSTATE_UINT64(gen_seed, LabQueue),
        VMSTATE_UINT64(gen_gap_ns, LabQueue),
        VMSTATE_STRUCT(latch, LabQueue, 1, lab_vmstate_latch, LabLatch),
        VMSTATE_STRUCT(counters, LabQueue, 1, lab_vmstate_counters,
                       LabCounters),
        VMSTATE_UINT32(fill_prod, LabQueue),
        VMSTATE_UINT32(fill_cons, LabQueue),
        VMSTATE_UINT32(cpl_prod, LabQueue),
        VMSTATE_UINT32(cpl_cons, LabQueue),
        VMSTATE_STRUCT(block, LabQueue, 1, lab_vmstate_block, LabBlock),
        VMSTATE_STRUCT(gen, LabQueue, 1, lab_vmstate_generator, LabGenerator),
        VMSTATE_UINT32(fifo.records, LabQueue),
        VMSTATE_UINT32(fifo.tail, LabQueue),
        VMSTATE_VALIDATE("FIFO is large enough", lab_fifo_fits),
        VMSTATE_VBUFFER_UINT32(fifo.data, LabQueue, 1, NULL, fifo.tail),
        VMSTATE_BOOL(waiting, LabQueue),
        VMSTATE_BOOL(fill_low, LabQueue),
        VMSTATE_BOOL(fill_low_wanted, LabQueue),
        VMSTATE_BOOL(close_block, LabQueue),
        VMSTATE_BOOL(armed, LabQueue),
        VMSTATE_BOOL(irq_wanted, LabQueue),
        VMSTATE_BOOL(irq_due, LabQueue),
        VMSTATE_BOOL(coal_expired, LabQueue),
        VMSTATE_TIMER(coal_timer, LabQueue),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *[]) {
        &lab_vmstate_queue_faults,
        &lab_vmstate_generator_mode,
        &lab_vmstate_transmit,
        NULL
    },
};

/* What was refused is not saved either */
static int lab_pre_save(void *opaque)
{
    LabState *s = opaque;

    if (s->loading) {
        lab_registers_reset(s);
    }
    return 0;
}

/* From nothing: no timer runs, no descriptor is read ahead, the FIFO is empty */
static int lab_pre_load(void *opaque)
{
    LabState *s = opaque;

    lab_registers_reset(s);
    s->loading = true;
    return 0;
}

/* A frame may wait in the netdev, which says nothing until it is asked */
static int lab_post_load(void *opaque, int version_id)
{
    LabState *s = opaque;

    if (s->isr >> s->num_queues) {
        error_report("labyrinth: saved state refused: ISR 0x%x makes no sense",
                     s->isr);
        return -EINVAL;
    }
    if (s->steer & ~LAB_STEER_BITS) {
        error_report("labyrinth: saved state refused: steering 0x%x makes no "
                     "sense", s->steer);
        return -EINVAL;
    }
    s->wire_held = s->nic != NULL;
    s->loading = false;
    return 0;
}

const VMStateDescription lab_vmstate = {
    .name = "labyrinth",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = lab_pre_save,
    .pre_load = lab_pre_load,
    .post_load = lab_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, LabState),
        VMSTATE_STRUCT(parent_obj.exp.aer_log, LabState, 0,
                       vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_MSIX(parent_obj, LabState),
        VMSTATE_UINT32(scratch, LabState),
        VMSTATE_UINT32(steer, LabState),
        VMSTATE_UINT32(isr, LabState),
        VMSTATE_STRUCT(latch, LabState, 1, lab_vmstate_latch, LabLatch),
        VMSTATE_UINT32_EQUAL(num_queues, LabState,
                             "Property 'queues' must be as it was"),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(queues, LabState, num_queues,
                                             lab_vmstate_queue, LabQueue),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *[]) {
        &lab_vmstate_faults,
        &lab_vmstate_steer,
        NULL
    },
};
