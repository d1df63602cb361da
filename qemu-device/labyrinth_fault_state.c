/*
 * Labyrinth: misbehaviour on request: saving and loading what it is up to
 *
 * Subsections, sent only where there is something to tell.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "migration/vmstate.h"

#include "labyrinth.h"

static int lab_refuse(const char *what)
{
    error_report("labyrinth: saved state refused: %s makes no sense", what);
    return -EINVAL;
}

static bool lab_faults_needed(void *opaque)
{
    const LabState *s = opaque;
    const LabFaultPlan *now = &s->faults.now, *reset = &s->faults.reset;

    return s->faults.count || !lab_present(s) || s->faults.errors ||
           now->on != reset->on || now->period != reset->period ||
           now->seed != reset->seed;
}

static int lab_faults_post_load(void *opaque, int version_id)
{
    LabState *s = opaque;

    if ((s->faults.now.on | s->faults.errors) & ~LAB_FAULT_ALL ||
        s->faults.presence > LAB_AWAY) {
        return lab_refuse("fault");
    }
    return 0;
}

const VMStateDescription lab_vmstate_faults = {
    .name = "labyrinth/faults",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = lab_faults_needed,
    .post_load = lab_faults_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(faults.now.on, LabState),
        VMSTATE_UINT32(faults.now.period, LabState),
        VMSTATE_UINT64(faults.now.seed, LabState),
        VMSTATE_UINT64(faults.count, LabState),
        VMSTATE_UINT32(faults.errors, LabState),
        VMSTATE_UINT8(faults.presence, LabState),
        VMSTATE_BOOL(faults.link_shown, LabState),
        VMSTATE_TIMER(faults.error_timer, LabState),
        VMSTATE_TIMER(faults.link_timer, LabState),
        VMSTATE_END_OF_LIST()
    },
};

static bool lab_queue_faults_needed(void *opaque)
{
    LabQueueFaults *f = &((LabQueue *)opaque)->faults;
    uint32_t occasions = 0;

    for (size_t i = 0; i < ARRAY_SIZE(f->occasions); i++) {
        occasions |= f->occasions[i];
    }
    return occasions || f->stalled || f->used || timer_pending(&f->late_timer) ||
           timer_pending(&f->early_timer) || timer_pending(&f->irq_timer);
}

static int lab_queue_faults_post_load(void *opaque, int version_id)
{
    LabQueue *q = opaque;

    return q->faults.early_bytes > LAB_EARLY_BYTES ? lab_refuse("late write")
                                                   : 0;
}

const VMStateDescription lab_vmstate_queue_faults = {
    .name = "labyrinth/queue/faults",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = lab_queue_faults_needed,
    .post_load = lab_queue_faults_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32_ARRAY(faults.occasions, LabQueue, LAB_FAULT_KINDS),
        VMSTATE_BOOL(faults.stalled, LabQueue),
        VMSTATE_BOOL(faults.used, LabQueue),
        /* As the guest wrote it */
        VMSTATE_BUFFER_UNSAFE(faults.last, LabQueue, 0,
                              sizeof(struct lab_fill)),
        VMSTATE_UINT64(faults.late_addr, LabQueue),
        VMSTATE_UINT64(faults.early_addr, LabQueue),
        VMSTATE_UINT32(faults.early_bytes, LabQueue),
        VMSTATE_UINT8_ARRAY(faults.early, LabQueue, LAB_EARLY_BYTES),
        VMSTATE_TIMER(faults.stall_timer, LabQueue),
        VMSTATE_TIMER(faults.late_timer, LabQueue),
        VMSTATE_TIMER(faults.early_timer, LabQueue),
        VMSTATE_TIMER(faults.irq_timer, LabQueue),
        VMSTATE_END_OF_LIST()
    },
};
