// SPDX-License-Identifier: MIT
/* Transmit: what a process sends goes out whole, once, in order, and nothing else does. */
#include "guest.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BLOCK	4096
#define FRAME	1000

static _Alignas(LAB_RECORD_ALIGN) uint8_t block[BLOCK];

static struct lab_setup sender_setup(uint32_t queue, uint32_t flags)
{
	struct lab_setup setup = guest_setup(queue);

	setup.flags = flags | LAB_SETUP_LOOPBACK;
	setup.tx_depth = 8;
	return setup;
}

static void open_sender(struct guest_queue *q)
{
	struct lab_setup setup = sender_setup(0, LAB_SETUP_WIRE);

	CU_ASSERT_EQUAL_FATAL(guest_open(q, &setup), 0);
}

static uint32_t frame_bytes(uint32_t number)
{
	return 1 + number * 37 % FRAME;
}

static void make_frame(uint8_t *frame, uint32_t number)
{
	memset(frame, number * 7, frame_bytes(number));
	frame[0] = number;
}

/* As many frames, from @first on, as a block takes. Return: bytes; @count: frames. */
static uint32_t make_block(uint32_t first, uint32_t *count)
{
	uint8_t frame[FRAME];
	uint32_t used = 0, stride;

	for (*count = 0; ; ++*count) {
		make_frame(frame, first + *count);
		stride = lab_record_make(block + used, BLOCK - used, frame,
					 frame_bytes(first + *count));
		if (!stride)
			return used;
		used += stride;
	}
}

/* Frames that are there, until @count came in all. Return: how many were wrong. */
static uint32_t take_frames(struct guest_queue *q, uint32_t *next, uint32_t count)
{
	struct lab_block claimed[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH], wrong = 0;
	uint8_t frame[FRAME];
	int n = 0;

	while (*next < count) {
		n = guest_exchange(q, slots, n, claimed, GUEST_BATCH, WAIT_NS);
		if (n < 0)
			return UINT32_MAX;
		for (int i = 0; i < n; i++) {
			struct lab_record_iter iter;
			const struct lab_record *r;

			lab_record_iter_init(&iter, q->window + claimed[i].slot *
					     q->setup.window_stride, claimed[i].bytes);
			for (; (r = lab_record_next(&iter)); ++*next) {
				make_frame(frame, *next);
				wrong += iter.length != frame_bytes(*next) ||
					 r->flags != LAB_RECORD_WIRE ||
					 lab_record_verify(r, iter.length) ||
					 memcmp(lab_record_payload(r), frame, iter.length);
			}
			slots[i] = claimed[i].slot;
		}
	}
	return guest_exchange(q, slots, n, NULL, 0, 0) ? UINT32_MAX : wrong;
}

static void what_is_sent_comes_back_whole_and_in_order(void)
{
	uint32_t count, sent = 0, next = 0, bytes;
	struct guest_queue q;
	struct lab_stats s;

	open_sender(&q);
	for (int round = 0; round < 100; round++) {
		bytes = make_block(sent, &count);
		CU_ASSERT_EQUAL(guest_send(&q, block, bytes, WAIT_NS), 0);
		sent += count;
		CU_ASSERT_EQUAL(take_frames(&q, &next, sent), 0);
	}
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.tx_packets, sent);
	CU_ASSERT_EQUAL(s.tx_blocks, 100);
	CU_ASSERT_EQUAL(s.tx_drop, 0);
	CU_ASSERT_EQUAL(s.generated, sent);
	CU_ASSERT_EQUAL(s.delivered, sent);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

/* Nobody receives: blocks and FIFO of the device fill up, then the ring */
static void a_full_ring_is_eagain_until_something_was_sent_and_loses_nothing(void)
{
	uint32_t count, sent = 0, next = 0, bytes;
	struct guest_queue q;
	int ret;

	open_sender(&q);
	CU_ASSERT(guest_polls(&q, POLLOUT, 0));
	for (;;) {
		bytes = make_block(sent, &count);
		ret = guest_send(&q, block, bytes, 100000000);
		if (ret)
			break;
		sent += count;
	}
	CU_ASSERT_EQUAL(ret, -ETIMEDOUT);
	CU_ASSERT_EQUAL(guest_send(&q, block, bytes, 0), -EAGAIN);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .bytes = 0 }), -EAGAIN);
	CU_ASSERT_FALSE(guest_polls(&q, POLLOUT, 0));
	CU_ASSERT_EQUAL(take_frames(&q, &next, sent), 0);
	CU_ASSERT(guest_polls(&q, POLLOUT, 5000));
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).tx_packets, sent);
	guest_close(&q);
}

