// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generator's distributions: every packet, and every moment, can be computed.
 */
#include "queue.h"

#define BLOCK	65536u

static struct lt_queue q;
static uint8_t block[BLOCK];

static const struct lt_burst pareto = {
	.count = 5000, .size_min = 64, .size_max = 9000, .burst = 100, .seed = 5,
	.mode = LAB_GEN_SIZE_PARETO,
};

static const struct lt_burst poisson = {
	.count = 60, .size_min = 64, .size_max = 64, .burst = 1, .gap_ns = 10000, .seed = 77,
	.mode = LAB_GEN_GAP_POISSON,
};

static const struct lt_burst onoff = {
	.count = 1000, .size_min = 40, .size_max = 1500, .burst = 20, .gap_ns = 30000, .seed = 9,
	.mode = LAB_GEN_GAP_ONOFF | LAB_GEN_SIZE_PARETO,
};

/* Check what was delivered. Return: packets. */
static uint64_t take(const struct lt_burst *b, uint64_t seq)
{
	struct lab_cpl cpl;

	while (lt_q_pop(&q, &cpl, block)) {
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, b, seq), cpl.records);
		seq += cpl.records;
	}
	lt_q_arm(&q);
	return seq;
}

static void heavy_tailed_sizes_are_those_computed(void)
{
	uint64_t seq = 0;

	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_post(&q, 64);
	lt_q_generate(&q, pareto);
	EXPECT(lt_q_wait_delivered(&q, pareto.count));
	seq = take(&pareto, seq);
	EXPECT_EQ(seq, pareto.count);
}

/* Each packet is a burst, so each has a block, a completion and a moment */
static void poisson_bursts_start_when_computed(void)
{
	uint64_t due_ns, gap_ns, total_ns = 0;
	struct lab_record r;
	struct lab_cpl cpl;
	uint32_t n;

	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_post(&q, 64);
	lt_step(1000000);
	due_ns = lt_read64(LAB_REG_CLOCK);
	lt_q_generate(&q, poisson);
	lt_settle();
	lt_step(3000000);
	EXPECT(lt_q_wait_delivered(&q, poisson.count));
	for (n = 0; n < poisson.count && lt_q_pop(&q, &cpl, block); n++) {
		memcpy(&r, block, sizeof(r));
		EXPECT_EQ(r.timestamp_ns, due_ns);
		EXPECT_EQ(r.burst, n);
		gap_ns = lab_gen_gap(poisson.seed, n, poisson.gap_ns, poisson.mode);
		due_ns += gap_ns;
		total_ns += gap_ns;
	}
	EXPECT_EQ(n, poisson.count);
	EXPECT(total_ns > 40 * poisson.gap_ns && total_ns < 80 * poisson.gap_ns);
}

static void on_off_bursts_are_as_long_as_computed(void)
{
	uint64_t total = 0, want;
	struct lab_cpl cpl;
	uint32_t n;

	lt_q_open(&q, 0, 8, BLOCK / 4, 0);
	lt_q_post(&q, 256);
	lt_q_generate(&q, onoff);
	lt_settle();
	lt_step(100 * onoff.gap_ns);
	EXPECT(lt_q_wait_delivered(&q, onoff.count));
	for (n = 0; total < onoff.count; n++) {
		want = MIN(lab_gen_burst(onoff.seed, n, onoff.burst, onoff.mode), onoff.count - total);
		while (want && lt_q_pop(&q, &cpl, block)) {
			EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &onoff, total), cpl.records);
			total += cpl.records;
			want -= cpl.records;	/* wraps if a block goes past its burst */
		}
		EXPECT_EQ(want, 0);
	}
	EXPECT(n > 25 && n < 100);
}

static void mode_is_latched_by_the_start(void)
{
	struct lt_burst held = pareto;

	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_generate(&q, held);	/* waits for a block */
	lt_q_write(&q, LAB_Q_GEN_MODE, 0);
	lt_q_post(&q, 64);
	EXPECT(lt_q_wait_delivered(&q, held.count));
	EXPECT_EQ(take(&held, 0), held.count);
}

static void unknown_modes_do_not_start(void)
{
	const uint32_t unknown[] = { 2, 0xf, 0x30, 0xf0, 0x100, 0x80000000 };
	struct lt_burst burst = { .count = 1, .size_min = 64, .size_max = 64 };
	size_t i;

	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_post(&q, 1);
	for (i = 0; i < G_N_ELEMENTS(unknown); i++) {
		burst.mode = unknown[i];
		lt_q_generate(&q, burst);
		EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_GEN, 0);
		EXPECT_EQ(lt_complaints(), i + 1);
	}
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
}

/* A mean gap that would overflow, were it believed */
static void endless_mean_gap_does_no_harm(void)
{
	struct lt_burst burst = { .count = 3, .size_min = 1, .size_max = LAB_GEN_SIZE_LIMIT,
				  .burst = UINT32_MAX, .gap_ns = UINT64_MAX,
				  .mode = LAB_GEN_GAP_ONOFF | LAB_GEN_SIZE_PARETO };

	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_post(&q, 64);
	lt_q_generate(&q, burst);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 3));
	burst.burst = 1;
	burst.mode = LAB_GEN_GAP_POISSON;
	lt_q_generate(&q, burst);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 4));
	lt_step(1000000000);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 4);
	EXPECT(lt_q_balanced(&q));
}

static CU_TestInfo tests[] = {
	TAP_TEST(heavy_tailed_sizes_are_those_computed),
	TAP_TEST(poisson_bursts_start_when_computed),
	TAP_TEST(on_off_bursts_are_as_long_as_computed),
	TAP_TEST(mode_is_latched_by_the_start),
	TAP_TEST(unknown_modes_do_not_start),
	TAP_TEST(endless_mean_gap_does_no_harm),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "generator", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
