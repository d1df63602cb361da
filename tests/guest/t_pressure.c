// SPDX-License-Identifier: MIT
/*
 * Memory is short: smaller blocks, the reserve, or a pause; nothing is lost,
 * nothing stays stuck.  Huge pages eat the large pieces of memory; small ones
 * are left for the rest of the guest.
 */
#include "guest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define ORDER		6
#define DEPTH		256
#define RESUME_NS	10000000ull
#define TRIES		5
#define QUIET_MS	50
#define PATIENCE	100	/* times that */
#define MIN_FREE	"/proc/sys/vm/min_free_kbytes"
#define BALLAST		((size_t)96 << 20)	/* half of it stays free; KASAN alone may take 32 MiB */

static struct guest_queue q;
static uint8_t *ballast;
static unsigned int usual_min_free_kib;

static int write_number(const char *path, unsigned int n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = dprintf(fd, "%u", n) < 0;

	close(fd);
	return ret;
}

/* What the kernel keeps free for atomic allocations, KiB; it depends on much */
static unsigned int min_free_kib(void)
{
	FILE *f = fopen(MIN_FREE, "r");
	unsigned int kib = 0;

	if (f) {
		CU_ASSERT_EQUAL(fscanf(f, "%u", &kib), 1);
		fclose(f);
	}
	return kib;
}

/*
 * Huge pages take what is there; then every other page of the ballast is
 * freed: single pages, which nothing can join, for the rest of the guest.
 * What stays of it is locked, so that it is not moved together.
 */
static int eat_memory(void)
{
	int ret;

	usual_min_free_kib = min_free_kib();
	write_number(MIN_FREE, 2048);
	write_number("/proc/sys/vm/compact_unevictable_allowed", 0);
	ballast = mmap(NULL, BALLAST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(ballast, BALLAST, MADV_NOHUGEPAGE);
	memset(ballast, 1, BALLAST);
	ret = write_number(HUGEPAGES, 100000);
	for (size_t i = 0; i < BALLAST; i += 8192)
		madvise(ballast + i, 4096, MADV_DONTNEED);
	return ret || mlock2(ballast, BALLAST, MLOCK_ONFAULT);
}

static int free_memory(void)
{
	munmap(ballast, BALLAST);
	write_number(MIN_FREE, usual_min_free_kib);
	return write_number(HUGEPAGES, 0);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* A queue with all its blocks, then no memory for more */
static void start(struct lab_setup setup, uint64_t packets)
{
	setup.order = ORDER;
	if (!setup.min_order)
		setup.min_order = ORDER;
	setup.depth = DEPTH;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL_FATAL(eat_memory(), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, packets, 8000, 8000), 0);
}

/* Whether there is a block; not, once blocks could not be had and no more come */
static bool more_to_come(void)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (guest_polls(&q, POLLIN, QUIET_MS))
			return true;
		if (guest_stats(q.fd, LAB_QUEUE_ANY).alloc_failed)
			return false;	/* and the host was not just slow */
	}
	return false;
}

/* Claim and keep, until nothing comes any more. Return: packets claimed */
static uint64_t claim_until_dry(uint32_t *slots, uint32_t *nr)
{
	struct lab_block blocks[GUEST_BATCH];
	uint64_t packets = 0;
	int n;

	while (*nr <= DEPTH - GUEST_BATCH && more_to_come()) {
		n = guest_exchange(&q, NULL, 0, blocks, GUEST_BATCH, WAIT_NS);
		CU_ASSERT_FATAL(n > 0);
		for (int i = 0; i < n; i++) {
			slots[(*nr)++] = blocks[i].slot;
			packets += blocks[i].records;
		}
	}
	return packets;
}

static void release(const uint32_t *slots, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i += GUEST_BATCH)
		CU_ASSERT_EQUAL(guest_exchange(&q, slots + i, nr - i < GUEST_BATCH ? nr - i :
					       GUEST_BATCH, NULL, 0, 0), 0);
}

