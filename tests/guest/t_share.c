// SPDX-License-Identifier: MIT
/* Several queues on one wire: in turn, or flow by flow.  What they send comes back by the loop. */
#include "guest.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define BLOCK	4096

static _Alignas(LAB_RECORD_ALIGN) uint8_t block[BLOCK];

static struct lab_setup sharer_setup(uint32_t queue, uint32_t flags)
{
	struct lab_setup setup = guest_setup(queue);

	setup.flags = flags | LAB_SETUP_LOOPBACK;
	setup.tx_depth = 8;
	return setup;
}

static void a_wire_that_is_taken_is_shared_in_one_way_only(void)
{
	struct lab_setup robin = sharer_setup(0, LAB_SETUP_WIRE_ROBIN);
	struct lab_setup other = sharer_setup(1, LAB_SETUP_WIRE);
	struct guest_queue q, p;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &robin), 0);
	CU_ASSERT_EQUAL(guest_open(&p, &other), -EBUSY);
	other.flags = LAB_SETUP_LOOPBACK | LAB_SETUP_WIRE_HASH;
	CU_ASSERT_EQUAL(guest_open(&p, &other), -EBUSY);
	other.flags = LAB_SETUP_LOOPBACK | LAB_SETUP_WIRE_ROBIN;
	CU_ASSERT_EQUAL(guest_open(&p, &other), 0);
	guest_close(&p);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_open(&q, &other), 0);
	guest_close(&q);
}

/* Frames of @q1 and @q2 that are there, until @count came in all */
static void count_frames(struct guest_queue *q1, struct guest_queue *q2, uint32_t count)
{
	for (;;) {
		uint64_t one = guest_stats(q1->fd, LAB_QUEUE_ANY).generated;
		uint64_t two = guest_stats(q2->fd, LAB_QUEUE_ANY).generated;

		if (one + two >= count)
			break;
		CU_ASSERT_FATAL(guest_polls(q1, POLLIN, 5000) || guest_polls(q2, POLLIN, 5000));
	}
}

static void queues_that_share_the_wire_in_turn_get_the_same_number(void)
{
	struct lab_setup setup = sharer_setup(0, LAB_SETUP_WIRE_ROBIN);
	uint32_t count, bytes = 0;
	struct guest_queue q, p;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	setup.queue = 1;
	CU_ASSERT_EQUAL_FATAL(guest_open(&p, &setup), 0);
	for (count = 0; count < 10; count++)
		bytes += lab_record_make(block + bytes, BLOCK - bytes, "frame", 5);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(guest_send(i % 2 ? &q : &p, block, bytes, WAIT_NS), 0);
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	CU_ASSERT_EQUAL(guest_flush(&p), 0);
	count_frames(&q, &p, 4 * count);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).generated, 2 * count);
	CU_ASSERT_EQUAL(guest_stats(p.fd, LAB_QUEUE_ANY).generated, 2 * count);
	guest_close(&p);
	guest_close(&q);
}

/* A UDP frame of flow @flow, one way or the other */
static void make_flow(uint8_t *frame, uint32_t flow, bool back)
{
	static const uint8_t head[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2,
	};

	memset(frame, 0, 60);
	memcpy(frame, head, sizeof(head));
	frame[29] = back ? 2 : 1;
	frame[33] = back ? 1 : 2;
	frame[back ? 36 : 34] = 0x20;		/* ports: source, destination */
	frame[back ? 34 : 36] = 0x10;
	frame[back ? 37 : 35] = flow;
}

/* Flow, from the port that says it, of every frame that came to @q */
static uint32_t flows_of(struct guest_queue *q)
{
	struct lab_block claimed[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH], seen = 0;
	int n = 0;

	while ((n = guest_exchange(q, slots, n, claimed, GUEST_BATCH, 0)) > 0) {
		for (int i = 0; i < n; i++) {
			struct lab_record_iter iter;
			const struct lab_record *r;
			const uint8_t *p;

			lab_record_iter_init(&iter, q->window + claimed[i].slot *
					     q->setup.window_stride, claimed[i].bytes);
			while ((r = lab_record_next(&iter))) {
				p = lab_record_payload(r);
				seen |= 1u << (p[29] == 1 ? p[35] : p[37]);
			}
			slots[i] = claimed[i].slot;
		}
	}
	return seen;
}

