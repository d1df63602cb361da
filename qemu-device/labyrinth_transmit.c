/*
 * Labyrinth: what the guest transmits
 *
 * Records go to the netdev or, looped back, into a FIFO as if they came from
 * there.  Each byte in guest memory is read once, and then looked at.  Nothing
 * is lost for want of room: a busy netdev keeps one frame of the device and
 * says when it has taken it; a full FIFO is tried again when it was drained.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"

#include "labyrinth.h"
#include "trace.h"

#define LAB_WIRE_CHECK_NS (100 * SCALE_MS)

bool lab_transmit_config_valid(const LabQueue *q)
{
    return !q->tx_log2 || (q->tx_log2 >= LAB_MIN_RING_LOG2 &&
                           q->tx_log2 <= LAB_MAX_RING_LOG2 &&
                           QEMU_IS_ALIGNED(q->tx_base, 64));
}

static uint64_t lab_tx_addr(const LabQueue *q)
{
    return q->tx_base + lab_ring_entry(q->tx.cons, q->tx_log2) *
                        sizeof(struct lab_tx);
}

static bool lab_tx_valid(const struct lab_tx *d)
{
    uint32_t bytes = le32_to_cpu(d->bytes);

    return QEMU_IS_ALIGNED(le64_to_cpu(d->addr), LAB_MIN_BLOCK_BYTES) &&
           QEMU_IS_ALIGNED(bytes, LAB_RECORD_ALIGN) && bytes &&
           bytes <= LAB_MAX_BLOCK_BYTES &&
           !(le16_to_cpu(d->flags) & ~LAB_TX_IRQ) && d->status == 0;
}

/* Whether a block that was not sent yet, saved by another QEMU, makes sense */
bool lab_transmit_valid_state(const LabQueue *q)
{
    const LabTransmit *t = &q->tx;
    struct lab_tx d = {
        .addr = cpu_to_le64(t->addr),
        .bytes = cpu_to_le32(t->bytes),
        .flags = cpu_to_le16(t->flags),
    };

    if (!lab_queue_enabled(q)) {
        return !t->open;
    }
    return lab_ring_valid(t->prod, t->cons, q->tx_log2) &&
           (q->tx_log2 || t->prod == t->cons) &&
           (!t->open || (t->prod != t->cons && lab_tx_valid(&d) &&
                         t->offset <= t->bytes &&
                         QEMU_IS_ALIGNED(t->offset, LAB_RECORD_ALIGN) &&
                         !(t->status & ~(LAB_TX_BAD | LAB_TX_NO_WIRE))));
}

/* Start on the next block.  Return: false: the queue has failed */
static bool lab_tx_take(LabQueue *q)
{
    LabTransmit *t = &q->tx;
    struct lab_tx d;
    void *host = lab_dma_map(q, lab_tx_addr(q), sizeof(d),
                             DMA_DIRECTION_TO_DEVICE);

    if (!host) {
        lab_queue_fail(q, LAB_QERR_TX_DMA);
        return false;
    }
    smp_rmb();  /* pairs with the guest's barrier before its doorbell */
    memcpy(&d, host, sizeof(d));
    lab_dma_unmap(q, host, sizeof(d), DMA_DIRECTION_TO_DEVICE, sizeof(d));
    if (!lab_tx_valid(&d)) {
        lab_queue_fail(q, LAB_QERR_TX_DESC);
        return false;
    }
    t->open = true;
    t->addr = le64_to_cpu(d.addr);
    t->bytes = le32_to_cpu(d.bytes);
    t->flags = le16_to_cpu(d.flags);
    t->status = 0;
    t->offset = 0;
    trace_labyrinth_tx_take(q->index, t->cons, t->addr, t->bytes);
    return true;
}

/* A netdev that lost its other end does not always say so */
void lab_transmit_check(void *opaque)
{
    LabState *s = opaque;
    NetClientState *peer = qemu_get_queue(s->nic)->peer;

    if (s->wire_busy && peer && peer->link_down) {
        qemu_flush_queued_packets(peer);
    }
    if (s->wire_busy) {
        timer_mod(&s->wire_timer, lab_now_ns() + LAB_WIRE_CHECK_NS);
    }
}

