// SPDX-License-Identifier: MIT
/* Waiting for a block: poll(), LAB_EXCHANGE_WAIT, O_NONBLOCK, signals, reset. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define SHORT_NS	20000000ull	/* 20 ms */

static struct guest_queue q;

static int start(void)
{
	struct lab_setup setup = guest_setup(0);

	return guest_open(&q, &setup);
}

static int stop(void)
{
	guest_close(&q);
	return guest_sysfs(0, "held") != guest_sysfs(0, "released");
}

static int poll_queue(int timeout_ms)
{
	struct pollfd p = { .fd = q.fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0 ? p.revents : 0;
}

static int claim(uint64_t timeout_ns)
{
	struct lab_block block;
	int n = guest_exchange(&q, NULL, 0, &block, 1, timeout_ns);

	if (n == 1)
		CU_ASSERT_EQUAL(guest_exchange(&q, &block.slot, 1, NULL, 0, 0), 0);
	return n;
}

static void poll_without_a_block_times_out(void)
{
	CU_ASSERT_EQUAL(poll_queue(10), 0);
}

static void poll_of_a_file_without_a_queue_is_pollerr(void)
{
	struct pollfd p = { .fd = open(NODE, O_RDWR | O_CLOEXEC), .events = POLLIN };

	CU_ASSERT_EQUAL(poll(&p, 1, 0), 1);
	CU_ASSERT_EQUAL(p.revents, POLLERR);
	close(p.fd);
}

static void nothing_ready_is_eagain(void)
{
	CU_ASSERT_EQUAL(claim(0), -EAGAIN);
}

static void nothing_ready_in_time_is_etimedout(void)
{
	CU_ASSERT_EQUAL(claim(SHORT_NS), -ETIMEDOUT);
}

static void o_nonblock_does_not_wait(void)
{
	fcntl(q.fd, F_SETFL, O_RDWR | O_NONBLOCK);
	CU_ASSERT_EQUAL(claim(WAIT_NS), -EAGAIN);
	fcntl(q.fd, F_SETFL, O_RDWR);
}

static void ignore(int sig)
{
	(void)sig;
}

static void a_signal_is_eintr(void)
{
	struct sigaction act = { .sa_handler = ignore }, old;
	struct itimerval timer = { .it_value = { .tv_usec = 20000 } };

	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &timer, NULL);
	CU_ASSERT_EQUAL(claim(WAIT_NS), -EINTR);
	sigaction(SIGALRM, &old, NULL);
}

static void a_burst_wakes_poll(void)
{
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), 0);
	CU_ASSERT_EQUAL(poll_queue(5000), POLLIN);
	CU_ASSERT_EQUAL(claim(0), 1);
	CU_ASSERT_EQUAL(poll_queue(0), 0);
}

static void a_burst_wakes_a_waiting_claim(void)
{
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), 0);
	CU_ASSERT_EQUAL(claim(WAIT_NS), 1);
}

static void the_release_is_done_even_if_the_wait_times_out(void)
{
	struct lab_block block, none;

	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), 0);
	CU_ASSERT_EQUAL_FATAL(guest_claim_one(&q, &block), 0);
	CU_ASSERT_EQUAL(guest_exchange(&q, &block.slot, 1, &none, 1, SHORT_NS), -ETIMEDOUT);
	CU_ASSERT_EQUAL(guest_exchange(&q, &block.slot, 1, NULL, 0, 0), -EINVAL);
}

static void a_dry_ring_goes_on_when_blocks_are_released(void)
{
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	struct guest_tally tally;
	uint32_t held = 0;
	int n;

	/* one packet a block; take all that there are, so that the ring runs dry */
	CU_ASSERT_EQUAL(guest_burst(&q, 100, 4000, 4000), 0);
	while (held < q.setup.depth) {
		n = guest_exchange(&q, NULL, 0, &blocks[held], GUEST_BATCH - held, WAIT_NS);
		CU_ASSERT_FATAL(n > 0);
		held += n;
	}
	CU_ASSERT_EQUAL(claim(SHORT_NS), -ETIMEDOUT);
	for (uint32_t i = 0; i < held; i++)
		slots[i] = blocks[i].slot;
	CU_ASSERT_EQUAL(guest_exchange(&q, slots, held, NULL, 0, 0), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, 100 - held, 4000, 4000, &tally), 0);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).dev_in_flight, 0);
}

