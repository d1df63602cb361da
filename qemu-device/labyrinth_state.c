/*
 * Labyrinth: what the queues are at, for whoever looks from outside
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qapi/visitor.h"

#include "labyrinth.h"

static const char *lab_queue_state(const LabQueue *q)
{
    if (q->error) {
        return "failed";
    }
    if (!lab_queue_enabled(q)) {
        return "off";
    }
    return q->waiting ? "waits for blocks" : "runs";
}

static char *lab_state_text(const LabState *s)
{
    GString *text = g_string_new("");

    for (uint32_t i = 0; s->queues && i < s->num_queues; i++) {
        const LabQueue *q = &s->queues[i];

        g_string_append_printf(text, "%squeue %u: %s error %u generated %" PRIu64
                               " delivered %" PRIu64 " in_flight %" PRIu64
                               " posted %u irqs %" PRIu64,
                               i ? "; " : "", i, lab_queue_state(q), q->error,
                               q->counters.generated, q->counters.delivered,
                               lab_in_flight(q),
                               lab_ring_used(q->fill_prod, q->fill_cons),
                               q->counters.irqs);
    }
    return g_string_free(text, false);
}

static void lab_state_get(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    g_autofree char *text = lab_state_text(LABYRINTH(obj));

    visit_type_str(v, name, &text, errp);
}

/*
 * Property "state", read-only, for qom-get and info qtree: what each queue is
 * at; the names are those of the registers.  What the first member of this is
 * called depends on the version.
 */
const PropertyInfo lab_state_info = {
    "str",
    .description = "what each queue is at",
    .get = lab_state_get,
};
