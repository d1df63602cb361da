// SPDX-License-Identifier: MIT
/* The counters of every queue, once or again and again */
#include <string.h>

#include "burst.h"
#include "counters.h"

#define WATCH_NS	1000000000ull

static bool watch;
static uint32_t seconds;

static const struct opt stats_options[] = {
	{ "watch", 0, OPT_FLAG, &watch, .help = "one line a second, until Ctrl-C" },
	{ "seconds", 0, OPT_U32, &seconds, 1, 1000000, "seconds", .arg = "N",
	  .help = "with --watch: end after so long" },
	{ 0 }
};

static int read_stats(struct lab *lab, struct lab_stats *stats, uint32_t *queues)
{
	struct lab_info info;
	int ret = lab_info(lab, &info);

	*queues = info.num_queues < LAB_MAX_QUEUES ? info.num_queues : LAB_MAX_QUEUES;
	for (uint32_t q = 0; !ret && q < *queues; q++)
		ret = lab_stats(lab, q, &stats[q]);
	return ret ? fail_system(ret, "reading the counters") : STATUS_OK;
}

/* A number of the driver, as the word that labctl burst knows it by */
static const char *name_of(const char *const *names, uint32_t number)
{
	for (uint32_t i = 0; names[i]; i++)
		if (i == number)
			return names[i];
	return "unknown";
}

static json_t *blocks_json(const struct lab_stats *s)
{
	return json_pack("{ss ss sI sI sI sI sI sI}",
			 "policy", name_of(policy_names, s->policy),
			 "refill", name_of(refill_names, s->refill),
			 "order", (json_int_t)s->order, "min_order", (json_int_t)s->min_order,
			 "depth", (json_int_t)s->depth, "reserve", (json_int_t)s->reserve,
			 "reserved", (json_int_t)s->reserved, "budget", (json_int_t)s->budget);
}

static json_t *queue_json(uint32_t queue, const struct lab_stats *s)
{
	return json_pack("{sI sb sb ss sI sI so sI sI sI sI sI sI sI sI so so sI sI so s{sIsIsI}}",
			 "queue", (json_int_t)queue,
			 "active", !!(s->flags & LAB_STATS_ACTIVE),
			 "generating", !!(s->flags & LAB_STATS_GENERATING),
			 "error", queue_error_text(s->queue_error),
			 "generated", (json_int_t)s->generated,
			 "delivered", (json_int_t)s->delivered,
			 "dropped", drops_json(s),
			 "in_flight", (json_int_t)stats_in_flight(s),
			 "bytes", (json_int_t)s->dev_bytes,
			 "blocks", (json_int_t)s->blocks,
			 "interrupts", (json_int_t)s->irqs,
			 "interrupts_idle", (json_int_t)s->irqs_idle,
			 "interrupts_missed", (json_int_t)s->irqs_missed,
			 "fill_low", (json_int_t)s->dev_fill_low,
			 "refused", (json_int_t)s->refused,
			 "setup", blocks_json(s),
			 "alloc", alloc_json(s),
			 "held", (json_int_t)s->held,
			 "released", (json_int_t)s->released,
			 "irq_ns", quantiles_json(s->irq_ns, MAX_UNKNOWN),
			 "sent", "packets", (json_int_t)s->tx_packets,
			 "bytes", (json_int_t)s->tx_bytes,
			 "refused", (json_int_t)s->tx_drop);
}

static int print_stats_json(const struct lab_stats *stats, uint32_t queues)
{
	json_t *array = json_array();

	for (uint32_t q = 0; q < queues; q++)
		json_array_append_new(array, queue_json(q, &stats[q]));
	return print_json(json_pack("{so}", "queues", array));
}

