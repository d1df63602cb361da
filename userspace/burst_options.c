// SPDX-License-Identifier: MIT
/* Options of a queue: ranges, defaults, what depends on what, and the set-up they make */
#include "burst.h"

#define PAGE_BYTES		LAB_MIN_BLOCK_BYTES
#define MAX_ORDER		(LAB_MAX_ORDERS - 1)
#define MAX_DEPTH		(1u << LAB_MAX_RING_LOG2)
#define DEFAULT_ORDER		2u
#define DEFAULT_DEPTH		64u
#define DEFAULT_QUEUE_BYTES	(32u << 20)	/* the default depth holds no more */
#define DEFAULT_IRQ_NS		50000u

const char *const policy_names[] = { "atomic", "recycle", NULL };
const char *const refill_names[] = { "hardirq", "threaded", NULL };
const char *const sizes_names[] = { "uniform", "pareto", NULL };
const char *const arrivals_names[] = { "fixed", "poisson", "onoff", NULL };

struct burst_config burst_config;

const struct opt queue_options[] = {
	{ "queue", 0, OPT_QUEUE, &burst_config.queue, 0, LAB_MAX_QUEUES - 1, .arg = "N|all",
	  .help = "the queue, or all of them in parallel (any free one)" },
	{ 0 }
};

const struct opt block_options[] = {
	{ "order", 0, OPT_U32, &burst_config.order, 0, MAX_ORDER, .arg = "N",
	  .help = "blocks are 2^N pages (smallest from 2 that holds a packet)" },
	{ "min-order", 0, OPT_U32, &burst_config.min_order, 0, MAX_ORDER, .arg = "N",
	  .help = "fall back to no smaller blocks (smallest that hold a packet)" },
	{ "policy", 0, OPT_CHOICE, &burst_config.policy, .choices = policy_names,
	  .arg = "atomic|recycle",
	  .help = "blocks come from the page allocator, or first from those released (atomic)" },
	{ "reserve", 0, OPT_U32, &burst_config.reserve, 0, 65536, "blocks", .arg = "N",
	  .help = "blocks kept back for failed allocations (0)" },
	{ "refill", 0, OPT_CHOICE, &burst_config.refill, .choices = refill_names,
	  .arg = "hardirq|threaded",
	  .help = "replace blocks in the hard-IRQ handler, or in its thread (hardirq)" },
	{ "depth", 0, OPT_POWER, &burst_config.depth, 2, MAX_DEPTH, "blocks", .arg = "N",
	  .help = "blocks of a queue, half of them in the device (64, at most 32 MiB)" },
	{ "records-per-block", 0, OPT_U32, &burst_config.records_per_block, 0, LAB_MAX_RECORDS,
	  "packets", .arg = "N", .help = "packets in one block, 0: as many as fit (0)" },
	{ "block-timeout-ns", 0, OPT_U32, &burst_config.block_timeout_ns, 0, UINT32_MAX, "ns",
	  .arg = "N", .help = "close a part-filled block after so long, 0: never (50000)" },
	{ "irq-count", 0, OPT_U32, &burst_config.irq_count, 1, MAX_DEPTH / 2, "blocks", .arg = "N",
	  .help = "interrupt after so many blocks (1)" },
	{ "irq-ns", 0, OPT_U32, &burst_config.irq_ns, 0, UINT32_MAX - 1, "ns", .arg = "N",
	  .help = "or so long after the first (50000 with --irq-count above 1)" },
	{ "budget", 0, OPT_U32, &burst_config.budget, 0, MAX_DEPTH, "blocks", .arg = "N",
	  .help = "blocks handled in one interrupt, 0: the driver's choice (0)" },
	{ "lossy", 0, OPT_FLAG, &burst_config.lossy,
	  .help = "a full FIFO drops packets, instead of holding the generator back" },
	{ 0 }
};

/**
 * burst_defaults - what holds where no option says otherwise
 * @c: returns it
 */
void burst_defaults(struct burst_config *c)
{
	*c = (struct burst_config){
		.queue = LAB_QUEUE_ANY,
		.count = 100000,
		.size = { 64, 1500 },
		.seed = 1,
		.order = U32_UNSET,
		.min_order = U32_UNSET,
		.depth = U32_UNSET,
		.irq_count = 1,
		.irq_ns = U32_UNSET,
		.block_timeout_ns = 50000,
	};
}

static uint32_t order_bytes(uint32_t order)
{
	return PAGE_BYTES << order;
}

/* Order of the smallest block that holds a packet of so many bytes */
uint32_t smallest_order(uint32_t payload_bytes)
{
	uint32_t order = 0;

	while (order < MAX_ORDER && !lab_record_fits(payload_bytes, 0, order_bytes(order)))
		order++;
	return order;
}

