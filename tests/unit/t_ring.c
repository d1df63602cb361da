// SPDX-License-Identifier: MIT
/* Ring arithmetic: what driver and device both rely on */
#include "labyrinth_ring.h"
#include "tap.h"

static void entry_is_index_modulo_size(void)
{
	for (uint32_t log2 = LAB_MIN_RING_LOG2; log2 <= LAB_MAX_RING_LOG2; log2++)
		for (uint32_t i = 0; i < 3u << log2; i++)
			if (lab_ring_entry(i, log2) != i % (1u << log2))
				CU_FAIL_FATAL("entry");
	CU_PASS("all");
}

static void phase_is_one_on_the_first_lap_and_flips_each_lap(void)
{
	CU_ASSERT_EQUAL(lab_ring_phase(0, 3), 1);
	CU_ASSERT_EQUAL(lab_ring_phase(7, 3), 1);
	CU_ASSERT_EQUAL(lab_ring_phase(8, 3), 0);
	CU_ASSERT_EQUAL(lab_ring_phase(15, 3), 0);
	CU_ASSERT_EQUAL(lab_ring_phase(16, 3), 1);
}

static void ring_is_empty_when_indices_are_equal(void)
{
	CU_ASSERT_EQUAL(lab_ring_used(0, 0), 0);
	CU_ASSERT_EQUAL(lab_ring_free(0, 0, 4), 16);
	CU_ASSERT_EQUAL(lab_ring_used(0xffffffffu, 0xffffffffu), 0);
}

static void ring_is_full_after_size_entries(void)
{
	CU_ASSERT_EQUAL(lab_ring_used(16, 0), 16);
	CU_ASSERT_EQUAL(lab_ring_free(16, 0, 4), 0);
}

static void indices_wrap_at_2_to_the_32(void)
{
	uint32_t cons = 0xfffffffcu, prod = cons + 8;

	CU_ASSERT_EQUAL(prod, 4);
	CU_ASSERT_EQUAL(lab_ring_used(prod, cons), 8);
	CU_ASSERT_EQUAL(lab_ring_free(prod, cons, 4), 8);
	CU_ASSERT_TRUE(lab_ring_valid(prod, cons, 4));
}

static void entries_go_on_in_order_across_the_wrap(void)
{
	uint32_t log2, index, before;

	for (log2 = LAB_MIN_RING_LOG2; log2 <= LAB_MAX_RING_LOG2; log2++) {
		index = 0xffffffffu;
		before = lab_ring_entry(index, log2);
		CU_ASSERT_EQUAL(before, lab_ring_size(log2) - 1);
		CU_ASSERT_EQUAL(lab_ring_entry(index + 1, log2), 0);
	}
}

static void phase_flips_at_the_wrap_as_at_any_lap(void)
{
	for (uint32_t log2 = LAB_MIN_RING_LOG2; log2 <= LAB_MAX_RING_LOG2; log2++) {
		CU_ASSERT_EQUAL(lab_ring_phase(0xffffffffu, log2), 0);
		CU_ASSERT_EQUAL(lab_ring_phase(0, log2), 1);
	}
}

static void producer_may_be_at_most_the_size_ahead(void)
{
	CU_ASSERT_TRUE(lab_ring_valid(16, 0, 4));
	CU_ASSERT_FALSE(lab_ring_valid(17, 0, 4));
	CU_ASSERT_TRUE(lab_ring_valid(3, 0xfffffff3u, 4));
	CU_ASSERT_FALSE(lab_ring_valid(4, 0xfffffff3u, 4));
}

static void producer_behind_the_consumer_is_refused(void)
{
	CU_ASSERT_FALSE(lab_ring_valid(9, 10, 4));
	CU_ASSERT_FALSE(lab_ring_valid(0, 1, LAB_MAX_RING_LOG2));
}

static CU_TestInfo tests[] = {
	TAP_TEST(entry_is_index_modulo_size),
	TAP_TEST(phase_is_one_on_the_first_lap_and_flips_each_lap),
	TAP_TEST(ring_is_empty_when_indices_are_equal),
	TAP_TEST(ring_is_full_after_size_entries),
	TAP_TEST(indices_wrap_at_2_to_the_32),
	TAP_TEST(entries_go_on_in_order_across_the_wrap),
	TAP_TEST(phase_flips_at_the_wrap_as_at_any_lap),
	TAP_TEST(producer_may_be_at_most_the_size_ahead),
	TAP_TEST(producer_behind_the_consumer_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "ring", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