static void print_queue(uint32_t queue, const struct lab_stats *s)
{
	FILE *out = human();

	fprintf(out, "queue %u: %s%s", queue, s->flags & LAB_STATS_ACTIVE ? "open" : "closed",
		s->flags & LAB_STATS_GENERATING ? ", generating" : "");
	if (s->queue_error)
		fprintf(out, ", stopped: %s", queue_error_text(s->queue_error));
	if (s->depth)
		fprintf(out, "; %u blocks of order %u to %u, %s, refill %s, reserve %u of %u",
			s->depth, s->min_order, s->order, name_of(policy_names, s->policy),
			name_of(refill_names, s->refill), s->reserved, s->reserve);
	fprintf(out, "\n  %-12s %15s  delivered %s  in flight %s\n", "packets",
		text_count(s->generated), text_count(s->delivered), text_count(stats_in_flight(s)));
	fprintf(out, "  %-12s %15s\n", "bytes", text_count(s->dev_bytes));
	print_drops(out, s);
	print_blocks(out, s);
	fprintf(out, "  %-12s %15s  now, of %s ever\n", "held", text_count(s->held - s->released),
		text_count(s->held));
	fprintf(out, "  %-12s %15s  idle %s  missed %s  fill low %s  refused %s\n", "interrupts",
		text_count(s->irqs), text_count(s->irqs_idle), text_count(s->irqs_missed),
		text_count(s->dev_fill_low), text_count(s->refused));
	print_quantiles(out, "handler", s->irq_ns, MAX_UNKNOWN);
	if (s->tx_blocks || s->tx_drop)
		fprintf(out, "  %-12s %15s  bytes %s  refused %s\n", "sent",
			text_count(s->tx_packets), text_count(s->tx_bytes),
			text_count(s->tx_drop));
}

static void sum_up(const struct lab_stats *stats, uint32_t queues, struct lab_stats *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (uint32_t q = 0; q < queues; q++)
		stats_add(sum, &stats[q]);
}

/* Counters start anew when a queue is set up: then there is no rate */
static uint64_t growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void print_rates(const struct lab_stats *now, const struct lab_stats *before, double s)
{
	fprintf(human(), "%16s %14s %12s %12s %12s %10s\n",
		text_si((double)growth(now->delivered, before->delivered) / s, "packets/s"),
		text_si((double)growth(now->dev_bytes, before->dev_bytes) / s, "B/s"),
		text_count(growth(stats_dropped(now), stats_dropped(before))),
		text_si((double)growth(now->irqs, before->irqs) / s, "/s"),
		text_count(growth(now->alloc_failed, before->alloc_failed)),
		text_count(now->held - now->released));
	fflush(human());
}

/* Sleeps in pieces, so that a signal ends it soon */
static bool wait_until(uint64_t end_ns)
{
	while (!interrupted() && monotonic_ns() < end_ns)
		sleep_ns(20000000);
	return !interrupted();
}

static int watch_stats(struct lab *lab, struct lab_stats *stats, uint32_t queues)
{
	uint64_t start_ns = monotonic_ns(), before_ns = start_ns, now_ns;
	struct lab_stats before, now;
	int ret = STATUS_OK;

	catch_signals();
	sum_up(stats, queues, &before);
	fprintf(human(), "%16s %14s %12s %12s %12s %10s\n", "packets", "bytes", "dropped",
		"interrupts", "alloc failed", "held");
	while (!ret && !(seconds && before_ns - start_ns >= seconds * 1000000000ull) &&
	       wait_until(before_ns + WATCH_NS)) {
		ret = read_stats(lab, stats, &queues);
		now_ns = monotonic_ns();
		sum_up(stats, queues, &now);
		if (!ret)
			print_rates(&now, &before, (double)(now_ns - before_ns) / 1e9);
		before = now;
		before_ns = now_ns;
	}
	return ret;
}

static int show_stats(struct lab *lab)
{
	static struct lab_stats stats[LAB_MAX_QUEUES];
	uint32_t queues;
	int ret = read_stats(lab, stats, &queues);

	if (!ret && watch)
		ret = watch_stats(lab, stats, queues);
	if (ret)
		return ret;
	for (uint32_t q = 0; !watch && q < queues; q++)
		print_queue(q, &stats[q]);
	return globals.json ? print_stats_json(stats, queues) : STATUS_OK;
}

static int run_stats(void)
{
	struct lab *lab;
	int ret;

	if (seconds && !watch)
		return fail_usage("--seconds %u: expected --watch too", seconds);
	ret = open_device(&lab);
	if (ret)
		return ret;
	ret = show_stats(lab);
	lab_close(lab);
	return ret;
}

static const struct opt *const options[] = { stats_options, NULL };

const struct command cmd_stats = {
	.name = "stats",
	.summary = "the counters of every queue",
	.text =
	"Shows what device and driver have counted since each queue was set up, in use or\n"
	"not. With --watch one line a second tells how all queues together grow; with\n"
	"--json the object tells the last state.",
	.example =
	"  labctl stats --watch --seconds 10\n"
	"  Ten lines, while labctl burst runs elsewhere.",
	.options = options,
	.run = run_stats,
};
