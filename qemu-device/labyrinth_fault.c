/*
 * Labyrinth: misbehaviour on request
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * A driver must survive a device that is wrong.  Property "fault", at start or
 * by qom-set while the guest runs:
 *
 *   none         behave
 *   bad-slot     every 16th completion names a slot that does not exist
 *   bad-length   every 16th completion says more bytes than the block has
 *   duplicate    every 16th completion is written twice
 *   late-write   a millisecond after the guest has consumed all completions
 *                and has no block posted, the last one is written to once more
 *
 * docs/device.md says what a good driver does.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"

#include "labyrinth.h"

#define LAB_FAULT_PERIOD 16
#define LAB_LATE_WRITE_NS 1000000

static const char *const lab_fault_names[] = {
    [LAB_FAULT_NONE] = "none",
    [LAB_FAULT_BAD_SLOT] = "bad-slot",
    [LAB_FAULT_BAD_LENGTH] = "bad-length",
    [LAB_FAULT_DUPLICATE] = "duplicate",
    [LAB_FAULT_LATE_WRITE] = "late-write",
};

char *lab_fault_get(Object *obj, Error **errp)
{
    return g_strdup(lab_fault_names[LABYRINTH(obj)->fault]);
}

void lab_fault_set(Object *obj, const char *value, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(lab_fault_names); i++) {
        if (!strcmp(value, lab_fault_names[i])) {
            LABYRINTH(obj)->fault = i;
            return;
        }
    }
    error_setg(errp, "Parameter 'fault' expects none, bad-slot, bad-length, "
               "duplicate or late-write");
}

/* What the completion about to be written shall say instead of the truth */
void lab_fault_completion(LabQueue *q, struct lab_cpl *cpl)
{
    if (q->cpl_prod % LAB_FAULT_PERIOD != LAB_FAULT_PERIOD - 1) {
        return;
    }
    if (q->dev->fault == LAB_FAULT_BAD_SLOT) {
        cpl->slot = cpu_to_le16(0xffff);
    } else if (q->dev->fault == LAB_FAULT_BAD_LENGTH) {
        cpl->bytes = cpu_to_le32(q->block.len + LAB_RECORD_ALIGN);
    }
}

/* Whether there is room for a completion that nobody expects */
static bool lab_fault_duplicates(const LabQueue *q)
{
    return q->dev->fault == LAB_FAULT_DUPLICATE &&
           q->cpl_prod % LAB_FAULT_PERIOD == 0 &&
           lab_ring_free(q->cpl_prod, q->cpl_cons, q->ring_log2);
}

/* The completion of the open block was written */
void lab_fault_completed(LabQueue *q)
{
    if (lab_fault_duplicates(q) && lab_completion_write(q)) {
        q->cpl_prod++;
    }
    q->late_addr = q->block.addr;
    timer_del(&q->late_timer);
}

/* The guest has said how far it is */
void lab_fault_consumed(LabQueue *q)
{
    if (q->dev->fault == LAB_FAULT_LATE_WRITE && q->cpl_prod &&
        q->cpl_prod == q->cpl_cons && q->fill_prod == q->fill_cons &&
        !q->block.open) {
        timer_mod(&q->late_timer, lab_now_ns() + LAB_LATE_WRITE_NS);
    }
}

/* Behind an IOMMU this is where the hardware says no */
void lab_fault_late_write(void *opaque)
{
    LabQueue *q = opaque;
    AddressSpace *as = pci_get_address_space(PCI_DEVICE(q->dev));
    static const uint8_t junk[64] = { 0xde, 0xad };

    if (lab_queue_enabled(q) && lab_may_dma(q->dev) &&
        dma_memory_write(as, q->late_addr, junk, sizeof(junk),
                         MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        lab_queue_fail(q, LAB_QERR_BLOCK_DMA);
        lab_irq_send(q);
    }
}
