// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaviour on request: when a fault strikes, and what a queue then does.
 */
#include "queue.h"

#define BLOCK	4096
#define US	1000
#define MS	1000000

static struct lt_queue q;

/* A packet a block, so that each packet is an occasion */
static struct lt_burst burst_of(uint64_t count)
{
	return (struct lt_burst) { .count = count, .size_min = 3000, .size_max = 3000, .seed = 7 };
}

static void start(const char *faults)
{
	g_autofree char *device = g_strdup_printf(",id=lab,fault-register=on%s", faults);

	lt_start(device, "");
	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_post(&q, 64);
}

static void expect_balanced(uint64_t generated, uint64_t faults)
{
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), generated);
	EXPECT(lt_q_balanced(&q));
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), faults);
}

/* Slots named by the next completions, a bit each: 1: it does not exist */
static uint64_t bad_slots(unsigned int n)
{
	uint64_t bad = 0;
	struct lab_cpl cpl;
	unsigned int i;

	lt_q_generate(&q, burst_of(n));
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), LAB_Q_STATUS_GEN, 0));
	for (i = 0; i < n; i++) {
		EXPECT(lt_q_pop(&q, &cpl, NULL));
		bad |= (uint64_t)(cpl.slot == 0xffff) << i;
	}
	return bad;
}

static void each_period_th_occasion_without_a_seed(void)
{
	start(",fault=bad-slot,fault-period=5");
	EXPECT_EQ(bad_slots(20), 1 << 4 | 1 << 9 | 1 << 14 | 1 << 19);
	expect_balanced(20, 4);
}

static void off_means_off(void)
{
	start("");
	EXPECT_EQ(bad_slots(60), 0);
	expect_balanced(60, 0);
}

/* The same queue again, from its first occasion on, with @seed */
static uint64_t schedule(uint32_t number, uint64_t seed)
{
	lt_write64(LAB_REG_FAULT_SEED, seed);
	lt_write(LAB_REG_FAULT_PERIOD, 4);
	lt_write(LAB_REG_FAULT, LAB_FAULT_BAD_SLOT);
	lt_q_disable(&q);
	lt_q_open(&q, number, 6, BLOCK, 0);
	lt_q_post(&q, 64);
	return bad_slots(60);
}

static void a_seed_makes_the_same_schedule_again(void)
{
	uint64_t first;

	start("");
	first = schedule(0, 1);
	EXPECT_EQ(schedule(0, 1), first);
	EXPECT(schedule(0, 2) != first);
	EXPECT(schedule(1, 1) != first);
	EXPECT(__builtin_popcountll(first) > 5);
	EXPECT(__builtin_popcountll(first) < 28);
}

static void faults_mix(void)
{
	struct lab_cpl cpl, again;
	int i;

	start(",fault=bad-slot+cpl-duplicate,fault-period=3");
	lt_q_generate(&q, burst_of(3));
	EXPECT(lt_q_wait_delivered(&q, 3));
	for (i = 0; i < 3; i++)
		EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.slot, 0xffff);
	EXPECT(lt_q_pop(&q, &again, NULL));
	EXPECT_EQ(again.seq, cpl.seq);
	expect_balanced(3, 2);
}

static bool interrupted_after_packet(void)
{
	lt_q_generate(&q, burst_of(1));
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), LAB_Q_STATUS_GEN, 0));
	lt_settle();
	return lt_irq_taken(0);
}

static void arm_for_next(void)
{
	struct lab_cpl cpl;

	EXPECT(lt_q_pop(&q, &cpl, NULL));
	lt_q_arm(&q);
	lt_settle();
}

static void irq_lost_is_not_sent(void)
{
	start(",fault=irq-lost,fault-period=2");
	EXPECT(interrupted_after_packet());
	arm_for_next();
	EXPECT(!interrupted_after_packet());
	lt_step(100 * MS);
	EXPECT(!lt_irq_taken(0));
	arm_for_next();
	EXPECT(interrupted_after_packet());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 3);
	expect_balanced(3, 1);
}

static void irq_late_is_sent_after_5_ms(void)
{
	start(",fault=irq-late,fault-period=1");
	EXPECT(!interrupted_after_packet());
	lt_step(5 * MS - 1);
	EXPECT(!lt_irq_taken(0));
	lt_step(1);
	EXPECT(lt_irq_taken(0));
	expect_balanced(1, 1);
}

