// SPDX-License-Identifier: MIT
/*
 * Devices that lie in their completions, as hostile.sh starts them: what they
 * say is refused and counted, what is true still arrives, nothing leaks.
 */
#include "guest.h"

#include <string.h>

#define COUNT	1000

enum { BAD_SLOT, BAD_LENGTH, DUPLICATE };

static uint64_t seen, corrupt;

static void take(struct guest_queue *q, const struct lab_block *block)
{
	struct lab_record_iter iter;
	const struct lab_record *r;

	lab_record_iter_init(&iter, q->window + block->slot * q->setup.window_stride, block->bytes);
	while ((r = lab_record_next(&iter))) {
		corrupt += lab_record_verify(r, iter.length) != 0;
		seen++;
	}
}

/* Until the device has nothing more to say */
static void receive_what_is_true(struct guest_queue *q)
{
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	int n = 0;

	seen = 0;
	corrupt = 0;
	for (;;) {
		n = guest_exchange(q, slots, n, blocks, GUEST_BATCH, 500000000);
		if (n < 0)
			break;
		for (int i = 0; i < n; i++) {
			take(q, &blocks[i]);
			slots[i] = blocks[i].slot;
		}
	}
	CU_ASSERT_EQUAL(n, -ETIMEDOUT);
}

static struct lab_stats survive(int device)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_queue q;
	struct lab_stats s;

	guest_device = device;
	setup.depth = 256;	/* each block whose slot is lied about is lost until close */
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, COUNT, 1000, 1000), 0);
	receive_what_is_true(&q);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.generated, COUNT);
	CU_ASSERT(s.refused > 0);
	CU_ASSERT_EQUAL(s.delivered, seen);
	CU_ASSERT_EQUAL(corrupt, 0);
	CU_ASSERT_EQUAL(s.queue_error, 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
	return s;
}

static void a_slot_that_does_not_exist_is_refused(void)
{
	struct lab_stats s = survive(BAD_SLOT);

	CU_ASSERT_EQUAL(s.dev_delivered, s.delivered + s.drop_invalid);
	CU_ASSERT(s.drop_invalid > 0);
}

static void more_bytes_than_the_block_has_are_refused(void)
{
	struct lab_stats s = survive(BAD_LENGTH);

	CU_ASSERT_EQUAL(s.dev_delivered, s.delivered + s.drop_invalid);
	CU_ASSERT(s.drop_invalid > 0);
}

static void a_completion_said_twice_counts_once(void)
{
	CU_ASSERT_EQUAL(survive(DUPLICATE).delivered, COUNT);
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_slot_that_does_not_exist_is_refused),
	TAP_TEST(more_bytes_than_the_block_has_are_refused),
	TAP_TEST(a_completion_said_twice_counts_once),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "hostile", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
