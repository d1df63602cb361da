// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which queue takes a frame.  Frames are looped back, so any can be made.
 */
#include "queue.h"
#include "sender.h"

#define QUEUES	4
#define ALL	0xfu
#define FLOWS	64
#define VLAN	0x8100
#define QINQ	0x88a8
#define IP4	0x0800
#define IP6	0x86dd
#define TCP	6
#define UDP	17
#define ICMP	1
#define HOP_BY_HOP	0

static struct lt_queue queues[QUEUES];
static struct lt_sender t;

struct flow {
	uint16_t tag;		/* VLAN or QINQ, 0: none; QINQ has a VLAN tag in it */
	uint16_t type;
	uint8_t protocol;
	bool fragment;
	bool extension;		/* IPv6: a header in between */
	uint64_t ends[2];	/* what addresses are made of */
	uint16_t ports[2];
};

static uint8_t frame[200];
static uint32_t length;

static void put(uint64_t value, uint32_t bytes)
{
	while (bytes--)
		frame[length++] = (uint8_t)(value >> 8 * bytes);
}

/* An address, or port, of one end: more bytes than the number has are made from it */
static void put_end(uint64_t end, uint32_t bytes)
{
	for (; bytes > 8; bytes -= 8)
		put(lab_mix64(end + bytes), 8);
	put(lab_mix64(end), bytes);
}

static void put_ip4(const struct flow *f, bool back)
{
	put(0x45000040, 4);
	put(0x1234, 2);
	put(f->fragment ? 0x2000 : 0x4000, 2);
	put(64, 1);
	put(f->protocol, 1);
	put(0, 2);
	put_end(f->ends[back], 4);
	put_end(f->ends[!back], 4);
}

static void put_ip6(const struct flow *f, bool back)
{
	put(0x60000000, 4);
	put(40, 2);
	put(f->extension ? HOP_BY_HOP : f->protocol, 1);
	put(64, 1);
	put_end(f->ends[back], 16);
	put_end(f->ends[!back], 16);
	if (f->extension) {
		put(f->protocol, 1);
		put(1, 1);		/* sixteen bytes */
		put(0, 14);
	}
}

/* A frame of the flow, one way or @back */
static void make(const struct flow *f, bool back)
{
	length = 0;
	put_end(f->ends[!back], 6);
	put_end(f->ends[back], 6);
	if (f->tag)
		put((uint64_t)f->tag << 16 | 0x123, 4);
	if (f->tag == QINQ)
		put((uint64_t)VLAN << 16 | 0x456, 4);
	put(f->type, 2);
	if (f->type == IP4)
		put_ip4(f, back);
	if (f->type == IP6)
		put_ip6(f, back);
	put(f->ports[back], 2);
	put(f->ports[!back], 2);
	put_end(length, 24);		/* payload, never the same both ways */
}

static struct flow numbered(struct flow f, uint32_t n)
{
	f.ends[0] += 2 * n;
	f.ends[1] += 2 * n + 1;
	return f;
}

static void setup(void)
{
	uint32_t i;

	lt_setup();
	for (i = 0; i < QUEUES; i++) {
		lt_q_prepare(&queues[i], i, 2, 4096);
		if (!i)
			lt_tx_prepare(&t, 0, 2, 65536);
		lt_q_enable(&queues[i], i ? 0 : LAB_Q_CTRL_LOOPBACK);
	}
}

static void steer(uint32_t mode, uint32_t mask)
{
	lt_write(LAB_REG_STEER_MASK, mask);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | mode);
}

static uint64_t arrived(uint32_t queue)
{
	return lt_q_read64(&queues[queue], LAB_Q_CNT_GENERATED);
}

/* Send the frame. Return: the queue that took it. */
static uint32_t taken_by(void)
{
	uint64_t before[QUEUES];
	uint32_t i;

	for (i = 0; i < QUEUES; i++)
		before[i] = arrived(i);
	EXPECT(lt_tx_add_bytes(&t, frame, length));
	lt_tx_post(&t, 0);
	EXPECT_EQ(lt_tx_wait(&t, t.prod - 1), LAB_TX_DONE);
	for (i = 0; i < QUEUES && arrived(i) == before[i]; i++)
		;
	return i;
}

