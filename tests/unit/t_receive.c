// SPDX-License-Identifier: MIT
/*
 * When labctl waits, goes on and gives up, with a device and a clock that are
 * made up here: each call that finds nothing takes as long as it may wait.
 */
#include <errno.h>
#include <string.h>

#include "burst.h"
#include "labyrinth_crc32c.h"
#include "tap.h"

#define SEED	42
#define PACKETS	10
#define SIZE	64
#define SECOND	1000000000ull

static uint64_t memory[512];

/**
 * struct device - the device and driver of a test
 * @now_ns: the time
 * @ready_ns: when its one block can be claimed; UINT64_MAX: never
 * @bytes: of the block
 * @stats: what the counters are until then
 * @claimed: blocks
 * @released: blocks
 * @stopped: the generator was told to
 * @error: that each claim ends with, 0: none
 */
static struct device {
	uint64_t now_ns;
	uint64_t ready_ns;
	uint32_t bytes;
	struct lab_stats stats;
	uint32_t claimed;
	uint32_t released;
	bool stopped;
	int error;
} device;

static struct burst_config config;
static _Atomic bool stop;
static struct receiver rx;

uint64_t monotonic_ns(void)
{
	return device.now_ns;
}

int clock_update(struct device_clock *clock, struct lab *lab, uint64_t now_ns)
{
	(void)lab;
	clock->sampled_ns = now_ns;
	return 0;
}

int lab_stats(struct lab *lab, uint32_t queue, struct lab_stats *stats)
{
	(void)lab;
	(void)queue;
	*stats = device.stats;
	return 0;
}

int lab_burst_stop(struct lab *lab)
{
	(void)lab;
	device.stopped = true;
	device.stats.flags &= ~LAB_STATS_GENERATING;
	return 0;
}

const void *lab_block_data(const struct lab *lab, const struct lab_block *block)
{
	(void)lab;
	(void)block;
	return memory;
}

static int claim_the_block(struct lab_block *claim)
{
	*claim = (struct lab_block){ .slot = 5, .bytes = device.bytes, .records = PACKETS };
	device.claimed++;
	device.stats.delivered += PACKETS;
	device.stats.blocks++;
	return 1;
}

int lab_exchange(struct lab *lab, const uint32_t *release, uint32_t nr_release,
		 struct lab_block *claim, uint32_t nr_claim, uint64_t timeout_ns)
{
	(void)lab;
	for (uint32_t i = 0; i < nr_release; i++)
		CU_ASSERT_EQUAL(release[i], 5);
	device.released += nr_release;
	if (!nr_claim)
		return 0;
	if (device.error)
		return device.error;
	if (!device.claimed && device.now_ns + timeout_ns >= device.ready_ns) {
		device.now_ns = device.ready_ns > device.now_ns ? device.ready_ns : device.now_ns;
		return claim_the_block(claim);
	}
	device.now_ns += timeout_ns;
	return -ETIMEDOUT;
}

static uint32_t make_block(void)
{
	uint8_t *at = (uint8_t *)memory;

	for (uint64_t seq = 0; seq < PACKETS; seq++) {
		struct lab_record *r = (struct lab_record *)(void *)at;
		uint64_t first = lab_gen_first(SEED, seq);
		uint64_t *words = (uint64_t *)(void *)(r + 1);

		*r = (struct lab_record){
			.length = SIZE, .flags = LAB_RECORD_GENERATED, .seq = seq,
		};
		for (uint32_t i = 0; i < SIZE / 8; i++)
			words[i] = lab_gen_word(first, i);
		r->crc32c = lab_crc32c(lab_crc32c(0, r, LAB_RECORD_CRC_SKIP), words, SIZE);
		at += lab_record_stride(SIZE);
	}
	return PACKETS * lab_record_stride(SIZE);
}

/* A block of PACKETS packets, completed by the device, that can be claimed from @ready_ns on */
static void start(uint64_t ready_ns)
{
	device = (struct device){ .now_ns = SECOND, .ready_ns = ready_ns, .bytes = make_block() };
	device.stats.generated = PACKETS;
	device.stats.dev_delivered = PACKETS;
	config = (struct burst_config){ .count = PACKETS };
	stop = false;
	memset(&rx, 0, sizeof(rx));
	rx.config = &config;
	rx.stop = &stop;
	rx.setup.depth = 64;
	rx.setup.block_timeout_ns = 50000;
	rx.check = (struct packet_check){ .seed = SEED, .size = { SIZE, SIZE } };
}