static uint32_t default_depth(uint32_t order)
{
	uint32_t depth = DEFAULT_DEPTH;

	while (depth > 8 && depth > DEFAULT_QUEUE_BYTES / order_bytes(order))
		depth /= 2;
	return depth;
}

static int check_combination(const struct burst_config *c, struct args_error *error)
{
	uint32_t room = lab_record_max(order_bytes(c->order));

	if (c->size.max > room)
		return args_fail(error, "--size %u: expected 1 to %u bytes, what a block of order %u holds; --order %u or more holds it",
				 c->size.max, room, c->order, smallest_order(c->size.max));
	if (c->arrivals && !c->burst)
		return args_fail(error, "--burst 0: expected 1 or more packets with --arrivals %s",
				 arrivals_names[c->arrivals]);
	if (c->min_order > c->order)
		return args_fail(error, "--min-order %u: expected 0 to %u, the --order",
				 c->min_order, c->order);
	if (c->irq_count > c->depth / 2)
		return args_fail(error, "--irq-count %u: expected 1 to %u blocks, half of --depth",
				 c->irq_count, c->depth / 2);
	if (c->irq_count > 1 && !c->irq_ns)
		return args_fail(error, "--irq-ns 0: expected 1 to %u ns with --irq-count %u, or the last blocks would wait for ever",
				 UINT32_MAX - 1, c->irq_count);
	if (c->budget > c->depth)
		return args_fail(error, "--budget %u: expected 0 to %u blocks, the --depth",
				 c->budget, c->depth);
	return 0;
}

/**
 * burst_resolve - choose what was left open, and check what needs no device
 * @c: the wish
 * @error: returns one line
 *
 * Return: 0 or -1.
 */
int burst_resolve(struct burst_config *c, struct args_error *error)
{
	uint32_t fitting = smallest_order(c->size.max);

	if (c->order == U32_UNSET)
		c->order = fitting > DEFAULT_ORDER ? fitting : DEFAULT_ORDER;
	if (c->min_order == U32_UNSET)
		c->min_order = fitting < c->order ? fitting : c->order;
	if (c->depth == U32_UNSET)
		c->depth = default_depth(c->order);
	if (c->irq_ns == U32_UNSET)
		c->irq_ns = c->irq_count > 1 ? DEFAULT_IRQ_NS : 0;
	return check_combination(c, error);
}

static int check_limit(const char *name, uint32_t value, uint32_t min, uint32_t max,
		       struct args_error *error)
{
	if (value >= min && value <= max)
		return 0;
	return args_fail(error, "--%s %u: expected %u to %u on this device", name, value, min, max);
}

/**
 * burst_check_limits - check what this device limits further
 * @c: resolved
 * @info: of the device
 * @error: returns one line
 *
 * Return: 0 or -1.
 */
int burst_check_limits(const struct burst_config *c, const struct lab_info *info,
		       struct args_error *error)
{
	if (c->queue != QUEUE_ALL && c->queue != LAB_QUEUE_ANY &&
	    check_limit("queue", c->queue, 0, info->num_queues - 1, error))
		return -1;
	if (check_limit("order", c->order, 0, info->max_order, error) ||
	    check_limit("depth", c->depth, info->min_depth, info->max_depth, error) ||
	    check_limit("reserve", c->reserve, 0, info->max_reserve, error))
		return -1;
	return 0;
}

/**
 * burst_mode - the generator's distributions that a configuration means
 * @c: resolved
 *
 * Return: LAB_BURST_SIZE_* | LAB_BURST_GAP_*.
 */
uint32_t burst_mode(const struct burst_config *c)
{
	static const uint32_t sizes[] = { LAB_BURST_SIZE_UNIFORM, LAB_BURST_SIZE_PARETO };
	static const uint32_t arrivals[] = {
		LAB_BURST_GAP_FIXED, LAB_BURST_GAP_POISSON, LAB_BURST_GAP_ONOFF,
	};

	return sizes[c->sizes] | arrivals[c->arrivals];
}

/**
 * burst_setup - the set-up that a configuration means
 * @c: resolved
 * @queue: number, or LAB_QUEUE_ANY
 * @setup: returns it
 */
void burst_setup(const struct burst_config *c, uint32_t queue, struct lab_setup *setup)
{
	lab_setup_defaults(setup);
	setup->flags = c->lossy ? LAB_SETUP_LOSSY : 0;
	setup->queue = queue;
	setup->order = c->order;
	setup->min_order = c->min_order;
	setup->depth = c->depth;
	setup->policy = c->policy;
	setup->refill = c->refill;
	setup->reserve = c->reserve;
	setup->records_per_block = c->records_per_block;
	setup->irq_count = c->irq_count;
	setup->irq_ns = c->irq_ns;
	setup->block_timeout_ns = c->block_timeout_ns;
	setup->budget = c->budget;
}
