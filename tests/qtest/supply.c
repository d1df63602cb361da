// SPDX-License-Identifier: GPL-2.0-only
/*
 * More packets than blocks: fill-low, the FIFO, drops, packets too large.
 */
#include "queue.h"

static struct lt_queue q;

static const struct lt_burst endless = { .size_min = 4000, .size_max = 4000, .seed = 3 };
static const struct lt_burst few = { .count = 3, .size_min = 64, .size_max = 64, .seed = 3 };

static uint64_t fill_lows(void)
{
	return lt_q_read64(&q, LAB_Q_CNT_FILL_LOW);
}

static bool fill_low(void)
{
	return lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_FILL_LOW;
}

/* Consume all there is and arm */
static void consume(void)
{
	struct lab_cpl cpl;

	while (lt_q_pop(&q, &cpl, NULL))
		;
	lt_q_arm(&q);
	lt_settle();
}

static void empty_ring_alone_is_not_fill_low(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_step(1000000);
	lt_settle();
	EXPECT(!fill_low());
	EXPECT_EQ(fill_lows(), 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, few);
	EXPECT(lt_q_wait_delivered(&q, 3));
	lt_settle();
	EXPECT(!fill_low());
	EXPECT_EQ(fill_lows(), 0);
}

static void waiting_packets_and_no_block_raise(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_generate(&q, few);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	EXPECT(lt_irq_taken(0));
	EXPECT(fill_low());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 1);
	lt_q_post(&q, 1);
	EXPECT(lt_q_wait_delivered(&q, 3));
	EXPECT(!fill_low());
}

static void it_raises_once_for_a_doorbell(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_generate(&q, endless);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	EXPECT(lt_irq_taken(0));
	lt_q_arm(&q);
	lt_q_doorbell(&q);		/* nothing new in it */
	lt_step(1000000);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(fill_lows(), 1);
}

static void each_refill_that_runs_dry_raises_again(void)
{
	uint32_t n;

	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_generate(&q, endless);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	for (n = 1; n < 5; n++) {
		consume();		/* fill-low may have waited for this */
		lt_irq_taken(0);
		lt_q_arm(&q);
		lt_q_post(&q, 1);
		EXPECT(lt_q_wait_delivered(&q, n));
		EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), n + 1));
		lt_settle();
		EXPECT(lt_irq_taken(0));
	}
	EXPECT(lt_q_balanced(&q));
}

/* The completion's interrupt masks; fill-low comes behind it and must not be lost */
static void while_masked_it_stays_pending(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, endless);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 1);
	EXPECT(lt_irq_taken(0));
	consume();
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 2);
	consume();
	EXPECT(!lt_irq_taken(0));
}

static void full_completion_ring_is_not_fill_low(void)
{
	lt_q_open(&q, 0, 1, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, endless);
	EXPECT(lt_q_wait_delivered(&q, 2));
	lt_q_post(&q, 2);
	lt_settle();
	EXPECT(!fill_low());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 2);
}

static void held_back_source_loses_nothing(void)
{
	struct lt_burst many = { .count = 2000, .size_min = 1000, .size_max = 1000, .seed = 1 };
	uint8_t block[4096];
	struct lab_cpl cpl;
	uint64_t seq = 0;

	lt_q_open(&q, 0, 3, sizeof(block), 0);
	lt_q_generate(&q, many);
	while (seq < many.count && lt_q_error(&q) == LAB_QERR_NONE) {
		lt_q_post(&q, 4);
		EXPECT(lt_q_wait_delivered(&q, MIN(seq + 12, many.count)));
		while (lt_q_pop(&q, &cpl, block)) {
			EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &many, seq), cpl.records);
			seq += cpl.records;
		}
		lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
	}
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), many.count);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), many.count);
	EXPECT(lt_q_balanced(&q));
}

