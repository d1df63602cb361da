// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames from a netdev: every byte, held back without loss, block time-out.
 */
#include "frames.h"

#define FRAMES	3000

static struct lt_queue q;

static const uint32_t lengths[] = { 60, 1514, 1, 61, 64, 1500, 9014, 59, 333, 65535, 14, 31, 32, 33 };

static void setup_stream(void)
{
	lt_start_wired("stream", "");
}

static void setup_dgram(void)
{
	lt_start_wired("dgram", "");
}

static void steer(uint32_t queue)
{
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | queue);
}

static void open_steered(uint32_t queue, uint32_t blocks)
{
	lt_q_open(&q, queue, 6, 65536 + 4096, 0);
	lt_q_post(&q, blocks);
	steer(queue);
}

/* Check all that was delivered, of lengths from @want, which wraps. Return: frames. */
static uint64_t check_delivered(const uint32_t *want, size_t wants, uint64_t seq)
{
	g_autofree uint8_t *block = g_malloc(q.block_bytes);
	uint64_t first = seq;
	struct lab_cpl cpl;
	uint32_t offset;

	while (lt_q_pop(&q, &cpl, block))
		for (offset = 0; offset < cpl.bytes; seq++) {
			offset = lt_check_frame(&q, block, offset, want[seq % wants],
						(uint32_t)seq, seq);
			if (!offset)
				return seq - first;
		}
	return seq - first;
}

static void send_frame(uint32_t length, uint32_t n)
{
	g_autofree uint8_t *frame = g_malloc(length);

	lt_frame(frame, length, n);
	lt_wire_send(frame, length);
}

/* Delivered, time-outs included. Return: whether so many frames came. */
static bool wait_frames(uint64_t frames)
{
	if (!lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), frames))
		return false;
	lt_settle();
	lt_step(50000);
	return lt_q_wait_delivered(&q, frames);
}

static void capability_says_that_there_is_a_wire(void)
{
	EXPECT(lt_read(LAB_REG_CAPS) & LAB_CAP_WIRE);
}

static void frames_arrive_byte_for_byte(void)
{
	uint32_t n;

	open_steered(1, 16);
	for (n = 0; n < G_N_ELEMENTS(lengths); n++)
		send_frame(lengths[n], n);
	EXPECT(wait_frames(n));
	EXPECT_EQ(check_delivered(lengths, G_N_ELEMENTS(lengths), 0), n);
	EXPECT(lt_q_balanced(&q));
}

static void unsteered_frames_wait(void)
{
	lt_q_open(&q, 0, 6, 8192, 0);
	lt_q_post(&q, 4);
	send_frame(100, 0);
	send_frame(100, 1);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	steer(3);			/* not enabled: still nowhere to go */
	lt_settle();
	steer(31);			/* no such queue */
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	steer(0);
	EXPECT(wait_frames(2));
	EXPECT_EQ(check_delivered((uint32_t[]) { 100 }, 1, 0), 2);
}

static void disabled_queue_holds_the_wire_back(void)
{
	open_steered(0, 4);
	send_frame(100, 0);
	EXPECT(wait_frames(1));
	lt_q_disable(&q);
	send_frame(200, 0);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 1);
	lt_q_enable(&q, 0);
	lt_q_post(&q, 4);
	EXPECT(wait_frames(1));
	EXPECT_EQ(check_delivered((uint32_t[]) { 200 }, 1, 0), 1);
}

static void *send_many(void *unused)
{
	uint32_t n;

	for (n = 0; n < FRAMES; n++)
		send_frame(1500, n);
	return NULL;
}

