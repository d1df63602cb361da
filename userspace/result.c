// SPDX-License-Identifier: MIT
/* What came out of a run: sums, the verdict, a table, a JSON object */
#include <inttypes.h>
#include <string.h>

#include "burst.h"

static void result_add(struct result *result, const struct receiver *r)
{
	stats_merge(&result->stats, &r->stats);
	result->held += r->closed.held;
	result->released += r->closed.released;
	result->packets += r->check.packets;
	result->bytes += r->check.bytes;
	result->corrupt += r->check.corrupt;
	result->out_of_order += r->check.out_of_order;
	lab_hist_merge(result->latency_ns, r->check.latency_ns);
}

static void result_queue(struct result *result, const struct receiver *r)
{
	memset(result, 0, sizeof(*result));
	result_add(result, r);
	result->seconds = (double)(r->end_ns - r->start_ns) / 1e9;
}

/**
 * result_total - the sums over all queues
 * @result: returns them; its time is from the first start to the last packet
 * @run: done
 */
void result_total(struct result *result, const struct run *run)
{
	uint64_t start_ns = UINT64_MAX, end_ns = 0;

	memset(result, 0, sizeof(*result));
	for (uint32_t i = 0; i < run->nr_queues; i++) {
		const struct receiver *r = &run->queues[i];

		result_add(result, r);
		start_ns = r->start_ns < start_ns ? r->start_ns : start_ns;
		end_ns = r->end_ns > end_ns ? r->end_ns : end_ns;
	}
	result->seconds = end_ns > start_ns ? (double)(end_ns - start_ns) / 1e9 : 0;
}

static double rate(uint64_t n, double seconds)
{
	return seconds > 0 ? (double)n / seconds : 0;
}

static int judge_line(const char *what, uint64_t n)
{
	if (n)
		fail("%s %s", text_count(n), what);
	return n ? STATUS_FAILED : STATUS_OK;
}

/**
 * result_judge - whether all was well; a line on stderr for each thing that was not
 * @result: the sums
 * @run: done
 *
 * Return: STATUS_OK or STATUS_FAILED.
 */
int result_judge(const struct result *result, const struct run *run)
{
	const struct lab_stats *s = &result->stats;
	uint64_t known = result->packets + stats_dropped(s) + stats_in_flight(s);
	int status = STATUS_OK;

	status |= judge_line("packets corrupt", result->corrupt);
	status |= judge_line("packets out of order", result->out_of_order);
	if (s->generated > known)
		status |= judge_line("packets lost without a trace", s->generated - known);
	else
		status |= judge_line("packets more than were generated", known - s->generated);
	if (!run->params.lossy)
		status |= judge_line("packets dropped", stats_dropped(s));
	status |= judge_line("blocks not freed after close", result->held - result->released);
	for (uint32_t i = 0; i < run->nr_queues; i++)
		if (run->queues[i].check.first_fault[0])
			fail("queue %u: first fault: %s", run->queues[i].queue,
			     run->queues[i].check.first_fault);
	return status;
}

static json_t *hist_json(const __u64 *hist)
{
	return json_pack("{sI sI sI sI sI}", "p50", (json_int_t)lab_hist_quantile(hist, 5000),
			 "p90", (json_int_t)lab_hist_quantile(hist, 9000),
			 "p99", (json_int_t)lab_hist_quantile(hist, 9900),
			 "p999", (json_int_t)lab_hist_quantile(hist, 9990),
			 "max", (json_int_t)lab_hist_quantile(hist, 10000));
}

static json_t *drops_json(const struct lab_stats *s)
{
	return json_pack("{sI sI sI sI sI sI}", "fifo", (json_int_t)s->drop_fifo,
			 "size", (json_int_t)s->drop_size, "stop", (json_int_t)s->drop_stop,
			 "invalid", (json_int_t)s->drop_invalid, "close", (json_int_t)s->drop_close,
			 "total", (json_int_t)stats_dropped(s));
}

static json_t *alloc_json(const struct lab_stats *s)
{
	json_t *by_order = json_array();

	for (uint32_t i = 0; i < LAB_MAX_ORDERS; i++)
		json_array_append_new(by_order, json_integer((json_int_t)s->by_order[i]));
	return json_pack("{sI sI sI sI sI sI so}", "atomic", (json_int_t)s->alloc_atomic,
			 "fallback", (json_int_t)s->alloc_fallback,
			 "reserve", (json_int_t)s->alloc_reserve,
			 "recycled", (json_int_t)s->alloc_recycled,
			 "process", (json_int_t)s->alloc_process,
			 "failed", (json_int_t)s->alloc_failed, "by_order", by_order);
}

