// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records to a netdev: every byte, in order, held back without loss; stopping.
 */
#include "frames.h"
#include "sender.h"

#define FRAMES	2500	/* 3.8 MB: more than any socket keeps */

static struct lt_queue q;
static struct lt_sender t;

static const uint32_t lengths[] = { 60, 1514, 1, 61, 64, 1500, 9014, 59, 333, 65535, 14, 31, 32, 33 };

static void setup_stream(void)
{
	lt_start_wired("stream", "");
}

static void setup_dgram(void)
{
	lt_start_wired("dgram", "");
}

static void open_sender(uint32_t queue, uint32_t log2, uint32_t block_bytes)
{
	lt_q_prepare(&q, queue, 2, 4096);
	lt_tx_prepare(&t, queue, log2, block_bytes);
	lt_q_enable(&q, 0);
}

/* Read frames from the wire until one is not as it should be. Return: how many were. */
static uint32_t expect_frames(uint32_t length, uint32_t n, uint32_t count)
{
	uint32_t first = n;

	while (n - first < count && lt_wire_expect(length, n))
		n++;
	return n - first;
}

/* Let the device send until the netdev takes no more. Return: packets sent. */
static uint64_t wait_stalled(void)
{
	uint64_t before, sent = lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS);

	do {
		before = sent;
		lt_settle();
		sent = lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS);
	} while (!sent || sent != before);
	return sent;
}

static void records_go_out_byte_for_byte(void)
{
	uint32_t n;

	open_sender(1, 2, 131072);
	for (n = 0; n < G_N_ELEMENTS(lengths); n++)
		EXPECT(lt_tx_add(&t, lengths[n], n));
	lt_tx_post(&t, 0);
	for (n = 0; n < G_N_ELEMENTS(lengths); n++)
		EXPECT(lt_wire_expect(lengths[n], n));
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	EXPECT(lt_wire_quiet());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), G_N_ELEMENTS(lengths));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BLOCKS), 1);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_DROP), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	EXPECT_EQ(lt_complaints(), 0);
}

static void bytes_count_the_payload(void)
{
	open_sender(0, 2, 4096);
	lt_tx_add(&t, 100, 0);
	lt_tx_add(&t, 33, 1);
	lt_tx_post(&t, 0);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_BYTES), 133);
}

static void blocks_go_in_order_around_the_ring(void)
{
	uint32_t n;

	open_sender(0, 1, 4096);
	for (n = 0; n < 20; n += 2) {
		lt_tx_add(&t, 700 + n, n);
		lt_tx_post(&t, 0);
		lt_tx_add(&t, 60, n + 1);
		lt_tx_post(&t, 0);
		EXPECT(lt_wire_expect(700 + n, n));
		EXPECT(lt_wire_expect(60, n + 1));
		EXPECT_EQ(lt_tx_wait(&t, n), LAB_TX_DONE);
		EXPECT_EQ(lt_tx_wait(&t, n + 1), LAB_TX_DONE);
	}
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
}

static void interrupt_comes_when_asked_for(void)
{
	open_sender(2, 2, 4096);
	lt_tx_add(&t, 64, 0);
	lt_tx_post(&t, 0);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	lt_settle();
	EXPECT(!lt_irq_taken(2));
	lt_tx_add(&t, 64, 1);
	lt_tx_post(&t, LAB_TX_IRQ);
	EXPECT_EQ(lt_tx_wait(&t, 1), LAB_TX_DONE);
	lt_settle();
	EXPECT(lt_irq_taken(2));
	lt_tx_add(&t, 64, 2);
	lt_tx_post(&t, LAB_TX_IRQ);	/* not armed: it waits */
	EXPECT_EQ(lt_tx_wait(&t, 2), LAB_TX_DONE);
	lt_settle();
	EXPECT(!lt_irq_taken(2));
	lt_q_arm(&q);
	EXPECT(lt_irq_taken(2));
}

static void busy_netdev_holds_back_without_loss(void)
{
	uint32_t last;

	open_sender(0, 6, 65536);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	EXPECT(wait_stalled() < FRAMES);
	EXPECT_EQ(lt_tx_status(&t, last), 0);
	EXPECT_EQ(expect_frames(1500, 0, FRAMES), FRAMES);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), FRAMES);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_DROP), 0);
	EXPECT(lt_wire_quiet());
}

static void busy_netdev_holds_every_queue_back(void)
{
	struct lt_sender other;
	struct lt_queue second;
	uint32_t last;

	lt_q_prepare(&second, 3, 2, 4096);
	lt_tx_prepare(&other, 3, 1, 4096);
	lt_q_enable(&second, 0);
	open_sender(0, 6, 65536);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	wait_stalled();
	lt_tx_add(&other, 60, 7);
	lt_tx_post(&other, 0);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&second, LAB_Q_CNT_TX_PACKETS), 0);
	lt_q_disable(&q);		/* its own are gone, the other's are not */
	EXPECT_EQ(lt_tx_status(&t, last), 0);
	EXPECT_EQ(expect_frames(1500, 0, (uint32_t)lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS)),
		  lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS));
	EXPECT(lt_wire_expect(60, 7));
	EXPECT_EQ(lt_tx_wait(&other, 0), LAB_TX_DONE);
}