static uint32_t flow_taken_by(struct flow f, bool back)
{
	make(&f, back);
	return taken_by();
}

/* Flows of a kind: both ways of each on one queue, and not all of them on the same */
static void expect_flows(struct flow kind)
{
	uint32_t i, there, seen = 0;

	for (i = 0; i < FLOWS; i++) {
		struct flow f = numbered(kind, i);

		there = flow_taken_by(f, false);
		EXPECT_EQ(flow_taken_by(f, true), there);
		EXPECT_EQ(flow_taken_by(f, false), there);
		seen |= 1u << there;
	}
	EXPECT_EQ(seen, ALL);
}

static const struct flow tcp4 = { .type = IP4, .protocol = TCP, .ports = { 1234, 80 } };
static const struct flow udp6 = { .type = IP6, .protocol = UDP, .ports = { 5353, 53 } };
static const struct flow arp = { .type = 0x0806 };

static void both_ways_of_a_flow_meet_in_one_queue(void)
{
	struct flow f = tcp4;

	steer(LAB_STEER_MODE_HASH, ALL);
	expect_flows(tcp4);
	f.protocol = ICMP;
	expect_flows(f);
	expect_flows(udp6);
	f = udp6;
	f.extension = true;
	expect_flows(f);
	expect_flows(arp);
}

static void flows_behind_vlan_tags_do_so_too(void)
{
	struct flow f = tcp4;

	steer(LAB_STEER_MODE_HASH, ALL);
	f.tag = VLAN;
	expect_flows(f);
	f.tag = QINQ;
	expect_flows(f);
}

static void flows_spread_evenly(void)
{
	uint32_t i;

	steer(LAB_STEER_MODE_HASH, ALL);
	for (i = 0; i < 2000; i++) {
		struct flow f = numbered(tcp4, i);

		make(&f, false);
		if (!lt_tx_add_bytes(&t, frame, length)) {
			lt_tx_post(&t, 0);
			EXPECT_EQ(lt_tx_wait(&t, t.prod - 1), LAB_TX_DONE);
			EXPECT(lt_tx_add_bytes(&t, frame, length));
		}
	}
	lt_tx_post(&t, 0);
	EXPECT_EQ(lt_tx_wait(&t, t.prod - 1), LAB_TX_DONE);
	for (i = 0; i < QUEUES; i++)
		EXPECT(arrived(i) > 400 && arrived(i) < 600);
}

static void only_queues_of_the_mask_take_part(void)
{
	uint32_t i, seen = 0;

	steer(LAB_STEER_MODE_HASH, 0xfffffffa);	/* there are four queues */
	for (i = 0; i < FLOWS; i++)
		seen |= 1u << flow_taken_by(numbered(tcp4, i), false);
	EXPECT_EQ(seen, 0xa);
}

static void ports_tell_flows_apart_but_not_of_fragments(void)
{
	uint32_t i, whole = 0, parts = 0;
	struct flow f = tcp4;

	steer(LAB_STEER_MODE_HASH, ALL);
	for (i = 0; i < FLOWS; i++) {
		f.ports[0] = (uint16_t)(1000 + i);
		f.fragment = false;
		whole |= 1u << flow_taken_by(f, false);
		f.fragment = true;
		parts |= 1u << flow_taken_by(f, i % 2);
	}
	EXPECT_EQ(whole, ALL);
	EXPECT_EQ(parts & (parts - 1), 0);
}

static void robin_goes_from_queue_to_queue(void)
{
	const uint32_t want[] = { 0, 2, 3 };
	uint32_t i;

	steer(LAB_STEER_MODE_ROBIN, 0xd);
	make(&tcp4, false);
	for (i = 0; i < 9; i++)
		EXPECT_EQ(taken_by(), want[i % 3]);
	EXPECT_EQ(taken_by(), 0);
	lt_write(LAB_REG_STEER_MASK, 0xd);
	EXPECT_EQ(taken_by(), 0);		/* anew */
}