static void irq_late_does_not_come_after_disable(void)
{
	start(",fault=irq-late,fault-period=1");
	EXPECT(!interrupted_after_packet());
	lt_q_disable(&q);
	lt_step(10 * MS);
	EXPECT(!lt_irq_taken(0));
}

static void irq_spurious_comes_without_a_reason(void)
{
	start(",fault=irq-spurious,fault-period=1");
	EXPECT(interrupted_after_packet());
	arm_for_next();
	lt_step(MS);
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 1);
	expect_balanced(1, 1);
}

/* Memory does not show how often it was written: the guest's tests do */
static void irq_duplicate_is_sent(void)
{
	start(",fault=irq-duplicate,fault-period=1");
	EXPECT(interrupted_after_packet());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 1);
	expect_balanced(1, 1);
}

static void cpl_early_is_there_before_the_records(void)
{
	struct lt_burst burst = burst_of(1);
	struct lab_record header;
	uint8_t block[BLOCK];
	struct lab_cpl cpl;

	start(",fault=cpl-early,fault-period=1");
	EXPECT(interrupted_after_packet());
	EXPECT(lt_q_pop(&q, &cpl, block));
	memcpy(&header, block, sizeof(header));
	EXPECT_EQ(header.crc32c | header.length | header.timestamp_ns, 0);
	lt_step(20 * US);
	qtest_memread(lt.qts, lt_q_block(&q, cpl.slot), block, BLOCK);
	EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &burst, 0), 1);
	expect_balanced(1, 1);
}

static void cpl_duplicate_is_written_twice(void)
{
	struct lab_cpl cpl, again;

	start(",fault=cpl-duplicate,fault-period=1");
	EXPECT(interrupted_after_packet());
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT(lt_q_pop(&q, &again, NULL));
	EXPECT(!memcmp(&cpl, &again, sizeof(cpl)));
	EXPECT(!lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BLOCKS), 1);
	expect_balanced(1, 1);
}

/* Never over an entry that the guest has not consumed */
static void cpl_duplicate_waits_for_room(void)
{
	start(",fault=cpl-duplicate,fault-period=1");
	lt_q_generate(&q, burst_of(64));
	lt_step(10 * MS);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BLOCKS), 32);
	EXPECT_EQ(lt_q_error(&q), 0);
	EXPECT(lt_q_balanced(&q));
}

static void cpl_corrupt_is_nonsense_in_turn(void)
{
	struct lab_cpl cpl;

	start(",fault=cpl-corrupt,fault-period=1");
	lt_q_generate(&q, burst_of(3));
	EXPECT(lt_q_wait_delivered(&q, 3));
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.status, 0xdead);
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.status, LAB_CPL_OK);
	EXPECT_EQ(cpl.records, 0);
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.records, 1);
	EXPECT_EQ(cpl.seq, ~2u);
	expect_balanced(3, 3);
}

static void bad_length_is_longer_than_the_block(void)
{
	struct lab_cpl cpl;

	start(",fault=bad-length,fault-period=1");
	EXPECT(interrupted_after_packet());
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT(cpl.bytes > BLOCK);
	expect_balanced(1, 1);
}

static void record_corrupt_flips_one_bit(void)
{
	struct lt_burst burst = burst_of(1);
	uint8_t bad[BLOCK], good[BLOCK];
	unsigned int i, flipped = 0;
	struct lab_cpl cpl;

	start(",fault=record-corrupt,fault-period=1");
	EXPECT(interrupted_after_packet());
	EXPECT(lt_q_pop(&q, &cpl, bad));
	EXPECT(lt_q_check_block(&q, &cpl, bad, &burst, 0) < 0);
	expect_balanced(1, 1);
	lt_write(LAB_REG_FAULT, 0);
	lt_q_disable(&q);
	lt_q_enable(&q, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 1));
	EXPECT(lt_q_pop(&q, &cpl, good));
	/* The time of arrival, and so the CRC, is another */
	memcpy(good + 16, bad + 16, 8);
	memcpy(good + 28, bad + 28, 4);
	for (i = 0; i < BLOCK; i++)
		flipped += (unsigned int)__builtin_popcount(bad[i] ^ good[i]);
	EXPECT(flipped <= 1);
}

static void dma_unmapped_stops_the_queue(void)
{
	start(",fault=dma-unmapped,fault-period=3");
	lt_q_generate(&q, burst_of(20));
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), ~0u,
		       LAB_QERR_BLOCK_DMA << LAB_Q_STATUS_ERROR_SHIFT));
	lt_settle();
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 2);
	EXPECT(lt_q_balanced(&q));
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 1);
}

