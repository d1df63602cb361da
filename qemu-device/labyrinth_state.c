/*
 * Labyrinth: what the queues are at, for whoever looks from outside
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"

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

/* Property "state": a line a queue; the names are those of the registers */
char *lab_state_get(Object *obj, Error **errp)
{
    LabState *s = LABYRINTH(obj);
    GString *text = g_string_new("");

    for (uint32_t i = 0; s->queues && i < s->num_queues; i++) {
        const LabQueue *q = &s->queues[i];

        g_string_append_printf(text, "queue %u: %s error %u generated %" PRIu64
                               " delivered %" PRIu64 " in_flight %" PRIu64
                               " posted %u irqs %" PRIu64 "\n",
                               i, lab_queue_state(q), q->error,
                               q->counters.generated, q->counters.delivered,
                               lab_in_flight(q),
                               lab_ring_used(q->fill_prod, q->fill_cons),
                               q->counters.irqs);
    }
    return g_string_free(text, false);
}
