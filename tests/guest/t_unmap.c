// SPDX-License-Identifier: MIT
/*
 * munmap() takes its time over a large window.  A block that is released
 * meanwhile, by another thread, must not be readable from then on.
 */
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define BLOCKS	256	/* 16 MiB of pages to unmap */
#define ORDER	4
#define ROUNDS	25

static struct guest_queue q;
static atomic_bool unmapping;

static void *unmap(void *arg)
{
	atomic_store(&unmapping, true);
	CU_ASSERT_EQUAL(munmap(q.window, q.setup.window_bytes), 0);
	return arg;
}

static int map_again(void)
{
	q.window = mmap(NULL, q.setup.window_bytes, PROT_READ, MAP_SHARED, q.fd, 0);
	return q.window == MAP_FAILED ? -errno : 0;
}

static uint32_t claim_all(struct lab_block *blocks)
{
	uint32_t claimed = 0;
	int n;

	CU_ASSERT_EQUAL_FATAL(guest_burst(&q, BLOCKS, 40000, 60000), 0);	/* one a block */
	while (claimed < BLOCKS) {
		n = guest_exchange(&q, NULL, 0, blocks + claimed, BLOCKS - claimed, WAIT_NS);
		CU_ASSERT_FATAL(n > 0);
		claimed += n;
	}
	return claimed;
}

/* The block that munmap() comes to last */
static uint32_t highest(const struct lab_block *blocks)
{
	uint32_t slot = 0;

	for (uint32_t i = 0; i < BLOCKS; i++)
		slot = blocks[i].slot > slot ? blocks[i].slot : slot;
	return slot;
}

static void release_beside_unmap(uint32_t slot)
{
	const uint8_t *block = q.window + slot * q.setup.window_stride;
	pthread_t thread;

	atomic_store(&unmapping, false);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, unmap, NULL), 0);
	while (!atomic_load(&unmapping))
		;
	CU_ASSERT_EQUAL(guest_exchange(&q, &slot, 1, NULL, 0, 0), 0);
	CU_ASSERT(guest_touch_raises(block, SIGSEGV) || guest_touch_raises(block, SIGBUS));
	pthread_join(thread, NULL);
}

static void release_others(const struct lab_block *blocks, uint32_t but)
{
	uint32_t slots[BLOCKS], n = 0;

	for (uint32_t i = 0; i < BLOCKS; i++)
		if (blocks[i].slot != but)
			slots[n++] = blocks[i].slot;
	CU_ASSERT_EQUAL(guest_exchange(&q, slots, n, NULL, 0, 0), 0);
}

static void a_block_released_beside_munmap_cannot_be_read(void)
{
	struct lab_setup setup = guest_setup(0);
	struct lab_block blocks[BLOCKS];
	uint32_t slot;

	setup.depth = BLOCKS;
	setup.order = ORDER;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	for (int i = 0; i < ROUNDS; i++) {
		claim_all(blocks);
		slot = highest(blocks);
		release_beside_unmap(slot);
		release_others(blocks, slot);
		CU_ASSERT_EQUAL_FATAL(map_again(), 0);
	}
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_block_released_beside_munmap_cannot_be_read),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "unmap", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
