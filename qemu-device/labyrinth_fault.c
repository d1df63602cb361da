/*
 * Labyrinth: misbehaviour on request: which faults there are, and when
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * A driver must survive a device that is wrong.  Properties "fault",
 * "fault-period" and "fault-seed", at start or by qom-set while the guest
 * runs, or the registers of the same names, where the property
 * "fault-register" gives them to the guest.
 *
 * When a fault strikes is a function of the seed, the queue, the fault and
 * how many occasions for it the queue has had, and of nothing else: what was
 * seen once is seen again.  docs/device.md says what a good driver does.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

#include "labyrinth.h"
#include "trace.h"

typedef struct LabFaultName {
    const char *name;
    uint32_t fault;
} LabFaultName;

/* Each strikes where labyrinth_misbehave.c asks lab_fault_due() for it */
static const LabFaultName lab_fault_names[] = {
    { "none", 0 },
    { "irq-lost", LAB_FAULT_IRQ_LOST },
    { "irq-duplicate", LAB_FAULT_IRQ_DUPLICATE },
    { "irq-spurious", LAB_FAULT_IRQ_SPURIOUS },
    { "irq-late", LAB_FAULT_IRQ_LATE },
    { "cpl-early", LAB_FAULT_CPL_EARLY },
    { "cpl-duplicate", LAB_FAULT_CPL_DUPLICATE },
    { "cpl-corrupt", LAB_FAULT_CPL_CORRUPT },
    { "bad-slot", LAB_FAULT_BAD_SLOT },
    { "bad-length", LAB_FAULT_BAD_LENGTH },
    { "record-corrupt", LAB_FAULT_RECORD_CORRUPT },
    { "dma-unmapped", LAB_FAULT_DMA_UNMAPPED },
    { "late-write", LAB_FAULT_LATE_WRITE },
    { "desc-twice", LAB_FAULT_DESC_TWICE },
    { "stall", LAB_FAULT_STALL },
    { "link-down", LAB_FAULT_LINK_DOWN },
    { "all-ones", LAB_FAULT_ALL_ONES },
    { "aer-correctable", LAB_FAULT_AER_CORRECTABLE },
    { "aer-nonfatal", LAB_FAULT_AER_NONFATAL },
    { "aer-fatal", LAB_FAULT_AER_FATAL },
};
QEMU_BUILD_BUG_ON(ARRAY_SIZE(lab_fault_names) != LAB_FAULT_KINDS + 1);

/* A number that belongs to this occasion for @fault, and to no other */
uint64_t lab_fault_random(const LabQueue *q, uint32_t fault)
{
    unsigned kind = ctz32(fault);
    uint64_t stream = lab_mix64(q->index * LAB_FAULT_KINDS + kind);

    return lab_mix64((q->dev->faults.now.seed ^ stream) +
                     q->faults.occasions[kind]);
}

/* Return: whether @fault is committed at this occasion, one of its kind */
bool lab_fault_due(LabQueue *q, uint32_t fault)
{
    LabFaults *f = &q->dev->faults;
    uint32_t period = MAX(f->now.period, 1);
    uint32_t *occasions = &q->faults.occasions[ctz32(fault)];

    if (!(f->now.on & fault)) {
        return false;
    }
    ++*occasions;
    if (f->now.seed ? lab_fault_random(q, fault) % period
                    : *occasions % period) {
        return false;
    }
    f->count++;
    trace_labyrinth_fault(q->index, fault, *occasions);
    return true;
}

/* The schedule begins anew */
static void lab_fault_restart(LabState *s)
{
    for (uint32_t i = 0; s->queues && i < s->num_queues; i++) {
        LabQueueFaults *f = &s->queues[i].faults;

        memset(f->occasions, 0, sizeof(f->occasions));
    }
}

void lab_fault_reset(LabState *s)
{
    s->faults.now = s->faults.reset;
    s->faults.count = 0;
    lab_fault_restart(s);
    lab_vanish_reset(s);
}

/* Registers */

static bool lab_fault_writable(LabState *s)
{
    if (!s->faults.writable) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "labyrinth: fault register written, which takes "
                      "property fault-register=on\n");
    }
    return s->faults.writable;
}

void lab_write_fault(void *owner, uint64_t value)
{
    LabState *s = owner;

    if (lab_fault_writable(s)) {
        s->faults.now.on = value & LAB_FAULT_ALL;
        lab_fault_restart(s);
    }
}

