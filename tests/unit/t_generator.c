// SPDX-License-Identifier: MIT
/* Distributions of the generator: bounds, shape, and the same again from the same seed */
#include "labyrinth_ring.h"
#include "tap.h"

#define SEED	99
#define DRAWS	200000u

static uint32_t pareto(uint64_t seq, uint32_t min, uint32_t max)
{
	return lab_gen_size(SEED, seq, min, max, LAB_GEN_SIZE_PARETO);
}

static void heavy_tailed_sizes_stay_in_their_range(void)
{
	static const struct {
		uint32_t min, max;
	} ranges[] = { { 64, 1500 }, { 1, 1 }, { 0, 0 }, { 0, 100 }, { 1500, 1500 }, { 64, 65 },
		       { 1, LAB_GEN_SIZE_LIMIT }, { LAB_GEN_SIZE_LIMIT - 1, LAB_GEN_SIZE_LIMIT } };
	uint32_t size, out = 0;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (uint64_t seq = 0; seq < 10000; seq++) {
			size = pareto(seq, ranges[i].min, ranges[i].max);
			out += size < ranges[i].min || size > ranges[i].max;
		}
	CU_ASSERT_EQUAL(out, 0);
}

static void ends_of_the_draw_are_ends_of_the_range(void)
{
	CU_ASSERT_EQUAL(lab_gen_pareto(0, 64, 9000), 64);
	CU_ASSERT_EQUAL(lab_gen_pareto((1u << 20) - 1, 64, 9000), 8999);
	CU_ASSERT_EQUAL(lab_gen_pareto((1u << 20) - 1, 64, 1500), 1500);
}

/* P(size > x) ~ min / x: half of them above 2 min, a quarter above 4 min, ... */
static void tail_halves_with_each_doubling(void)
{
	uint32_t above[5] = { 0 };

	for (uint64_t seq = 0; seq < DRAWS; seq++)
		for (uint32_t i = 0; i < 5; i++)
			above[i] += pareto(seq, 64, 4000000) >= 64u << (i + 1);
	for (uint32_t i = 0; i < 5; i++) {
		double want = (double)DRAWS / (2u << i);

		CU_ASSERT_DOUBLE_EQUAL(above[i], want, want / 20);
	}
}

static void exponential_has_its_mean_and_its_tail(void)
{
	uint32_t above_1 = 0, above_3 = 0;
	double sum = 0;

	for (uint64_t seq = 0; seq < DRAWS; seq++) {
		double e = lab_gen_exponential(lab_mix64(seq)) / 65536.0;

		sum += e;
		above_1 += e > 1;
		above_3 += e > 3;
	}
	CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, 1, 0.01);
	CU_ASSERT_DOUBLE_EQUAL((double)above_1 / DRAWS, 0.36788, 0.004);
	CU_ASSERT_DOUBLE_EQUAL((double)above_3 / DRAWS, 0.04979, 0.002);
}

static void logarithm_is_exact_at_powers_of_two(void)
{
	for (uint32_t i = 1; i < 64; i++)
		CU_ASSERT_DOUBLE_EQUAL(lab_neg_log2(1ull << i), (64 - i) << 16, 1);
	CU_ASSERT_EQUAL(lab_neg_log2(0), 64 << 16);
	CU_ASSERT_TRUE(lab_neg_log2(UINT64_MAX) <= 1);
	CU_ASSERT_DOUBLE_EQUAL(lab_neg_log2(0xb504f333f9de6484ull), 0x8000, 1);	/* 2^63.5 */
	CU_ASSERT_TRUE(lab_gen_exponential(0) < 1u << 22);
}

static void gaps_have_their_mean(void)
{
	double sum = 0;

	for (uint32_t burst = 0; burst < DRAWS; burst++)
		sum += (double)lab_gen_gap(SEED, burst, 12345, LAB_GEN_GAP_POISSON);
	CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, 12345, 123);
}

static void absurd_gaps_do_not_overflow(void)
{
	for (uint32_t burst = 0; burst < 1000; burst++)
		CU_ASSERT_TRUE(lab_gen_gap(SEED, burst, UINT64_MAX, LAB_GEN_GAP_ONOFF) < 1ull << 47);
	CU_ASSERT_EQUAL(lab_gen_gap(SEED, 0, UINT64_MAX, LAB_GEN_GAP_FIXED), UINT64_MAX);
}

static void bursts_are_geometric_with_their_mean(void)
{
	static const uint32_t means[] = { 1, 2, 3, 10, 1000 };

	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		uint32_t ones = 0;
		double sum = 0;

		for (uint32_t burst = 0; burst < DRAWS; burst++) {
			uint64_t packets = lab_gen_burst(SEED, burst, means[i], LAB_GEN_GAP_ONOFF);

			CU_ASSERT_TRUE(packets >= 1);
			ones += packets == 1;
			sum += (double)packets;
		}
		CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, means[i], means[i] * 0.03);
		CU_ASSERT_DOUBLE_EQUAL((double)ones / DRAWS, 1.0 / means[i], 0.02);
	}
}

static void other_modes_draw_neither_gap_nor_burst(void)
{
	CU_ASSERT_EQUAL(lab_gen_gap(SEED, 7, 1000, LAB_GEN_SIZE_PARETO), 1000);
	CU_ASSERT_EQUAL(lab_gen_burst(SEED, 7, 20, LAB_GEN_GAP_POISSON | LAB_GEN_SIZE_PARETO), 20);
}

/* What a receiver, or another version of the device, computes must be this */
static void known_draws_stay_as_they_are(void)
{
	CU_ASSERT_EQUAL(lab_gen_size(1, 0, 64, 9000, LAB_GEN_SIZE_PARETO), 146);
	CU_ASSERT_EQUAL(lab_gen_size(1, 1, 64, 9000, LAB_GEN_SIZE_PARETO), 154);
	CU_ASSERT_EQUAL(lab_gen_gap(1, 0, 1000000, LAB_GEN_GAP_POISSON), 999145);
	CU_ASSERT_EQUAL(lab_gen_burst(1, 0, 100, LAB_GEN_GAP_ONOFF), 49);
}

static CU_TestInfo tests[] = {
	TAP_TEST(heavy_tailed_sizes_stay_in_their_range),
	TAP_TEST(ends_of_the_draw_are_ends_of_the_range),
	TAP_TEST(tail_halves_with_each_doubling),
	TAP_TEST(exponential_has_its_mean_and_its_tail),
	TAP_TEST(logarithm_is_exact_at_powers_of_two),
	TAP_TEST(gaps_have_their_mean),
	TAP_TEST(absurd_gaps_do_not_overflow),
	TAP_TEST(bursts_are_geometric_with_their_mean),
	TAP_TEST(other_modes_draw_neither_gap_nor_burst),
	TAP_TEST(known_draws_stay_as_they_are),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "generator", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
