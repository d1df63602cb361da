// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both rings, over their ends and back.
 */
#include "queue.h"

static struct lt_queue q;

static const struct lt_burst one = { .count = 1, .size_min = 40, .size_max = 40, .seed = 77 };

static void phase_turns_with_every_lap(void)
{
	uint8_t block[4096];
	struct lab_cpl cpl;
	uint64_t seq;

	lt_q_open(&q, 0, 2, sizeof(block), 0);
	for (seq = 0; seq < 23; seq++) {
		lt_q_post(&q, 1);
		lt_q_generate(&q, one);
		EXPECT(lt_q_wait_delivered(&q, seq + 1));
		EXPECT(lt_q_pop(&q, &cpl, block));
		EXPECT_EQ(cpl.phase, (seq / 4) % 2 ? 0 : 1);
		EXPECT_EQ(cpl.slot, seq % 4);
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &one, seq), 1);
		lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
	}
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
}

static void smallest_ring_has_two_entries(void)
{
	struct lt_burst many = { .count = 40, .size_min = 4000, .size_max = 4000, .seed = 8 };
	uint8_t block[4096];
	struct lab_cpl cpl;
	uint64_t seq;

	lt_q_open(&q, 0, 1, sizeof(block), 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, many);
	for (seq = 0; seq < 40; seq++) {
		EXPECT(lt_q_wait_delivered(&q, seq < 38 ? seq + 2 : 40));
		EXPECT(lt_q_pop(&q, &cpl, block));
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &many, seq), 1);
		lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
		lt_q_post(&q, 1);
	}
	EXPECT(lt_q_balanced(&q));
}

/* Past the read-ahead of any device, filled to the brim, three times */
static void largest_ring_is_used_in_full(void)
{
	struct lt_burst many = { .size_min = 8, .size_max = 8, .burst = 1, .seed = 1 };
	const uint32_t entries = 1u << LAB_MAX_RING_LOG2;
	struct lab_cpl cpl;
	struct lab_fill fill = { .addr = LT_BLOCK_BASE, .len = 4096 };
	uint32_t lap, i, good;

	many.count = entries;
	lt_q_open(&q, 0, LAB_MAX_RING_LOG2, 4096, 0);
	for (lap = 0; lap < 3; lap++) {
		for (i = 0; i < entries; i++) {
			fill.slot = i ^ lap;
			lt_q_put(&q, fill);
		}
		lt_q_doorbell(&q);
		lt_q_generate(&q, many);
		EXPECT(lt_q_wait_delivered(&q, (lap + 1) * (uint64_t)entries));
		for (i = good = 0; i < entries && lt_q_pop(&q, &cpl, NULL); i++)
			good += cpl.slot == (i ^ lap) && cpl.seq == lap * entries + i;
		EXPECT_EQ(good, entries);
		lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
	}
}

static void full_completion_ring_holds_the_device_back(void)
{
	struct lt_burst many = { .size_min = 64, .size_max = 64, .burst = 1, .count = 6 };
	struct lab_cpl cpl;

	lt_q_open(&q, 0, 1, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, many);
	EXPECT(lt_q_wait_delivered(&q, 2));
	lt_q_post(&q, 2);		/* blocks are there, but nothing was consumed */
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 2);
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.seq, 0);
	lt_q_write(&q, LAB_Q_CPL_DB, 1);
	EXPECT(lt_q_wait_delivered(&q, 3));
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 3);
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.seq, 1);
	lt_q_arm(&q);
	EXPECT(lt_q_wait_delivered(&q, 4));
	EXPECT(lt_q_balanced(&q));
}

static void slots_are_names_that_come_back(void)
{
	static const uint16_t names[] = { 0xffff, 0x1234, 0, 0x8000 };
	struct lab_fill fill = { .len = 4096 };
	struct lab_cpl cpl;
	size_t i;

	lt_q_open(&q, 0, 3, 4096, 0);
	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		fill.addr = lt_q_block(&q, (uint32_t)i);
		fill.slot = names[i];
		lt_q_put(&q, fill);
		lt_q_doorbell(&q);
		lt_q_generate(&q, one);
		EXPECT(lt_q_wait_delivered(&q, i + 1));
		EXPECT(lt_q_pop(&q, &cpl, NULL));
		EXPECT_EQ(cpl.slot, names[i]);
	}
}

static void blocks_of_one_ring_may_differ_in_size(void)
{
	struct lt_burst many = { .count = 28, .size_min = 992, .size_max = 992, .seed = 4 };
	static const uint32_t pages[] = { 1, 4, 2 };
	uint8_t block[4 * 4096];
	struct lab_cpl cpl;
	uint64_t seq = 0;
	size_t i;

	lt_q_open(&q, 0, 2, sizeof(block), 0);
	for (i = 0; i < G_N_ELEMENTS(pages); i++)
		lt_q_put(&q, (struct lab_fill) {
			.addr = lt_q_block(&q, (uint32_t)i), .len = pages[i] * 4096,
			.slot = (uint16_t)i,
		});
	lt_q_doorbell(&q);
	lt_q_generate(&q, many);
	EXPECT(lt_q_wait_delivered(&q, many.count));
	for (i = 0; i < G_N_ELEMENTS(pages); i++) {
		EXPECT(lt_q_pop(&q, &cpl, block));
		EXPECT_EQ(cpl.records, pages[i] * 4);
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &many, seq), pages[i] * 4);
		seq += cpl.records;
	}
}

static CU_TestInfo tests[] = {
	TAP_TEST(phase_turns_with_every_lap),
	TAP_TEST(smallest_ring_has_two_entries),
	TAP_TEST(largest_ring_is_used_in_full),
	TAP_TEST(full_completion_ring_holds_the_device_back),
	TAP_TEST(slots_are_names_that_come_back),
	TAP_TEST(blocks_of_one_ring_may_differ_in_size),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "wrap", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
