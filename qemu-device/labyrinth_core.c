/*
 * Labyrinth: the data path of a queue: rings, blocks, completions
 *
 * It runs in the bottom half of the queue, in slices, so that the main loop
 * gets its turn.  A block is mapped into host memory for a slice at most: what
 * the guest or its IOMMU takes away between two slices is not written to.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/log.h"

#include "labyrinth.h"
#include "labyrinth_block.h"
#include "trace.h"

static const char *const lab_error_names[] = {
    [LAB_QERR_CONFIG] = "bad ring base, size or vector",
    [LAB_QERR_DOORBELL] = "doorbell out of range",
    [LAB_QERR_DESC] = "bad fill descriptor",
    [LAB_QERR_FILL_DMA] = "cannot read the fill ring",
    [LAB_QERR_BLOCK_DMA] = "cannot write to the block",
    [LAB_QERR_CPL_DMA] = "cannot write to the completion ring",
    [LAB_QERR_TX_DESC] = "bad transmit descriptor",
    [LAB_QERR_TX_DMA] = "cannot read what to transmit, or say that it is done",
};

/*
 * Map the open block from where it is used up to, for a record of @stride bytes
 * at least, and not much more than will be used: an IOMMU translates each page.
 * Return: false: the queue has failed
 */
static bool lab_block_map(LabQueue *q, uint32_t stride)
{
    LabBlock *b = &q->block;
    uint32_t bytes = MIN(b->len - b->used, MAX(stride, LAB_MAP_BYTES));

    b->map_start = b->used;
    b->map_end = b->used + bytes;
    b->map = lab_dma_map(q, b->addr + b->used, bytes,
                         DMA_DIRECTION_FROM_DEVICE);
    if (!b->map) {
        lab_queue_fail(q, LAB_QERR_BLOCK_DMA);
    }
    return b->map != NULL;
}

static void lab_block_unmap(LabQueue *q)
{
    LabBlock *b = &q->block;

    if (b->map) {
        lab_dma_unmap(q, b->map, b->map_end - b->map_start,
                      DMA_DIRECTION_FROM_DEVICE, b->used - b->map_start);
        b->map = NULL;
    }
}

/* Read descriptors ahead, no further than the end of the ring */
static bool lab_fill_prefetch(LabQueue *q)
{
    uint32_t entry = lab_ring_entry(q->fill_cons, q->ring_log2);
    uint32_t count = lab_ring_used(q->fill_prod, q->fill_cons);
    uint32_t bytes;
    void *host;

    count = MIN(count, LAB_PREFETCH);
    count = MIN(count, lab_ring_size(q->ring_log2) - entry);
    bytes = count * sizeof(q->desc[0]);
    host = lab_dma_map(q, q->fill_base + entry * sizeof(q->desc[0]), bytes,
                       DMA_DIRECTION_TO_DEVICE);
    if (!host) {
        lab_queue_fail(q, LAB_QERR_FILL_DMA);
        return false;
    }
    smp_rmb();  /* pairs with the guest's barrier before its doorbell */
    memcpy(q->desc, host, bytes);
    lab_dma_unmap(q, host, bytes, DMA_DIRECTION_TO_DEVICE, bytes);
    q->desc_next = 0;
    q->desc_count = count;
    return true;
}

static bool lab_fill_valid(const struct lab_fill *d)
{
    return QEMU_IS_ALIGNED(le64_to_cpu(d->addr), LAB_MIN_BLOCK_BYTES) &&
           lab_block_len_valid(le32_to_cpu(d->len)) && d->flags == 0;
}

static uint32_t lab_records_limit(const LabQueue *q)
{
    return q->records_max ? MIN(q->records_max, LAB_MAX_RECORDS)
                          : LAB_MAX_RECORDS;
}

/* Start on the next block.  Return: false if there is none, or it is bad */
static bool lab_block_take(LabQueue *q)
{
    struct lab_fill d;

    if (!lab_ring_free(q->cpl_prod, q->cpl_cons, q->ring_log2) ||
        q->fill_prod == q->fill_cons || unlikely(q->faults.stalled)) {
        return false;
    }
    if (q->desc_next == q->desc_count && !lab_fill_prefetch(q)) {
        return false;
    }
    d = q->desc[q->desc_next];
    if (likely(!lab_faulty(q)) || lab_fault_descriptor(q, &d)) {
        q->desc_next++;
        q->fill_cons++;
    }
    if (!lab_fill_valid(&d)) {
        lab_queue_fail(q, LAB_QERR_DESC);
        return false;
    }
    q->block = (LabBlock) {
        .open = true,
        .slot = le16_to_cpu(d.slot),
        .addr = le64_to_cpu(d.addr),
        .len = le32_to_cpu(d.len),
        .records_limit = lab_records_limit(q),
    };
    trace_labyrinth_fill(q->index, q->block.slot, q->block.addr, q->block.len);
    return true;
}

