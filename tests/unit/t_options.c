// SPDX-License-Identifier: MIT
/* Options of labctl burst that depend on each other, and on the device */
#include <string.h>

#include "burst.h"
#include "tap.h"

static struct burst_config config;
static struct args_error error;

static const struct lab_info device = {
	.num_queues = 4, .max_order = 6, .min_depth = 2, .max_depth = 256, .max_reserve = 16,
	.page_bytes = 4096,
};

static void start(void)
{
	burst_defaults(&config);
	error.text[0] = 0;
}

static bool resolve_refuses(const char *option)
{
	return burst_resolve(&config, &error) < 0 && !strncmp(error.text, option, strlen(option));
}

static bool device_refuses(const char *option)
{
	CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
	return burst_check_limits(&config, &device, &error) < 0 &&
	       !strncmp(error.text, option, strlen(option));
}

static void defaults_are_complete_and_within_limits(void)
{
	start();
	CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
	CU_ASSERT_EQUAL(config.order, 2);
	CU_ASSERT_EQUAL(config.min_order, 0);
	CU_ASSERT_EQUAL(config.depth, 64);
	CU_ASSERT_EQUAL(burst_check_limits(&config, &device, &error), 0);
}

static void default_order_is_the_smallest_from_2_that_holds_the_packet(void)
{
	static const struct {
		uint32_t bytes, order;
	} cases[] = { { 1, 2 }, { 16352, 2 }, { 16353, 3 }, { 32736, 3 }, { 32737, 4 },
		      { LAB_GEN_SIZE_LIMIT, 10 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		config.size = (struct span){ 1, cases[i].bytes };
		CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
		CU_ASSERT_EQUAL(config.order, cases[i].order);
	}
}

static void fallback_blocks_hold_the_packet_by_default(void)
{
	start();
	config.size = (struct span){ 64, 9000 };
	config.order = 4;
	CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
	CU_ASSERT_EQUAL(config.min_order, 2);
}

static void packet_larger_than_the_block_is_refused(void)
{
	start();
	config.size = (struct span){ 64, 4065 };
	config.order = 0;
	CU_ASSERT_TRUE(resolve_refuses("--size 4065: expected 1 to 4064 bytes"));
}

static void arrivals_at_random_need_bursts(void)
{
	start();
	config.arrivals = 1;
	CU_ASSERT_TRUE(resolve_refuses("--burst 0: expected 1 or more packets with --arrivals poisson"));
	config.burst = 1;
	CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
}

static void distributions_are_those_of_the_device(void)
{
	start();
	CU_ASSERT_EQUAL(burst_mode(&config), LAB_GEN_SIZE_UNIFORM | LAB_GEN_GAP_FIXED);
	config.sizes = 1;
	config.arrivals = 2;
	CU_ASSERT_EQUAL(burst_mode(&config), LAB_GEN_SIZE_PARETO | LAB_GEN_GAP_ONOFF);
	config.arrivals = 1;
	CU_ASSERT_EQUAL(burst_mode(&config), LAB_GEN_SIZE_PARETO | LAB_GEN_GAP_POISSON);
}

static void min_order_above_order_is_refused(void)
{
	start();
	config.order = 1;
	config.min_order = 2;
	CU_ASSERT_TRUE(resolve_refuses("--min-order 2: expected 0 to 1"));
}

static void irq_count_above_half_the_depth_is_refused(void)
{
	start();
	config.depth = 8;
	config.irq_count = 5;
	CU_ASSERT_TRUE(resolve_refuses("--irq-count 5: expected 1 to 4"));
}

static void irq_count_without_time_limit_gets_one(void)
{
	start();
	config.irq_count = 8;
	CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
	CU_ASSERT_NOT_EQUAL(config.irq_ns, 0);
	CU_ASSERT_NOT_EQUAL(config.irq_ns, U32_UNSET);
}

static void irq_count_with_time_limit_zero_is_refused(void)
{
	start();
	config.irq_count = 8;
	config.irq_ns = 0;
	CU_ASSERT_TRUE(resolve_refuses("--irq-ns 0: expected 1 to"));
}

static void budget_above_the_depth_is_refused(void)
{
	start();
	config.depth = 8;
	config.budget = 9;
	CU_ASSERT_TRUE(resolve_refuses("--budget 9: expected 0 to 8"));
}

static void queue_that_the_device_lacks_is_refused(void)
{
	start();
	config.queue = 4;
	CU_ASSERT_TRUE(device_refuses("--queue 4: expected 0 to 3"));
}

static void order_depth_and_reserve_beyond_the_device_are_refused(void)
{
	start();
	config.order = 7;
	CU_ASSERT_TRUE(device_refuses("--order 7: expected 0 to 6"));
	start();
	config.depth = 512;
	CU_ASSERT_TRUE(device_refuses("--depth 512: expected "));
	start();
	config.reserve = 17;
	CU_ASSERT_TRUE(device_refuses("--reserve 17: expected 0 to 16"));
}

static void setup_carries_every_option(void)
{
	struct lab_setup setup;

	start();
	config.order = 3;
	config.min_order = 1;
	config.depth = 32;
	config.policy = LAB_POLICY_RECYCLE;
	config.refill = LAB_REFILL_THREADED;
	config.reserve = 5;
	config.records_per_block = 7;
	config.irq_count = 4;
	config.irq_ns = 9000;
	config.block_timeout_ns = 11;
	config.budget = 6;
	config.lossy = true;
	CU_ASSERT_EQUAL(burst_resolve(&config, &error), 0);
	burst_setup(&config, 2, &setup);
	CU_ASSERT_EQUAL(setup.queue, 2);
	CU_ASSERT_EQUAL(setup.flags, LAB_SETUP_LOSSY);
	CU_ASSERT_EQUAL(setup.order, 3);
	CU_ASSERT_EQUAL(setup.min_order, 1);
	CU_ASSERT_EQUAL(setup.depth, 32);
	CU_ASSERT_EQUAL(setup.policy, LAB_POLICY_RECYCLE);
	CU_ASSERT_EQUAL(setup.refill, LAB_REFILL_THREADED);
	CU_ASSERT_EQUAL(setup.reserve, 5);
	CU_ASSERT_EQUAL(setup.records_per_block, 7);
	CU_ASSERT_EQUAL(setup.irq_count, 4);
	CU_ASSERT_EQUAL(setup.irq_ns, 9000);
	CU_ASSERT_EQUAL(setup.block_timeout_ns, 11);
	CU_ASSERT_EQUAL(setup.budget, 6);
}

static CU_TestInfo tests[] = {
	TAP_TEST(defaults_are_complete_and_within_limits),
	TAP_TEST(default_order_is_the_smallest_from_2_that_holds_the_packet),
	TAP_TEST(fallback_blocks_hold_the_packet_by_default),
	TAP_TEST(packet_larger_than_the_block_is_refused),
	TAP_TEST(arrivals_at_random_need_bursts),
	TAP_TEST(distributions_are_those_of_the_device),
	TAP_TEST(min_order_above_order_is_refused),
	TAP_TEST(irq_count_above_half_the_depth_is_refused),
	TAP_TEST(irq_count_without_time_limit_gets_one),
	TAP_TEST(irq_count_with_time_limit_zero_is_refused),
	TAP_TEST(budget_above_the_depth_is_refused),
	TAP_TEST(queue_that_the_device_lacks_is_refused),
	TAP_TEST(order_depth_and_reserve_beyond_the_device_are_refused),
	TAP_TEST(setup_carries_every_option),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "options", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