static void both_ways_of_a_flow_come_to_one_queue(void)
{
	struct lab_setup setup = sharer_setup(0, LAB_SETUP_WIRE_HASH);
	uint32_t bytes = 0, at_q, at_p;
	struct guest_queue q, p;
	uint8_t frame[60];

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	setup.queue = 1;
	CU_ASSERT_EQUAL_FATAL(guest_open(&p, &setup), 0);
	for (uint32_t i = 0; i < 32; i++) {
		make_flow(frame, i / 2, i % 2);
		bytes += lab_record_make(block + bytes, BLOCK - bytes, frame, sizeof(frame));
	}
	CU_ASSERT_EQUAL(guest_send(&q, block, bytes, WAIT_NS), 0);
	CU_ASSERT_EQUAL(guest_flush(&q), 0);
	count_frames(&q, &p, 32);
	CU_ASSERT(guest_polls(&q, POLLIN, 5000));
	CU_ASSERT(guest_polls(&p, POLLIN, 5000));
	at_q = flows_of(&q);
	at_p = flows_of(&p);
	CU_ASSERT_EQUAL(at_q & at_p, 0);
	CU_ASSERT_EQUAL(at_q | at_p, 0xffff);
	guest_close(&p);
	guest_close(&q);
}

static atomic_bool setting_up;

/* A queue that takes its time: 32 MiB of blocks */
static void *set_up_slowly(void *arg)
{
	struct lab_setup setup = sharer_setup(2, LAB_SETUP_WIRE_ROBIN);
	struct guest_queue slow;

	setup.depth = 2048;
	setup.order = 3;
	atomic_store(&setting_up, true);
	CU_ASSERT_EQUAL_FATAL(guest_open(&slow, &setup), 0);
	atomic_store(&setting_up, false);
	guest_close(&slow);
	return arg;
}

/* Three frames while a third queue is being set up. Return: whether they came before it was. */
static bool frames_come_meanwhile(struct guest_queue *q, const struct lab_setup *other)
{
	uint64_t held = guest_sysfs(2, "held"), came = guest_stats(q->fd, LAB_QUEUE_ANY).generated;
	struct guest_queue p;
	pthread_t thread;
	uint32_t bytes = 0;
	bool meanwhile;

	for (int i = 0; i < 3; i++)
		bytes += lab_record_make(block + bytes, BLOCK - bytes, "frame", 5);
	atomic_store(&setting_up, true);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, set_up_slowly, NULL), 0);
	while (atomic_load(&setting_up) && guest_sysfs(2, "held") == held)
		;
	CU_ASSERT_EQUAL_FATAL(guest_open(&p, other), 0);
	CU_ASSERT_EQUAL(guest_send(q, block, bytes, WAIT_NS), 0);
	do {
		meanwhile = atomic_load(&setting_up);
	} while (meanwhile && guest_stats(q->fd, LAB_QUEUE_ANY).generated +
		 guest_stats(p.fd, LAB_QUEUE_ANY).generated < came + 3);
	pthread_join(thread, NULL);
	guest_close(&p);
	return meanwhile;
}

static void frames_do_not_wait_for_a_queue_that_is_being_set_up(void)
{
	struct lab_setup setup = sharer_setup(0, LAB_SETUP_WIRE_ROBIN);
	struct lab_setup other = sharer_setup(1, LAB_SETUP_WIRE_ROBIN);
	bool meanwhile = false;
	struct guest_queue q;

	setup.depth = 256;	/* nobody reads them */
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	for (int tries = 0; !meanwhile && tries < 20; tries++)
		meanwhile = frames_come_meanwhile(&q, &other);
	CU_ASSERT(meanwhile);
	guest_close(&q);
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_wire_that_is_taken_is_shared_in_one_way_only),
	TAP_TEST(queues_that_share_the_wire_in_turn_get_the_same_number),
	TAP_TEST(both_ways_of_a_flow_come_to_one_queue),
	TAP_TEST(frames_do_not_wait_for_a_queue_that_is_being_set_up),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "share", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