/*
 * The long way of lab_block_room(): close a block that is too full, start and
 * map another.  Only an empty block says that a record is too large.
 */
LabRoom lab_block_open(LabQueue *q, uint32_t length)
{
    LabBlock *b = &q->block;

    if (b->open && (b->records >= b->records_limit ||
                    !lab_record_fits(length, b->used, b->len))) {
        if (!b->records) {
            return LAB_TOO_LARGE;
        }
        lab_block_close(q);
    }
    if (!lab_queue_enabled(q) || (!b->open && !lab_block_take(q))) {
        return LAB_NO_BLOCK;
    }
    if (!lab_record_fits(length, b->used, b->len)) {
        return LAB_TOO_LARGE;
    }
    lab_block_unmap(q);
    return lab_block_map(q, lab_record_stride(length)) ? LAB_ROOM
                                                       : LAB_NO_BLOCK;
}

/*
 * The block was unmapped, so its records are in memory.  Status and phase go
 * last, in one store: seeing the phase, the guest may read all the rest.
 */
bool lab_completion_write(LabQueue *q)
{
    const LabBlock *b = &q->block;
    uint32_t entry = lab_ring_entry(q->cpl_prod, q->ring_log2);
    uint32_t phase = lab_ring_phase(q->cpl_prod, q->ring_log2);
    struct lab_cpl *cpl = lab_dma_map(q, q->cpl_base + entry * sizeof(*cpl),
                                      sizeof(*cpl), DMA_DIRECTION_FROM_DEVICE);
    uint16_t status = LAB_CPL_OK;

    if (!cpl) {
        lab_queue_fail(q, LAB_QERR_CPL_DMA);
        return false;
    }
    cpl->bytes = cpu_to_le32(b->used);
    cpl->slot = cpu_to_le16(b->slot);
    cpl->records = cpu_to_le16(b->records);
    cpl->seq = cpu_to_le32(b->first_seq);
    if (lab_faulty(q)) {
        status = lab_fault_completion(q, cpl);
    }
    smp_wmb();  /* pairs with the guest's barrier after it sees the phase */
    qatomic_set((uint32_t *)&cpl->status, cpu_to_le32(status | phase << 16));
    lab_dma_unmap(q, cpl, sizeof(*cpl), DMA_DIRECTION_FROM_DEVICE,
                  sizeof(*cpl));
    return true;
}

/* Give the open block, which has records, back to the guest */
void lab_block_close(LabQueue *q)
{
    LabBlock *b = &q->block;

    timer_del(&q->block_timer);
    if (lab_faulty(q)) {
        lab_fault_block(q);
    }
    lab_block_unmap(q);
    if (!lab_completion_write(q)) {
        return;
    }
    trace_labyrinth_complete(q->index, b->slot, q->cpl_prod, b->records,
                             b->used);
    q->counters.delivered += b->records;
    q->counters.bytes += b->payload_bytes;
    q->counters.blocks++;
    q->cpl_prod++;
    b->open = false;    /* what the block held is delivered, once */
    q->faults.late_addr = b->addr;
    if (lab_faulty(q)) {
        lab_fault_completed(q);
    }
    b->records = 0;
    lab_irq_update(q);
}

/* Close a block that has waited long enough, or that a stopped run left */
static void lab_block_expire(LabQueue *q)
{
    const LabBlock *b = &q->block;
    bool expired = q->block_timeout_ns &&
                   lab_now_ns() - b->opened_ns >= q->block_timeout_ns;
    bool wanted = q->close_block && !q->fifo.records;

    if (b->records && (expired || wanted)) {
        lab_block_close(q);
    }
    if (!q->fifo.records) {
        q->close_block = false;
    }
}

/* Packets wait and the fill ring is empty: say so, once for each refill */
static void lab_fill_low_update(LabQueue *q)
{
    if (!q->waiting || q->fill_low || q->fill_prod != q->fill_cons) {
        return;
    }
    trace_labyrinth_fill_low(q->index, q->fill_cons);
    q->fill_low = true;
    q->fill_low_wanted = true;
    q->counters.fill_low++;
    lab_irq_update(q);
}

/* Go on at once, but let the guest's CPUs have the big lock before */
static void lab_queue_continue(LabQueue *q)
{
    if (q->armed) {
        qemu_bh_schedule(q->bh);
    } else {
        timer_mod(&q->yield_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + LAB_YIELD_NS);
    }
}

