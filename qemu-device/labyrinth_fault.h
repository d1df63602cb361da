/*
 * Labyrinth: misbehaviour on request, what is kept for it
 *
 * labyrinth_fault.c says which faults there are and when one is due,
 * labyrinth_misbehave.c what a queue then does, labyrinth_vanish.c what the
 * whole device does.  The data path asks lab_faulty() and goes on.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef LABYRINTH_FAULT_H
#define LABYRINTH_FAULT_H

#include "qemu/timer.h"

#include "labyrinth_regs.h"

typedef struct LabState LabState;
typedef struct LabQueue LabQueue;

#define LAB_FAULT_KINDS 19
QEMU_BUILD_BUG_ON(LAB_FAULT_ALL != (1u << LAB_FAULT_KINDS) - 1);
#define LAB_FAULT_PERIOD_DEFAULT 16
#define LAB_EARLY_BYTES 64

/* Which faults, and how often */
typedef struct LabFaultPlan {
    uint32_t on;            /* LAB_FAULT_* */
    uint32_t period;        /* at one of so many occasions, 0 is 1 */
    uint64_t seed;          /* 0: each period-th, else at random */
} LabFaultPlan;

/* Whether the device is there, for its guest */
typedef enum LabPresence {
    LAB_PRESENT,
    LAB_LINK_DOWN,          /* until link_timer */
    LAB_AWAY,               /* LAB_FAULT_ALL_ONES: until the property says so */
} LabPresence;

typedef struct LabFaults {
    LabFaultPlan now;       /* the registers */
    LabFaultPlan reset;     /* the properties: what a reset makes of them */
    uint64_t count;         /* faults committed since reset */
    uint32_t errors;        /* LAB_FAULT_AER_*, to be reported by error_timer */
    uint8_t presence;       /* LabPresence */
    bool link_shown;        /* the port said that the link was up, before */
    bool writable;          /* property: LAB_CAP_FAULT */
    QEMUTimer error_timer;
    QEMUTimer link_timer;
} LabFaults;

/* Of a queue */
typedef struct LabQueueFaults {
    uint32_t occasions[LAB_FAULT_KINDS];    /* of each fault, so far */
    bool stalled;               /* until stall_timer */
    bool used;                  /* a descriptor was: the last is kept */
    struct lab_fill last;
    uint64_t late_addr;         /* LAB_FAULT_LATE_WRITE goes here */
    uint64_t early_addr;        /* what LAB_FAULT_CPL_EARLY held back, and from where */
    uint32_t early_bytes;
    uint8_t early[LAB_EARLY_BYTES];
    QEMUTimer stall_timer;
    QEMUTimer late_timer;
    QEMUTimer early_timer;
    QEMUTimer irq_timer;        /* LAB_FAULT_IRQ_LATE, LAB_FAULT_IRQ_SPURIOUS */
} LabQueueFaults;

/* labyrinth_fault.c */
void lab_fault_class_init(ObjectClass *klass);
void lab_fault_instance_init(Object *obj);
void lab_fault_reset(LabState *s);
bool lab_fault_due(LabQueue *q, uint32_t fault);
uint64_t lab_fault_random(const LabQueue *q, uint32_t fault);
void lab_write_fault(void *owner, uint64_t value);
void lab_write_fault_period(void *owner, uint64_t value);
void lab_write_fault_seed(void *owner, uint64_t value);

/* labyrinth_fault_state.c */
extern const VMStateDescription lab_vmstate_faults;
extern const VMStateDescription lab_vmstate_queue_faults;

/* labyrinth_misbehave.c */
void lab_fault_init_queue(LabQueue *q);
void lab_fault_clear_queue(LabQueue *q);
bool lab_fault_descriptor(LabQueue *q, struct lab_fill *d);
void lab_fault_block(LabQueue *q);
uint16_t lab_fault_completion(LabQueue *q, struct lab_cpl *cpl);
void lab_fault_completed(LabQueue *q);
void lab_fault_consumed(LabQueue *q);
bool lab_fault_irq(LabQueue *q);

/* labyrinth_vanish.c */
void lab_fault_init_device(LabState *s);
void lab_fault_free_device(LabState *s);
void lab_vanish(LabState *s, LabPresence presence);
void lab_reappear(LabState *s);
void lab_vanish_reset(LabState *s);
void lab_report_errors(LabState *s, uint32_t faults);

#endif
