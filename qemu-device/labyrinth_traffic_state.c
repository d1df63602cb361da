/*
 * Labyrinth: saving and loading what came after the first version: steering,
 * the generator's mode, and transmit
 *
 * Subsections, sent only where there is something to tell.  A frame that a
 * netdev keeps is not saved: its queue sends it once more.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"

#include "labyrinth.h"

static bool lab_steer_needed(void *opaque)
{
    const LabState *s = opaque;

    return s->steer_mask != 0 || s->steer_next != 0;
}

const VMStateDescription lab_vmstate_steer = {
    .name = "labyrinth/steer",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = lab_steer_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(steer_mask, LabState),
        VMSTATE_UINT32(steer_next, LabState),
        VMSTATE_END_OF_LIST()
    },
};

static bool lab_generator_mode_needed(void *opaque)
{
    const LabQueue *q = opaque;

    return q->gen_mode || q->gen.mode;
}

const VMStateDescription lab_vmstate_generator_mode = {
    .name = "labyrinth/queue/generator-mode",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = lab_generator_mode_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(gen_mode, LabQueue),
        VMSTATE_UINT32(gen.mode, LabQueue),
        VMSTATE_END_OF_LIST()
    },
};

static bool lab_transmit_needed(void *opaque)
{
    const LabQueue *q = opaque;
    const LabCounters *c = &q->counters;

    return q->tx_base || q->tx_log2 || q->tx.prod || c->tx_blocks ||
           c->tx_packets || c->tx_drop;
}

const VMStateDescription lab_vmstate_transmit = {
    .name = "labyrinth/queue/transmit",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = lab_transmit_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT64(tx_base, LabQueue),
        VMSTATE_UINT32(tx_log2, LabQueue),
        VMSTATE_UINT32(tx.prod, LabQueue),
        VMSTATE_UINT32(tx.cons, LabQueue),
        VMSTATE_BOOL(tx.open, LabQueue),
        VMSTATE_UINT64(tx.addr, LabQueue),
        VMSTATE_UINT32(tx.bytes, LabQueue),
        VMSTATE_UINT16(tx.flags, LabQueue),
        VMSTATE_UINT16(tx.status, LabQueue),
        VMSTATE_UINT32(tx.offset, LabQueue),
        VMSTATE_UINT64(counters.tx_packets, LabQueue),
        VMSTATE_UINT64(counters.tx_bytes, LabQueue),
        VMSTATE_UINT64(counters.tx_drop, LabQueue),
        VMSTATE_UINT64(counters.tx_blocks, LabQueue),
        VMSTATE_END_OF_LIST()
    },
};
