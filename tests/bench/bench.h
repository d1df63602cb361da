/* SPDX-License-Identifier: MIT */
/*
 * What the receivers in the guest have in common: options, markers, clocks,
 * counts, the line of JSON that each prints.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct bench - one row: what is asked for, what came out
 * @label: number of the row
 * @size: bytes of a packet (on the wire: of the frame) or of an I/O
 * @count: packets in the measured region
 * @warmup: packets before it
 * @irq: text in /proc/interrupts that names the device's interrupts
 * @iface: network interface
 * @packets: that came, in the measured region
 * @bytes: of their payload
 * @syscalls: in the measured region
 * @start_ns: its start
 * @end_ns: last packet of it, 0: when bench_end() is called
 * @interrupts: in the measured region
 * @cpu_ns: CPU time of QEMU in it
 * @busiest_ns: of that, of its busiest thread
 */
struct bench {
	unsigned int label;
	unsigned int size;
	uint64_t count;
	uint64_t warmup;
	const char *irq;
	const char *iface;
	uint64_t packets;
	uint64_t bytes;
	uint64_t syscalls;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t interrupts;
	uint64_t cpu_ns;
	uint64_t busiest_ns;
};

/* Says why, and ends the program */
void die(const char *what, int error) __attribute__((noreturn));

/* NAME=VALUE arguments; what is none of its own is for @more. Ends the program if that says no. */
void bench_args(struct bench *b, int argc, char **argv,
		bool (*more)(const char *name, const char *value));
uint64_t number(const char *value);

uint64_t now_ns(void);
void bench_begin(struct bench *b);
void bench_end(struct bench *b);

/* The row, without its closing brace: the caller may add to it */
void bench_print(const struct bench *b);

/*
 * The flood on the host: asks for @packets frames of b->size on netdev @net;
 * it answers when all are sent.
 */
int flood_open(void);	/* -1: there is none */
void flood_start(int flood, const char *net, unsigned int size, uint64_t packets);
bool flood_done(int flood, int timeout_ms);

/*
 * A receiver of the flood: @receive takes what is there, waits at most
 * @timeout_ms for the first packet, adds to b->packets, bytes, syscalls.
 */
void bench_flood(struct bench *b, const char *net,
		 void (*receive)(struct bench *b, int timeout_ms));

#define FLOOD_HEADERS	42	/* bytes of a frame of the flood before its sequence number */

#endif
