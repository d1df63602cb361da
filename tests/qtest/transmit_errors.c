// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest can do wrong when it transmits.
 */
#include "frames.h"
#include "sender.h"

static struct lt_queue q;
static struct lt_sender t;

/* Queue 1 transmits, looped back to itself */
static void open_sender(void)
{
	lt_q_disable(&q);
	lt_q_prepare(&q, 1, 2, 65536);
	lt_tx_prepare(&t, 1, 2, 65536);
	lt_q_enable(&q, LAB_Q_CTRL_LOOPBACK);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | 1);
	lt_q_post(&q, 2);
}

static void setup(void)
{
	lt_setup();
	q = (struct lt_queue) { .number = 1 };
}

static void expect_stopped(uint32_t error)
{
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00, error << LAB_Q_STATUS_ERROR_SHIFT));
	lt_settle();
	EXPECT(lt_irq_taken(1));
	EXPECT(lt_complaints());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BLOCKS), 0);
}

static void expect_works(void)
{
	open_sender();
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), LAB_Q_STATUS_ENABLED);
	lt_tx_series(&t, 200, 0, 3);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, 3));
	EXPECT_EQ(lt_take_frames(&q, 200, 0), 3);
}

static void expect_refused(struct lab_tx tx, uint32_t error)
{
	open_sender();
	lt_tx_put(&t, tx);
	lt_q_write(&q, LAB_Q_TX_DB, t.prod);
	expect_stopped(error);
}

static void bad_descriptors_stop_the_queue(void)
{
	const struct lab_tx good = { .addr = LT_TX_BLOCK_BASE, .bytes = 64 };
	struct lab_tx bad[] = { good, good, good, good, good, good };
	size_t i;

	bad[0].addr += 64;
	bad[1].bytes = 0;
	bad[2].bytes = 65;
	bad[3].bytes = LAB_MAX_BLOCK_BYTES + LAB_RECORD_ALIGN;
	bad[4].flags = LAB_TX_IRQ << 1;
	bad[5].status = LAB_TX_DONE;
	for (i = 0; i < G_N_ELEMENTS(bad); i++)
		expect_refused(bad[i], LAB_QERR_TX_DESC);
	expect_works();
}

static void blocks_outside_memory_stop_the_queue(void)
{
	expect_refused((struct lab_tx) { .addr = LT_UNMAPPED, .bytes = 64 }, LAB_QERR_TX_DMA);
	expect_refused((struct lab_tx) { .addr = lt.regs.addr, .bytes = 64 }, LAB_QERR_TX_DMA);
	expect_refused((struct lab_tx) { .addr = lt.regs.addr + LAB_QUEUE_PAGE(1), .bytes = 4096 },
		       LAB_QERR_TX_DMA);
	expect_refused((struct lab_tx) { .addr = ~4095ull, .bytes = LAB_MAX_BLOCK_BYTES },
		       LAB_QERR_TX_DMA);
	expect_works();
}

static void rings_outside_memory_stop_the_queue(void)
{
	const uint64_t bases[] = { LT_UNMAPPED, lt.regs.addr + LAB_QUEUE_PAGE(1), ~63ull };
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(bases); i++) {
		open_sender();
		lt_q_disable(&q);
		lt_q_write64(&q, LAB_Q_TX_BASE, bases[i]);
		lt_q_enable(&q, LAB_Q_CTRL_LOOPBACK);
		lt_q_write(&q, LAB_Q_TX_DB, 1);
		expect_stopped(LAB_QERR_TX_DMA);
	}
	expect_works();
}

static void expect_config_refused(uint64_t base, uint32_t log2)
{
	open_sender();
	lt_q_disable(&q);
	lt_q_write64(&q, LAB_Q_TX_BASE, base);
	lt_q_write(&q, LAB_Q_TX_LOG2, log2);
	lt_q_enable(&q, 0);
	expect_stopped(LAB_QERR_CONFIG);
}

static void bad_ring_is_refused(void)
{
	expect_config_refused(LT_TX_BASE + 32, 2);
	expect_config_refused(LT_TX_BASE, LAB_MAX_RING_LOG2 + 1);
	expect_config_refused(LT_TX_BASE, 32);
	expect_config_refused(LT_TX_BASE, 0xffffffff);
	expect_works();
}

