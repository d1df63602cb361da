// SPDX-License-Identifier: MIT
/*
 * Faults of all kinds, mixed, on queues of all kinds, for some seconds, behind
 * an IOMMU (soak.sh): whatever the device does, each queue is accounted for and
 * given back whole, and at the end all works as on the first day.
 *
 * usage: s_soak SECONDS [SEED]
 */
#include "guest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT	300
#define SIZE	1500

/* Not those that take the device away for good */
#define SURVIVABLE	(LAB_FAULT_ALL & ~(LAB_FAULT_ALL_ONES | LAB_FAULT_LINK_DOWN))
/* A completion too many, or one that says a wrong number of packets */
#define LIES	(LAB_FAULT_CPL_DUPLICATE | LAB_FAULT_CPL_CORRUPT | LAB_FAULT_DESC_TWICE)

static uint32_t seconds = 5;
static uint64_t seed = 1;
static uint64_t state;
static uint32_t queues;	/* read before there are faults: the device may be away later */

static uint32_t draw(uint32_t below)
{
	state = lab_mix64(state);
	return (uint32_t)(state >> 32) % below;
}

/* There is a moment after an error when the device cannot be had */
static int patiently(int (*fn)(void *arg), void *arg)
{
	int ret = fn(arg);

	for (int tries = 0; ret && tries < 5000; tries++) {
		poll(NULL, 0, 1);
		ret = fn(arg);
	}
	return ret;
}

static int inject_once(void *arg)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = guest_ioctl(fd, LAB_IOC_INJECT, arg);
	close(fd);
	return ret;
}

static void inject(uint32_t faults, uint32_t period, uint64_t at_random)
{
	struct lab_inject x = { .size = sizeof(x), .faults = faults, .period = period,
				.seed = at_random };

	CU_ASSERT_EQUAL(patiently(inject_once, &x), 0);
}

static struct guest_queue q;

static int open_once(void *arg)
{
	return guest_open(&q, arg);
}

static struct lab_setup random_setup(void)
{
	struct lab_setup setup = guest_setup(draw(queues));

	setup.order = draw(3);
	setup.depth = 4u << draw(6);
	setup.policy = draw(2);
	setup.refill = draw(2);
	setup.reserve = draw(4);
	setup.records_per_block = draw(2);
	setup.irq_count = 1 + draw(2);
	setup.irq_ns = setup.irq_count > 1 ? 1000000 : 0;
	return setup;
}

static uint32_t random_faults(void)
{
	uint32_t faults = 0;

	for (uint32_t n = 1 + draw(4); n; n--)
		faults |= 1u << draw(__builtin_popcount(LAB_FAULT_ALL));
	return faults & SURVIVABLE;
}

/* Touch all that arrives, until all came, nothing comes, or the queue has ended */
static uint64_t receive(void)
{
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	uint64_t records = 0;
	int n = 0;

	do {
		n = guest_exchange(&q, slots, n, blocks, GUEST_BATCH, 150000000);
		for (int i = 0; i < n; i++) {
			struct lab_record_iter iter;
			const struct lab_record *r;

			lab_record_iter_init(&iter, q.window + blocks[i].slot *
					     q.setup.window_stride, blocks[i].bytes);
			while ((r = lab_record_next(&iter)))
				(void)lab_record_verify(r, iter.length);
			records += blocks[i].records;
			slots[i] = blocks[i].slot;
		}
	} while (n > 0 && records < COUNT);
	CU_ASSERT(n > 0 || n == -ETIMEDOUT || n == -EIO);
	return records;
}

/* A queue that an error ended has the device's counters of that moment */
static void expect_accounted(uint32_t faults, uint64_t records)
{
	struct lab_stats s = { .size = sizeof(s), .queue = LAB_QUEUE_ANY };

	if (guest_ioctl(q.fd, LAB_IOC_STATS, &s))
		return;		/* between an error and the recovery from it */
	CU_ASSERT_EQUAL(s.delivered, records);
	CU_ASSERT_EQUAL(s.generated, s.dev_delivered + s.drop_fifo + s.drop_size + s.drop_stop +
				     s.dev_in_flight);
	if (!(faults & LIES) && s.queue_error != LAB_QERR_RESET)
		CU_ASSERT(s.dev_delivered >= s.delivered + s.drop_invalid + s.ready_packets);
	CU_ASSERT_EQUAL(s.wrong_moves, 0);
}

struct counter {
	uint32_t queue;
	const char *name;
	uint64_t value;
};

static int read_once(void *arg)
{
	struct counter *c = arg;

	c->value = guest_sysfs(c->queue, c->name);
	return c->value == UINT64_MAX;
}

static void expect_nothing_held(uint32_t queue)
{
	struct counter held = { queue, "held", 0 }, released = { queue, "released", 0 };

	CU_ASSERT_EQUAL(patiently(read_once, &held), 0);
	CU_ASSERT_EQUAL(patiently(read_once, &released), 0);
	CU_ASSERT_EQUAL(held.value, released.value);
}

static void round_of(uint32_t faults, uint32_t period)
{
	struct lab_setup setup = random_setup();
	uint64_t records;

	CU_ASSERT_EQUAL_FATAL(patiently(open_once, &setup), 0);
	inject(faults, period, draw(1000));
	guest_burst(&q, COUNT, 1, SIZE);	/* an error may have come already */
	records = receive();
	expect_accounted(faults, records);
	guest_close(&q);
	inject(0, 1, 0);
	expect_nothing_held(setup.queue);
}

static void whatever_comes_is_survived(void)
{
	time_t end = time(NULL) + seconds;
	uint32_t faults, period, rounds = 0;

	state = seed;
	queues = guest_queues();
	printf("# seed %" PRIu64 "\n", seed);
	for (; time(NULL) < end; rounds++) {
		faults = random_faults();
		period = 2 + draw(40);
		round_of(faults, period);
		if (CU_get_number_of_failure_records()) {
			printf("# round %u: faults %#x, one in %u\n", rounds, faults, period);
			break;
		}
	}
	printf("# %u rounds\n", rounds);
}

static void then_all_works_as_ever(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct lab_stats s;

	setup.depth = 64;
	CU_ASSERT_EQUAL_FATAL(patiently(open_once, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 5000, 1, SIZE), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, 5000, 1, SIZE, &tally), 0);
	CU_ASSERT_EQUAL(tally.packets, 5000);
	CU_ASSERT_EQUAL(tally.lost + tally.corrupt, 0);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.delivered, 5000);
	CU_ASSERT_EQUAL(s.refused, 0);
	guest_close(&q);
	expect_nothing_held(0);
}

static void and_the_driver_can_be_unloaded(void)
{
	CU_ASSERT_EQUAL(system("rmmod labyrinth"), 0);
}

static CU_TestInfo tests[] = {
	TAP_TEST(whatever_comes_is_survived),
	TAP_TEST(then_all_works_as_ever),
	TAP_TEST(and_the_driver_can_be_unloaded),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "soak", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(int argc, char **argv)
{
	if (argc > 1)
		seconds = (uint32_t)strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	return tap_run(suites);
}
