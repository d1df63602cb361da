// SPDX-License-Identifier: MIT
/*
 * Receiver on liblabyrinth: from the generator or the wire, one process a
 * queue (threads would interrupt each other's CPUs whenever a mapping goes).
 * Reads each record's header, or with verify=1 checks each packet.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <liblabyrinth.h>

#include "bench.h"

#define MAX_QUEUES	16
#define MAX_BATCH	256

/**
 * struct queue - a queue and its receiver
 * @lab: the open file
 * @count: packets to take
 * @packets: taken
 * @bytes: of their payload
 * @sum: of what was read of the headers, so that it is read
 * @calls: of lab_exchange()
 * @broken: packets that failed the check, blocks that are no whole records
 * @stats: at the end
 * @latency: device timestamp to user space, ns
 */
struct queue {
	struct lab *lab;
	uint64_t count;
	uint64_t packets;
	uint64_t bytes;
	uint64_t sum;
	uint64_t calls;
	uint64_t broken;
	struct lab_stats stats;
	__u64 latency[LAB_HIST_BUCKETS];
};

static struct bench bench;
static struct lab_setup setup;

/* What all processes see */
static struct {
	pthread_barrier_t barrier;
	struct queue queues[MAX_QUEUES];
} *shared;

static uint32_t nr_queues = 1, batch = 16, burst;
static uint64_t gap_ns;
static bool wire, verify, latency;
static int64_t to_monotonic_ns;

static bool setup_arg(const char *name, const char *value)
{
	static const struct {
		const char *name;
		__u32 *field;
	} fields[] = {
		{ "order", &setup.order }, { "min_order", &setup.min_order },
		{ "depth", &setup.depth }, { "reserve", &setup.reserve },
		{ "irq_count", &setup.irq_count }, { "irq_ns", &setup.irq_ns },
		{ "timeout_ns", &setup.block_timeout_ns }, { "budget", &setup.budget },
		{ "records", &setup.records_per_block }, { "queues", &nr_queues },
		{ "batch", &batch }, { "burst", &burst },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!strcmp(name, fields[i].name)) {
			*fields[i].field = (__u32)number(value);
			return true;
		}
	}
	return false;
}

static bool more(const char *name, const char *value)
{
	if (setup_arg(name, value))
		return true;
	if (!strcmp(name, "policy"))
		setup.policy = strcmp(value, "recycle") ? LAB_POLICY_ATOMIC : LAB_POLICY_RECYCLE;
	else if (!strcmp(name, "refill"))
		setup.refill = strcmp(value, "threaded") ? LAB_REFILL_HARDIRQ : LAB_REFILL_THREADED;
	else if (!strcmp(name, "source"))
		wire = !strcmp(value, "wire");
	else if (!strcmp(name, "verify"))
		verify = number(value);
	else if (!strcmp(name, "latency"))
		latency = number(value);
	else if (!strcmp(name, "gap_ns"))
		gap_ns = number(value);
	else
		return false;
	return true;
}

/* What every receiver does: the header of each packet, nothing more */
static void read_headers(struct queue *q, const struct lab_block *block)
{
	struct lab_record_iter iter;
	const struct lab_record *record;
	uint64_t bytes = 0, sum = 0, packets = 0;

	lab_record_iter_init(&iter, lab_block_data(q->lab, block), block->bytes);
	while ((record = lab_record_next(&iter))) {
		bytes += iter.length;
		sum += record->seq + record->timestamp_ns;
		packets++;
	}
	q->broken += lab_record_iter_broken(&iter);
	q->packets += packets;
	q->bytes += bytes;
	q->sum += sum;
}

static void check_packets(struct queue *q, const struct lab_block *block)
{
	struct lab_record_iter iter;
	const struct lab_record *record;

	lab_record_iter_init(&iter, lab_block_data(q->lab, block), block->bytes);
	while ((record = lab_record_next(&iter)))
		q->broken += lab_record_verify(record, iter.length) != 0;
}

static void measure_latency(struct queue *q, const struct lab_block *block)
{
	int64_t now = (int64_t)now_ns() - to_monotonic_ns;
	struct lab_record_iter iter;
	const struct lab_record *record;

	lab_record_iter_init(&iter, lab_block_data(q->lab, block), block->bytes);
	while ((record = lab_record_next(&iter))) {
		int64_t ns = now - (int64_t)record->timestamp_ns;

		lab_hist_add(q->latency, ns > 0 ? (uint64_t)ns : 0);
	}
}

/* Takes what is there, gives it back with the next call. Return: slots to give back. */
static uint32_t receive(struct queue *q, uint32_t *slots, uint32_t nr, uint64_t timeout_ns)
{
	struct lab_block blocks[MAX_BATCH];
	int n = lab_exchange(q->lab, slots, nr, blocks, batch, timeout_ns);

	q->calls++;
	if (n == -ETIMEDOUT)
		return 0;
	if (n < 0)
		die("exchange", n);
	for (int i = 0; i < n; i++) {
		if (latency)
			measure_latency(q, &blocks[i]);
		if (verify)
			check_packets(q, &blocks[i]);
		read_headers(q, &blocks[i]);
		slots[i] = blocks[i].slot;
	}
	return (uint32_t)n;
}

static void receive_all(struct queue *q)
{
	uint32_t slots[MAX_BATCH], nr = 0;

	while (q->packets < q->count) {
		nr = receive(q, slots, nr, 2000000000u);
		if (!nr)
			break;
	}
	lab_exchange(q->lab, slots, nr, NULL, 0, 0);
	q->calls++;
}

