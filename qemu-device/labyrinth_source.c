/*
 * Labyrinth: packets from the wire, and the FIFO
 *
 * The wire is a netdev backend.  It is held back, without loss, while frames
 * have nowhere to go: no steering, no running queue, no room in the FIFO of a
 * queue that may not drop.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"

#include "labyrinth.h"
#include "labyrinth_block.h"
#include "labyrinth_record.h"
#include "trace.h"

/* In place of a record's length: the next record is at the start of the FIFO */
#define LAB_FIFO_SKIP UINT32_MAX

void lab_fifo_reset(LabFifo *fifo)
{
    fifo->head = fifo->tail = fifo->records = 0;
}

/* Return: room for @stride bytes in one piece, or NULL */
uint8_t *lab_fifo_reserve(LabFifo *fifo, uint32_t stride)
{
    if (!fifo->records) {
        lab_fifo_reset(fifo);
        return stride <= fifo->size ? fifo->data : NULL;
    }
    if (fifo->tail > fifo->head && fifo->size - fifo->tail < stride) {
        if (fifo->head < stride) {
            return NULL;
        }
        if (fifo->tail < fifo->size) {
            stl_le_p(fifo->data + fifo->tail, LAB_FIFO_SKIP);
        }
        fifo->tail = 0;
    }
    if (fifo->tail <= fifo->head && fifo->head - fifo->tail < stride) {
        return NULL;
    }
    return fifo->data + fifo->tail;
}

void lab_fifo_commit(LabFifo *fifo, uint32_t stride)
{
    fifo->tail += stride;
    fifo->records++;
}

/* The oldest record; there is one */
static uint8_t *lab_fifo_peek(LabFifo *fifo)
{
    if (fifo->head == fifo->size ||
        ldl_le_p(fifo->data + fifo->head) == LAB_FIFO_SKIP) {
        fifo->head = 0;
    }
    return fifo->data + fifo->head;
}

static void lab_fifo_pop(LabFifo *fifo, uint32_t stride)
{
    fifo->head += stride;
    fifo->records--;
}

/* All records in one piece, from the start on: as they are saved */
void lab_fifo_straighten(LabFifo *fifo)
{
    g_autofree uint8_t *straight = g_malloc(fifo->size);
    LabFifo from = *fifo;

    lab_fifo_reset(fifo);
    while (from.records) {
        const uint8_t *record = lab_fifo_peek(&from);
        uint32_t stride = lab_record_stride(ldl_le_p(record));

        memcpy(straight + fifo->tail, record, stride);
        lab_fifo_pop(&from, stride);
        lab_fifo_commit(fifo, stride);
    }
    memcpy(fifo->data, straight, fifo->tail);
}

/* Of a saved state: whether there are whole records from the start to the end */
bool lab_fifo_valid(const LabQueue *q)
{
    const LabFifo *fifo = &q->fifo;
    uint32_t at = 0, records = 0, length;

    for (; at < fifo->tail; at += lab_record_stride(length), records++) {
        length = ldl_le_p(fifo->data + at);
        if (!lab_record_fits(length, at, fifo->tail)) {
            return false;
        }
    }
    return records == fifo->records;
}

/* Take the mark that only the FIFO knows off a record.  Return: it was there */
static bool lab_fifo_unmark(uint8_t *record)
{
    uint8_t *at = record + offsetof(struct lab_record, flags);
    uint16_t flags = lduw_le_p(at);

    stw_le_p(at, flags & ~LAB_FIFO_CLOSE);
    return flags & LAB_FIFO_CLOSE;
}

/* Move what waits into blocks.  Return: whether there is more room than before */
bool lab_fifo_drain(LabQueue *q, LabSlice *slice)
{
    uint32_t waited = q->fifo.records;

    while (q->fifo.records && lab_slice_left(q, slice)) {
        uint8_t *record = lab_fifo_peek(&q->fifo);
        uint32_t length = ldl_le_p(record);
        uint32_t stride = lab_record_stride(length);
        LabRoom room = lab_block_room(q, length);
        bool close;

        if (room == LAB_NO_BLOCK) {
            q->waiting = true;
            break;
        }
        close = lab_fifo_unmark(record);
        if (room == LAB_ROOM) {
            memcpy(lab_block_at(q), record, stride);
            lab_block_commit(q, length,
                             ldl_le_p(record + offsetof(struct lab_record, seq)),
                             slice->now_ns);
        } else {
            q->counters.drop_size++;
        }
        lab_fifo_pop(&q->fifo, stride);
        slice->records--;
        slice->bytes -= stride;
        if (q->block.records && (close || lab_block_full(&q->block))) {
            lab_block_close(q);
        }
    }
    return q->fifo.records != waited;
}