/* Pop and check everything, whose numbers run from @seq. Return: packets. */
static uint64_t drain(const struct lt_burst *burst, uint64_t seq)
{
	g_autofree uint8_t *block = g_malloc(q.block_bytes);
	uint64_t packets = 0;
	struct lab_cpl cpl;

	while (lt_q_pop(&q, &cpl, block)) {
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, burst, seq + packets), cpl.records);
		packets += cpl.records;
	}
	return packets;
}

static void lossy_queue_drops_what_does_not_fit(void)
{
	struct lt_burst many = { .count = 20000, .size_min = 64, .size_max = 64, .seed = 5 };
	uint64_t kept, dropped;

	lt_q_open(&q, 0, 6, 65536, LAB_Q_CTRL_LOSSY);
	lt_q_generate(&q, many);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), many.count));
	kept = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	dropped = lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO);
	EXPECT(kept && dropped);
	EXPECT_EQ(kept + dropped, many.count);
	lt_q_post(&q, 64);
	EXPECT(lt_q_wait_delivered(&q, kept));
	EXPECT_EQ(drain(&many, 0), kept);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 0);
	EXPECT(lt_q_balanced(&q));
}

static void dropped_packets_leave_a_gap_in_the_sequence(void)
{
	struct lt_burst many = { .count = 20000, .size_min = 64, .size_max = 64, .seed = 5 };
	struct lt_burst after = { .count = 2, .size_min = 64, .size_max = 64, .seed = 5 };
	uint64_t kept;

	lt_q_open(&q, 0, 6, 65536, LAB_Q_CTRL_LOSSY);
	lt_q_generate(&q, many);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), many.count));
	kept = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	lt_q_post(&q, 64);
	EXPECT(lt_q_wait_delivered(&q, kept));
	EXPECT_EQ(drain(&many, 0), kept);
	lt_q_generate(&q, after);
	EXPECT(lt_q_wait_delivered(&q, kept + 2));
	EXPECT_EQ(drain(&after, many.count), 2);
}

static void too_large_packets_are_dropped_and_counted(void)
{
	struct lt_burst large = { .count = 4, .size_min = 4065, .size_max = 4065 };
	struct lt_burst fits = { .count = 1, .size_min = 4064, .size_max = 4064, .seed = 1 };

	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, large);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_DROP_SIZE), 4));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BLOCKS), 0);
	lt_q_generate(&q, fits);
	EXPECT(lt_q_wait_delivered(&q, 1));
	EXPECT_EQ(drain(&fits, 4), 1);
	EXPECT(lt_q_balanced(&q));
}

static void sizes_around_the_block_are_told_apart(void)
{
	struct lt_burst mixed = { .count = 200, .size_min = 4000, .size_max = 4200, .seed = 11 };
	uint64_t seq, fit = 0;

	for (seq = 0; seq < mixed.count; seq++)
		fit += lab_gen_size(mixed.seed, seq, mixed.size_min, mixed.size_max, 0) <=
		       lab_record_max(4096);
	lt_q_open(&q, 0, 8, 4096, 0);
	lt_q_post(&q, 256);
	lt_q_generate(&q, mixed);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), mixed.count));
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), fit);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_SIZE), mixed.count - fit);
}

static CU_TestInfo tests[] = {
	TAP_TEST(empty_ring_alone_is_not_fill_low),
	TAP_TEST(waiting_packets_and_no_block_raise),
	TAP_TEST(it_raises_once_for_a_doorbell),
	TAP_TEST(each_refill_that_runs_dry_raises_again),
	TAP_TEST(while_masked_it_stays_pending),
	TAP_TEST(full_completion_ring_is_not_fill_low),
	TAP_TEST(held_back_source_loses_nothing),
	TAP_TEST(lossy_queue_drops_what_does_not_fit),
	TAP_TEST(dropped_packets_leave_a_gap_in_the_sequence),
	TAP_TEST(too_large_packets_are_dropped_and_counted),
	TAP_TEST(sizes_around_the_block_are_told_apart),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "supply", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