/* The frame goes to its queue or nowhere; it goes when the queue runs */
static void stopped_queue_of_the_mask_holds_the_wire_back(void)
{
	lt_q_disable(&queues[2]);
	steer(LAB_STEER_MODE_ROBIN, 0x6);
	make(&tcp4, false);
	EXPECT_EQ(taken_by(), 1);
	lt_tx_add_bytes(&t, frame, length);
	lt_tx_add_bytes(&t, frame, length);
	lt_tx_post(&t, 0);
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 1), 0);
	EXPECT_EQ(arrived(1), 1);
	lt_q_enable(&queues[2], 0);
	EXPECT_EQ(lt_tx_wait(&t, 1), LAB_TX_DONE);
	EXPECT_EQ(arrived(2), 1);
	EXPECT_EQ(arrived(1), 2);
}

static void empty_mask_or_unknown_mode_holds_the_wire_back(void)
{
	steer(LAB_STEER_MODE_HASH, 0xfff0);
	make(&tcp4, false);
	lt_tx_add_bytes(&t, frame, length);
	lt_tx_post(&t, 0);
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | LAB_STEER_MODE);
	lt_write(LAB_REG_STEER_MASK, ALL);
	lt_settle();
	EXPECT_EQ(lt_tx_status(&t, 0), 0);
	steer(LAB_STEER_MODE_HASH, 1);
	EXPECT_EQ(lt_tx_wait(&t, 0), LAB_TX_DONE);
}

/* Wherever a frame ends, the device does not look further (a sanitizer would tell) */
static void truncated_frames_go_somewhere(void)
{
	struct flow kinds[] = { tcp4, udp6, udp6, tcp4, tcp4, arp };
	uint32_t whole, queue;
	size_t i;

	kinds[2].extension = true;
	kinds[3].tag = VLAN;
	kinds[4].tag = QINQ;
	steer(LAB_STEER_MODE_HASH, ALL);
	for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
		make(&kinds[i], false);
		for (whole = length; length; length--) {
			queue = taken_by();
			EXPECT(queue < QUEUES);
			EXPECT(length >= 12 || queue == 0);
		}
		EXPECT(whole > 40);
	}
}

/* Header lengths that lie: too short, too long, more extensions than there are bytes */
static void odd_headers_go_somewhere(void)
{
	struct flow f = udp6;
	uint32_t i;

	steer(LAB_STEER_MODE_HASH, ALL);
	for (i = 0; i < 256; i++) {
		make(&tcp4, false);
		frame[14] = (uint8_t)i;			/* version, length */
		EXPECT(taken_by() < QUEUES);
		f.extension = true;
		make(&f, false);
		frame[14 + 40 + 1] = (uint8_t)i;	/* length of the extension */
		frame[14 + 40] = i % 2 ? HOP_BY_HOP : UDP;
		EXPECT(taken_by() < QUEUES);
	}
}

static CU_TestInfo tests[] = {
	TAP_TEST(both_ways_of_a_flow_meet_in_one_queue),
	TAP_TEST(flows_behind_vlan_tags_do_so_too),
	TAP_TEST(flows_spread_evenly),
	TAP_TEST(only_queues_of_the_mask_take_part),
	TAP_TEST(ports_tell_flows_apart_but_not_of_fragments),
	TAP_TEST(robin_goes_from_queue_to_queue),
	TAP_TEST(stopped_queue_of_the_mask_holds_the_wire_back),
	TAP_TEST(empty_mask_or_unknown_mode_holds_the_wire_back),
	TAP_TEST(truncated_frames_go_somewhere),
	TAP_TEST(odd_headers_go_somewhere),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "steering", .pSetUpFunc = setup, .pTearDownFunc = lt_teardown, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
