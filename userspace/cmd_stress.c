// SPDX-License-Identifier: MIT
/* Bursts with random parameters, one after the other, until the time is up */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "burst.h"

#define ROUND_BYTES	(8u << 20)	/* of a queue */
#define ROUND_PACKETS	20000u
#define ROUND_GAPS_NS	100000000ull
#define QUEUE_BYTES	(4u << 20)	/* in blocks of a queue */
#define MAX_ORDER	5u

static uint32_t seconds;
static uint64_t seed;

static const struct opt stress_options[] = {
	{ "seconds", 0, OPT_U32, &seconds, 1, 1000000, "seconds", .arg = "N",
	  .help = "for so long (10)" },
	{ "seed", 0, OPT_U64, &seed, 1, INT64_MAX, .arg = "N",
	  .help = "of the parameters; the same seed makes the same rounds (from the clock)" },
	{ 0 }
};

/**
 * struct stress - a stress run
 * @info: the device's limits
 * @random: state of the generator of parameters
 * @run: the current round
 * @total: of all rounds before
 * @rounds: done
 * @cut: a signal ended the last one, which is none of them
 * @start_ns: when it began
 * @progress: to be drawn
 */
struct stress {
	struct lab_info info;
	uint64_t random;
	struct burst_run *run;
	struct burst_result total;
	uint32_t rounds;
	bool cut;
	uint64_t start_ns;
	struct progress progress;
};

/* Evenly in [0, n) */
static uint32_t pick(struct stress *s, uint32_t n)
{
	return (uint32_t)(((lab_mix64(s->random++) >> 32) * n) >> 32);
}

static uint32_t pick_between(struct stress *s, uint32_t min, uint32_t max)
{
	return min + pick(s, max - min + 1);
}

/* Small sizes as often as large ones */
static uint32_t pick_size(struct stress *s, uint32_t max)
{
	uint32_t bits = 32 - (uint32_t)__builtin_clz(max);
	uint32_t size = pick_between(s, 1, (1u << pick_between(s, 1, bits)) - 1);

	return size < max ? size : max;
}

static void pick_packets(struct stress *s, struct burst_config *c, uint32_t order)
{
	uint32_t room = lab_record_max(LAB_MIN_BLOCK_BYTES << order);
	uint32_t fit, a = pick_size(s, room), b = pick_size(s, room);

	c->size.min = a < b ? a : b;
	c->size.max = a < b ? b : a;
	fit = ROUND_BYTES / c->size.max;
	c->count = pick_between(s, 1, fit < ROUND_PACKETS ? fit : ROUND_PACKETS);
	c->seed = lab_mix64(s->random++) >> 1;
	c->burst = pick(s, 2) ? pick_between(s, 1, (uint32_t)c->count) : 0;
	if (c->burst && pick(s, 2))
		c->gap_ns = pick(s, (uint32_t)(ROUND_GAPS_NS / (c->count / c->burst + 1)));
	c->sizes = pick(s, 2);
	c->arrivals = c->burst ? pick(s, 3) : 0;
	c->lossy = !pick(s, 4);
}

static void pick_blocks(struct stress *s, struct burst_config *c, uint32_t order)
{
	static const uint32_t timeouts_ns[] = { 0, 1, 10000, 50000, 50000, 1000000 };
	uint32_t most = s->info.max_depth;

	while (most > s->info.min_depth && most > QUEUE_BYTES / (LAB_MIN_BLOCK_BYTES << order))
		most /= 2;
	c->order = order;
	c->min_order = pick_between(s, smallest_order(c->size.max), order);
	c->depth = most;
	while (c->depth > s->info.min_depth && pick(s, 2))
		c->depth /= 2;
	c->reserve = pick(s, 2) ? pick(s, (s->info.max_reserve < 8 ? s->info.max_reserve : 8) + 1) : 0;
	c->policy = pick(s, 2);
	c->refill = pick(s, 2);
	c->records_per_block = pick(s, 2) ? pick_between(s, 1, 64) : 0;
	c->block_timeout_ns = timeouts_ns[pick(s, sizeof(timeouts_ns) / sizeof(timeouts_ns[0]))];
	c->irq_count = pick(s, 2) ? pick_between(s, 1, c->depth / 2) : 1;
	c->irq_ns = c->irq_count > 1 ? pick_between(s, 1, 200000) : 0;
	c->budget = pick(s, 2) ? pick_between(s, 1, c->depth) : 0;
}

static void pick_round(struct stress *s, struct burst_config *c)
{
	uint32_t max_order = s->info.max_order < MAX_ORDER ? s->info.max_order : MAX_ORDER;
	uint32_t order = pick(s, max_order + 1);

	burst_defaults(c);
	c->queue = burst_config.queue;
	if (c->queue == LAB_QUEUE_ANY && pick(s, 2))
		c->queue = QUEUE_ALL;
	pick_packets(s, c, order);
	pick_blocks(s, c, order);
}

