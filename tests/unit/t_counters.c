// SPDX-License-Identifier: MIT
/* Counters of queues, added up */
#include <string.h>

#include "counters.h"
#include "tap.h"

struct globals globals;

static void sums_have_every_counter(void)
{
	struct lab_stats sum = { .irqs_missed = 1 };
	struct lab_stats queue = {
		.generated = 2, .irqs = 3, .irq_ns = { [LAB_IRQ_BUCKETS - 1] = 4 },
		.tx_packets = 5, .irqs_missed = 6,
	};

	stats_add(&sum, &queue);
	stats_add(&sum, &queue);
	CU_ASSERT_EQUAL(sum.generated, 4);
	CU_ASSERT_EQUAL(sum.irqs, 6);
	CU_ASSERT_EQUAL(sum.irq_ns[LAB_IRQ_BUCKETS - 1], 8);
	CU_ASSERT_EQUAL(sum.tx_packets, 10);
	CU_ASSERT_EQUAL(sum.irqs_missed, 13);
}

static void sums_have_no_setup(void)
{
	struct lab_stats sum = { 0 }, queue = { .size = 1, .queue = 2, .depth = 64, .budget = 3 };
	const struct lab_stats none = { 0 };

	stats_add(&sum, &queue);
	CU_ASSERT_EQUAL(memcmp(&sum, &none, sizeof(sum)), 0);
}

static void first_error_stays(void)
{
	struct lab_stats sum = { 0 }, queue = { .queue_error = LAB_QERR_DESC };

	stats_add(&sum, &queue);
	queue.queue_error = LAB_QERR_RESET;
	stats_add(&sum, &queue);
	CU_ASSERT_EQUAL(sum.queue_error, LAB_QERR_DESC);
}

static CU_TestInfo tests[] = {
	TAP_TEST(sums_have_every_counter),
	TAP_TEST(sums_have_no_setup),
	TAP_TEST(first_error_stays),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "counters", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
