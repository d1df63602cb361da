/*
 * Labyrinth: the generator by properties, at start or by qom-set
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * The parameters are what the registers are reset to, so that a guest need not
 * know them.  With a count, or gen-run=on, the generator starts by itself when
 * its queue is enabled; gen-run set while the machine runs starts or stops it.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-types-common.h"
#include "qapi/visitor.h"

#include "labyrinth.h"

/* A parameter that is a number */
typedef struct LabGenNumber {
    const char *name;
    const char *help;
    size_t field;
    uint64_t max;
} LabGenNumber;

static const LabGenNumber lab_gen_numbers[] = {
    { "gen-count", "packets in all, 0: until stopped",
      offsetof(LabGenPlan, count), UINT64_MAX },
    { "gen-size-min", "smallest payload, bytes",
      offsetof(LabGenPlan, size_min), LAB_GEN_SIZE_LIMIT },
    { "gen-size-max", "largest payload, bytes",
      offsetof(LabGenPlan, size_max), LAB_GEN_SIZE_LIMIT },
    { "gen-burst", "packets in a burst, 0: all",
      offsetof(LabGenPlan, burst), UINT32_MAX },
    { "gen-gap", "ns from burst to burst", offsetof(LabGenPlan, gap_ns),
      UINT64_MAX },
    { "gen-seed", "of sizes, payload and gaps", offsetof(LabGenPlan, seed),
      UINT64_MAX },
    { "gen-queues", "queues that generate, a bit each",
      offsetof(LabGenPlan, queues), (1u << LAB_MAX_QUEUES) - 1 },
};

static const char *const lab_gen_sizes[] = { "uniform", "pareto" };
static const char *const lab_gen_arrivals[] = { "fixed", "poisson", "onoff" };

static const QEnumLookup lab_gen_sizes_lookup = {
    .array = lab_gen_sizes, .size = ARRAY_SIZE(lab_gen_sizes),
};

static const QEnumLookup lab_gen_arrivals_lookup = {
    .array = lab_gen_arrivals, .size = ARRAY_SIZE(lab_gen_arrivals),
};

static LabGenPlan *lab_gen_plan(Object *obj)
{
    return &LABYRINTH(obj)->gen_plan;
}

static uint64_t *lab_gen_field(Object *obj, const LabGenNumber *n)
{
    return (uint64_t *)((uint8_t *)lab_gen_plan(obj) + n->field);
}

static void lab_gen_get(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    visit_type_uint64(v, name, lab_gen_field(obj, opaque), errp);
}

static void lab_gen_set(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    const LabGenNumber *n = opaque;
    uint64_t value;

    if (!visit_type_uint64(v, name, &value, errp)) {
        return;
    }
    if (value > n->max) {
        error_setg(errp, "Parameter '%s' expects a number from 0 to %" PRIu64,
                   name, n->max);
        return;
    }
    *lab_gen_field(obj, n) = value;
}

static int lab_gen_get_sizes(Object *obj, Error **errp)
{
    return lab_gen_plan(obj)->sizes;
}

static void lab_gen_set_sizes(Object *obj, int value, Error **errp)
{
    lab_gen_plan(obj)->sizes = value;
}

static int lab_gen_get_arrivals(Object *obj, Error **errp)
{
    return lab_gen_plan(obj)->arrivals;
}

static void lab_gen_set_arrivals(Object *obj, int value, Error **errp)
{
    lab_gen_plan(obj)->arrivals = value;
}

static bool lab_gen_runs(const LabGenPlan *p)
{
    return p->run == ON_OFF_AUTO_ON ||
           (p->run == ON_OFF_AUTO_AUTO && p->count);
}

/* The parameters as the queue's registers */
static void lab_gen_load(LabQueue *q)
{
    const LabGenPlan *p = &q->dev->gen_plan;

    q->gen_count = p->count;
    q->gen_size_min = p->size_min;
    q->gen_size_max = p->size_max;
    q->gen_burst = p->burst;
    q->gen_gap_ns = p->gap_ns;
    q->gen_seed = p->seed;
    q->gen_mode = p->sizes * LAB_GEN_SIZE_PARETO |
                  p->arrivals * LAB_GEN_GAP_POISSON;
}

static bool lab_gen_takes_part(const LabQueue *q)
{
    return q->dev->gen_plan.queues & 1u << q->index;
}

void lab_generator_preset(LabQueue *q)
{
    if (lab_gen_takes_part(q)) {
        lab_gen_load(q);
    }
}

/* The queue was enabled */
void lab_generator_autostart(LabQueue *q)
{
    if (lab_gen_takes_part(q) && lab_gen_runs(&q->dev->gen_plan)) {
        lab_gen_load(q);
        lab_generator_start(q);
    }
}

bool lab_generator_check_plan(LabState *s, Error **errp)
{
    const LabGenPlan *p = &s->gen_plan;

    if (p->size_min > p->size_max) {
        error_setg(errp, "Parameter 'gen-size-min' expects no more than "
                   "'gen-size-max', which is %" PRIu64, p->size_max);
        return false;
    }
    return true;
}

static void lab_gen_apply(LabState *s)
{
    for (uint32_t i = 0; i < s->num_queues; i++) {
        LabQueue *q = &s->queues[i];

        if (!lab_gen_takes_part(q)) {
            continue;
        }
        lab_generator_stop(q);
        if (lab_queue_enabled(q)) {
            lab_generator_autostart(q);
        }
    }
}

static int lab_gen_get_run(Object *obj, Error **errp)
{
    return lab_gen_plan(obj)->run;
}

/* On a machine that runs: what was set since holds from now on */
static void lab_gen_set_run(Object *obj, int value, Error **errp)
{
    LabState *s = LABYRINTH(obj);

    if (DEVICE(obj)->realized && !lab_generator_check_plan(s, errp)) {
        return;
    }
    s->gen_plan.run = value;
    if (DEVICE(obj)->realized) {
        lab_gen_apply(s);
    }
}

void lab_generator_init_plan(LabState *s)
{
    s->gen_plan = (LabGenPlan) {
        .size_min = 64,
        .size_max = 64,
        .queues = (1u << LAB_MAX_QUEUES) - 1,
        .run = ON_OFF_AUTO_AUTO,
    };
}

void lab_generator_class_init(ObjectClass *klass)
{
    for (size_t i = 0; i < ARRAY_SIZE(lab_gen_numbers); i++) {
        const LabGenNumber *n = &lab_gen_numbers[i];

        object_class_property_add(klass, n->name, "uint64", lab_gen_get,
                                  lab_gen_set, NULL, (void *)n);
        object_class_property_set_description(klass, n->name, n->help);
    }
    object_class_property_add_enum(klass, "gen-sizes", "LabGenSizes",
                                   &lab_gen_sizes_lookup, lab_gen_get_sizes,
                                   lab_gen_set_sizes);
    object_class_property_set_description(klass, "gen-sizes",
        "uniform: every size alike; pareto: many small, few large");
    object_class_property_add_enum(klass, "gen-arrivals", "LabGenArrivals",
                                   &lab_gen_arrivals_lookup,
                                   lab_gen_get_arrivals, lab_gen_set_arrivals);
    object_class_property_set_description(klass, "gen-arrivals",
        "fixed; poisson: gaps exponential; onoff: and bursts geometric");
    object_class_property_add_enum(klass, "gen-run", "OnOffAuto",
                                   &OnOffAuto_lookup, lab_gen_get_run,
                                   lab_gen_set_run);
    object_class_property_set_description(klass, "gen-run",
        "start when a queue is enabled; auto: if gen-count is not 0");
}
