// SPDX-License-Identifier: MIT
/* Histograms of times: buckets, and what the library reads out of them */
#include <string.h>

#include "liblabyrinth.h"
#include "tap.h"

static void floor_of_a_bucket_is_in_that_bucket(void)
{
	for (uint32_t i = 0; i < LAB_HIST_BUCKETS; i++)
		CU_ASSERT_EQUAL(lab_hist_bucket(lab_hist_floor(i)), i);
}

static void value_just_below_a_floor_is_in_the_bucket_before(void)
{
	for (uint32_t i = 1; i < LAB_HIST_BUCKETS; i++)
		CU_ASSERT_EQUAL(lab_hist_bucket(lab_hist_floor(i) - 1), i - 1);
}

static void floors_rise(void)
{
	for (uint32_t i = 1; i < LAB_HIST_BUCKETS; i++)
		CU_ASSERT_TRUE(lab_hist_floor(i) > lab_hist_floor(i - 1));
}

static void bucket_is_at_most_a_quarter_wide(void)
{
	for (uint32_t i = 4; i < LAB_HIST_BUCKETS - 1; i++)
		CU_ASSERT_TRUE((lab_hist_floor(i + 1) - lab_hist_floor(i)) * 4 <= lab_hist_floor(i));
}

static void longest_times_share_the_last_bucket(void)
{
	CU_ASSERT_EQUAL(lab_hist_bucket(UINT64_MAX), LAB_HIST_BUCKETS - 1);
	CU_ASSERT_EQUAL(lab_hist_bucket(1ull << 63), LAB_HIST_BUCKETS - 1);
	CU_ASSERT_TRUE(lab_hist_floor(LAB_HIST_BUCKETS - 1) > 7000000000ull);
}

static void empty_histogram_has_quantile_zero(void)
{
	__u64 hist[LAB_HIST_BUCKETS] = { 0 };

	CU_ASSERT_EQUAL(lab_hist_count(hist), 0);
	CU_ASSERT_EQUAL(lab_hist_quantile(hist, 5000), 0);
	CU_ASSERT_EQUAL(lab_hist_quantile(hist, 10000), 0);
}

static void single_sample_is_every_quantile(void)
{
	static const uint32_t quantiles[] = { 1, 5000, 9000, 9990, 10000 };
	__u64 hist[LAB_HIST_BUCKETS] = { 0 };

	lab_hist_add(hist, 1000);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		CU_ASSERT_TRUE(lab_hist_quantile(hist, quantiles[i]) >= 1000);
		CU_ASSERT_TRUE(lab_hist_quantile(hist, quantiles[i]) <= 1250);
	}
}

static void quantiles_of_one_to_ten_thousand_are_right_to_a_quarter(void)
{
	__u64 hist[LAB_HIST_BUCKETS] = { 0 };

	for (uint64_t ns = 1; ns <= 10000; ns++)
		lab_hist_add(hist, ns);
	for (uint32_t q = 100; q <= 10000; q += 100) {
		CU_ASSERT_TRUE(lab_hist_quantile(hist, q) >= q);
		CU_ASSERT_TRUE(lab_hist_quantile(hist, q) <= q + q / 4);
	}
}

static void quantile_counts_samples_not_buckets(void)
{
	__u64 hist[LAB_HIST_BUCKETS] = { 0 };

	for (int i = 0; i < 999; i++)
		lab_hist_add(hist, 1);
	lab_hist_add(hist, 1000000);
	CU_ASSERT_EQUAL(lab_hist_quantile(hist, 9990), 1);
	CU_ASSERT_TRUE(lab_hist_quantile(hist, 10000) >= 1000000);
}

static void huge_counts_do_not_overflow_the_rank(void)
{
	__u64 hist[LAB_HIST_BUCKETS] = { 0 };

	hist[2] = 1ull << 62;
	hist[3] = 1ull << 60;
	CU_ASSERT_EQUAL(lab_hist_quantile(hist, 5000), 2);
	CU_ASSERT_EQUAL(lab_hist_quantile(hist, 10000), 3);
}

static void merged_histogram_holds_both(void)
{
	__u64 a[LAB_HIST_BUCKETS] = { 0 }, b[LAB_HIST_BUCKETS] = { 0 };

	lab_hist_add(a, 5);
	lab_hist_add(b, 5);
	lab_hist_add(b, 1u << 20);
	lab_hist_merge(a, b);
	CU_ASSERT_EQUAL(lab_hist_count(a), 3);
	CU_ASSERT_EQUAL(a[lab_hist_bucket(5)], 2);
	CU_ASSERT_EQUAL(lab_hist_count(b), 2);
}

static CU_TestInfo tests[] = {
	TAP_TEST(floor_of_a_bucket_is_in_that_bucket),
	TAP_TEST(value_just_below_a_floor_is_in_the_bucket_before),
	TAP_TEST(floors_rise),
	TAP_TEST(bucket_is_at_most_a_quarter_wide),
	TAP_TEST(longest_times_share_the_last_bucket),
	TAP_TEST(empty_histogram_has_quantile_zero),
	TAP_TEST(single_sample_is_every_quantile),
	TAP_TEST(quantiles_of_one_to_ten_thousand_are_right_to_a_quarter),
	TAP_TEST(quantile_counts_samples_not_buckets),
	TAP_TEST(huge_counts_do_not_overflow_the_rank),
	TAP_TEST(merged_histogram_holds_both),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "hist", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
