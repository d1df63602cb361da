// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is looped back arrives as from the wire; nothing is lost for want of room.
 */
#include "frames.h"
#include "sender.h"

#define FRAMES	2000	/* 3 MB against a FIFO of 1 MiB */

static struct lt_queue q;	/* receives */
static struct lt_queue out;	/* transmits, unless q does both */
static struct lt_sender t;

static void steer(uint32_t queue)
{
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | queue);
}

static void open_loop(uint32_t from, uint32_t to, uint32_t log2, uint32_t flags)
{
	lt_q_prepare(&q, to, 6, 65536);
	lt_q_prepare(&out, from, from == to ? 6 : 2, 65536);
	lt_tx_prepare(&t, from, log2, 65536);
	if (from != to)
		lt_q_enable(&out, LAB_Q_CTRL_LOOPBACK);
	lt_q_enable(&q, from == to ? LAB_Q_CTRL_LOOPBACK | flags : flags);
}

static void post_free(void)
{
	lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
	lt_q_post(&q, lab_ring_free(q.fill_prod, q.cpl_cons, q.log2));
}

/* Give blocks and take frames of 1500 bytes until @count were right, or one was not */
static uint32_t drain(uint32_t count)
{
	uint32_t n = 0, turn;

	for (turn = 0; n < count && turn < 1000; turn++) {
		post_free();
		lt_settle();
		lt_step(50000);
		n += lt_take_frames(&q, 1500, n);
	}
	return n;
}

static void frames_come_back_to_the_queue_that_sent_them(void)
{
	open_loop(1, 1, 2, 0);
	steer(1);
	lt_q_post(&q, 2);
	lt_tx_series(&t, 1500, 0, 20);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, 20));
	EXPECT_EQ(lt_take_frames(&q, 1500, 0), 20);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), 20);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BYTES), 20 * 1500);
	EXPECT(lt_q_balanced(&q));
}

static void frames_go_where_the_wire_is_steered(void)
{
	open_loop(0, 3, 2, 0);
	steer(3);
	lt_q_post(&q, 2);
	lt_tx_series(&t, 1500, 0, 20);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, 20));
	EXPECT_EQ(lt_take_frames(&q, 1500, 0), 20);
	EXPECT_EQ(lt_q_read64(&out, LAB_Q_CNT_GENERATED), 0);
	EXPECT_EQ(lt_q_read64(&out, LAB_Q_CNT_TX_PACKETS), 20);
}

static void unsteered_frames_wait(void)
{
	open_loop(0, 1, 2, 0);
	lt_q_post(&q, 2);
	lt_tx_series(&t, 1500, 0, 5);
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	steer(2);			/* does not run */
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	steer(1);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	EXPECT_EQ(drain(5), 5);
}

static void queue_that_starts_takes_what_waited(void)
{
	open_loop(0, 1, 2, 0);
	steer(2);
	lt_tx_series(&t, 1500, 0, 5);
	lt_settle();
	lt_q_open(&q, 2, 6, 65536, 0);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	EXPECT_EQ(drain(5), 5);
}

static void expect_full_fifo_to_hold_back(uint32_t from, uint32_t to)
{
	uint32_t last;
	uint64_t held;

	open_loop(from, to, 6, 0);
	steer(to);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	lt_settle();
	held = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	EXPECT(held > 100 && held < FRAMES);
	EXPECT_EQ(lt_tx_status(&t, last), 0);
	EXPECT_EQ(drain(FRAMES), FRAMES);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), FRAMES);
	EXPECT(lt_q_balanced(&q));
}

static void full_fifo_holds_back_the_queue_itself(void)
{
	expect_full_fifo_to_hold_back(0, 0);
}

static void full_fifo_holds_back_another_queue(void)
{
	expect_full_fifo_to_hold_back(3, 1);
}

/* Two that send into one FIFO must not keep each other awake */
static void held_back_device_is_idle(void)
{
	struct lt_sender second;
	uint64_t held;

	lt_q_prepare(&out, 2, 2, 4096);
	lt_tx_prepare(&second, 2, 6, 65536);
	lt_q_enable(&out, LAB_Q_CTRL_LOOPBACK);
	open_loop(0, 0, 6, 0);
	steer(0);
	lt_tx_series(&t, 1500, 0, FRAMES);
	lt_tx_series(&second, 1500, 0, FRAMES);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	lt_settle();
	held = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), held);
	EXPECT(lt_idle());
}

static void lossy_queue_drops_and_counts(void)
{
	uint32_t last;
	uint64_t kept;

	open_loop(0, 1, 6, LAB_Q_CTRL_LOSSY);
	steer(1);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&out, LAB_Q_CNT_TX_PACKETS), FRAMES);
	kept = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	EXPECT(kept < FRAMES);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO), FRAMES - kept);
	EXPECT_EQ(drain((uint32_t)kept), kept);
	EXPECT(lt_q_balanced(&q));
}

static void becoming_lossy_lets_go(void)
{
	uint32_t last;

	open_loop(0, 1, 6, 0);
	steer(1);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, last), 0);
	lt_q_write(&q, LAB_Q_CTRL, LAB_Q_CTRL_ENABLE | LAB_Q_CTRL_LOSSY);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
}

static void without_a_wire_the_block_says_so(void)
{
	lt_q_prepare(&q, 0, 2, 65536);
	lt_tx_prepare(&t, 0, 2, 65536);
	lt_q_enable(&q, 0);
	lt_tx_series(&t, 1500, 0, 3);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE | LAB_TX_NO_WIRE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BLOCKS), 1);
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
}

static void loop_back_ends_when_told(void)
{
	open_loop(0, 1, 2, 0);
	lt_tx_series(&t, 1500, 0, 3);	/* nowhere to go */
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	lt_q_write(&out, LAB_Q_CTRL, LAB_Q_CTRL_ENABLE);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE | LAB_TX_NO_WIRE);
}

static CU_TestInfo tests[] = {
	TAP_TEST(frames_come_back_to_the_queue_that_sent_them),
	TAP_TEST(frames_go_where_the_wire_is_steered),
	TAP_TEST(unsteered_frames_wait),
	TAP_TEST(queue_that_starts_takes_what_waited),
	TAP_TEST(full_fifo_holds_back_the_queue_itself),
	TAP_TEST(full_fifo_holds_back_another_queue),
	TAP_TEST(held_back_device_is_idle),
	TAP_TEST(lossy_queue_drops_and_counts),
	TAP_TEST(becoming_lossy_lets_go),
	TAP_TEST(without_a_wire_the_block_says_so),
	TAP_TEST(loop_back_ends_when_told),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "loop-back", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