static void a_reset_is_eio_and_the_next_set_up_works(void)
{
	struct lab_reset reset = { .size = sizeof(reset) };
	struct lab_setup setup = guest_setup(0);
	struct lab_stats s;

	CU_ASSERT_EQUAL(guest_burst(&q, 0, 64, 64), 0);
	CU_ASSERT_EQUAL(poll_queue(5000) & POLLIN, POLLIN);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_RESET, &reset), 0);
	while (claim(0) == 1)
		;
	CU_ASSERT_EQUAL(claim(WAIT_NS), -EIO);
	CU_ASSERT_EQUAL(poll_queue(0), POLLERR);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).queue_error, LAB_QERR_RESET);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), -EIO);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.generated, s.dev_delivered + s.drop_stop);
	CU_ASSERT_EQUAL(s.dev_delivered, s.delivered + s.ready_packets);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	a_burst_wakes_a_waiting_claim();
}

static void counters_of_a_closed_queue_outlive_a_reset(void)
{
	struct lab_reset reset = { .size = sizeof(reset) };

	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), 0);
	CU_ASSERT_EQUAL(claim(WAIT_NS), 1);
	guest_close(&q);
	q.fd = open(NODE, O_RDWR | O_CLOEXEC);
	q.window = MAP_FAILED;
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_RESET, &reset), 0);
	CU_ASSERT(guest_sysfs(0, "delivered") > 0);
	CU_ASSERT_EQUAL(guest_sysfs(0, "generated"), guest_sysfs(0, "delivered"));
}

static void *receive_one(void *arg)
{
	*(int *)arg = claim(WAIT_NS);
	return NULL;
}

/* What the one waits for is what the other sends */
static void a_thread_that_waits_lets_another_send_on_the_same_file(void)
{
	static _Alignas(LAB_RECORD_ALIGN) uint8_t record[64];
	struct lab_setup setup = guest_setup(0);
	pthread_t receiver;
	int got = 0;

	close(q.fd);
	setup.flags = LAB_SETUP_WIRE | LAB_SETUP_LOOPBACK;
	setup.tx_depth = 2;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&receiver, NULL, receive_one, &got), 0);
	usleep(SHORT_NS / 1000);	/* it waits, or will: right in both cases */
	CU_ASSERT_EQUAL(guest_send(&q, record, lab_record_make(record, sizeof(record), "ping", 4),
				   0), 0);
	pthread_join(receiver, NULL);
	CU_ASSERT_EQUAL(got, 1);
}

/* Three blocks that no interrupt has told of: the moderation holds it back */
static void complete_three_unseen(void)
{
	struct lab_setup setup = guest_setup(0);

	guest_close(&q);
	setup.irq_count = 4;
	setup.irq_ns = 4000000000u;
	setup.records_per_block = 1;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 3, 64, 64), 0);
	for (int i = 0; i < 5000 && guest_stats(q.fd, LAB_QUEUE_ANY).dev_delivered < 3; i++)
		usleep(1000);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).dev_delivered, 3);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).ready_packets, 0);
}

static void blocks_that_no_interrupt_told_of_are_counted_when_dropped(void)
{
	complete_three_unseen();
	close(q.fd);
	munmap(q.window, q.setup.window_bytes);
	CU_ASSERT_EQUAL(guest_sysfs(0, "drop_close"), 3);
	q.fd = open(NODE, O_RDWR | O_CLOEXEC);
	q.window = MAP_FAILED;
}

static void blocks_that_no_interrupt_told_of_can_be_had_after_a_reset(void)
{
	struct lab_reset reset = { .size = sizeof(reset) };

	complete_three_unseen();
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_RESET, &reset), 0);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(claim(0), 1);
	CU_ASSERT_EQUAL(claim(0), -EIO);
}

static CU_TestInfo tests[] = {
	TAP_TEST(poll_without_a_block_times_out),
	TAP_TEST(poll_of_a_file_without_a_queue_is_pollerr),
	TAP_TEST(nothing_ready_is_eagain),
	TAP_TEST(nothing_ready_in_time_is_etimedout),
	TAP_TEST(o_nonblock_does_not_wait),
	TAP_TEST(a_signal_is_eintr),
	TAP_TEST(a_burst_wakes_poll),
	TAP_TEST(a_burst_wakes_a_waiting_claim),
	TAP_TEST(the_release_is_done_even_if_the_wait_times_out),
	TAP_TEST(a_dry_ring_goes_on_when_blocks_are_released),
	TAP_TEST(a_reset_is_eio_and_the_next_set_up_works),
	TAP_TEST(counters_of_a_closed_queue_outlive_a_reset),
	TAP_TEST(a_thread_that_waits_lets_another_send_on_the_same_file),
	TAP_TEST(blocks_that_no_interrupt_told_of_are_counted_when_dropped),
	TAP_TEST(blocks_that_no_interrupt_told_of_can_be_had_after_a_reset),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "wait", .pInitFunc = start, .pCleanupFunc = stop, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