/* The queue has nothing for the netdev any more: others may have */
static void lab_tx_leave_wire(LabQueue *q)
{
    LabState *s = q->dev;

    if (s->wire_user == q) {
        s->wire_user = NULL;
        lab_transmit_wake(s);
    }
}

/* The netdev has one frame at most, of one queue.  Return: as its receive() */
static ssize_t lab_tx_wire(LabQueue *q, uint32_t length)
{
    LabState *s = q->dev;
    ssize_t sent;

    if (s->wire_busy || (s->wire_user && s->wire_user != q)) {
        return 0;
    }
    sent = qemu_send_packet_async(qemu_get_queue(s->nic), s->tx_frame, length,
                                  lab_transmit_taken);
    if (!sent) {
        s->wire_busy = true;
        s->wire_user = q;
        q->tx.length = length;
        timer_mod(&s->wire_timer, lab_now_ns() + LAB_WIRE_CHECK_NS);
    }
    return sent;
}

/* The record is dealt with: on to the next */
static void lab_tx_advance(LabQueue *q, uint32_t length, bool sent)
{
    lab_tx_leave_wire(q);
    q->tx.offset += lab_record_stride(length);
    if (sent) {
        q->counters.tx_packets++;
        q->counters.tx_bytes += length;
    } else {
        q->counters.tx_drop++;
    }
}

/* Send the frame that was copied.  Return: false: not now */
static bool lab_tx_frame(LabQueue *q, uint32_t length)
{
    LabState *s = q->dev;
    ssize_t sent;

    if (q->ctrl & LAB_Q_CTRL_LOOPBACK) {
        sent = lab_frame_receive(s, s->tx_frame, length);
    } else if (s->nic) {
        sent = lab_tx_wire(q, length);
    } else {
        q->tx.status |= LAB_TX_NO_WIRE;
        return true;
    }
    trace_labyrinth_tx(q->index, length, sent);
    if (!sent) {
        s->tx_held |= 1u << q->index;
        return false;
    }
    lab_tx_advance(q, length, sent > 0);
    return true;
}

/*
 * The record at @at, of which the block is mapped up to @end.
 * Return: false: it must wait
 */
static bool lab_tx_record(LabQueue *q, const uint8_t *at, uint32_t end,
                          LabSlice *slice)
{
    LabTransmit *t = &q->tx;
    uint32_t length = le32_to_cpu(qatomic_read((const lab_le32 *)at));

    if (!length || length > LAB_TX_MAX ||
        !lab_record_fits(length, t->offset, t->bytes)) {
        t->status |= LAB_TX_BAD;
        q->counters.tx_drop++;
        lab_tx_leave_wire(q);
        return true;
    }
    if (!lab_record_fits(length, t->offset, end)) {
        return false;
    }
    memcpy(q->dev->tx_frame, at + sizeof(struct lab_record), length);
    slice->records--;
    return lab_tx_frame(q, length);
}

/* Whether the block can be given back: all was sent, or no more will be */
static bool lab_tx_finished(const LabTransmit *t)
{
    return t->offset == t->bytes || t->status;
}

/*
 * Send what is left of the block, or as much as is mapped at once: a slice
 * costs that, whatever is in it.  Return: whether that was all
 */
static bool lab_tx_block(LabQueue *q, LabSlice *slice)
{
    LabTransmit *t = &q->tx;
    uint32_t start = t->offset, len = MIN(t->bytes - start, LAB_SLICE_BYTES);
    uint8_t *map;

    if (lab_tx_finished(t)) {
        return true;
    }
    map = lab_dma_map(q, t->addr + start, len, DMA_DIRECTION_TO_DEVICE);
    if (!map) {
        lab_queue_fail(q, LAB_QERR_TX_DMA);
        return false;
    }
    while (!lab_tx_finished(t) && t->offset < start + len &&
           lab_slice_left(q, slice) &&
           lab_tx_record(q, map + (t->offset - start), start + len, slice)) {
    }
    lab_dma_unmap(q, map, len, DMA_DIRECTION_TO_DEVICE, len);
    slice->bytes -= len;
    return lab_tx_finished(t);
}