/* 4.5 MB against a FIFO of 1 MiB and a ring without blocks: nothing is lost */
static void backpressure_loses_nothing(void)
{
	const uint32_t want[] = { 1500 };
	uint64_t seq = 0, held;
	GThread *sender;

	lt_q_open(&q, 0, 6, 65536, 0);
	steer(0);
	sender = g_thread_new("sender", send_many, NULL);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_FILL_LOW), 1));
	g_usleep(200000);		/* it fills all there is to fill */
	lt_settle();
	held = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	EXPECT(held > 100 && held < FRAMES);
	while (seq < FRAMES && lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_ENABLED) {
		lt_q_post(&q, lab_ring_free(q.fill_prod, q.cpl_cons, q.log2));
		lt_settle();
		lt_step(50000);
		seq += check_delivered(want, 1, seq);
		lt_q_write(&q, LAB_Q_CPL_DB, q.cpl_cons);
		EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
	}
	g_thread_join(sender);
	EXPECT_EQ(seq, FRAMES);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), FRAMES);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO), 0);
	EXPECT(lt_q_balanced(&q));
}

static void lossy_queue_drops_frames_and_counts(void)
{
	const uint32_t want[] = { 1500 };
	uint64_t kept;

	lt_q_open(&q, 0, 6, 65536, LAB_Q_CTRL_LOSSY);
	steer(0);
	send_many(NULL);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), FRAMES));
	kept = lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO), FRAMES - kept);
	lt_q_post(&q, 64);
	lt_settle();
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, kept));
	EXPECT_EQ(check_delivered(want, 1, 0), kept);
	EXPECT(lt_q_balanced(&q));
}

static void frame_larger_than_the_block_is_dropped(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 2);
	steer(0);
	send_frame(4065, 0);
	send_frame(4064, 1);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 2));
	lt_settle();
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, 1));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_SIZE), 1);
	EXPECT_EQ(check_delivered((uint32_t[]) { 4064 }, 1, 1), 1);
}

static void open_block_waits_for_the_time_out(void)
{
	open_steered(0, 4);
	send_frame(100, 0);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 1));
	lt_settle();
	lt_step(30000);
	send_frame(100, 1);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 2));
	lt_settle();
	lt_step(19999);			/* 50 us after the first record, not the last */
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 2);
	lt_step(1);
	EXPECT(lt_q_wait_delivered(&q, 2));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BLOCKS), 1);
	EXPECT(lt_irq_taken(0));
}

static void time_out_zero_is_never_until_changed(void)
{
	open_steered(0, 4);
	lt_q_write(&q, LAB_Q_BLOCK_TIMEOUT, 0);
	send_frame(100, 0);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 1));
	lt_settle();
	lt_step(1000000000);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	lt_q_write(&q, LAB_Q_BLOCK_TIMEOUT, 1000);
	EXPECT(lt_q_wait_delivered(&q, 1));
}

static void open_block_is_dropped_with_the_queue(void)
{
	open_steered(0, 4);
	send_frame(100, 0);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_IN_FLIGHT), 1));
	lt_q_disable(&q);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_STOP), 1);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 0);
	EXPECT(lt_q_balanced(&q));
}

static CU_TestInfo tests[] = {
	TAP_TEST(capability_says_that_there_is_a_wire),
	TAP_TEST(frames_arrive_byte_for_byte),
	TAP_TEST(unsteered_frames_wait),
	TAP_TEST(disabled_queue_holds_the_wire_back),
	TAP_TEST(backpressure_loses_nothing),
	TAP_TEST(lossy_queue_drops_frames_and_counts),
	TAP_TEST(frame_larger_than_the_block_is_dropped),
	TAP_TEST(open_block_waits_for_the_time_out),
	TAP_TEST(time_out_zero_is_never_until_changed),
	TAP_TEST(open_block_is_dropped_with_the_queue),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo dgram_tests[] = {
	TAP_TEST(frames_arrive_byte_for_byte),
	TAP_TEST(unsteered_frames_wait),
	TAP_TEST(backpressure_loses_nothing),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "wire, stream", .pSetUpFunc = setup_stream, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	{ .pName = "wire, dgram", .pSetUpFunc = setup_dgram, .pTearDownFunc = lt_teardown,
	  .pTests = dgram_tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