/* What was counted as sent comes out whole, and so does what follows */
static void stopping_cuts_no_frame(void)
{
	uint64_t sent;

	open_sender(0, 6, 65536);
	lt_tx_series(&t, 1500, 0, FRAMES);
	wait_stalled();
	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), 0);
	open_sender(0, 2, 4096);
	lt_tx_add(&t, 99, 4000);
	lt_tx_post(&t, 0);
	for (sent = 0; lt_wire_expect(1500, (uint32_t)sent); sent++)
		;
	EXPECT(sent > 50 && sent < FRAMES);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), 1);
}

static void stopped_queue_reports_nothing(void)
{
	open_sender(0, 2, 4096);
	lt_bus_master(false);		/* so that it does not begin */
	lt_tx_add(&t, 64, 0);
	lt_tx_post(&t, LAB_TX_IRQ);
	lt_q_disable(&q);
	lt_bus_master(true);
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	EXPECT(!lt_irq_taken(0));
	EXPECT(lt_wire_quiet());
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), 0);
}

static void without_bus_mastering_nothing_is_sent(void)
{
	open_sender(0, 2, 4096);
	lt_bus_master(false);
	lt_tx_add(&t, 64, 0);
	lt_tx_post(&t, 0);
	lt_settle();
	EXPECT(lt_wire_quiet());
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	lt_bus_master(true);
	EXPECT(lt_wire_expect(64, 0));
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
}

static void wire_that_goes_away_swallows_the_rest(void)
{
	uint32_t last;

	open_sender(0, 6, 65536);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	wait_stalled();
	shutdown(lt.wire, SHUT_RDWR);
	lt_settle();
	lt_step(100000000);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS) + lt_q_read64(&q, LAB_Q_CNT_TX_DROP),
		  FRAMES);
}

static void stopped_machine_sends_its_frames_later(void)
{
	uint32_t last;

	open_sender(0, 6, 65536);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	wait_stalled();
	qtest_qmp_assert_success(lt.qts, "{'execute': 'stop'}");
	qtest_qmp_assert_success(lt.qts, "{'execute': 'cont'}");
	EXPECT_EQ(expect_frames(1500, 0, FRAMES), FRAMES);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_TX_PACKETS), FRAMES);
}

static void netdev_that_is_deleted_swallows_the_rest(void)
{
	uint32_t last;

	open_sender(0, 6, 65536);
	last = lt_tx_series(&t, 1500, 0, FRAMES);
	wait_stalled();
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'netdev_del', "
				 "'arguments': { 'id': 'wire' } }");
	lt_step(100000000);
	EXPECT_EQ(lt_tx_wait(&t, last), LAB_TX_DONE);
}

/* Read whatever comes out until the descriptor is done */
static uint16_t drain_until_done(const struct lt_sender *sender, uint32_t index)
{
	int64_t deadline_us = g_get_monotonic_time() + 5000000;
	uint8_t bytes[65536];

	while (!lt_tx_status(sender, index) && g_get_monotonic_time() < deadline_us) {
		while (recv(lt.wire, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			;
		lt_settle();
	}
	return lt_tx_status(sender, index);
}

/* The frame that was waited for is no record any more when the machine goes on */
static void queue_that_has_nothing_to_send_any_more_holds_no_other_back(void)
{
	struct lt_sender other;
	struct lt_queue second;

	lt_q_prepare(&second, 3, 2, 4096);
	lt_tx_prepare(&other, 3, 1, 4096);
	lt_q_enable(&second, 0);
	open_sender(0, 6, 65536);
	lt_tx_series(&t, 1500, 0, FRAMES);
	wait_stalled();
	lt_tx_add(&other, 60, 7);
	lt_tx_post(&other, 0);
	lt_settle();
	qtest_qmp_assert_success(lt.qts, "{'execute': 'stop'}");
	qtest_memset(lt.qts, lt_tx_block(&t, 0), 0, LT_TX_BLOCK_SPAN);
	qtest_qmp_assert_success(lt.qts, "{'execute': 'cont'}");
	EXPECT_EQ(drain_until_done(&other, 0), LAB_TX_DONE);
}

static CU_TestInfo tests[] = {
	TAP_TEST(records_go_out_byte_for_byte),
	TAP_TEST(bytes_count_the_payload),
	TAP_TEST(blocks_go_in_order_around_the_ring),
	TAP_TEST(interrupt_comes_when_asked_for),
	TAP_TEST(busy_netdev_holds_back_without_loss),
	TAP_TEST(busy_netdev_holds_every_queue_back),
	TAP_TEST(stopping_cuts_no_frame),
	TAP_TEST(stopped_queue_reports_nothing),
	TAP_TEST(without_bus_mastering_nothing_is_sent),
	TAP_TEST(wire_that_goes_away_swallows_the_rest),
	TAP_TEST(stopped_machine_sends_its_frames_later),
	TAP_TEST(netdev_that_is_deleted_swallows_the_rest),
	TAP_TEST(queue_that_has_nothing_to_send_any_more_holds_no_other_back),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo dgram_tests[] = {
	TAP_TEST(records_go_out_byte_for_byte),
	TAP_TEST(busy_netdev_holds_back_without_loss),
	TAP_TEST(stopping_cuts_no_frame),
	TAP_TEST(stopped_machine_sends_its_frames_later),
	TAP_TEST(netdev_that_is_deleted_swallows_the_rest),
	TAP_TEST(queue_that_has_nothing_to_send_any_more_holds_no_other_back),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "transmit, stream", .pSetUpFunc = setup_stream, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	{ .pName = "transmit, dgram", .pSetUpFunc = setup_dgram, .pTearDownFunc = lt_teardown,
	  .pTests = dgram_tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