/* Give the block back to the guest */
static void lab_tx_done(LabQueue *q)
{
    LabTransmit *t = &q->tx;
    uint64_t addr = lab_tx_addr(q) + offsetof(struct lab_tx, status);
    lab_le16 *status = lab_dma_map(q, addr, sizeof(*status),
                                   DMA_DIRECTION_FROM_DEVICE);

    if (!status) {
        lab_queue_fail(q, LAB_QERR_TX_DMA);
        return;
    }
    trace_labyrinth_tx_done(q->index, t->cons, t->offset, t->status);
    /* Pairs with the guest's barrier after it sees LAB_TX_DONE */
    qatomic_store_release(status, cpu_to_le16(LAB_TX_DONE | t->status));
    lab_dma_unmap(q, status, sizeof(*status), DMA_DIRECTION_FROM_DEVICE,
                  sizeof(*status));
    q->counters.tx_blocks++;
    t->open = false;
    t->cons++;
    if (t->flags & LAB_TX_IRQ) {
        lab_irq_force(q);
    }
}

/* Whether there is something to send that does not wait for room */
static bool lab_tx_wanted(const LabQueue *q)
{
    return lab_queue_enabled(q) && !q->faults.stalled &&
           q->tx.cons != q->tx.prod &&
           !(q->dev->tx_held & 1u << q->index) &&
           !(q->dev->wire_busy && q->dev->wire_user == q);
}

static void lab_tx_slice(LabQueue *q)
{
    LabSlice slice = {
        .records = LAB_SLICE_RECORDS,
        .bytes = LAB_SLICE_BYTES,
    };

    while (lab_tx_wanted(q) && lab_slice_left(q, &slice) &&
           (q->tx.open || lab_tx_take(q)) && lab_tx_block(q, &slice)) {
        lab_tx_done(q);
    }
    lab_transmit_resume(q);
}

/* Context: bottom half of the queue */
void lab_transmit_run(void *opaque)
{
    LabQueue *q = opaque;

    if (!lab_may_dma(q->dev)) {
        return;     /* lab_transmit_resume() comes when it may again */
    }
    q->dev->tx_held &= ~(1u << q->index);
    lab_tx_slice(q);
    lab_irq_send(q);
}

/* Go on, unless there is nothing to send */
void lab_transmit_resume(LabQueue *q)
{
    if (lab_tx_wanted(q)) {
        qemu_bh_schedule(q->tx_bh);
    }
}

/* There is room, for one of those that wait at least */
void lab_transmit_wake(LabState *s)
{
    uint32_t held = s->tx_held;

    s->tx_held = 0;
    for (uint32_t i = 0; held; held >>= 1, i++) {
        if (held & 1) {
            lab_transmit_resume(&s->queues[i]);
        }
    }
}

/*
 * The netdev has taken the frame that it kept.  @sent is 0 if it gave up
 * instead, because the machine stops: then the same queue sends it once more.
 */
void lab_transmit_taken(NetClientState *nc, ssize_t sent)
{
    LabState *s = qemu_get_nic_opaque(nc);
    LabQueue *q = s->wire_user;

    s->wire_busy = false;
    if (q && sent) {
        lab_tx_advance(q, q->tx.length, sent > 0);
    }
    lab_transmit_wake(s);
}

/*
 * The queue stops; what it has not sent it does not send.  A frame that the
 * netdev keeps is on its way, and not held back any more.
 */
void lab_transmit_stop(LabQueue *q)
{
    LabState *s = q->dev;

    if (s->wire_user == q && s->wire_busy) {
        lab_tx_advance(q, q->tx.length, true);
    } else {
        lab_tx_leave_wire(q);
    }
    q->tx.open = false;
    q->tx.prod = q->tx.cons;
    s->tx_held &= ~(1u << q->index);
}
