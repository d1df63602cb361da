// SPDX-License-Identifier: MIT
/* What came of a burst: added up, as JSON, as a table */
#include "burst.h"
#include "counters.h"

/* "delivered" is what this process read, not what the driver says it gave */
void result_of(const struct receiver *rx, struct burst_result *r)
{
	*r = (struct burst_result){
		.stats = rx->stats,
		.delivered = rx->check.packets,
		.bytes = rx->check.bytes,
		.corrupt = rx->check.corrupt,
		.out_of_order = rx->check.out_of_order,
		.held = rx->held,
		.released = rx->released,
		.latency_max_ns = rx->check.latency_max_ns,
		.seconds = (double)(rx->last_ns - rx->start_ns) / 1e9,
	};
	lab_hist_merge(r->latency, rx->check.latency);
}

/* Queues run side by side: counters add up, the time is the longest */
void result_add(struct burst_result *into, const struct burst_result *from)
{
	stats_add(&into->stats, &from->stats);
	into->delivered += from->delivered;
	into->bytes += from->bytes;
	into->corrupt += from->corrupt;
	into->out_of_order += from->out_of_order;
	into->held += from->held;
	into->released += from->released;
	lab_hist_merge(into->latency, from->latency);
	if (from->latency_max_ns > into->latency_max_ns)
		into->latency_max_ns = from->latency_max_ns;
	if (from->seconds > into->seconds)
		into->seconds = from->seconds;
}

void result_total(const struct burst_run *run, struct burst_result *total)
{
	*total = (struct burst_result){ 0 };
	for (uint32_t i = 0; i < run->nr; i++) {
		struct burst_result r;

		result_of(&run->receivers[i], &r);
		result_add(total, &r);
	}
}

static double per_second(uint64_t n, const struct burst_result *r)
{
	return r->seconds > 0 ? (double)n / r->seconds : 0;
}

/* Return: a new object with the keys that labctl(1) lists */
json_t *result_json(const struct burst_result *r)
{
	return json_pack("{sI sI so sI sI sI sf sf sf sI sI so so so sI sI sI}",
			 "generated", (json_int_t)r->stats.generated,
			 "delivered", (json_int_t)r->delivered,
			 "dropped", drops_json(&r->stats),
			 "corrupt", (json_int_t)r->corrupt,
			 "out_of_order", (json_int_t)r->out_of_order,
			 "bytes", (json_int_t)r->bytes,
			 "seconds", r->seconds,
			 "packets_per_second", per_second(r->delivered, r),
			 "bytes_per_second", per_second(r->bytes, r),
			 "blocks", (json_int_t)r->stats.blocks,
			 "interrupts", (json_int_t)r->stats.irqs,
			 "alloc", alloc_json(&r->stats),
			 "latency_ns", quantiles_json(r->latency, r->latency_max_ns),
			 "irq_ns", quantiles_json(r->stats.irq_ns, MAX_UNKNOWN),
			 "in_flight", (json_int_t)stats_in_flight(&r->stats),
			 "held", (json_int_t)r->held,
			 "released", (json_int_t)r->released);
}

/* What only a device that misbehaves makes is told only if there was any */
static void print_interrupts(FILE *out, const struct lab_stats *s)
{
	fprintf(out, "  %-12s %15s", "interrupts", text_count(s->irqs));
	if (s->irqs_missed)
		fprintf(out, "  missed %s", text_count(s->irqs_missed));
	if (s->refused)
		fprintf(out, "  completions refused %s", text_count(s->refused));
	fputc('\n', out);
}

/* The table at the end of a run */
void result_print(FILE *out, const struct burst_result *r)
{
	fprintf(out, "  %-12s %15s  delivered %s  in flight %s\n", "packets",
		text_count(r->stats.generated), text_count(r->delivered),
		text_count(stats_in_flight(&r->stats)));
	fprintf(out, "  %-12s %15s  %s in %.3f s\n", "bytes", text_count(r->bytes),
		text_bytes(r->bytes), r->seconds);
	fprintf(out, "  %-12s %15s  %s\n", "rate", text_si(per_second(r->delivered, r), "packets/s"),
		text_si(per_second(r->bytes, r), "B/s"));
	print_drops(out, &r->stats);
	fprintf(out, "  %-12s %15s  out of order %s\n", "corrupt", text_count(r->corrupt),
		text_count(r->out_of_order));
	print_blocks(out, &r->stats);
	print_interrupts(out, &r->stats);
	print_quantiles(out, "latency", r->latency, r->latency_max_ns);
	print_quantiles(out, "handler", r->stats.irq_ns, MAX_UNKNOWN);
}
