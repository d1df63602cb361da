// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration of what is being sent, and of where frames go.
 */
#include "frames.h"
#include "migration.h"
#include "sender.h"

#define FRAMES	1500	/* 2.3 MB against a FIFO of 1 MiB */

static struct lt_queue q;
static struct lt_sender t;

static void move(void)
{
	lt_migrate("", "");
}

static void open_loop(void)
{
	lt_q_prepare(&q, 0, 6, 65536);
	lt_tx_prepare(&t, 0, 6, 65536);
	lt_q_enable(&q, LAB_Q_CTRL_LOOPBACK);
}

static void registers_are_as_they_were(void)
{
	lt_q_prepare(&q, 2, 2, 4096);
	lt_q_write64(&q, LAB_Q_TX_BASE, 0x1122334455667740ull);
	lt_q_write(&q, LAB_Q_TX_LOG2, 9);
	lt_write(LAB_REG_STEER_MASK, 0x1234);
	lt_write(LAB_REG_STEER, LAB_STEER_MODE_HASH | 3);
	move();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_TX_BASE), 0x1122334455667740ull);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_TX_LOG2), 9);
	EXPECT_EQ(lt_read(LAB_REG_STEER_MASK), 0x1234);
	EXPECT_EQ(lt_read(LAB_REG_STEER), LAB_STEER_MODE_HASH | 3);
}

/* In the middle of a block, and with some of it in the FIFO */
static void held_back_transmit_goes_on(void)
{
	uint32_t n = 0, turn, last;
	uint64_t sent;

	open_loop();
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	lt_settle();
	sent = lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS);
	EXPECT(sent > 100 && sent < FRAMES);
	move();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), sent);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BYTES), sent * 1500);
	for (turn = 0; n < FRAMES && turn < 1000; turn++) {
		lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
		lt_q_post(&q, lab_ring_free(q.fill_prod, q.cpl_cons, q.log2));
		lt_settle();
		lt_step(50000);
		n += lt_take_frames(&q, 1500, n);
	}
	EXPECT_EQ(n, FRAMES);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), FRAMES);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BLOCKS), last + 1);
}

static void waiting_transmit_goes_on(void)
{
	open_loop();
	lt_tx_series(&t, 1500, 0, 3);		/* not steered */
	lt_settle();
	move();
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
}

static void turn_goes_on(void)
{
	struct lt_queue second;

	lt_q_open(&second, 1, 2, 4096, 0);
	open_loop();
	lt_write(LAB_REG_STEER_MASK, 3);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | LAB_STEER_MODE_ROBIN);
	lt_tx_series(&t, 64, 0, 1);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	move();
	lt_tx_series(&t, 64, 1, 1);
	EXPECT_EQ(lt_tx_wait(&t, 1), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 1);
	EXPECT_EQ(lt_q_read64(&second, LAB_Q_CNT_GENERATED), 1);
}

static void random_bursts_go_on(void)
{
	struct lt_burst burst = {
		.count = 400, .size_min = 64, .size_max = 1500, .burst = 10, .gap_ns = 10000,
		.seed = 4, .mode = LAB_GEN_SIZE_PARETO | LAB_GEN_GAP_ONOFF,
	};
	g_autofree uint8_t *block = g_malloc(16384);
	struct lab_cpl cpl;
	uint64_t seq = 0;

	lt_q_open(&q, 0, 8, 16384, 0);
	lt_q_post(&q, 256);
	lt_q_generate(&q, burst);
	lt_settle();
	lt_step(100000);
	move();
	EXPECT(lt_q_read64(&q, LAB_Q_CNT_GENERATED) < burst.count);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_MODE), burst.mode);
	lt_step(2000000);
	EXPECT(lt_q_wait_delivered(&q, burst.count));
	while (lt_q_pop(&q, &cpl, block)) {
		EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &burst, seq), cpl.records);
		seq += cpl.records;
	}
	EXPECT_EQ(seq, burst.count);
}

static CU_TestInfo tests[] = {
	TAP_TEST(registers_are_as_they_were),
	TAP_TEST(held_back_transmit_goes_on),
	TAP_TEST(waiting_transmit_goes_on),
	TAP_TEST(turn_goes_on),
	TAP_TEST(random_bursts_go_on),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "migrate, traffic", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
