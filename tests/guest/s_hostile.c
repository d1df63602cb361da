// SPDX-License-Identifier: MIT
/*
 * A device that commits one fault after another, as hostile.sh starts it: what
 * is true still arrives, all is accounted for, nothing leaks.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define COUNT	2000
#define SIZE	1000

static struct guest_queue q;

static struct lab_inject inject(struct lab_inject x)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	x.size = sizeof(x);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), 0);
	close(fd);
	return x;
}

static void commit(uint32_t faults, uint32_t period)
{
	inject((struct lab_inject) { .faults = faults, .period = period });
}

static uint64_t committed(void)
{
	return inject((struct lab_inject) { .flags = LAB_INJECT_QUERY }).count;
}

/* A packet a block: each is an occasion */
static void open_queue(uint32_t depth)
{
	struct lab_setup setup = guest_setup(0);

	setup.depth = depth;
	setup.records_per_block = 1;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
}

static bool all_accounted(const struct lab_stats *s)
{
	return s->generated == s->dev_delivered + s->drop_fifo + s->drop_size + s->drop_stop +
			       s->dev_in_flight &&
	       s->dev_delivered == s->delivered + s->drop_invalid + s->ready_packets;
}

static struct lab_stats close_queue(void)
{
	struct lab_stats s = guest_stats(q.fd, LAB_QUEUE_ANY);

	guest_close(&q);
	commit(0, 1);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
	return s;
}

/* Every packet arrives, whole and once */
static struct lab_stats all_arrive(uint32_t fault, uint32_t period)
{
	struct guest_tally tally;
	struct lab_stats s;
	uint64_t before = committed();

	commit(fault, period);
	open_queue(64);
	CU_ASSERT_EQUAL(guest_burst(&q, COUNT, SIZE, SIZE), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, COUNT, SIZE, SIZE, &tally), 0);
	CU_ASSERT_EQUAL(tally.packets, COUNT);
	CU_ASSERT_EQUAL(tally.lost + tally.corrupt, 0);
	CU_ASSERT(committed() > before);
	s = close_queue();
	CU_ASSERT_EQUAL(s.generated, COUNT);
	CU_ASSERT(all_accounted(&s));
	CU_ASSERT_EQUAL(s.queue_error, 0);
	return s;
}

static void packets_of_lost_interrupts_arrive(void)
{
	CU_ASSERT(all_arrive(LAB_FAULT_IRQ_LOST, 3).irqs_missed > 0);
}

/* poll() waits as well as LAB_IOC_EXCHANGE does */
static void poll_sees_the_block_of_a_lost_interrupt(void)
{
	open_queue(64);
	commit(LAB_FAULT_IRQ_LOST, 1);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, SIZE, SIZE), 0);
	CU_ASSERT(guest_polls(&q, POLLIN, 5000));
	close_queue();
}

/* Nor is the interrupt needed that says that the ring ran dry */
static void a_dry_ring_is_refilled_without_interrupts(void)
{
	CU_ASSERT(all_arrive(LAB_FAULT_IRQ_LOST, 1).irqs_missed > 0);
}

static void open_loop(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.flags = LAB_SETUP_WIRE | LAB_SETUP_LOOPBACK;
	setup.tx_depth = 2;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
}

static int send_record(uint64_t timeout_ns)
{
	static _Alignas(LAB_RECORD_ALIGN) uint8_t record[64];

	return guest_send(&q, record, lab_record_make(record, 64, "0123456789", 10), timeout_ns);
}

static void who_sends_is_woken_without_interrupts(void)
{
	open_loop();
	commit(LAB_FAULT_IRQ_LOST, 1);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(send_record(WAIT_NS), 0);
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	CU_ASSERT_EQUAL(close_queue().tx_packets, 20);
}

/* Also while a block is ready, which it does not ask for */
static void poll_for_room_alone_sees_it_without_interrupts(void)
{
	open_loop();
	CU_ASSERT_EQUAL(send_record(0), 0);
	CU_ASSERT(guest_polls(&q, POLLIN, 5000));
	usleep(50000);	/* nothing says that nobody watches for us any more */
	commit(LAB_FAULT_IRQ_LOST, 1);
	while (send_record(0) != -EAGAIN)
		;
	CU_ASSERT(guest_polls(&q, POLLOUT, 5000));
	close_queue();
}

static void packets_of_late_interrupts_arrive(void)
{
	all_arrive(LAB_FAULT_IRQ_LATE, 3);
}

static void an_interrupt_sent_twice_does_no_harm(void)
{
	struct lab_stats s = all_arrive(LAB_FAULT_IRQ_DUPLICATE, 1);

	CU_ASSERT(s.irqs + 1 >= s.dev_irqs);	/* the last kick may still be on its way */
}