static json_t *one_json(const struct result *result)
{
	const struct lab_stats *s = &result->stats;

	return json_pack("{sI sI so sI sI sI sf sf sf sI sI so so so sI sI sI}",
			 "generated", (json_int_t)s->generated,
			 "delivered", (json_int_t)result->packets,
			 "dropped", drops_json(s),
			 "corrupt", (json_int_t)result->corrupt,
			 "out_of_order", (json_int_t)result->out_of_order,
			 "bytes", (json_int_t)result->bytes,
			 "seconds", result->seconds,
			 "packets_per_second", rate(result->packets, result->seconds),
			 "bytes_per_second", rate(result->bytes, result->seconds),
			 "blocks", (json_int_t)s->blocks,
			 "interrupts", (json_int_t)s->irqs,
			 "alloc", alloc_json(s),
			 "latency_ns", hist_json(result->latency_ns),
			 "irq_ns", hist_json(s->irq_ns),
			 "in_flight", (json_int_t)stats_in_flight(s),
			 "held", (json_int_t)result->held,
			 "released", (json_int_t)result->released);
}

/**
 * result_json - one object, with an array of the same for each queue
 * @result: the sums
 * @run: done
 *
 * Return: the object, the caller's.
 */
json_t *result_json(const struct result *result, const struct run *run)
{
	json_t *object = one_json(result), *queues = json_array();
	struct result one;

	for (uint32_t i = 0; i < run->nr_queues; i++) {
		json_t *queue = json_pack("{sI}", "queue", (json_int_t)run->queues[i].queue);

		result_queue(&one, &run->queues[i]);
		json_object_update_new(queue, one_json(&one));
		json_array_append_new(queues, queue);
	}
	json_object_set_new(object, "queues", queues);
	return object;
}

static void print_hist(FILE *out, const char *what, const __u64 *hist)
{
	fprintf(out, "%-14s p50 %-8s p90 %-8s p99 %-8s p99.9 %-8s max %s\n", what,
		text_ns(lab_hist_quantile(hist, 5000)), text_ns(lab_hist_quantile(hist, 9000)),
		text_ns(lab_hist_quantile(hist, 9900)), text_ns(lab_hist_quantile(hist, 9990)),
		text_ns(lab_hist_quantile(hist, 10000)));
}

static void print_named(FILE *out, const char *name, uint64_t n)
{
	if (n)
		fprintf(out, ", %s %s", name, text_count(n));
}

static void print_drops(FILE *out, const struct lab_stats *s)
{
	fprintf(out, "%-14s %s", "dropped", text_count(stats_dropped(s)));
	print_named(out, "FIFO full", s->drop_fifo);
	print_named(out, "larger than the block", s->drop_size);
	print_named(out, "queue stopped", s->drop_stop);
	print_named(out, "refused by the driver", s->drop_invalid);
	print_named(out, "unclaimed at close", s->drop_close);
	fputc('\n', out);
}

static void print_alloc(FILE *out, const struct lab_stats *s)
{
	fprintf(out, "%-14s %s in the handler", "allocations", text_count(s->alloc_atomic));
	print_named(out, "smaller", s->alloc_fallback);
	print_named(out, "from the reserve", s->alloc_reserve);
	print_named(out, "recycled", s->alloc_recycled);
	print_named(out, "in process context", s->alloc_process);
	print_named(out, "failed", s->alloc_failed);
	fprintf(out, "\n%-14s", "by order");
	for (uint32_t i = 0; i < LAB_MAX_ORDERS; i++)
		if (s->by_order[i])
			fprintf(out, " %u: %s ", i, text_count(s->by_order[i]));
	fputc('\n', out);
}

static void print_queues(FILE *out, const struct run *run)
{
	fprintf(out, "\n%5s %12s %10s %12s %12s %9s %10s\n", "queue", "packets", "bytes", "rate",
		"rate", "dropped", "interrupts");
	for (uint32_t i = 0; i < run->nr_queues; i++) {
		struct result one;

		result_queue(&one, &run->queues[i]);
		fprintf(out, "%5u %12s %10s %12s %12s %9s %10s\n", run->queues[i].queue,
			text_count(one.packets), text_bytes(one.bytes),
			text_si(rate(one.packets, one.seconds), "pps"),
			text_si(rate(one.bytes, one.seconds), "B/s"),
			text_count(stats_dropped(&one.stats)), text_count(one.stats.irqs));
	}
}

/**
 * result_print - the table for people
 * @result: the sums
 * @run: done
 */
void result_print(const struct result *result, const struct run *run)
{
	const struct lab_stats *s = &result->stats;
	FILE *out = human();

	fprintf(out, "%-14s %s generated, %s delivered in %s blocks, %s\n", "packets",
		text_count(s->generated), text_count(result->packets), text_count(s->blocks),
		run->params.no_verify ? "headers read" : "every byte checked");
	fprintf(out, "%-14s %s in %.3f s\n", "bytes", text_bytes(result->bytes), result->seconds);
	fprintf(out, "%-14s %s, %s\n", "rate", text_si(rate(result->packets, result->seconds), "pps"),
		text_si(rate(result->bytes, result->seconds), "B/s"));
	print_drops(out, s);
	fprintf(out, "%-14s %s corrupt, %s out of order, %s in flight\n", "faults",
		text_count(result->corrupt), text_count(result->out_of_order),
		text_count(stats_in_flight(s)));
	print_alloc(out, s);
	fprintf(out, "%-14s %s\n", "interrupts", text_count(s->irqs));
	print_hist(out, "latency", result->latency_ns);
	print_hist(out, "in handler", s->irq_ns);
	if (run->nr_queues > 1)
		print_queues(out, run);
}