static void closing_with_a_full_ring_leaves_nothing_behind(void)
{
	struct guest_queue q;
	uint32_t count, bytes = make_block(0, &count);

	open_sender(&q);
	while (!guest_send(&q, block, bytes, 50000000))
		;
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
	open_sender(&q);
	CU_ASSERT_EQUAL(guest_send(&q, block, bytes, WAIT_NS), 0);
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	guest_close(&q);
}

static void send_refuses_what_is_out_of_range(void)
{
	uint64_t data = (uintptr_t)block;
	struct guest_queue q;

	open_sender(&q);
	CU_ASSERT(lab_record_make(block, BLOCK, "x", 1));
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .data = data, .bytes = 33 }), -EINVAL);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .data = data, .bytes = 4128 }), -EINVAL);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .data = data, .bytes = 64, .flags = 2 }),
			-EINVAL);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .data = data, .bytes = 64, .records = 1 }),
			-EINVAL);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .data = data, .bytes = 64,
			.flags = LAB_SEND_WAIT, .timeout_ns = UINT64_MAX }), -EINVAL);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).tx_blocks, 0);
	guest_close(&q);
}

static void a_record_that_is_not_whole_is_einval_and_none_is_sent(void)
{
	static const uint32_t lengths[] = { 0, 65, 65536, 0xffffffff };
	struct lab_record *second = (void *)(block + 64);
	struct guest_queue q;

	open_sender(&q);
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(lab_record_make(block, BLOCK, "x", 1), 64);
		second->length = lengths[i];
		CU_ASSERT_EQUAL(guest_send(&q, block, 64 + 96, 0), -EINVAL);
	}
	second->length = 64;
	CU_ASSERT_EQUAL(guest_send(&q, block, 64 + 64, 0), -EINVAL);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).tx_blocks, 0);
	CU_ASSERT_EQUAL(guest_send(&q, block, 64 + 96, WAIT_NS), 0);
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).tx_packets, 2);
	guest_close(&q);
}

static void records_at_a_bad_address_are_efault(void)
{
	uint8_t *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct guest_queue q;

	open_sender(&q);
	munmap(pages + 4096, 4096);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) { .bytes = 64 }), -EFAULT);
	CU_ASSERT_EQUAL(guest_send_with(&q, (struct lab_send) {
			.data = (uintptr_t)pages + 4096 - 32, .bytes = 64 }), -EFAULT);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).tx_blocks, 0);
	munmap(pages, 4096);
	guest_close(&q);
}

static void a_queue_that_does_not_transmit_is_enxio(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_send(&q, block, 64, 0), -ENXIO);
	CU_ASSERT_FALSE(guest_polls(&q, POLLOUT, 0));
	guest_close(&q);
}

static int send_as_child(void *arg)
{
	return -guest_send(arg, block, 64, 0);
}

static void another_process_may_not_send(void)
{
	struct guest_queue q;

	open_sender(&q);
	lab_record_make(block, BLOCK, "x", 1);
	CU_ASSERT_EQUAL(guest_child(send_as_child, &q), EPERM);
	guest_close(&q);
}

#define REFUSES(field, value, error)					\
	do {								\
		struct lab_setup s = sender_setup(0, LAB_SETUP_WIRE);	\
									\
		s.field = (value);					\
		CU_ASSERT_EQUAL(guest_open(&q, &s), error);		\
	} while (0)

static void setup_refuses_a_transmit_ring_out_of_range(void)
{
	struct guest_queue q;

	REFUSES(tx_depth, 1, -EINVAL);
	REFUSES(tx_depth, 12, -EINVAL);
	REFUSES(tx_depth, 8192, -EINVAL);
	REFUSES(pad, 1, -EINVAL);
	REFUSES(flags, LAB_SETUP_WIRE | LAB_SETUP_WIRE_HASH, -EINVAL);
	REFUSES(flags, 0, -EOPNOTSUPP);		/* no netdev, and no loop */
	REFUSES(flags, LAB_SETUP_WIRE_HASH, -EOPNOTSUPP);
}

static CU_TestInfo tests[] = {
	TAP_TEST(what_is_sent_comes_back_whole_and_in_order),
	TAP_TEST(a_full_ring_is_eagain_until_something_was_sent_and_loses_nothing),
	TAP_TEST(closing_with_a_full_ring_leaves_nothing_behind),
	TAP_TEST(send_refuses_what_is_out_of_range),
	TAP_TEST(a_record_that_is_not_whole_is_einval_and_none_is_sent),
	TAP_TEST(records_at_a_bad_address_are_efault),
	TAP_TEST(a_queue_that_does_not_transmit_is_enxio),
	TAP_TEST(another_process_may_not_send),
	TAP_TEST(setup_refuses_a_transmit_ring_out_of_range),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "send", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