static double seconds_taken(void)
{
	return (double)(device.now_ns - SECOND) / SECOND;
}

static void all_packets_end_the_run_at_once(void)
{
	start(SECOND);
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, 0);
	CU_ASSERT_EQUAL(rx.check.packets, PACKETS);
	CU_ASSERT_EQUAL(rx.check.corrupt, 0);
	CU_ASSERT_EQUAL(device.now_ns, SECOND);
}

static void every_claimed_block_is_released(void)
{
	start(SECOND);
	receive(&rx);
	CU_ASSERT_EQUAL(device.claimed, 1);
	CU_ASSERT_EQUAL(device.released, 1);
}

/* Its interrupt comes late, as on a busy CPU: neither in flight nor ready, but not lost */
static void block_that_the_driver_has_not_seen_yet_is_waited_for(void)
{
	start(2 * SECOND);
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, 0);
	CU_ASSERT_EQUAL(rx.check.packets, PACKETS);
}

static void block_whose_interrupt_is_lost_is_an_error_after_ten_seconds(void)
{
	start(UINT64_MAX);
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, -ETIMEDOUT);
	CU_ASSERT_STRING_EQUAL(rx.error_at, "nothing came for 10 s");
	CU_ASSERT_TRUE(seconds_taken() >= 10 && seconds_taken() < 11);
}

static void packets_that_stay_in_the_device_are_an_error_after_ten_seconds(void)
{
	start(UINT64_MAX);
	device.stats.dev_delivered = 0;
	device.stats.dev_in_flight = PACKETS;
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, -ETIMEDOUT);
	CU_ASSERT_TRUE(seconds_taken() >= 10 && seconds_taken() < 11);
}

static void gap_between_bursts_is_no_stall(void)
{
	start(16 * SECOND);
	config.gap_ns = 20 * SECOND;
	device.stats = (struct lab_stats){ .flags = LAB_STATS_GENERATING };
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, 0);
	CU_ASSERT_EQUAL(rx.check.packets, PACKETS);
}

static void drops_end_the_run_without_an_error(void)
{
	start(UINT64_MAX);
	device.stats.dev_delivered = 0;
	device.stats.drop_fifo = PACKETS;
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, 0);
	CU_ASSERT_EQUAL(rx.check.packets, 0);
	CU_ASSERT_TRUE(seconds_taken() < 1);
}

static void packets_of_a_refused_completion_end_the_run(void)
{
	start(UINT64_MAX);
	device.stats.refused = 1;
	device.stats.drop_invalid = PACKETS;
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, 0);
	CU_ASSERT_TRUE(seconds_taken() < 1);
}

static void stopping_stops_the_generator(void)
{
	start(UINT64_MAX);
	config.count = 0;
	device.stats = (struct lab_stats){ .flags = LAB_STATS_GENERATING };
	stop = true;
	receive(&rx);
	CU_ASSERT_TRUE(device.stopped);
	CU_ASSERT_EQUAL(rx.error, 0);
	CU_ASSERT_TRUE(seconds_taken() < 1);
}

static void error_of_a_claim_ends_the_run(void)
{
	start(SECOND);
	device.error = -EIO;
	receive(&rx);
	CU_ASSERT_EQUAL(rx.error, -EIO);
}

static CU_TestInfo tests[] = {
	TAP_TEST(all_packets_end_the_run_at_once),
	TAP_TEST(every_claimed_block_is_released),
	TAP_TEST(block_that_the_driver_has_not_seen_yet_is_waited_for),
	TAP_TEST(block_whose_interrupt_is_lost_is_an_error_after_ten_seconds),
	TAP_TEST(packets_that_stay_in_the_device_are_an_error_after_ten_seconds),
	TAP_TEST(gap_between_bursts_is_no_stall),
	TAP_TEST(drops_end_the_run_without_an_error),
	TAP_TEST(packets_of_a_refused_completion_end_the_run),
	TAP_TEST(stopping_stops_the_generator),
	TAP_TEST(error_of_a_claim_ends_the_run),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "receive", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
