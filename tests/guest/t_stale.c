// SPDX-License-Identifier: MIT
/*
 * No byte of stale memory reaches a process: what is not a record is zero.
 * stale.sh runs this with init_on_alloc=0, so that the kernel does not help.
 */
#include "guest.h"

#include <string.h>
#include <unistd.h>

#define PATTERN		0x5a
#define PACKETS		400
#define FILL_MIB	96

/* Leave the pattern in much of the memory that will be allocated next */
static void soil_memory(void)
{
	size_t bytes = (size_t)FILL_MIB << 20;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	CU_ASSERT_NOT_EQUAL_FATAL(p, MAP_FAILED);
	memset(p, PATTERN, bytes);
	munmap(p, bytes);
}

static bool all_zero(const uint8_t *p, size_t bytes)
{
	return !bytes || (!p[0] && !memcmp(p, p + 1, bytes - 1));
}

/* Whether what is shown of the block is header, payload, or zero */
static bool block_clean(const struct guest_queue *q, const struct lab_block *block)
{
	const uint8_t *data = q->window + block->slot * q->setup.window_stride;
	struct lab_record_iter iter;
	const struct lab_record *r;

	lab_record_iter_init(&iter, data, block->bytes);
	while ((r = lab_record_next(&iter))) {
		const uint8_t *end = (const uint8_t *)lab_record_payload(r) + iter.length;

		if (lab_record_verify(r, iter.length) || !all_zero(end, iter.at - end))
			return false;
	}
	return all_zero(iter.at, -(uintptr_t)iter.at % 4096);
}

/* Bursts of one to seven packets of any size, so that blocks are part-filled, each otherwise */
static int start_ragged_burst(struct guest_queue *q, uint32_t burst)
{
	struct lab_burst b = {
		.size = sizeof(b),
		.count = PACKETS,
		.seed = burst,
		.size_min = 1,
		.size_max = 4000,
		.burst = burst,
	};

	return guest_ioctl(q->fd, LAB_IOC_BURST, &b);
}

static uint64_t receive_soiled(struct guest_queue *q)
{
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	uint64_t soiled = 0;
	int n = 0;

	for (uint64_t packets = 0; packets < PACKETS;) {
		n = guest_exchange(q, slots, n, blocks, GUEST_BATCH, WAIT_NS);
		if (n < 0)
			return UINT64_MAX;
		for (int i = 0; i < n; i++) {
			soiled += !block_clean(q, &blocks[i]);
			packets += blocks[i].records;
			slots[i] = blocks[i].slot;
		}
	}
	guest_exchange(q, slots, n, NULL, 0, 0);
	return soiled;
}

static uint64_t soiled_blocks(uint32_t policy, uint32_t order)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_queue q;
	uint64_t soiled = 0;

	setup.policy = policy;
	setup.order = order;
	setup.depth = 16;
	if (guest_open(&q, &setup))
		return UINT64_MAX;
	for (uint32_t burst = 1; burst <= 7 && !soiled; burst++)
		soiled = start_ragged_burst(&q, burst) ? UINT64_MAX : receive_soiled(&q);
	guest_close(&q);
	return soiled;
}

static void allocated_blocks_show_nothing_but_records(void)
{
	for (uint32_t order = 0; order <= 4; order += 2) {
		soil_memory();
		CU_ASSERT_EQUAL(soiled_blocks(LAB_POLICY_ATOMIC, order), 0);
	}
}

static void recycled_blocks_show_nothing_but_records(void)
{
	for (uint32_t order = 0; order <= 4; order += 2) {
		soil_memory();
		CU_ASSERT_EQUAL(soiled_blocks(LAB_POLICY_RECYCLE, order), 0);
	}
}

/* A burst whose payload is everywhere in the blocks that are freed at the end */
static int leave_payload(void *arg)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct guest_queue q;

	(void)arg;
	setup.order = 4;
	setup.policy = LAB_POLICY_RECYCLE;
	return guest_open(&q, &setup) || guest_burst(&q, 500, 4000, 4000) ||
	       guest_receive(&q, 500, 4000, 4000, &tally);
}

static void blocks_of_an_earlier_owner_show_nothing_but_records(void)
{
	for (uint32_t policy = LAB_POLICY_ATOMIC; policy <= LAB_POLICY_RECYCLE; policy++) {
		CU_ASSERT_EQUAL(guest_child(leave_payload, NULL), 0);
		CU_ASSERT_EQUAL(soiled_blocks(policy, 4), 0);
	}
}

static CU_TestInfo tests[] = {
	TAP_TEST(allocated_blocks_show_nothing_but_records),
	TAP_TEST(recycled_blocks_show_nothing_but_records),
	TAP_TEST(blocks_of_an_earlier_owner_show_nothing_but_records),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "stale", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
