// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the device makes packets, with the guest's driver out of the way:
 * the only guest there is moves the doorbells.  Nothing is asserted.
 *
 * Ring entries name the blocks of 64 MiB of guest memory over and over, more
 * than the caches hold, as memcpy() gets, in pieces of the same size.  The
 * best of several turns counts, taken by turns: other work disturbs both alike.
 */
#include "queue.h"

#define TURNS		7
#define SECONDS_EACH	0.3
#define AREA_BYTES	(64u << 20)
#define BLOCK		65536u
#define LOG2		LAB_MAX_RING_LOG2

static struct lt_queue q;
static uint8_t *from, *to;

static double seconds_since(int64_t start_us)
{
	return (double)(g_get_monotonic_time() - start_us) / 1e6;
}

static void open_queue(void)
{
	uint32_t i;

	lt_q_prepare(&q, 0, LOG2, BLOCK);
	lt_q_write(&q, LAB_Q_COAL_COUNT, UINT32_MAX);	/* no interrupts */
	lt_q_enable(&q, 0);
	for (i = 0; i < lab_ring_size(LOG2); i++)
		lt_q_put(&q, (struct lab_fill) {
			.addr = LT_BLOCK_BASE + i * (uint64_t)BLOCK % AREA_BYTES,
			.len = BLOCK, .slot = (uint16_t)i,
		});
	lt_q_doorbell(&q);
}

/* What was completed is consumed at once, and its entry posted again */
static void follow(void)
{
	uint32_t blocks = (uint32_t)lt_q_read64(&q, LAB_Q_CNT_BLOCKS);

	lt_q_write(&q, LAB_Q_CPL_DB, blocks);
	lt_q_write(&q, LAB_Q_FILL_DB, blocks + lab_ring_size(LOG2));
}

/* Return: packets a second */
static double generate(uint32_t size)
{
	uint64_t before = lt_q_read64(&q, LAB_Q_CNT_DELIVERED);
	int64_t start_us = g_get_monotonic_time();
	double seconds;

	lt_q_generate(&q, (struct lt_burst) { .size_min = size, .size_max = size, .seed = 1 });
	while (seconds_since(start_us) < SECONDS_EACH)
		follow();
	seconds = seconds_since(start_us);
	before = lt_q_read64(&q, LAB_Q_CNT_DELIVERED) - before;
	lt_q_write(&q, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
	lt_settle();
	return (double)before / seconds;
}

/* Return: pieces a second */
static double copy(uint32_t size)
{
	int64_t start_us = g_get_monotonic_time();
	uint64_t pieces = 0;
	size_t at = 0;

	while (seconds_since(start_us) < SECONDS_EACH)
		for (uint32_t i = 0; i < 1000; i++, pieces++, at += size) {
			if (at + size > AREA_BYTES)
				at = 0;
			memcpy(to + at, from + at, size);
			__asm__ volatile("" ::: "memory");
		}
	return (double)pieces / seconds_since(start_us);
}

static void measure(uint32_t size)
{
	double made = 0, copied = 0;
	int turn;

	for (turn = 0; turn < TURNS; turn++) {
		made = MAX(made, generate(size));
		copied = MAX(copied, copy(size));
	}
	printf("%5u bytes: %6.2f million packets/s  %6.2f GB/s  %6.1f ns each;"
	       "  memcpy %6.2f GB/s, ratio %.2f\n", size, made / 1e6, made * size / 1e9, 1e9 / made,
	       copied * size / 1e9, made / copied);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const uint32_t usual[] = { 64, 1500, 9000 };
	size_t i;

	/* Not at congruent addresses: that makes copies slow */
	from = g_malloc(AREA_BYTES);
	to = g_malloc(AREA_BYTES + 4096) + 2048 + 64;
	memset(from, 1, AREA_BYTES);
	memset(to, 2, AREA_BYTES);
	lt_start("", "");
	open_queue();
	if (argc > 1)
		measure((uint32_t)atoi(argv[1]));
	for (i = 0; argc == 1 && i < G_N_ELEMENTS(usual); i++)
		measure(usual[i]);
	lt_stop();
	return 0;
}