static bool lab_wire_can_receive(NetClientState *nc)
{
    LabState *s = qemu_get_nic_opaque(nc);
    bool can = lab_steer_open(s);

    s->wire_held |= !can;
    return can;
}

static void lab_wire_record(LabQueue *q, uint8_t *at, const uint8_t *frame,
                            uint32_t length)
{
    LabPacket packet = {
        .length = length,
        .flags = LAB_RECORD_WIRE,
        .queue = q->index,
        .seq = lab_next_seq(q),
        .timestamp_ns = lab_now_ns(),
    };

    memcpy(at + sizeof(struct lab_record), frame, length);
    lab_record_seal(at, &packet);
}

/*
 * A frame, from the wire or looped back, for the FIFO of its queue.  No DMA.
 * Return: its length if it was taken or dropped, 0: not now
 */
ssize_t lab_frame_receive(LabState *s, const uint8_t *frame, size_t length)
{
    LabQueue *q = lab_steer(s, frame, length);
    uint32_t stride;
    uint8_t *at;

    if (!q) {
        return 0;
    }
    if (length > LAB_GEN_SIZE_LIMIT) {
        q->counters.generated++;
        q->counters.drop_size++;
        lab_steer_taken(s);
        return length;
    }
    stride = lab_record_stride(length);
    at = lab_fifo_reserve(&q->fifo, stride);
    trace_labyrinth_wire(q->index, length, at != NULL);
    if (!at && !lab_queue_lossy(q) && stride <= q->fifo.size) {
        return 0;
    }
    if (at) {
        lab_wire_record(q, at, frame, length);
        lab_fifo_commit(&q->fifo, stride);
        qemu_bh_schedule(q->bh);
    } else {
        q->counters.drop_fifo++;
    }
    q->counters.generated++;
    lab_steer_taken(s);
    return length;
}

/* Return: as a netdev wants it: 0: not now, negative: never, else all of it */
static ssize_t lab_wire_receive(NetClientState *nc, const uint8_t *frame,
                                size_t length)
{
    LabState *s = qemu_get_nic_opaque(nc);
    ssize_t taken;

    if (!length) {
        return -1;  /* no packet; and 0 would say "later", for ever */
    }
    taken = lab_frame_receive(s, frame, length);
    s->wire_held |= !taken;
    return taken;
}

/* Let frames come again that were refused, if there is a place for them now */
void lab_wire_resume(LabState *s)
{
    lab_transmit_wake(s);
    if (s->wire_held && lab_steer_open(s)) {
        s->wire_held = false;
        qemu_flush_queued_packets(qemu_get_queue(s->nic));
    }
}

/* The frame that the netdev keeps is ours again: lab_transmit_taken() with 0 */
void lab_wire_give_up(LabState *s)
{
    qemu_purge_queued_packets(qemu_get_queue(s->nic));
}

/* A netdev that is gone takes every frame: also the one that it kept */
static void lab_wire_link_changed(NetClientState *nc)
{
    if (nc->link_down) {
        lab_wire_give_up(qemu_get_nic_opaque(nc));
    }
}

static NetClientInfo lab_wire_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = lab_wire_can_receive,
    .receive = lab_wire_receive,
    .link_status_changed = lab_wire_link_changed,
};

/* Without a netdev there is no wire */
void lab_wire_attach(LabState *s)
{
    if (!s->conf.peers.ncs[0]) {
        return;
    }
    s->nic = lab_new_nic(&lab_wire_info, &s->conf, s, s);
    qemu_get_queue(s->nic)->do_not_pad = true;
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}