/* After a slice: go on at once, or wait for a doorbell or a timer */
static void lab_queue_sleep(LabQueue *q)
{
    const LabBlock *b = &q->block;
    bool drain = q->fifo.records && !q->waiting;
    bool generate = (!q->waiting || lab_queue_lossy(q)) &&
                    lab_generator_due(q, lab_now_ns());

    if (!lab_queue_enabled(q)) {
        return;
    }
    if (drain || generate) {
        lab_queue_continue(q);
    } else {
        lab_generator_sleep(q);
    }
    if (b->records && q->block_timeout_ns && !timer_pending(&q->block_timer)) {
        timer_mod(&q->block_timer, b->opened_ns + q->block_timeout_ns);
    }
    lab_fill_low_update(q);
}

static void lab_queue_slice(LabQueue *q)
{
    LabSlice slice = {
        .records = LAB_SLICE_RECORDS,
        .bytes = LAB_SLICE_BYTES,
        .now_ns = lab_now_ns(),
    };
    bool room;

    q->waiting = false;
    room = lab_fifo_drain(q, &slice) || lab_queue_lossy(q);
    lab_generate(q, &slice);
    lab_block_expire(q);
    lab_block_unmap(q);
    if (room) {
        lab_wire_resume(q->dev);
    }
    lab_queue_sleep(q);
}

/* Context: bottom half or timer of the queue */
void lab_queue_run(void *opaque)
{
    LabQueue *q = opaque;

    if (!lab_may_dma(q->dev) || q->faults.stalled) {
        return;     /* lab_queue_resume() comes when it may again */
    }
    if (lab_queue_enabled(q)) {
        lab_queue_slice(q);
    }
    lab_irq_update(q);
    lab_irq_send(q);
}

/* Something that the data path may have waited for has changed */
void lab_queue_resume(LabQueue *q)
{
    if (q->ctrl & LAB_Q_CTRL_ENABLE) {
        qemu_bh_schedule(q->bh);
    }
}

/* All that is pending is dropped and counted */
static void lab_queue_stop(LabQueue *q)
{
    q->counters.drop_stop += lab_in_flight(q);
    lab_block_unmap(q);
    q->block = (LabBlock) { .open = false };
    lab_fifo_reset(&q->fifo);
    lab_transmit_stop(q);
    q->gen.running = false;
    q->waiting = false;
    q->close_block = false;
    timer_del(&q->yield_timer);
    timer_del(&q->gen_timer);
    timer_del(&q->block_timer);
}

void lab_queue_fail(LabQueue *q, uint32_t error)
{
    qemu_log_mask(LOG_GUEST_ERROR, "labyrinth: queue %u stopped: %s\n",
                  q->index, lab_error_names[error]);
    trace_labyrinth_fail(q->index, error);
    q->error = error;
    lab_queue_stop(q);
    lab_irq_force(q);
}

bool lab_queue_config_valid(const LabQueue *q)
{
    return q->ring_log2 >= LAB_MIN_RING_LOG2 &&
           q->ring_log2 <= LAB_MAX_RING_LOG2 &&
           QEMU_IS_ALIGNED(q->fill_base, 64) &&
           QEMU_IS_ALIGNED(q->cpl_base, 64) && lab_transmit_config_valid(q) &&
           q->vector < q->dev->num_queues;
}

/* Indices, counters and errors of the last run are gone */
static void lab_queue_clear(LabQueue *q)
{
    lab_queue_stop(q);
    q->error = LAB_QERR_NONE;
    q->counters = (LabCounters) { 0 };
    q->fill_prod = q->fill_cons = 0;
    q->cpl_prod = q->cpl_cons = 0;
    q->tx.prod = q->tx.cons = 0;
    q->desc_next = q->desc_count = 0;
    q->fill_low = false;
    lab_irq_reset(q);
}

void lab_queue_enable(LabQueue *q)
{
    trace_labyrinth_enable(q->index, q->fill_base, q->cpl_base, q->ring_log2);
    lab_queue_clear(q);
    if (!lab_queue_config_valid(q)) {
        lab_queue_fail(q, LAB_QERR_CONFIG);
        return;
    }
    lab_generator_autostart(q);
    lab_wire_resume(q->dev);
}

/* Counters and error stay readable until the queue is enabled again */
void lab_queue_disable(LabQueue *q)
{
    trace_labyrinth_disable(q->index, lab_in_flight(q));
    lab_queue_stop(q);
    q->fill_low = false;
    lab_irq_reset(q);
}

void lab_queue_reset(LabQueue *q)
{
    qemu_bh_cancel(q->bh);
    qemu_bh_cancel(q->tx_bh);
    q->ctrl = 0;
    q->latch.offset = 0;
    lab_queue_clear(q);
}