static void an_interrupt_without_a_reason_does_no_harm(void)
{
	CU_ASSERT(all_arrive(LAB_FAULT_IRQ_SPURIOUS, 1).irqs_idle > 0);
}

static void a_stalled_queue_goes_on(void)
{
	all_arrive(LAB_FAULT_STALL, 500);
}

/* Which blocks are wrong, of all that arrive: a record in each */
static unsigned int wrong_blocks(const struct lab_block *blocks, int n)
{
	const struct lab_record *r;
	struct lab_record_iter iter;
	unsigned int wrong = 0;

	for (int i = 0; i < n; i++) {
		lab_record_iter_init(&iter, q.window + blocks[i].slot * q.setup.window_stride,
				     blocks[i].bytes);
		r = lab_record_next(&iter);
		wrong += !r || lab_record_verify(r, iter.length) != 0;
	}
	return wrong;
}

/* Claim @want blocks, and keep them */
static int claim(struct lab_block *blocks, int want)
{
	int n, got = 0;

	for (; got < want; got += n) {
		n = guest_exchange(&q, NULL, 0, blocks + got, want - got, WAIT_NS);
		if (n < 0)
			return n;
	}
	return got;
}

static void checksums_tell_of_each_flipped_bit(void)
{
	uint64_t before = committed();
	struct lab_block blocks[64];

	commit(LAB_FAULT_RECORD_CORRUPT, 4);
	open_queue(64);
	CU_ASSERT_EQUAL(guest_burst(&q, 32, SIZE, SIZE), 0);
	CU_ASSERT_EQUAL(claim(blocks, 32), 32);
	CU_ASSERT_EQUAL(committed() - before, 8);
	CU_ASSERT_EQUAL(wrong_blocks(blocks, 32), 8);
	close_queue();
}

/* None is given back, so that what comes late comes to a block that is still ours */
static void checksums_tell_of_a_completion_before_the_data(void)
{
	uint64_t before = committed();
	struct lab_block blocks[64];
	int tries;

	commit(LAB_FAULT_CPL_EARLY, 1);
	open_queue(64);
	CU_ASSERT_EQUAL(guest_burst(&q, 32, SIZE, SIZE), 0);
	CU_ASSERT_EQUAL(claim(blocks, 32), 32);
	CU_ASSERT(committed() > before);
	for (tries = 0; wrong_blocks(blocks, 32) && tries < 1000; tries++)
		poll(NULL, 0, 1);
	CU_ASSERT_EQUAL(wrong_blocks(blocks, 32), 0);
	close_queue();
}

/* Until the device has nothing more to say. Return: packets that were true */
static uint64_t receive_what_is_true(void)
{
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	uint64_t packets = 0;
	int n = 0;

	for (;;) {
		n = guest_exchange(&q, slots, n, blocks, GUEST_BATCH, 500000000);
		if (n < 0)
			break;
		CU_ASSERT_EQUAL(wrong_blocks(blocks, n), 0);
		for (int i = 0; i < n; i++)
			slots[i] = blocks[i].slot;
		packets += n;
	}
	CU_ASSERT_EQUAL(n, -ETIMEDOUT);
	return packets;
}

/* Lies in completions: refused and counted. A block whose slot is lied about is lost until close. */
static struct lab_stats true_ones_arrive(uint32_t fault, uint64_t count)
{
	struct lab_stats s;

	commit(fault, 16);
	open_queue(256);
	CU_ASSERT_EQUAL(guest_burst(&q, count, SIZE, SIZE), 0);
	CU_ASSERT_EQUAL(receive_what_is_true(), guest_stats(q.fd, LAB_QUEUE_ANY).delivered);
	s = close_queue();
	CU_ASSERT_EQUAL(s.generated, count);
	CU_ASSERT_EQUAL(s.queue_error, 0);
	return s;
}

static void a_slot_that_does_not_exist_is_refused(void)
{
	struct lab_stats s = true_ones_arrive(LAB_FAULT_BAD_SLOT, 1000);

	CU_ASSERT_EQUAL(s.drop_invalid, 1000 / 16);
	CU_ASSERT(all_accounted(&s));
}

static void more_bytes_than_the_block_has_are_refused(void)
{
	struct lab_stats s = true_ones_arrive(LAB_FAULT_BAD_LENGTH, COUNT);

	CU_ASSERT_EQUAL(s.drop_invalid, COUNT / 16);
	CU_ASSERT(all_accounted(&s));
}

static void a_completion_said_twice_counts_once(void)
{
	struct lab_stats s = true_ones_arrive(LAB_FAULT_CPL_DUPLICATE, COUNT);

	CU_ASSERT_EQUAL(s.delivered, COUNT);
	CU_ASSERT_EQUAL(s.refused, COUNT / 16);
}

