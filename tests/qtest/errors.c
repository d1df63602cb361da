// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest can do wrong: each LAB_QERR_*, and that the queue then stands.
 */
#include "queue.h"

static struct lt_queue q;

static const struct lt_burst one = { .count = 1, .size_min = 64, .size_max = 64 };

/* The queue says why it stopped, raised once for it, adds up, and stays so */
static void expect_stopped(uint32_t error)
{
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00, error << LAB_Q_STATUS_ERROR_SHIFT));
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), error << LAB_Q_STATUS_ERROR_SHIFT);
	lt_settle();
	EXPECT(lt_irq_taken(q.number));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 0);
	EXPECT(lt_q_balanced(&q));
	EXPECT(lt_complaints());
	lt_q_write(&q, LAB_Q_FILL_DB, 1);
	lt_q_generate(&q, one);
	lt_q_write(&q, LAB_Q_ARM_DB, 0);
	lt_settle();
	EXPECT(!lt_irq_taken(q.number));
	EXPECT_EQ(lt_q_error(&q), error);
}

/* Enabled again, with all in order, it works */
static void expect_recovers(void)
{
	struct lab_cpl cpl;

	lt_q_disable(&q);
	lt_q_open(&q, q.number, 2, 4096, 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), LAB_Q_STATUS_ENABLED);
	lt_q_post(&q, 1);
	lt_q_generate(&q, one);
	EXPECT(lt_q_wait_delivered(&q, 1));
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT(lt_irq_taken(q.number));
}

static void expect_config_refused(uint32_t reg, uint64_t value)
{
	lt_q_prepare(&q, 1, 2, 4096);
	lt_q_write64(&q, LAB_Q_FILL_BASE, reg == LAB_Q_FILL_BASE ? value : LT_FILL_BASE);
	lt_q_write64(&q, LAB_Q_CPL_BASE, reg == LAB_Q_CPL_BASE ? value : LT_CPL_BASE);
	lt_q_write(&q, LAB_Q_RING_LOG2, reg == LAB_Q_RING_LOG2 ? (uint32_t)value : 2);
	lt_q_write(&q, LAB_Q_VECTOR, reg == LAB_Q_VECTOR ? (uint32_t)value : 1);
	lt_q_enable(&q, 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), LAB_QERR_CONFIG << LAB_Q_STATUS_ERROR_SHIFT);
	lt_q_disable(&q);
	lt_q_write(&q, LAB_Q_VECTOR, 1);
}

static void bad_configuration_is_refused(void)
{
	expect_config_refused(LAB_Q_FILL_BASE, LT_FILL_BASE + 32);
	expect_config_refused(LAB_Q_CPL_BASE, LT_CPL_BASE + 16);
	expect_config_refused(LAB_Q_RING_LOG2, 0);
	expect_config_refused(LAB_Q_RING_LOG2, LAB_MAX_RING_LOG2 + 1);
	expect_config_refused(LAB_Q_RING_LOG2, 0xffffffff);
	expect_config_refused(LAB_Q_VECTOR, 4);
	expect_config_refused(LAB_Q_VECTOR, 0xffffffff);
	lt_irq_taken(1);
	expect_recovers();
}

static void fill_doorbell_past_the_ring_stops(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 5);
	expect_stopped(LAB_QERR_DOORBELL);
	expect_recovers();
}

static void fill_doorbell_past_what_is_free_stops(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 3);
	lt_q_write(&q, LAB_Q_FILL_DB, 5);
	expect_stopped(LAB_QERR_DOORBELL);
}

static void fill_doorbell_backwards_stops(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_write(&q, LAB_Q_FILL_DB, 1);
	expect_stopped(LAB_QERR_DOORBELL);
}

static void consuming_what_is_not_there_stops(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_CPL_DB, 1);
	expect_stopped(LAB_QERR_DOORBELL);
	expect_recovers();
	lt_q_open(&q, 1, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_ARM_DB, 0x80000000u);
	expect_stopped(LAB_QERR_DOORBELL);
}

static void refuse_descriptor(struct lab_fill fill)
{
	lt_q_disable(&q);
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_put(&q, fill);
	lt_q_doorbell(&q);
	lt_q_generate(&q, one);
	expect_stopped(LAB_QERR_DESC);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BLOCKS), 0);
}

static void bad_descriptor_stops(void)
{
	static const struct lab_fill bad[] = {
		{ .addr = LT_BLOCK_BASE + 64, .len = 4096 },
		{ .addr = LT_BLOCK_BASE + 1, .len = 4096 },
		{ .addr = LT_BLOCK_BASE, .len = 0 },
		{ .addr = LT_BLOCK_BASE, .len = 4095 },
		{ .addr = LT_BLOCK_BASE, .len = 6144 },
		{ .addr = LT_BLOCK_BASE, .len = LAB_MAX_BLOCK_BYTES + 4096 },
		{ .addr = LT_BLOCK_BASE, .len = 0xfffff000u },
		{ .addr = LT_BLOCK_BASE, .len = 4096, .flags = 1 },
		{ .addr = LT_BLOCK_BASE, .len = 4096, .flags = 0x8000 },
	};
	size_t i;

	lt_q_open(&q, 0, 2, 4096, 0);
	for (i = 0; i < G_N_ELEMENTS(bad); i++)
		refuse_descriptor(bad[i]);
	expect_recovers();
}

