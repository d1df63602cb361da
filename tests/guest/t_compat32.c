// SPDX-License-Identifier: MIT
/* The same interface from a 32-bit process; built with -m32, so without CUnit. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "labyrinth.h"
#include "labyrinth_ring.h"

#define PACKETS	100
#define SEED	7

static int number, failed;

static void result(int ok, const char *name)
{
	printf("%sok %d - compat32: %s\n", ok ? "" : "not ", ++number, name);
	failed += !ok;
}

static int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

/* Return: generated packets in the block that are what the seed says, from @seq on */
static uint32_t right_packets(const uint8_t *data, const struct lab_block *block, uint64_t seq)
{
	uint32_t offset = 0, right = 0;

	while (lab_record_fits(0, offset, block->bytes)) {
		const struct lab_record *r = (const void *)(data + offset);
		uint64_t word;

		memcpy(&word, r + 1, sizeof(word));
		right += r->seq == seq && r->length == 64 && word == lab_gen_first(SEED, seq);
		offset += lab_record_stride(r->length);
		seq++;
	}
	return right;
}

static uint32_t receive(int fd, const struct lab_setup *s, const uint8_t *window)
{
	struct lab_block blocks[8];
	uint32_t slots[8], got = 0;
	struct lab_exchange x;
	uint32_t i, nr = 0;

	while (got < PACKETS) {
		x = (struct lab_exchange) {
			.size = sizeof(x),
			.flags = LAB_EXCHANGE_WAIT,
			.release = (uintptr_t)slots,
			.claim = (uintptr_t)blocks,
			.nr_release = nr,
			.nr_claim = 8,
			.timeout_ns = 5000000000ull,
		};
		if (call(fd, LAB_IOC_EXCHANGE, &x))
			break;
		for (i = 0, nr = x.nr_claim; i < nr; i++) {
			got += right_packets(window + blocks[i].slot * s->window_stride,
					     &blocks[i], got);
			slots[i] = blocks[i].slot;
		}
	}
	return got;
}

int main(void)
{
	struct lab_burst burst = {
		.size = sizeof(burst), .count = PACKETS, .seed = SEED, .size_min = 64, .size_max = 64,
	};
	struct lab_setup s = {
		.size = sizeof(s), .queue = LAB_QUEUE_ANY, .depth = 8, .irq_count = 1,
		.block_timeout_ns = 1000000,
	};
	struct lab_stats stats = { .size = sizeof(stats), .queue = LAB_QUEUE_ANY };
	struct lab_info info = { .size = sizeof(info) };
	struct lab_exchange bad = { .size = sizeof(bad), .nr_claim = 1, .claim = 1ull << 40 };
	int fd = open("/dev/labyrinth0", O_RDWR | O_CLOEXEC);
	const uint8_t *window;

	_Static_assert(sizeof(void *) == 4, "build with -m32");
	result(!call(fd, LAB_IOC_INFO, &info) && info.num_queues && info.device_ns,
	       "info_is_the_same");
	result(!call(fd, LAB_IOC_SETUP, &s) && s.window_bytes == 8 * 4096, "a_queue_can_be_set_up");
	window = mmap(NULL, s.window_bytes, PROT_READ, MAP_SHARED, fd, 0);
	result(window != MAP_FAILED, "the_window_can_be_mapped");
	result(!call(fd, LAB_IOC_BURST, &burst), "a_burst_can_be_started");
	result(receive(fd, &s, window) == PACKETS, "every_packet_arrives");
	result(!call(fd, LAB_IOC_STATS, &stats) && stats.delivered == PACKETS, "counters_are_the_same");
	result(call(fd, LAB_IOC_EXCHANGE, &bad) == -EFAULT, "a_pointer_beyond_4_gib_is_efault");
	printf("1..%d\n", number);
	return failed != 0;
}