void lab_write_fault_period(void *owner, uint64_t value)
{
    LabState *s = owner;

    if (lab_fault_writable(s)) {
        s->faults.now.period = value;
    }
}

void lab_write_fault_seed(void *owner, uint64_t value)
{
    LabState *s = owner;

    if (lab_fault_writable(s)) {
        s->faults.now.seed = value;
    }
}

/* Properties */

static char *lab_fault_get(Object *obj, Error **errp)
{
    uint32_t on = LABYRINTH(obj)->faults.now.on;
    GString *text = g_string_new(on ? "" : "none");

    for (size_t i = 0; i < ARRAY_SIZE(lab_fault_names); i++) {
        if (on & lab_fault_names[i].fault) {
            g_string_append_printf(text, "%s%s", text->len ? "+" : "",
                                   lab_fault_names[i].name);
        }
    }
    return g_string_free(text, false);
}

/* Return: whether there is a fault called @name */
static bool lab_fault_find(const char *name, uint32_t *fault)
{
    for (size_t i = 0; i < ARRAY_SIZE(lab_fault_names); i++) {
        if (!strcmp(name, lab_fault_names[i].name)) {
            *fault = lab_fault_names[i].fault;
            return true;
        }
    }
    return false;
}

static void lab_fault_refuse(const char *name, Error **errp)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (size_t i = 0; i < ARRAY_SIZE(lab_fault_names); i++) {
        g_string_append_printf(list, "%s%s", i ? ", " : "",
                               lab_fault_names[i].name);
    }
    error_setg(errp, "Parameter 'fault' does not accept value '%s'; the names, "
               "to be joined by '+', are: %s", name, list->str);
}

static void lab_fault_set(Object *obj, const char *value, Error **errp)
{
    LabState *s = LABYRINTH(obj);
    g_auto(GStrv) names = g_strsplit(value, "+", -1);
    uint32_t on = 0, fault;

    for (char **name = names; *name; name++) {
        if (!lab_fault_find(*name, &fault)) {
            lab_fault_refuse(*name, errp);
            return;
        }
        on |= fault;
    }
    s->faults.now.on = s->faults.reset.on = on;
    lab_fault_restart(s);
    if (s->faults.presence == LAB_AWAY && !(on & LAB_FAULT_ALL_ONES)) {
        lab_reappear(s);
    }
}

static void lab_fault_get_period(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &LABYRINTH(obj)->faults.now.period, errp);
}

static void lab_fault_set_period(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    LabState *s = LABYRINTH(obj);
    uint32_t period;

    if (visit_type_uint32(v, name, &period, errp)) {
        s->faults.now.period = s->faults.reset.period = period;
        lab_fault_restart(s);
    }
}

static void lab_fault_get_seed(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &LABYRINTH(obj)->faults.now.seed, errp);
}

static void lab_fault_set_seed(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    LabState *s = LABYRINTH(obj);
    uint64_t seed;

    if (visit_type_uint64(v, name, &seed, errp)) {
        s->faults.now.seed = s->faults.reset.seed = seed;
        lab_fault_restart(s);
    }
}

static void lab_fault_get_count(Object *obj, Visitor *v, const char *name,
                                void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &LABYRINTH(obj)->faults.count, errp);
}

void lab_fault_instance_init(Object *obj)
{
    LabFaults *f = &LABYRINTH(obj)->faults;

    f->now.period = f->reset.period = LAB_FAULT_PERIOD_DEFAULT;
}

void lab_fault_class_init(ObjectClass *klass)
{
    object_class_property_add_str(klass, "fault", lab_fault_get, lab_fault_set);
    object_class_property_add(klass, "fault-period", "uint32",
                              lab_fault_get_period, lab_fault_set_period,
                              NULL, NULL);
    object_class_property_add(klass, "fault-seed", "uint64",
                              lab_fault_get_seed, lab_fault_set_seed,
                              NULL, NULL);
    object_class_property_add(klass, "fault-count", "uint64",
                              lab_fault_get_count, NULL, NULL, NULL);
    object_class_property_set_description(klass, "fault",
        "misbehave: names joined by '+'; none: behave");
    object_class_property_set_description(klass, "fault-period",
        "at one of so many occasions (16)");
    object_class_property_set_description(klass, "fault-seed",
        "0: at each period-th occasion, else at random, reproducibly");
    object_class_property_set_description(klass, "fault-count",
        "faults committed since reset");
}