static void good_blocks_before_a_bad_one_are_delivered(void)
{
	struct lt_burst many = { .count = 9, .size_min = 4000, .size_max = 4000 };

	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_put(&q, (struct lab_fill) { .addr = LT_BLOCK_BASE, .len = 4096 });
	lt_q_put(&q, (struct lab_fill) { .addr = LT_BLOCK_BASE, .len = 4096 });
	lt_q_put(&q, (struct lab_fill) { .addr = LT_BLOCK_BASE, .len = 1 });
	lt_q_doorbell(&q);
	lt_q_generate(&q, many);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), ~0u,
		       LAB_QERR_DESC << LAB_Q_STATUS_ERROR_SHIFT));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 2);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 0);
	EXPECT(lt_q_balanced(&q));
}

/* The interrupt of an error waits like any other until the queue is armed */
static void error_while_masked_raises_when_armed(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_KICK, 1);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_write(&q, LAB_Q_FILL_DB, 5);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	lt_q_arm(&q);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_arm(&q);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 2);
}

/* An interrupt loop would be the end of a driver that does not look at the status */
static void arming_that_consumes_ends_the_interrupts_of_an_error(void)
{
	int times;

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, one);
	EXPECT(lt_q_wait_delivered(&q, 1));
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_write(&q, LAB_Q_FILL_DB, 99);
	q.cpl_cons = 1;
	for (times = 0; times < 2; times++) {
		lt_q_arm(&q);
		lt_settle();
		EXPECT_EQ(lt_irq_taken(0), times == 0);
	}
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_DOORBELL);
}

static void kicks_of_a_stopped_queue_are_ignored_and_logged(void)
{
	unsigned int complaints;

	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 5);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_arm(&q);
	complaints = lt_complaints();
	lt_q_write(&q, LAB_Q_KICK, 1);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(lt_complaints(), complaints + 1);
}

static void fill_ring_in_no_mans_land_stops(void)
{
	lt_q_prepare(&q, 0, 2, 4096);
	lt_q_write64(&q, LAB_Q_FILL_BASE, LT_UNMAPPED);
	lt_q_enable(&q, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 1);
	lt_q_generate(&q, one);
	expect_stopped(LAB_QERR_FILL_DMA);
	expect_recovers();
}

static void block_in_no_mans_land_stops(void)
{
	static const uint64_t addresses[] = { LT_UNMAPPED, 0xfffffffffffff000u, 1ull << 52 };
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(addresses); i++) {
		lt_q_disable(&q);
		lt_q_open(&q, 0, 2, 4096, 0);
		lt_q_put(&q, (struct lab_fill) { .addr = addresses[i], .len = 4096 });
		lt_q_doorbell(&q);
		lt_q_generate(&q, one);
		expect_stopped(LAB_QERR_BLOCK_DMA);
		EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	}
	expect_recovers();
}

static void completion_ring_in_no_mans_land_stops(void)
{
	lt_q_prepare(&q, 0, 2, 4096);
	lt_q_write64(&q, LAB_Q_CPL_BASE, LT_UNMAPPED);
	lt_q_enable(&q, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, one);
	expect_stopped(LAB_QERR_CPL_DMA);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_STOP), 1);
	expect_recovers();
}

static void other_queues_go_on(void)
{
	struct lt_queue good;

	lt_q_open(&good, 1, 2, 4096, 0);
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 99);
	expect_stopped(LAB_QERR_DOORBELL);
	lt_q_post(&good, 1);
	lt_q_generate(&good, one);
	EXPECT(lt_q_wait_delivered(&good, 1));
	EXPECT(lt_irq_taken(1));
}

static CU_TestInfo tests[] = {
	TAP_TEST(bad_configuration_is_refused),
	TAP_TEST(fill_doorbell_past_the_ring_stops),
	TAP_TEST(fill_doorbell_past_what_is_free_stops),
	TAP_TEST(fill_doorbell_backwards_stops),
	TAP_TEST(consuming_what_is_not_there_stops),
	TAP_TEST(bad_descriptor_stops),
	TAP_TEST(good_blocks_before_a_bad_one_are_delivered),
	TAP_TEST(error_while_masked_raises_when_armed),
	TAP_TEST(arming_that_consumes_ends_the_interrupts_of_an_error),
	TAP_TEST(kicks_of_a_stopped_queue_are_ignored_and_logged),
	TAP_TEST(fill_ring_in_no_mans_land_stops),
	TAP_TEST(block_in_no_mans_land_stops),
	TAP_TEST(completion_ring_in_no_mans_land_stops),
	TAP_TEST(other_queues_go_on),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "errors", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
