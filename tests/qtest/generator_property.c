// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generator by properties, at start and while the machine runs.
 */
#include "queue.h"

#define BLOCK	65536u

static struct lt_queue q;
static uint8_t block[BLOCK];

static const struct lt_burst wanted = {
	.count = 300, .size_min = 100, .size_max = 2000, .burst = 50, .seed = 12345678901ull,
	.mode = LAB_GEN_SIZE_PARETO | LAB_GEN_GAP_ONOFF,
};

#define WANTED	",gen-count=300,gen-size-min=100,gen-size-max=2000,gen-burst=50," \
		"gen-seed=12345678901,gen-sizes=pareto,gen-arrivals=onoff"

static void start(const char *properties)
{
	g_autofree char *with_id = g_strconcat(",id=lab", properties, NULL);

	lt_start(with_id, "");
}

static void set(const char *name, uint64_t value)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'qom-set', 'arguments': { "
				 "'path': '/machine/peripheral/lab', 'property': %s, "
				 "'value': %" PRIu64 " } }", name, value);
}

static void expect_refused(const char *name, const char *value, const char *want)
{
	QDict *answer = qtest_qmp(lt.qts, "{ 'execute': 'qom-set', 'arguments': { 'path': "
				  "'/machine/peripheral/lab', 'property': %s, 'value': %s } }",
				  name, value);
	const char *text = qdict_get_str(qdict_get_qdict(answer, "error"), "desc");

	if (!strstr(text, want))
		printf("# %s\n", text);
	EXPECT(strstr(text, want) != NULL);
	qobject_unref(answer);
}

static void open_queue(uint32_t number)
{
	lt_q_open(&q, number, 6, BLOCK, 0);
	lt_q_post(&q, 64);
}

static uint64_t take(const struct lt_burst *b, uint64_t seq)
{
	struct lab_cpl cpl;

	while (lt_q_pop(&q, &cpl, block)) {
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, b, seq), cpl.records);
		seq += cpl.records;
	}
	return seq;
}

static void properties_are_the_reset_values(void)
{
	start(WANTED ",gen-gap=77,gen-run=off");
	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	q.number = 2;
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_GEN_COUNT), 300);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_SIZE_MIN), 100);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_SIZE_MAX), 2000);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_BURST), 50);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_GEN_SEED), wanted.seed);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_GEN_GAP), 77);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_MODE), wanted.mode);
}

static void guest_that_just_starts_gets_them(void)
{
	start(WANTED ",gen-run=off");
	open_queue(1);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	lt_q_write(&q, LAB_Q_GEN_CTRL, LAB_GEN_START);
	EXPECT(lt_q_wait_delivered(&q, wanted.count));
	EXPECT_EQ(take(&wanted, 0), wanted.count);
}

static void count_starts_each_queue_when_it_is_enabled(void)
{
	uint32_t i;

	start(WANTED);
	for (i = 0; i < 2; i++) {
		open_queue(i);
		EXPECT(lt_q_wait_delivered(&q, wanted.count));
		EXPECT_EQ(take(&wanted, 0), wanted.count);
	}
	lt_q_disable(&q);
	open_queue(1);
	EXPECT(lt_q_wait_delivered(&q, wanted.count));
}

static void only_queues_of_the_mask_generate(void)
{
	start(WANTED ",gen-queues=4");
	open_queue(1);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_GEN_COUNT), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	open_queue(2);
	EXPECT(lt_q_wait_delivered(&q, wanted.count));
}

static void run_on_needs_no_count(void)
{
	start(",gen-run=on");
	open_queue(0);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_BLOCKS), 64));
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_GEN, LAB_Q_STATUS_GEN);
	lt_property("gen-run", "off");
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_GEN, 0);
}

static void run_starts_on_a_queue_that_runs(void)
{
	start("");
	open_queue(3);
	set("gen-count", wanted.count);
	set("gen-size-max", wanted.size_max);
	set("gen-size-min", wanted.size_min);
	set("gen-burst", wanted.burst);
	set("gen-seed", wanted.seed);
	lt_property("gen-sizes", "pareto");
	lt_property("gen-arrivals", "onoff");
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	lt_property("gen-run", "on");
	EXPECT(lt_q_wait_delivered(&q, wanted.count));
	EXPECT_EQ(take(&wanted, 0), wanted.count);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_MODE), wanted.mode);
	lt_property("gen-run", "on");	/* once more */
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 2 * wanted.count));
}

static void bad_values_are_refused_as_qemu_does(void)
{
	start("");
	expect_refused("gen-seed", "lots", "gen-seed");
	expect_refused("gen-sizes", "square", "'gen-sizes' does not accept value 'square'");
	expect_refused("gen-arrivals", "never", "'gen-arrivals' does not accept value 'never'");
	expect_refused("gen-run", "maybe", "'gen-run' does not accept value 'maybe'");
	set("gen-size-min", 65);
	expect_refused("gen-run", "on", "'gen-size-min' expects no more than 'gen-size-max'");
}

static CU_TestInfo tests[] = {
	TAP_TEST(properties_are_the_reset_values),
	TAP_TEST(guest_that_just_starts_gets_them),
	TAP_TEST(count_starts_each_queue_when_it_is_enabled),
	TAP_TEST(only_queues_of_the_mask_generate),
	TAP_TEST(run_on_needs_no_count),
	TAP_TEST(run_starts_on_a_queue_that_runs),
	TAP_TEST(bad_values_are_refused_as_qemu_does),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "generator, properties", .pTearDownFunc = lt_teardown, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
