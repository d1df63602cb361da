// SPDX-License-Identifier: MIT
/*
 * A thread reads all over the window while another claims and releases as fast
 * as it can: each read gives a byte of a block that is claimed, or SIGBUS.
 */
#include "guest.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>

#define PACKETS	5000
#define ROUNDS	50

static struct guest_queue q;
static _Atomic uint32_t generation[16];	/* odd while the slot is claimed */
static _Atomic bool done;
static _Atomic uint64_t good, bus, torn, wrong;
static __thread sigjmp_buf jump;

static void on_bus(int sig)
{
	siglongjmp(jump, sig);
}

/* The first record of a slot. Return: whether it is whole; SIGBUS leaves by @jump. */
static bool read_slot(uint32_t slot)
{
	const struct lab_record *r = (const void *)(q.window + slot * q.setup.window_stride);
	uint32_t length = *(volatile const uint32_t *)&r->length;

	return length <= lab_record_max(4096) && lab_record_verify(r, length) == 0 &&
	       r->queue == q.setup.queue;
}

/* What was read counts only if the slot's owner did not change meanwhile */
static void probe(uint32_t slot)
{
	uint32_t before = atomic_load(&generation[slot]);
	bool whole;

	if (sigsetjmp(jump, 1)) {
		bus++;
		return;
	}
	whole = read_slot(slot);
	if (atomic_load(&generation[slot]) != before)
		torn++;
	else if (!(before & 1))
		torn += whole;		/* between the driver's release and our note of it */
	else if (whole)
		good++;
	else
		wrong++;
}

static void *prober(void *arg)
{
	struct sigaction act = { .sa_handler = on_bus };

	sigaction(SIGBUS, &act, NULL);
	for (uint32_t slot = 0; !atomic_load(&done); slot = (slot + 1) % q.setup.depth)
		probe(slot);
	return arg;
}

/* The note is made before the release and after the claim: odd means certainly claimed */
static int exchange_all(void)
{
	struct lab_block blocks[16];
	uint32_t slots[16];
	uint64_t packets = 0;
	int i, n = 0;

	while (packets < PACKETS) {
		for (i = 0; i < n; i++)
			atomic_fetch_add(&generation[slots[i]], 1);
		n = guest_exchange(&q, slots, n, blocks, 16, WAIT_NS);
		for (i = 0; i < n; i++) {
			slots[i] = blocks[i].slot;
			packets += blocks[i].records;
			atomic_fetch_add(&generation[slots[i]], 1);
		}
		for (i = 0; i < n; i++)
			wrong += !read_slot(slots[i]);
		if (n < 0)
			return n;
	}
	for (i = 0; i < n; i++)
		atomic_fetch_add(&generation[slots[i]], 1);
	return guest_exchange(&q, slots, n, NULL, 0, 0);
}

static void race(uint32_t policy)
{
	struct lab_setup setup = guest_setup(0);
	pthread_t thread;

	good = bus = torn = wrong = 0;
	done = false;
	for (int i = 0; i < 16; i++)
		generation[i] = 0;
	setup.policy = policy;
	setup.depth = 16;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(pthread_create(&thread, NULL, prober, NULL), 0);
	for (int i = 0; i < ROUNDS && (i < 3 || !good || !bus); i++) {
		CU_ASSERT_EQUAL(guest_burst(&q, PACKETS, 1000, 1000), 0);
		CU_ASSERT_EQUAL(exchange_all(), 0);
	}
	atomic_store(&done, true);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(good > 0);
	CU_ASSERT(bus > 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static void a_thread_never_reads_a_released_block(void)
{
	race(LAB_POLICY_ATOMIC);
}

static void a_thread_never_reads_a_block_that_the_device_has_again(void)
{
	race(LAB_POLICY_RECYCLE);
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_thread_never_reads_a_released_block),
	TAP_TEST(a_thread_never_reads_a_block_that_the_device_has_again),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "revoke", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
