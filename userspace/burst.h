/* SPDX-License-Identifier: MIT */
/*
 * A burst, in the order in which its files do the work:
 * burst_options.c what is wanted -> run.c all queues -> receive.c one queue
 * -> check.c each packet -> result.c what came of it -> verdict.c is it right
 */
#ifndef LABCTL_BURST_H
#define LABCTL_BURST_H

#include <stdatomic.h>

#include "labctl.h"

/**
 * struct burst_config - what is wanted
 * @queue: a number, LAB_QUEUE_ANY or QUEUE_ALL
 * @count: packets a queue, 0: until the time is up
 * @size: of the payload, bytes
 * @burst: packets in a burst, 0: all
 * @gap_ns: from burst to burst
 * @sizes: how they are drawn: index into sizes_names
 * @arrivals: how bursts are: index into arrivals_names
 * @seed: queue q generates with seed + q
 * @seconds: the generator is stopped after so long, 0: never
 * @lossy: a full FIFO drops instead of holding the generator back
 * @no_verify: read the headers only
 *
 * The rest as in struct lab_setup; U32_UNSET: to be chosen.
 */
struct burst_config {
	uint32_t queue;
	uint64_t count;
	struct span size;
	uint32_t burst;
	uint64_t gap_ns;
	uint32_t sizes;
	uint32_t arrivals;
	uint64_t seed;
	uint32_t order;
	uint32_t min_order;
	uint32_t depth;
	uint32_t policy;
	uint32_t refill;
	uint32_t reserve;
	uint32_t records_per_block;
	uint32_t irq_count;
	uint32_t irq_ns;
	uint32_t block_timeout_ns;
	uint32_t budget;
	uint32_t seconds;
	bool lossy;
	bool no_verify;
};

/* burst_options.c */
extern const char *const policy_names[];
extern const char *const refill_names[];
extern const char *const sizes_names[];
extern const char *const arrivals_names[];
extern struct burst_config burst_config;	/* what the options below set */
extern const struct opt queue_options[];
extern const struct opt block_options[];
void burst_defaults(struct burst_config *config);
uint32_t smallest_order(uint32_t payload_bytes);
int burst_resolve(struct burst_config *config, struct args_error *error);
int burst_check_limits(const struct burst_config *config, const struct lab_info *info,
		       struct args_error *error);
uint32_t burst_mode(const struct burst_config *config);
void burst_setup(const struct burst_config *config, uint32_t queue, struct lab_setup *setup);

/**
 * struct packet_check - what one queue's packets must be, and what they were
 * @queue: where they must come from
 * @seed: of the generator
 * @size: of the payload that it was told
 * @burst: packets in a burst that it was told, 0: all
 * @mode: LAB_GEN_* that it was told
 * @headers_only: do not look at the payload
 * @device_now_ns: device clock when the block was claimed
 * @next_seq: the sequence number expected next
 * @last_burst: number of the burst of the packet before
 * @last_timestamp_ns: of the packet before
 * @packets: that came
 * @bytes: of their payload
 * @corrupt: packets, and blocks, that are not what they must be
 * @out_of_order: packets that came after a later one, or twice
 * @latency_max_ns: largest time from the device to the claim
 * @latency: histogram of these times
 * @first_fault: about the first packet that was wrong, "" if none was
 */
struct packet_check {
	uint32_t queue;
	uint64_t seed;
	struct span size;
	uint32_t burst;
	uint32_t mode;
	bool headers_only;
	uint64_t device_now_ns;
	uint64_t next_seq;
	uint32_t last_burst;
	uint64_t last_timestamp_ns;
	uint64_t packets;
	uint64_t bytes;
	uint64_t corrupt;
	uint64_t out_of_order;
	uint64_t latency_max_ns;
	__u64 latency[LAB_HIST_BUCKETS];
	char first_fault[96];
};

/* check.c */
void check_block(struct packet_check *check, const void *data, const struct lab_block *block);

enum receiver_state {
	RECEIVER_NEW,
	RECEIVER_READY,		/* set up, waits for the others */
	RECEIVER_DONE,
};

/**
 * struct receiver - one queue, and the process that empties it
 * @config: what is wanted; read only
 * @stop: of the run: whether to stop the generator
 * @lab: the file; the process's own
 * @setup: as the driver granted it
 * @check: its packets
 * @clock: the device's
 * @stats: the driver's counters after the last packet
 * @start_ns: when the generator started
 * @last_ns: when the last packet was claimed
 * @error: negative errno that ended it, 0: none
 * @error_at: what failed
 * @held: blocks allocated for the queue, read after it was closed
 * @released: of them, freed again; both 0 if somebody else had it by then
 * @status: exit status: whether it came to receiving at all
 * @pid: of the process; the parent's own
 * @state: where it is
 * @seen_packets: for the progress line: written by the process, read by its parent
 * @seen_bytes: likewise
 */
struct receiver {
	const struct burst_config *config;
	const _Atomic bool *stop;
	struct lab *lab;
	struct lab_setup setup;
	struct packet_check check;
	struct device_clock clock;
	struct lab_stats stats;
	uint64_t start_ns;
	uint64_t last_ns;
	int error;
	char error_at[32];
	uint64_t held;
	uint64_t released;
	int status;
	int pid;
	_Atomic enum receiver_state state;
	_Atomic uint64_t seen_packets;
	_Atomic uint64_t seen_bytes;
};

/* receive.c */
void receive(struct receiver *receiver);

enum run_start { START_WAIT, START_GO, START_NOT };

/**
 * struct burst_run - a burst on one queue or on all
 * @config: what is wanted, resolved
 * @nr: queues
 * @receivers: one a queue
 * @started_ns: when it began
 * @stopped_early: by a signal, or because the time was up
 * @start: whether the children may begin; written by the parent
 * @stop: whether to stop the generators; written by the parent
 */
struct burst_run {
	struct burst_config config;
	uint32_t nr;
	struct receiver receivers[LAB_MAX_QUEUES];
	uint64_t started_ns;
	bool stopped_early;
	_Atomic enum run_start start;
	_Atomic bool stop;
};

/* run.c */
typedef void burst_draw(const struct burst_run *run, void *arg);
struct burst_run *burst_run_new(const struct burst_config *config);
void burst_run_free(struct burst_run *run);
int burst_execute(struct burst_run *run, burst_draw *draw, void *arg);
uint64_t burst_packets(const struct burst_run *run);
uint64_t burst_bytes(const struct burst_run *run);

/**
 * struct burst_result - what came of it, of one queue or of several
 * @stats: the counters of device and driver
 * @delivered: packets that this process read
 * @bytes: of their payload
 * @corrupt: of them
 * @out_of_order: of them
 * @held: blocks allocated, after the queues were closed
 * @released: of them, freed again
 * @latency_max_ns: from the device to this process
 * @latency: the same as a histogram
 * @seconds: from the start to the last packet
 */
struct burst_result {
	struct lab_stats stats;
	uint64_t delivered;
	uint64_t bytes;
	uint64_t corrupt;
	uint64_t out_of_order;
	uint64_t held;
	uint64_t released;
	uint64_t latency_max_ns;
	__u64 latency[LAB_HIST_BUCKETS];
	double seconds;
};

/* result.c */
void result_of(const struct receiver *receiver, struct burst_result *result);
void result_add(struct burst_result *into, const struct burst_result *from);
void result_total(const struct burst_run *run, struct burst_result *total);
json_t *result_json(const struct burst_result *result);
void result_print(FILE *out, const struct burst_result *result);

/* verdict.c */
bool verdict(const struct burst_run *run);

#endif
