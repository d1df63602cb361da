// SPDX-License-Identifier: MIT
#include <errno.h>

#include "burst.h"
#include "counters.h"

static const struct opt generator_options[] = {
	{ "count", 0, OPT_U64, &burst_config.count, 0, INT64_MAX, "packets", .arg = "N",
	  .help = "packets of each queue, 0: until stopped (100000)" },
	{ "size", 0, OPT_SPAN, &burst_config.size, 1, LAB_GEN_SIZE_LIMIT, "bytes",
	  .arg = "S|MIN-MAX", .help = "payload of a packet, or a range to draw from (64-1500)" },
	{ "sizes", 0, OPT_CHOICE, &burst_config.sizes, .choices = sizes_names,
	  .arg = "uniform|pareto",
	  .help = "every size alike, or many small and few large ones (uniform)" },
	{ "burst", 0, OPT_U32, &burst_config.burst, 0, UINT32_MAX, "packets", .arg = "N",
	  .help = "packets in a burst, 0: all in one (0)" },
	{ "gap-ns", 0, OPT_U64, &burst_config.gap_ns, 0, INT64_MAX, "ns", .arg = "N",
	  .help = "from the start of a burst to the next, 0: back to back (0)" },
	{ "arrivals", 0, OPT_CHOICE, &burst_config.arrivals, .choices = arrivals_names,
	  .arg = "fixed|poisson|onoff",
	  .help = "--gap-ns is a mean; with onoff --burst is one, too (fixed)" },
	{ "seed", 0, OPT_U64, &burst_config.seed, 0, INT64_MAX, .arg = "N",
	  .help = "of sizes and payload; queue q takes N + q (1)" },
	{ "seconds", 0, OPT_U32, &burst_config.seconds, 1, 1000000, "seconds", .arg = "N",
	  .help = "stop the generator after so long; short of --count that is a failure" },
	{ "no-verify", 0, OPT_FLAG, &burst_config.no_verify,
	  .help = "read only the header of each packet" },
	{ 0 }
};

static void draw(const struct burst_run *run, void *progress)
{
	double wanted = (double)run->config.count * run->nr;
	uint64_t packets = burst_packets(run);

	progress_draw(progress, wanted > 0 ? (double)packets / wanted : -1, "%s packets, %s",
		      text_count(packets), text_bytes(burst_bytes(run)));
}

/* How the blocks were to be got */
static json_t *supply_json(const struct burst_config *c)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}",
			 "policy", policy_names[c->policy], "refill", refill_names[c->refill],
			 "order", (int)c->order, "min_order", (int)c->min_order,
			 "depth", (int)c->depth, "reserve", (int)c->reserve);
}

static json_t *queues_json(const struct burst_run *run)
{
	json_t *queues = json_array();

	for (uint32_t i = 0; i < run->nr; i++) {
		struct burst_result r;
		json_t *object;

		result_of(&run->receivers[i], &r);
		object = result_json(&r);
		json_object_set_new(object, "queue", json_integer(run->receivers[i].setup.queue));
		json_array_append_new(queues, object);
	}
	return queues;
}

static void print_head(const struct burst_run *run)
{
	const struct burst_config *c = &run->config;

	fprintf(human(), "%u %s, packets of %u", run->nr, run->nr == 1 ? "queue" : "queues",
		c->size.min);
	if (c->size.max != c->size.min)
		fprintf(human(), " to %u", c->size.max);
	fprintf(human(), " bytes, %s; %u blocks of order %u, %s, refill %s, seed %llu\n",
		c->no_verify ? "headers read" : "every byte verified", c->depth, c->order,
		policy_names[c->policy], refill_names[c->refill], (unsigned long long)c->seed);
}

static int report(const struct burst_run *run)
{
	struct burst_result total;
	bool good = verdict(run);
	int ret = STATUS_OK;

	result_total(run, &total);
	print_head(run);
	result_print(human(), &total);
	if (globals.json) {
		json_t *object = result_json(&total);

		json_object_set_new(object, "supply", supply_json(&run->config));
		json_object_set_new(object, "queues", queues_json(run));
		ret = print_json(object);
	}
	return good ? ret : STATUS_FAILED;
}

static int run_burst(void)
{
	struct burst_run *run;
	struct progress progress;
	struct args_error error;
	int ret;

	if (burst_resolve(&burst_config, &error))
		return fail_usage("%s", error.text);
	run = burst_run_new(&burst_config);
	if (!run)
		return fail_system(errno, "starting");
	catch_signals();
	progress_start(&progress);
	ret = burst_execute(run, draw, &progress);
	progress_end(&progress);
	if (!ret)
		ret = report(run);
	burst_run_free(run);
	return ret;
}

static void prepare(void)
{
	burst_defaults(&burst_config);
}

static const struct opt *const options[] = {
	queue_options, generator_options, block_options, NULL,
};

const struct command cmd_burst = {
	.name = "burst",
	.summary = "generate packets, receive them and check every byte",
	.text =
	"Starts the packet generator of one queue or of all, receives zero-copy, and\n"
	"checks each packet: its CRC-32C, its size and payload (a function of the seed),\n"
	"its place in the sequence. At the end\n"
	"  generated = delivered + dropped + in flight\n"
	"must hold, and without --lossy nothing may be dropped; else the exit status is 1.",
	.example =
	"  labctl burst --queue all --count 100k --size 64-9000 --order 2\n"
	"  Each queue gets 100,000 packets; a table tells the rate, how the blocks were\n"
	"  allocated, and how long packets and interrupts took.",
	.options = options,
	.prepare = prepare,
	.run = run_burst,
};
