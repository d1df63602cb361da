/* SPDX-License-Identifier: MIT */
/*
 * What the suites that run in the guest share: a queue, by raw ioctls where an
 * errno is the point, and a receiver that checks every byte.
 */
#ifndef LABYRINTH_TESTS_GUEST_H
#define LABYRINTH_TESTS_GUEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "liblabyrinth.h"
#include "tap.h"

#define NODE		"/dev/labyrinth0"	/* what most suites use */
#define WAIT_NS		(5 * 1000000000ull)
#define GUEST_BATCH	64

/**
 * struct guest_queue - an open file with a queue
 * @fd: open file
 * @setup: as the driver returned it
 * @window: its window, or MAP_FAILED
 */
struct guest_queue {
	int fd;
	struct lab_setup setup;
	uint8_t *window;
};

/**
 * struct guest_tally - what a receiver saw
 * @packets: records
 * @blocks: blocks
 * @corrupt: records whose header, payload or CRC is not what it must be
 * @lost: packets that the sequence numbers say are missing, after the first
 * @next_seq: sequence number expected next
 */
struct guest_tally {
	uint64_t packets;
	uint64_t blocks;
	uint64_t corrupt;
	uint64_t lost;
	uint64_t next_seq;
};

/* Number N of the device /dev/labyrinthN that guest_open() and guest_sysfs() use; 0 */
extern int guest_device;

/* ioctl(), as -errno */
int guest_ioctl(int fd, unsigned long cmd, void *arg);
/* Valid parameters for a queue: order 0, depth 8 */
struct lab_setup guest_setup(uint32_t queue);
/* Open, set up, map.  Return: 0 or -errno */
int guest_open(struct guest_queue *q, const struct lab_setup *setup);
void guest_close(struct guest_queue *q);
int guest_exchange(struct guest_queue *q, const uint32_t *release, uint32_t nr_release,
		   struct lab_block *claim, uint32_t nr_claim, uint64_t timeout_ns);
/* A burst of @count packets of @min to @max bytes, seed 1 */
int guest_burst(struct guest_queue *q, uint64_t count, uint32_t min, uint32_t max);
/* Claim, check and release until @count packets came.  Return: 0 or -errno */
int guest_receive(struct guest_queue *q, uint64_t count, uint32_t min, uint32_t max,
		  struct guest_tally *tally);
/* LAB_IOC_SEND.  Return: 0 or -errno */
int guest_send_with(struct guest_queue *q, struct lab_send send);
int guest_send(struct guest_queue *q, const void *records, uint32_t bytes, uint64_t timeout_ns);
/* Wait until all that was sent is gone */
int guest_flush(struct guest_queue *q);
bool guest_polls(const struct guest_queue *q, short event, int timeout_ms);
/* Claim one block, waiting for it.  Return: 0 or -errno */
int guest_claim_one(struct guest_queue *q, struct lab_block *block);
struct lab_stats guest_stats(int fd, uint32_t queue);
/* Wait until the reserve of the file's queue has @n blocks. Return: whether it came so far */
bool guest_reserved(int fd, uint32_t n);
/* A set-up, to be changed by LAB_IOC_TUNE */
struct lab_tune guest_tune(const struct lab_setup *s);
/* A counter of queue @queue in sysfs */
uint64_t guest_sysfs(uint32_t queue, const char *name);
uint32_t guest_queues(void);
uint32_t guest_max_order(void);
/* Whether reading a byte at @p raises @sig (0: none) */
bool guest_touch_raises(const volatile uint8_t *p, int sig);
/* Run @fn(@arg) in a child.  Return: its exit status, or 128 + signal */
int guest_child(int (*fn)(void *arg), void *arg);

#endif