/* Of three, one has a status, one no records: neither says how many packets it lost */
static void a_completion_of_nonsense_is_refused(void)
{
	struct lab_stats s = true_ones_arrive(LAB_FAULT_CPL_CORRUPT, COUNT);

	CU_ASSERT_EQUAL(s.refused, 84);
	CU_ASSERT_EQUAL(s.delivered, COUNT - 84);
}

static void a_queue_stopped_by_dma_to_nowhere_says_so_and_starts_anew(void)
{
	struct lab_block blocks[64];
	struct lab_stats s;
	int n;

	commit(LAB_FAULT_DMA_UNMAPPED, 20);
	open_queue(64);
	CU_ASSERT_EQUAL(guest_burst(&q, COUNT, SIZE, SIZE), 0);
	n = claim(blocks, 19);
	CU_ASSERT_EQUAL(n, 19);
	CU_ASSERT_EQUAL(wrong_blocks(blocks, n), 0);
	CU_ASSERT_EQUAL(guest_exchange(&q, NULL, 0, blocks, 1, WAIT_NS), -EIO);
	s = close_queue();
	CU_ASSERT_EQUAL(s.queue_error, LAB_QERR_BLOCK_DMA);
	CU_ASSERT_EQUAL(s.delivered, 19);
	CU_ASSERT(all_accounted(&s));
	all_arrive(LAB_FAULT_IRQ_DUPLICATE, 1);
}

static void inject_refuses_what_is_out_of_range(void)
{
	struct lab_inject x = { .size = sizeof(x), .period = 0 };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), -EINVAL);
	x = (struct lab_inject) { .size = sizeof(x), .period = 1, .faults = LAB_FAULT_ALL + 1 };
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), -EINVAL);
	x = (struct lab_inject) { .size = sizeof(x), .period = 1, .flags = 2 };
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), -EINVAL);
	x = (struct lab_inject) { .size = sizeof(x), .flags = LAB_INJECT_QUERY | 4 };
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), -EINVAL);
	close(fd);
}

static int inject_as_nobody(void *arg)
{
	struct lab_inject x = { .size = sizeof(x), .flags = LAB_INJECT_QUERY };

	if (setgid(65534) || setuid(65534))
		return 99;
	return -guest_ioctl(*(int *)arg, LAB_IOC_INJECT, &x);
}

static void inject_needs_cap_sys_admin(void)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL(guest_child(inject_as_nobody, &fd), EPERM);
	close(fd);
}

static void a_reset_ends_what_was_injected(void)
{
	struct lab_reset reset = { .size = sizeof(reset) };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);
	struct lab_inject now;

	inject((struct lab_inject) { .faults = LAB_FAULT_STALL, .period = 5, .seed = 6 });
	now = inject((struct lab_inject) { .flags = LAB_INJECT_QUERY });
	CU_ASSERT_EQUAL(now.faults, LAB_FAULT_STALL);
	CU_ASSERT_EQUAL(now.period, 5);
	CU_ASSERT_EQUAL(now.seed, 6);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_RESET, &reset), 0);
	now = inject((struct lab_inject) { .flags = LAB_INJECT_QUERY });
	CU_ASSERT_EQUAL(now.faults, 0);
	CU_ASSERT_EQUAL(now.count, 0);
	close(fd);
}

static CU_TestInfo tests[] = {
	TAP_TEST(inject_refuses_what_is_out_of_range),
	TAP_TEST(inject_needs_cap_sys_admin),
	TAP_TEST(a_reset_ends_what_was_injected),
	TAP_TEST(packets_of_lost_interrupts_arrive),
	TAP_TEST(poll_sees_the_block_of_a_lost_interrupt),
	TAP_TEST(a_dry_ring_is_refilled_without_interrupts),
	TAP_TEST(who_sends_is_woken_without_interrupts),
	TAP_TEST(poll_for_room_alone_sees_it_without_interrupts),
	TAP_TEST(packets_of_late_interrupts_arrive),
	TAP_TEST(an_interrupt_sent_twice_does_no_harm),
	TAP_TEST(an_interrupt_without_a_reason_does_no_harm),
	TAP_TEST(a_stalled_queue_goes_on),
	TAP_TEST(checksums_tell_of_each_flipped_bit),
	TAP_TEST(checksums_tell_of_a_completion_before_the_data),
	TAP_TEST(a_slot_that_does_not_exist_is_refused),
	TAP_TEST(more_bytes_than_the_block_has_are_refused),
	TAP_TEST(a_completion_said_twice_counts_once),
	TAP_TEST(a_completion_of_nonsense_is_refused),
	TAP_TEST(a_queue_stopped_by_dma_to_nowhere_says_so_and_starts_anew),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "hostile", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