static void generate(struct queue *q, uint64_t count)
{
	struct lab_burst start = {
		.size = sizeof(start), .count = count, .seed = 1, .burst = burst,
		.gap_ns = gap_ns, .size_min = bench.size, .size_max = bench.size,
	};
	int ret = lab_burst_start(q->lab, &start);

	if (ret)
		die("burst", ret);
}

static void run(struct queue *q, uint64_t count)
{
	q->packets = q->bytes = q->calls = 0;
	memset(q->latency, 0, sizeof(q->latency));
	q->count = count;
	generate(q, count);
	receive_all(q);
}

static void meet(void)
{
	pthread_barrier_wait(&shared->barrier);
}

static void receive_wire(struct bench *b, int timeout_ms)
{
	static uint32_t slots[MAX_BATCH], nr;
	struct queue *q = &shared->queues[0];

	q->packets = q->bytes = q->calls = 0;
	nr = receive(q, slots, nr, (uint64_t)timeout_ms * 1000000u);
	b->packets += q->packets;
	b->bytes += q->bytes;
	b->syscalls += q->calls;
}

static void open_queue(struct queue *q)
{
	struct lab_setup s = setup;
	struct lab_info info;
	int ret = lab_open(&q->lab, NULL);

	if (ret)
		die("open", ret);
	ret = lab_setup(q->lab, &s);
	if (ret)
		die("setup", ret);
	ret = lab_info(q->lab, &info);
	if (ret)
		die("info", ret);
	to_monotonic_ns = (int64_t)(info.monotonic_ns - info.device_ns);
}

static void close_queue(struct queue *q)
{
	int ret = lab_stats(q->lab, LAB_QUEUE_ANY, &q->stats);

	if (ret)
		die("stats", ret);
	lab_close(q->lab);
}

/* A queue's process: warm-up and the measured region begin at once for all */
static void own_process(struct queue *q)
{
	open_queue(q);
	run(q, bench.warmup / nr_queues);
	meet();
	meet();
	run(q, bench.count / nr_queues);
	meet();
	close_queue(q);
	exit(0);
}

static void run_all(void)
{
	pthread_barrierattr_t attr;
	int status;

	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attr, nr_queues + 1);
	for (uint32_t i = 0; i < nr_queues; i++) {
		if (!fork())
			own_process(&shared->queues[i]);
	}
	meet();
	bench_begin(&bench);
	meet();
	meet();
	bench_end(&bench);
	for (uint32_t i = 0; i < nr_queues; i++) {
		if (wait(&status) < 0 || status)
			die("a queue's process", ECHILD);
		bench.packets += shared->queues[i].packets;
		bench.bytes += shared->queues[i].bytes;
		bench.syscalls += shared->queues[i].calls;
	}
}

/* Counters and histograms of all queues; they hold the warm-up too */
static void print_stats(void)
{
	__u64 handler[LAB_HIST_BUCKETS] = { 0 }, late[LAB_HIST_BUCKETS] = { 0 };
	struct lab_stats sum = { 0 };
	uint64_t broken = 0;

	for (uint32_t i = 0; i < nr_queues; i++) {
		const struct queue *q = &shared->queues[i];

		sum.alloc_atomic += q->stats.alloc_atomic;
		sum.alloc_fallback += q->stats.alloc_fallback;
		sum.alloc_recycled += q->stats.alloc_recycled;
		sum.alloc_failed += q->stats.alloc_failed;
		sum.blocks += q->stats.blocks;
		lab_hist_merge(handler, q->stats.irq_ns);
		lab_hist_merge(late, q->latency);
		broken += q->broken;
	}
	printf(",\"queues\":%u,\"blocks\":%llu,\"alloc_atomic\":%llu,\"alloc_fallback\":%llu,"
	       "\"alloc_recycled\":%llu,\"alloc_failed\":%llu,\"broken\":%llu", nr_queues,
	       sum.blocks, sum.alloc_atomic, sum.alloc_fallback, sum.alloc_recycled,
	       sum.alloc_failed, (unsigned long long)broken);
	printf(",\"handler_p50_ns\":%llu,\"handler_p99_ns\":%llu",
	       (unsigned long long)lab_hist_quantile(handler, 5000),
	       (unsigned long long)lab_hist_quantile(handler, 9900));
	if (latency)
		printf(",\"latency_p50_ns\":%llu,\"latency_p99_ns\":%llu",
		       (unsigned long long)lab_hist_quantile(late, 5000),
		       (unsigned long long)lab_hist_quantile(late, 9900));
}

int main(int argc, char **argv)
{
	lab_setup_defaults(&setup);
	bench_args(&bench, argc, argv, more);
	if (!nr_queues || nr_queues > MAX_QUEUES || !batch || batch > MAX_BATCH)
		die("queues, batch", EINVAL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap", errno);
	if (setup.min_order > setup.order)
		setup.min_order = setup.order;
	if (wire) {
		setup.flags |= LAB_SETUP_WIRE;
		open_queue(&shared->queues[0]);
		bench_flood(&bench, "labyrinth", receive_wire);
		close_queue(&shared->queues[0]);
	} else {
		run_all();
	}
	bench_print(&bench);
	print_stats();
	puts("}");
	return 0;
}
