// SPDX-License-Identifier: MIT
/* What memory gives: memcpy in pieces, streaming, on the host and in the guest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define AREA_BYTES	(64u << 20)	/* larger than the caches */

static struct bench bench;

static void copy(uint8_t *to, const uint8_t *from, uint64_t count)
{
	size_t at = 0;

	for (uint64_t i = 0; i < count; i++, at += bench.size) {
		if (at + bench.size > AREA_BYTES)
			at = 0;
		memcpy(to + at, from + at, bench.size);
		__asm__ volatile("" ::: "memory");
	}
}

int main(int argc, char **argv)
{
	uint8_t *from, *to;

	bench_args(&bench, argc, argv, NULL);
	/* Not at congruent addresses: that makes copies slow */
	from = aligned_alloc(4096, AREA_BYTES);
	to = aligned_alloc(4096, AREA_BYTES + 4096);
	if (!from || !to || !bench.size || bench.size > AREA_BYTES)
		die("memory, size", EINVAL);
	to += 2048 + 64;
	memset(from, 1, AREA_BYTES);
	memset(to, 2, AREA_BYTES);
	copy(to, from, bench.warmup);
	bench_begin(&bench);
	copy(to, from, bench.count);
	bench_end(&bench);
	bench.packets = bench.count;
	bench.bytes = bench.count * bench.size;
	bench_print(&bench);
	puts("}");
	return 0;
}