static void doorbell_past_the_ring_stops(void)
{
	open_sender();
	lt_q_write(&q, LAB_Q_TX_DB, 5);
	expect_stopped(LAB_QERR_DOORBELL);
	expect_works();
	lt_q_write(&q, LAB_Q_TX_DB, 0);		/* back */
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_DOORBELL);
}

static void doorbell_without_a_ring_stops(void)
{
	lt_q_open(&q, 1, 2, 4096, 0);
	lt_q_write(&q, LAB_Q_TX_DB, 1);
	expect_stopped(LAB_QERR_DOORBELL);
	expect_works();
}

static void doorbell_of_a_stopped_queue_is_ignored(void)
{
	open_sender();
	lt_q_disable(&q);
	lt_q_write(&q, LAB_Q_TX_DB, 1);
	EXPECT_EQ(lt_complaints(), 1);
	expect_works();
}

/* Two good records, then one that says @length, then one more good one */
static void expect_record_refused(uint32_t length)
{
	uint64_t third;

	open_sender();
	lt_tx_add(&t, 200, 0);
	lt_tx_add(&t, 200, 1);
	third = lt_tx_block(&t, 0) + t.used;
	lt_tx_add(&t, 200, 2);
	lt_tx_add(&t, 200, 3);
	qtest_writel(lt.qts, third, length);
	lt_tx_post(&t, LAB_TX_IRQ);
	lt_tx_series(&t, 200, 2, 1);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE | LAB_TX_BAD);
	EXPECT_EQ(lt_tx_wait(&t, 1), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), 3);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_DROP), 1);
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, 3));
	EXPECT_EQ(lt_take_frames(&q, 200, 0), 3);
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
}

static void bad_record_ends_its_block_only(void)
{
	expect_record_refused(0);
	expect_record_refused(2 * lab_record_stride(200));	/* past the end */
	expect_record_refused(LAB_TX_MAX + 1);
	expect_record_refused(0xffffffff);
	expect_record_refused(0xffffffff - 31);
}

/* Ring, block and status in one place: the guest's own loss, and a bounded one */
static void block_over_its_ring_does_no_harm(void)
{
	open_sender();
	lt_tx_put(&t, (struct lab_tx) { .addr = LT_TX_BASE + LT_RING_SPAN, .bytes = 65536 });
	lt_tx_put(&t, (struct lab_tx) { .addr = LT_TX_BASE + LT_RING_SPAN, .bytes = 4096 });
	lt_q_write(&q, LAB_Q_TX_DB, 2);
	lt_settle();
	EXPECT(lt_q_balanced(&q));
	expect_works();
}

/* Nor does the main loop hang in them */
static void bad_blocks_take_their_turn(void)
{
	struct lab_tx huge = { .addr = LT_TX_BLOCK_BASE, .bytes = LAB_MAX_BLOCK_BYTES };
	uint64_t done;
	int i;

	open_sender();
	lt_q_disable(&q);
	lt_tx_prepare(&t, 1, 8, 4096);
	lt_q_enable(&q, LAB_Q_CTRL_LOOPBACK);
	qtest_memset(lt.qts, LT_TX_BLOCK_BASE, 0, 4096);
	for (i = 0; i < 256; i++)
		lt_tx_put(&t, huge);
	lt_q_write(&q, LAB_Q_TX_DB, t.prod);
	done = lt_q_read64(&q, LAB_Q_CNT_TX_BLOCKS);
	EXPECT(done < 256);
	EXPECT_EQ(lt_tx_wait(&t, 255), LAB_TX_DONE | LAB_TX_BAD);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_DROP), 256);
}

static CU_TestInfo tests[] = {
	TAP_TEST(bad_descriptors_stop_the_queue),
	TAP_TEST(blocks_outside_memory_stop_the_queue),
	TAP_TEST(rings_outside_memory_stop_the_queue),
	TAP_TEST(bad_ring_is_refused),
	TAP_TEST(doorbell_past_the_ring_stops),
	TAP_TEST(doorbell_without_a_ring_stops),
	TAP_TEST(doorbell_of_a_stopped_queue_is_ignored),
	TAP_TEST(bad_record_ends_its_block_only),
	TAP_TEST(block_over_its_ring_does_no_harm),
	TAP_TEST(bad_blocks_take_their_turn),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "transmit, mistakes", .pSetUpFunc = setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
