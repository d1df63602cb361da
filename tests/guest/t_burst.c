// SPDX-License-Identifier: MIT
/* Packets come through the driver, every byte as it was generated. */
#include "guest.h"

#include <string.h>

#define COUNT	2000

static void receive_all(const struct lab_setup *setup, uint64_t count, uint32_t min, uint32_t max)
{
	struct guest_queue q;
	struct guest_tally tally;
	struct lab_stats s;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, count, min, max), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, count, min, max, &tally), 0);
	CU_ASSERT_EQUAL(tally.packets, count);
	CU_ASSERT_EQUAL(tally.corrupt, 0);
	CU_ASSERT_EQUAL(tally.lost, 0);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.generated, count);
	CU_ASSERT_EQUAL(s.dev_delivered, count);
	CU_ASSERT_EQUAL(s.delivered, count);
	CU_ASSERT_EQUAL(s.dev_blocks, s.blocks);
	CU_ASSERT_EQUAL(s.dev_in_flight, 0);
	CU_ASSERT_EQUAL(s.drop_fifo + s.drop_size + s.drop_stop + s.drop_invalid, 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(setup->queue, "held"), guest_sysfs(setup->queue, "released"));
}

static void every_order_delivers_every_byte(void)
{
	struct lab_setup setup = guest_setup(0);

	for (setup.order = 0; setup.order <= guest_max_order() && setup.order <= 6; setup.order++) {
		setup.min_order = setup.order;
		receive_all(&setup, COUNT, 1, lab_record_max(4096u << setup.order) < 9000 ?
			    lab_record_max(4096u << setup.order) : 9000);
	}
}

static void every_queue_delivers_every_byte(void)
{
	for (uint32_t i = 0; i < guest_queues(); i++) {
		struct lab_setup setup = guest_setup(i);

		receive_all(&setup, COUNT, 64, 1500);
	}
}

static void every_depth_delivers_every_byte(void)
{
	struct lab_setup setup = guest_setup(0);

	for (setup.depth = 2; setup.depth <= 1024; setup.depth *= 8)
		receive_all(&setup, COUNT, 64, 1500);
}

static void a_packet_may_fill_its_block(void)
{
	struct lab_setup setup = guest_setup(1);

	receive_all(&setup, 100, lab_record_max(4096), lab_record_max(4096));
}

static void one_record_a_block_if_asked(void)
{
	struct lab_setup setup = guest_setup(1);
	struct guest_queue q;
	struct guest_tally tally;

	setup.records_per_block = 1;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 300, 64, 64), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, 300, 64, 64, &tally), 0);
	CU_ASSERT_EQUAL(tally.blocks, 300);
	CU_ASSERT_EQUAL(tally.corrupt, 0);
	guest_close(&q);
}

static void recycled_blocks_deliver_every_byte(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.policy = LAB_POLICY_RECYCLE;
	receive_all(&setup, 10 * COUNT, 1, 4000);
}

static void threaded_refill_delivers_every_byte(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.refill = LAB_REFILL_THREADED;
	receive_all(&setup, COUNT, 1, 4000);
}

static void replacements_are_allocated_in_the_interrupt(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_queue q;
	struct guest_tally tally;
	struct lab_stats s;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, COUNT, 1500, 1500), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, COUNT, 1500, 1500, &tally), 0);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.alloc_failed, 0);
	CU_ASSERT_EQUAL(s.alloc_process, setup.depth / 2);
	CU_ASSERT(s.alloc_atomic + s.alloc_process >= s.blocks);
	guest_close(&q);
}

static void the_queue_holds_no_more_than_its_depth(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_queue q;
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	struct lab_stats s;
	int n = 0;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 1000, 3000, 3000), 0);
	for (uint64_t got = 0; got < 1000 && n >= 0; got += n) {
		n = guest_exchange(&q, slots, n, blocks, GUEST_BATCH, WAIT_NS);
		s = guest_stats(q.fd, LAB_QUEUE_ANY);
		CU_ASSERT(s.held - s.released <= setup.depth);
		for (int i = 0; i < n; i++)
			slots[i] = blocks[i].slot;
	}
	CU_ASSERT(n > 0);
	guest_close(&q);
}

static void all_queues_run_at_once(void)
{
	struct guest_queue q[16];
	struct guest_tally tally;
	uint32_t i, queues = guest_queues();

	for (i = 0; i < queues; i++) {
		struct lab_setup setup = guest_setup(i);

		CU_ASSERT_EQUAL_FATAL(guest_open(&q[i], &setup), 0);
	}
	for (i = 0; i < queues; i++)
		CU_ASSERT_EQUAL(guest_burst(&q[i], COUNT, 64, 1500), 0);
	for (i = 0; i < queues; i++) {
		CU_ASSERT_EQUAL(guest_receive(&q[i], COUNT, 64, 1500, &tally), 0);
		CU_ASSERT_EQUAL(tally.packets, COUNT);
		CU_ASSERT_EQUAL(tally.corrupt + tally.lost, 0);
	}
	for (i = 0; i < queues; i++)
		guest_close(&q[i]);
}

static CU_TestInfo tests[] = {
	TAP_TEST(every_order_delivers_every_byte),
	TAP_TEST(every_queue_delivers_every_byte),
	TAP_TEST(every_depth_delivers_every_byte),
	TAP_TEST(a_packet_may_fill_its_block),
	TAP_TEST(one_record_a_block_if_asked),
	TAP_TEST(recycled_blocks_deliver_every_byte),
	TAP_TEST(threaded_refill_delivers_every_byte),
	TAP_TEST(replacements_are_allocated_in_the_interrupt),
	TAP_TEST(the_queue_holds_no_more_than_its_depth),
	TAP_TEST(all_queues_run_at_once),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "burst", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
