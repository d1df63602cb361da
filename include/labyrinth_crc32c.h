/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * CRC-32C (Castagnoli polynomial, as iSCSI, RFC 3720 appendix B.4): one
 * implementation for the QEMU device and for user space.  With SSE4.2 it runs
 * three chains side by side, because the crc32 instruction takes three cycles
 * and may start every cycle; elsewhere a table of 256 words does it.
 */
#ifndef LABYRINTH_CRC32C_H
#define LABYRINTH_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LAB_CRC32C_POLY		0x82f63b78u	/* reflected */
#define LAB_CRC32C_LANE		168u		/* bytes of each of three lanes, multiple of 8 */

/* The usual byte table, and what moves a CRC forward over a lane of zero bytes */
struct lab_crc32c_tables {
	uint32_t byte[256];
	uint32_t lane[4][256];		/* CRC after a lane of zero bytes, by byte of the CRC */
};

static struct lab_crc32c_tables lab_crc32c_tables;
static int lab_crc32c_hardware;

static inline uint32_t lab_crc32c_zeros(uint32_t crc, uint32_t bytes)
{
	while (bytes--)
		crc = lab_crc32c_tables.byte[crc & 0xff] ^ (crc >> 8);
	return crc;
}

/* Runs before main(), so that no caller needs a lock or a check */
__attribute__((constructor)) static void lab_crc32c_init(void)
{
	uint32_t i, k, crc;

	for (i = 0; i < 256; i++) {
		for (crc = i, k = 0; k < 8; k++)
			crc = (crc >> 1) ^ (crc & 1 ? LAB_CRC32C_POLY : 0);
		lab_crc32c_tables.byte[i] = crc;
	}
	for (k = 0; k < 4; k++)
		for (i = 0; i < 256; i++)
			lab_crc32c_tables.lane[k][i] =
				lab_crc32c_zeros(i << (8 * k), LAB_CRC32C_LANE);
#ifdef __x86_64__
	__builtin_cpu_init();
	lab_crc32c_hardware = __builtin_cpu_supports("sse4.2");
#endif
}

static inline uint32_t lab_crc32c_table(uint32_t crc, const uint8_t *p, size_t n)
{
	while (n--)
		crc = lab_crc32c_tables.byte[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return crc;
}

#ifdef __x86_64__
static inline uint64_t lab_crc32c_load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline uint32_t lab_crc32c_shift(uint32_t crc)
{
	return lab_crc32c_tables.lane[0][crc & 0xff] ^
	       lab_crc32c_tables.lane[1][(crc >> 8) & 0xff] ^
	       lab_crc32c_tables.lane[2][(crc >> 16) & 0xff] ^
	       lab_crc32c_tables.lane[3][crc >> 24];
}

/* Three lanes of LAB_CRC32C_LANE bytes at @p */
__attribute__((target("sse4.2")))
static inline uint32_t lab_crc32c_lanes(uint32_t crc, const uint8_t *p)
{
	uint64_t a = crc, b = 0, c = 0;
	uint32_t i;

	for (i = 0; i < LAB_CRC32C_LANE; i += 8) {
		a = __builtin_ia32_crc32di(a, lab_crc32c_load(p + i));
		b = __builtin_ia32_crc32di(b, lab_crc32c_load(p + i + LAB_CRC32C_LANE));
		c = __builtin_ia32_crc32di(c, lab_crc32c_load(p + i + 2 * LAB_CRC32C_LANE));
	}
	b ^= lab_crc32c_shift((uint32_t)a);
	return (uint32_t)c ^ lab_crc32c_shift((uint32_t)b);
}

__attribute__((target("sse4.2")))
static inline uint32_t lab_crc32c_sse42(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t wide;

	for (; n >= 3 * LAB_CRC32C_LANE; n -= 3 * LAB_CRC32C_LANE, p += 3 * LAB_CRC32C_LANE)
		crc = lab_crc32c_lanes(crc, p);
	for (wide = crc; n >= 8; n -= 8, p += 8)
		wide = __builtin_ia32_crc32di(wide, lab_crc32c_load(p));
	crc = (uint32_t)wide;
	if (n >= 4) {
		uint32_t half;

		memcpy(&half, p, sizeof(half));
		crc = __builtin_ia32_crc32si(crc, half);
		n -= 4;
		p += 4;
	}
	for (; n; n--, p++)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#endif

/**
 * lab_crc32c - CRC-32C of a piece of data
 * @crc: 0 to begin, or the result for what comes before
 * @p: the data
 * @n: bytes
 *
 * Return: the CRC; lab_crc32c(0, "123456789", 9) is 0xe3069283.
 */
static inline uint32_t lab_crc32c(uint32_t crc, const void *p, size_t n)
{
#ifdef __x86_64__
	if (lab_crc32c_hardware)
		return ~lab_crc32c_sse42(~crc, (const uint8_t *)p, n);
#endif
	return ~lab_crc32c_table(~crc, (const uint8_t *)p, n);
}

#endif
