// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X: raise, auto-mask, re-arm, kick; moderation by count and time.
 */
#include "queue.h"

static struct lt_queue q;

static const struct lt_burst one = { .count = 1, .size_min = 64, .size_max = 64 };

/* Deliver @n blocks of one packet each, none consumed */
static void complete(uint32_t n)
{
	uint64_t delivered = lt_q_read64(&q, LAB_Q_CNT_DELIVERED);

	while (n--) {
		lt_q_post(&q, 1);
		lt_q_generate(&q, one);
		EXPECT(lt_q_wait_delivered(&q, ++delivered));
	}
	lt_settle();
}

static uint64_t irqs(void)
{
	return lt_q_read64(&q, LAB_Q_CNT_IRQS);
}

static void enable_arms_without_raising(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(irqs(), 0);
	complete(1);
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(irqs(), 1);
}

static void raising_masks_until_armed(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	complete(1);
	EXPECT(lt_irq_taken(0));
	complete(3);
	EXPECT(!lt_irq_taken(0));
	lt_write(lt_q_reg(&q, LAB_Q_CPL_DB), 2);
	complete(1);
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(irqs(), 1);
}

static void arming_behind_raises_at_once(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	complete(3);
	EXPECT(lt_irq_taken(0));
	q.cpl_cons = 2;
	lt_q_arm(&q);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(irqs(), 2);
	q.cpl_cons = 3;
	lt_q_arm(&q);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	complete(1);
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(irqs(), 3);
}

static void kick_raises_when_armed(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_write(&q, LAB_Q_KICK, 1);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_arm(&q);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(irqs(), 1);
}

static void kicks_while_masked_are_one_when_armed(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	complete(1);
	EXPECT(lt_irq_taken(0));
	lt_q_write(&q, LAB_Q_KICK, 1);
	lt_q_write(&q, LAB_Q_KICK, 0);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	q.cpl_cons = 1;
	lt_q_arm(&q);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_arm(&q);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(irqs(), 2);
}

static void vector_is_chosen_by_a_register(void)
{
	lt_q_prepare(&q, 1, 3, 4096);
	lt_q_write(&q, LAB_Q_VECTOR, 3);
	lt_q_enable(&q, 0);
	complete(1);
	EXPECT(lt_irq_taken(3));
	EXPECT(!lt_irq_taken(1));
}

static void masked_vector_stays_pending(void)
{
	lt_irq_mask(0, true);
	lt_q_open(&q, 0, 3, 4096, 0);
	complete(1);
	EXPECT(!lt_irq_taken(0));
	EXPECT(qpci_msix_pending(lt.dev, 0));
	lt_irq_mask(0, false);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	EXPECT(!qpci_msix_pending(lt.dev, 0));
	EXPECT_EQ(irqs(), 1);
}

static void each_queue_has_its_own(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	complete(1);
	EXPECT(lt_irq_taken(0));
	lt_q_open(&q, 2, 3, 4096, 0);
	complete(1);
	EXPECT(lt_irq_taken(2));
	EXPECT(!lt_irq_taken(0));
}

static void open_moderated(uint32_t count, uint32_t ns)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_write(&q, LAB_Q_COAL_COUNT, count);
	lt_q_write(&q, LAB_Q_COAL_NS, ns);
}

static void count_holds_back_until_reached(void)
{
	open_moderated(4, 0);
	complete(3);
	lt_step(1000000000);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	complete(1);
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(irqs(), 1);
}

static void time_runs_from_the_first_completion(void)
{
	open_moderated(100, 20000);
	lt_step(50000);
	complete(1);
	lt_step(15000);
	complete(1);
	lt_step(4999);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	lt_step(1);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_step(1000000);
	lt_settle();
	EXPECT_EQ(irqs(), 1);
}

static void count_comes_before_time(void)
{
	open_moderated(2, 20000);
	complete(2);
	EXPECT(lt_irq_taken(0));
	q.cpl_cons = 2;
	lt_q_arm(&q);
	lt_step(100000);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	EXPECT_EQ(irqs(), 1);
}

static void count_zero_is_one(void)
{
	open_moderated(0, 0);
	lt_q_arm(&q);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	complete(1);
	EXPECT(lt_irq_taken(0));
}

static void arming_behind_does_not_wait_for_the_count(void)
{
	open_moderated(2, 0);
	complete(3);
	EXPECT(lt_irq_taken(0));
	q.cpl_cons = 2;
	lt_q_arm(&q);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(irqs(), 2);
}

static void kick_does_not_wait_for_the_count(void)
{
	open_moderated(8, 0);
	lt_q_write(&q, LAB_Q_KICK, 1);
	lt_settle();
	EXPECT(lt_irq_taken(0));
}

static void consume(uint32_t n)
{
	q.cpl_cons += n;
	lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
}

static void what_was_consumed_is_not_waited_for(void)
{
	open_moderated(100, 20000);
	complete(1);
	lt_step(10000);
	consume(1);
	lt_step(20000);
	complete(1);
	lt_step(19999);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	lt_step(1);
	lt_settle();
	EXPECT(lt_irq_taken(0));
}

static void moderation_that_changes_holds_for_what_waits(void)
{
	open_moderated(8, 0);
	complete(3);
	EXPECT(!lt_irq_taken(0));
	lt_q_write(&q, LAB_Q_COAL_COUNT, 3);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	lt_q_write(&q, LAB_Q_COAL_COUNT, 8);
	consume(3);
	lt_q_arm(&q);
	complete(1);
	lt_q_write(&q, LAB_Q_COAL_NS, 1000);
	lt_step(1000);
	lt_settle();
	EXPECT(lt_irq_taken(0));
}

static CU_TestInfo tests[] = {
	TAP_TEST(enable_arms_without_raising),
	TAP_TEST(raising_masks_until_armed),
	TAP_TEST(arming_behind_raises_at_once),
	TAP_TEST(kick_raises_when_armed),
	TAP_TEST(kicks_while_masked_are_one_when_armed),
	TAP_TEST(vector_is_chosen_by_a_register),
	TAP_TEST(masked_vector_stays_pending),
	TAP_TEST(each_queue_has_its_own),
	TAP_TEST(count_holds_back_until_reached),
	TAP_TEST(time_runs_from_the_first_completion),
	TAP_TEST(count_comes_before_time),
	TAP_TEST(count_zero_is_one),
	TAP_TEST(arming_behind_does_not_wait_for_the_count),
	TAP_TEST(kick_does_not_wait_for_the_count),
	TAP_TEST(what_was_consumed_is_not_waited_for),
	TAP_TEST(moderation_that_changes_holds_for_what_waits),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "interrupt", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