static void late_write_comes_when_no_block_is_posted(void)
{
	struct lab_cpl cpl;
	uint64_t block;

	start(",fault=late-write,fault-period=1");
	lt_q_generate(&q, burst_of(64));
	EXPECT(lt_q_wait_delivered(&q, 64));
	while (lt_q_pop(&q, &cpl, NULL))
		;
	block = lt_q_block(&q, 63);
	lt_q_arm(&q);
	lt_step(MS - 1);
	EXPECT(qtest_readw(lt.qts, block) != 0xadde);
	lt_step(1);
	EXPECT_EQ(qtest_readw(lt.qts, block), 0xadde);
	expect_balanced(64, 1);
}

/* Nothing was completed since it was asked for: not to address 0 either */
static void late_write_goes_to_the_last_block_or_nowhere(void)
{
	struct lab_cpl cpl;

	start(",fault-period=1");
	lt_q_generate(&q, burst_of(64));
	EXPECT(lt_q_wait_delivered(&q, 64));
	while (lt_q_pop(&q, &cpl, NULL))
		;
	lt_write(LAB_REG_FAULT, LAB_FAULT_LATE_WRITE);
	lt_q_arm(&q);
	lt_step(MS);
	EXPECT(qtest_readw(lt.qts, 0) != 0xadde);
	EXPECT_EQ(qtest_readw(lt.qts, lt_q_block(&q, 63)), 0xadde);
}

static void desc_twice_uses_the_one_before_again(void)
{
	static const uint16_t slots[] = { 0, 1, 1, 2, 2, 3 };
	struct lab_cpl cpl;
	size_t i;

	start(",fault=desc-twice,fault-period=2");
	lt_q_generate(&q, burst_of(G_N_ELEMENTS(slots)));
	EXPECT(lt_q_wait_delivered(&q, G_N_ELEMENTS(slots)));
	for (i = 0; i < G_N_ELEMENTS(slots); i++) {
		EXPECT(lt_q_pop(&q, &cpl, NULL));
		EXPECT_EQ(cpl.slot, slots[i]);
		EXPECT_EQ(cpl.seq, i);
	}
	expect_balanced(G_N_ELEMENTS(slots), 2);
}

static void stall_lasts_50_ms_and_loses_nothing(void)
{
	struct lab_cpl cpl;
	int i;

	start(",fault=stall,fault-period=5");
	lt_q_generate(&q, burst_of(7));
	EXPECT(lt_q_wait_delivered(&q, 5));
	lt_settle();
	EXPECT(lt_irq_taken(0));
	for (i = 0; i < 5; i++)
		EXPECT(lt_q_pop(&q, &cpl, NULL));
	lt_q_arm(&q);
	lt_q_write(&q, LAB_Q_KICK, 1);
	lt_step(50 * MS - 1);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 5);
	EXPECT(!lt_irq_taken(0));
	lt_step(1);
	EXPECT(lt_q_wait_delivered(&q, 7));
	lt_settle();
	EXPECT(lt_irq_taken(0));
	expect_balanced(7, 1);
}

static CU_TestInfo tests[] = {
	TAP_TEST(each_period_th_occasion_without_a_seed),
	TAP_TEST(off_means_off),
	TAP_TEST(a_seed_makes_the_same_schedule_again),
	TAP_TEST(faults_mix),
	TAP_TEST(irq_lost_is_not_sent),
	TAP_TEST(irq_late_is_sent_after_5_ms),
	TAP_TEST(irq_late_does_not_come_after_disable),
	TAP_TEST(irq_spurious_comes_without_a_reason),
	TAP_TEST(irq_duplicate_is_sent),
	TAP_TEST(cpl_early_is_there_before_the_records),
	TAP_TEST(cpl_duplicate_is_written_twice),
	TAP_TEST(cpl_duplicate_waits_for_room),
	TAP_TEST(cpl_corrupt_is_nonsense_in_turn),
	TAP_TEST(bad_length_is_longer_than_the_block),
	TAP_TEST(record_corrupt_flips_one_bit),
	TAP_TEST(dma_unmapped_stops_the_queue),
	TAP_TEST(late_write_comes_when_no_block_is_posted),
	TAP_TEST(late_write_goes_to_the_last_block_or_nowhere),
	TAP_TEST(desc_twice_uses_the_one_before_again),
	TAP_TEST(stall_lasts_50_ms_and_loses_nothing),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "fault", .pTearDownFunc = lt_teardown, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