static void nothing_is_lost(uint64_t packets)
{
	struct lab_stats s = guest_stats(q.fd, LAB_QUEUE_ANY);

	CU_ASSERT_EQUAL(s.generated, packets);
	CU_ASSERT_EQUAL(s.dev_delivered, packets);
	CU_ASSERT_EQUAL(s.delivered, packets);
	CU_ASSERT_EQUAL(s.dev_in_flight, 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

/* A ring that ran dry brings no interrupt: time from memory being there to the next block */
static uint64_t resume_ns(void)
{
	static uint32_t slots[DEPTH];
	const uint64_t packets = 12000;
	struct guest_tally tally;
	uint64_t claimed, start_ns, took_ns;
	uint32_t nr = 0;

	start(guest_setup(0), packets);
	claimed = claim_until_dry(slots, &nr);
	CU_ASSERT(guest_stats(q.fd, LAB_QUEUE_ANY).alloc_failed > 0);
	CU_ASSERT(nr < DEPTH);
	CU_ASSERT_EQUAL(free_memory(), 0);
	start_ns = now_ns();
	CU_ASSERT(guest_polls(&q, POLLIN, 5000));
	took_ns = now_ns() - start_ns;
	release(slots, nr);
	CU_ASSERT_EQUAL(guest_receive(&q, packets - claimed, 8000, 8000, &tally), 0);
	CU_ASSERT_EQUAL(tally.corrupt + tally.lost, 0);
	nothing_is_lost(packets);
	return took_ns;
}

/* The host may be busy, so the best of a few tries says what the driver does */
static void a_dry_ring_resumes_within_10_ms_of_memory_being_there(void)
{
	uint64_t best = UINT64_MAX, took;

	for (int i = 0; i < TRIES && best > RESUME_NS; i++) {
		took = resume_ns();
		best = took < best ? took : best;
		printf("# resumed after %" PRIu64 " us\n", took / 1000);
	}
	CU_ASSERT(best <= RESUME_NS);
}

#define EVENT	"/sys/kernel/tracing/events/labyrinth/lab_alloc_failed/enable"

/* A line of the trace that has all of what explains a failure */
static bool failure_is_explained(void)
{
	FILE *f = fopen("/sys/kernel/tracing/trace", "r");
	unsigned long free, min, highatomic;
	char line[512], way[16] = "";
	unsigned int order = 0;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		const char *p = strstr(line, "lab_alloc_failed: ");

		found = p && strstr(p, "nr_free=") && strstr(p, "way=") &&
			sscanf(p, "lab_alloc_failed: dev=%*d queue=%*u order=%u zone=%*s free=%lu min=%lu highatomic=%lu",
			       &order, &free, &min, &highatomic) == 4 &&
			sscanf(strstr(p, "way="), "way=%15s", way) == 1;
	}
	if (f)
		fclose(f);
	printf("# %s", found ? line : "no line\n");
	return found && order == ORDER && free && min && (!strcmp(way, "fallback") || !strcmp(way, "later"));
}

static void a_failed_allocation_explains_itself(void)
{
	static uint32_t slots[DEPTH];
	struct lab_setup setup = guest_setup(0);
	uint32_t nr = 0;

	write_number("/sys/kernel/tracing/trace", 0);
	CU_ASSERT_EQUAL(write_number(EVENT, 1), 0);
	setup.min_order = 4;
	start(setup, 12000);
	claim_until_dry(slots, &nr);
	write_number(EVENT, 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(free_memory(), 0);
	CU_ASSERT(failure_is_explained());	/* reading it takes memory */
}

/* A burst that runs dry, and goes on when there is memory again. Return: counters when dry */
static struct lab_stats starve_and_resume(struct lab_setup setup)
{
	static uint32_t slots[DEPTH];
	struct guest_tally tally;
	struct lab_stats s;
	uint64_t claimed;
	uint32_t nr = 0;

	start(setup, 12000);
	claimed = claim_until_dry(slots, &nr);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT(s.alloc_failed > 0);
	CU_ASSERT_EQUAL(free_memory(), 0);
	release(slots, nr);
	CU_ASSERT_EQUAL(guest_receive(&q, 12000 - claimed, 8000, 8000, &tally), 0);
	CU_ASSERT_EQUAL(tally.corrupt + tally.lost, 0);
	nothing_is_lost(12000);
	return s;
}

static void a_smaller_block_is_better_than_none(void)
{
	struct lab_setup setup = guest_setup(0);
	struct lab_stats s;

	setup.min_order = 2;
	s = starve_and_resume(setup);
	CU_ASSERT(s.alloc_fallback > 0);
	CU_ASSERT(s.by_order[5] + s.by_order[4] + s.by_order[3] + s.by_order[2] > 0);
	CU_ASSERT_EQUAL(s.by_order[0] + s.by_order[1], 0);
}

static void the_reserve_is_used_when_the_allocator_fails(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.reserve = 8;
	CU_ASSERT(starve_and_resume(setup).alloc_reserve >= 8);
}

static void a_reserve_that_was_used_is_full_again_when_memory_is_there(void)
{
	static uint32_t slots[DEPTH];
	struct lab_setup setup = guest_setup(0);
	uint32_t nr = 0;

	setup.reserve = 8;
	start(setup, 12000);
	claim_until_dry(slots, &nr);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).reserved, 0);
	CU_ASSERT_EQUAL(free_memory(), 0);
	CU_ASSERT(guest_reserved(q.fd, 8));
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

/* One thread of the kernel falls back to smaller blocks while another says how small */
static void the_smallest_order_may_change_while_blocks_fall_back(void)
{
	static uint32_t slots[DEPTH];
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct lab_tune tune;
	uint64_t claimed;
	uint32_t nr = 0;

	setup.min_order = 1;
	start(setup, 12000);
	claimed = claim_until_dry(slots, &nr);
	tune = guest_tune(&q.setup);
	for (int i = 0; i < 2000; i++) {
		tune.min_order = 1 + i % ORDER;
		CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_TUNE, &tune), 0);
	}
	CU_ASSERT_EQUAL(free_memory(), 0);
	release(slots, nr);
	CU_ASSERT_EQUAL(guest_receive(&q, 12000 - claimed, 8000, 8000, &tally), 0);
	CU_ASSERT_EQUAL(tally.corrupt + tally.lost, 0);
	nothing_is_lost(12000);
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_dry_ring_resumes_within_10_ms_of_memory_being_there),
	TAP_TEST(a_failed_allocation_explains_itself),
	TAP_TEST(a_smaller_block_is_better_than_none),
	TAP_TEST(the_reserve_is_used_when_the_allocator_fails),
	TAP_TEST(a_reserve_that_was_used_is_full_again_when_memory_is_there),
	TAP_TEST(the_smallest_order_may_change_while_blocks_fall_back),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "pressure", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