/* A round as the command that repeats it */
static void print_round(FILE *out, const struct burst_run *run)
{
	const struct burst_config *c = &run->config;

	const struct lab_setup *setup = &run->receivers[0].setup;

	fprintf(out, "labctl burst");
	if (c->queue == QUEUE_ALL)
		fprintf(out, " --queue all");
	else if (setup->size && setup->queue != LAB_QUEUE_ANY)	/* it came that far */
		fprintf(out, " --queue %u", setup->queue);
	fprintf(out, " --count %" PRIu64 " --size %u-%u --burst %u --gap-ns %" PRIu64 " --seed %" PRIu64,
		c->count, c->size.min, c->size.max, c->burst, c->gap_ns, c->seed);
	fprintf(out, " --sizes %s --arrivals %s", sizes_names[c->sizes], arrivals_names[c->arrivals]);
	fprintf(out, " --order %u --min-order %u --depth %u --reserve %u --policy %s --refill %s",
		c->order, c->min_order, c->depth, c->reserve, policy_names[c->policy],
		refill_names[c->refill]);
	fprintf(out, " --records-per-block %u --block-timeout-ns %u --irq-count %u --irq-ns %u --budget %u%s\n",
		c->records_per_block, c->block_timeout_ns, c->irq_count, c->irq_ns, c->budget,
		c->lossy ? " --lossy" : "");
}

static double part_done(const struct stress *s)
{
	return (double)(monotonic_ns() - s->start_ns) / (seconds * 1e9);
}

static void draw(const struct burst_run *run, void *arg)
{
	struct stress *s = arg;

	progress_draw(&s->progress, part_done(s), "round %u, %s packets, %s", s->rounds + 1,
		      text_count(s->total.delivered + burst_packets(run)),
		      text_bytes(s->total.bytes + burst_bytes(run)));
}

static int run_round(struct stress *s)
{
	struct burst_result result;
	int ret;

	memset(s->run, 0, sizeof(*s->run));
	pick_round(s, &s->run->config);
	ret = burst_execute(s->run, draw, s);
	s->cut = !ret && interrupted();
	if (s->cut)
		return STATUS_OK;	/* neither passed nor failed */
	if (!ret)
		ret = verdict(s->run) ? STATUS_OK : STATUS_FAILED;
	if (ret) {
		progress_end(&s->progress);
		fprintf(stderr, "labctl: round %u was: ", s->rounds + 1);
		print_round(stderr, s->run);
		return ret;
	}
	result_total(s->run, &result);
	result_add(&s->total, &result);
	s->rounds++;
	return STATUS_OK;
}

static int report(struct stress *s, int status)
{
	json_t *object;

	s->total.seconds = (double)(monotonic_ns() - s->start_ns) / 1e9;
	fprintf(human(), "%u rounds passed, seed %" PRIu64 "%s\n", s->rounds, seed,
		s->cut ? "; one more was cut off, and does not count" : "");
	result_print(human(), &s->total);
	if (!globals.json)
		return status;
	object = result_json(&s->total);
	json_object_set_new(object, "rounds", json_integer(s->rounds));
	json_object_set_new(object, "seed", json_integer((json_int_t)seed));
	return print_json(object) ? STATUS_REFUSED : status;
}

static int execute(struct stress *s)
{
	int ret = STATUS_OK;

	if (!seed)
		seed = lab_mix64((uint64_t)time(NULL)) >> 1;
	fprintf(human(), "seed %" PRIu64 "\n", seed);
	fflush(human());
	s->random = lab_mix64(seed);
	s->start_ns = monotonic_ns();
	catch_signals();
	progress_start(&s->progress);
	while (!ret && part_done(s) < 1 && !interrupted())
		ret = run_round(s);
	progress_end(&s->progress);
	return ret == STATUS_OK || ret == STATUS_FAILED ? report(s, ret) : ret;
}

static int run_stress(void)
{
	struct stress s = { .run = burst_run_new(NULL) };
	struct lab *lab;
	int ret;

	if (!s.run)
		return fail_system(errno, "starting");
	ret = open_device(&lab);
	if (!ret) {
		ret = lab_info(lab, &s.info);
		lab_close(lab);
		ret = ret ? fail_system(ret, "reading the device's limits") : execute(&s);
	}
	burst_run_free(s.run);
	return ret;
}

static void prepare(void)
{
	burst_defaults(&burst_config);
	seconds = 10;
}

static const struct opt *const options[] = { stress_options, queue_options, NULL };

const struct command cmd_stress = {
	.name = "stress",
	.summary = "bursts with random parameters until the time is up",
	.text =
	"Runs one short burst after the other, each with parameters drawn at random: sizes,\n"
	"orders, depth, policy, interrupts, lossy or not; and checks each as labctl burst\n"
	"does. The first round that fails ends the run, with the command that repeats it.",
	.example =
	"  labctl stress --seconds 60 --seed 7\n"
	"  As many rounds as fit into a minute; exit status 1 if one of them failed.",
	.options = options,
	.prepare = prepare,
	.run = run_stress,
};
