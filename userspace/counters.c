// SPDX-License-Identifier: MIT
#include "counters.h"

static const struct {
	const char *name;
	size_t offset;
} drops[] = {
	{ "fifo", offsetof(struct lab_stats, drop_fifo) },
	{ "size", offsetof(struct lab_stats, drop_size) },
	{ "stop", offsetof(struct lab_stats, drop_stop) },
	{ "invalid", offsetof(struct lab_stats, drop_invalid) },
	{ "close", offsetof(struct lab_stats, drop_close) },
}, allocs[] = {
	{ "atomic", offsetof(struct lab_stats, alloc_atomic) },
	{ "fallback", offsetof(struct lab_stats, alloc_fallback) },
	{ "reserve", offsetof(struct lab_stats, alloc_reserve) },
	{ "recycled", offsetof(struct lab_stats, alloc_recycled) },
	{ "process", offsetof(struct lab_stats, alloc_process) },
	{ "failed", offsetof(struct lab_stats, alloc_failed) },
};
#define DROPS	(sizeof(drops) / sizeof(drops[0]))
#define ALLOCS	(sizeof(allocs) / sizeof(allocs[0]))

static uint64_t counter(const struct lab_stats *stats, size_t offset)
{
	return *(const __u64 *)(const void *)((const char *)stats + offset);
}

uint64_t stats_dropped(const struct lab_stats *stats)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < DROPS; i++)
		sum += counter(stats, drops[i].offset);
	return sum;
}

/* Neither delivered nor dropped: in the FIFO, in the open block, or ready to be claimed */
uint64_t stats_in_flight(const struct lab_stats *stats)
{
	return stats->dev_in_flight + stats->ready_packets;
}

static void add_counters(struct lab_stats *into, const struct lab_stats *from, size_t at, size_t end)
{
	for (; at < end; at += sizeof(__u64))
		*(__u64 *)(void *)((char *)into + at) += counter(from, at);
}

/* All but the set-up in the middle is 64-bit counters, and sums of them make sense */
void stats_add(struct lab_stats *into, const struct lab_stats *from)
{
	add_counters(into, from, offsetof(struct lab_stats, generated),
		     offsetof(struct lab_stats, policy));
	add_counters(into, from, offsetof(struct lab_stats, wrong_moves), sizeof(*from));
	into->flags |= from->flags;
	if (!into->queue_error)
		into->queue_error = from->queue_error;
}

const char *queue_error_text(uint32_t error)
{
	static const char *const texts[] = {
		[LAB_QERR_NONE] = "none",
		[LAB_QERR_CONFIG] = "bad ring base, size or vector",
		[LAB_QERR_DOORBELL] = "doorbell beyond the ring",
		[LAB_QERR_DESC] = "fill descriptor refused",
		[LAB_QERR_FILL_DMA] = "reading the fill ring failed",
		[LAB_QERR_BLOCK_DMA] = "writing to a block failed",
		[LAB_QERR_CPL_DMA] = "writing the completion ring failed",
		[LAB_QERR_TX_DESC] = "transmit descriptor refused",
		[LAB_QERR_TX_DMA] = "reading the transmit ring or a block failed",
	};

	if (error == LAB_QERR_RESET)
		return "the device was reset";
	return error < sizeof(texts) / sizeof(texts[0]) ? texts[error] : "unknown";
}

json_t *count_json(uint64_t count)
{
	return json_integer((json_int_t)count);
}

json_t *drops_json(const struct lab_stats *stats)
{
	json_t *object = json_object();

	for (size_t i = 0; i < DROPS; i++)
		json_object_set_new(object, drops[i].name, count_json(counter(stats, drops[i].offset)));
	json_object_set_new(object, "total", count_json(stats_dropped(stats)));
	return object;
}

json_t *alloc_json(const struct lab_stats *stats)
{
	json_t *object = json_object(), *orders = json_array();

	for (size_t i = 0; i < ALLOCS; i++)
		json_object_set_new(object, allocs[i].name,
				    count_json(counter(stats, allocs[i].offset)));
	for (size_t i = 0; i < LAB_MAX_ORDERS; i++)
		json_array_append_new(orders, count_json(stats->by_order[i]));
	json_object_set_new(object, "by_order", orders);
	return object;
}

static uint64_t quantile(const __u64 *hist, uint32_t per_10000, uint64_t max_ns)
{
	uint64_t ns = lab_hist_quantile(hist, per_10000);

	return ns < max_ns ? ns : max_ns;
}

/* @max_ns: largest sample, or MAX_UNKNOWN */
json_t *quantiles_json(const __u64 *hist, uint64_t max_ns)
{
	return json_pack("{sI sI sI sI sI}",
			 "p50", (json_int_t)quantile(hist, 5000, max_ns),
			 "p90", (json_int_t)quantile(hist, 9000, max_ns),
			 "p99", (json_int_t)quantile(hist, 9900, max_ns),
			 "p999", (json_int_t)quantile(hist, 9990, max_ns),
			 "max", (json_int_t)(max_ns == MAX_UNKNOWN ?
					     quantile(hist, 10000, max_ns) : max_ns));
}

void print_drops(FILE *out, const struct lab_stats *stats)
{
	fprintf(out, "  %-12s %15s", "dropped", text_count(stats_dropped(stats)));
	for (size_t i = 0; i < DROPS; i++)
		if (counter(stats, drops[i].offset))
			fprintf(out, "  %s %s", drops[i].name,
				text_count(counter(stats, drops[i].offset)));
	fputc('\n', out);
}

void print_blocks(FILE *out, const struct lab_stats *stats)
{
	fprintf(out, "  %-12s %15s ", "blocks", text_count(stats->blocks));
	for (int i = 0; i < LAB_MAX_ORDERS; i++)
		if (stats->by_order[i])
			fprintf(out, " order %d: %s", i, text_count(stats->by_order[i]));
	fprintf(out, "\n  %-12s", "allocated");
	for (size_t i = 0; i < ALLOCS; i++)
		fprintf(out, " %s %s ", allocs[i].name,
			text_count(counter(stats, allocs[i].offset)));
	fputc('\n', out);
}

void print_quantiles(FILE *out, const char *what, const __u64 *hist, uint64_t max_ns)
{
	fprintf(out, "  %-12s p50 %-8s  p90 %-8s  p99 %-8s  p99.9 %-8s  max %s\n", what,
		text_ns(quantile(hist, 5000, max_ns)), text_ns(quantile(hist, 9000, max_ns)),
		text_ns(quantile(hist, 9900, max_ns)), text_ns(quantile(hist, 9990, max_ns)),
		text_ns(max_ns == MAX_UNKNOWN ? quantile(hist, 10000, max_ns) : max_ns));
}
