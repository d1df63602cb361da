// SPDX-License-Identifier: MIT
/*
 * CRC-32C at the speed of this CPU: the crc32 instruction, or tables where
 * there is none.  QEMU's TCG has one that it works out bit by bit: in a guest
 * on two cores it made 93 MB/s, a byte table 120, and sixteen tables 530.
 */
#include "labyrinth_crc32c.h"
#include "lab_crc.h"

#define TABLES	16

static uint32_t tables[TABLES][256];
static bool use_tables;

#ifdef __x86_64__
#include <cpuid.h>

/* The hypervisor's signature is EBX, ECX, EDX of leaf 0x40000000 */
static bool running_under_tcg(void)
{
	const uint32_t hypervisor_present = 1u << 31;
	uint32_t a, signature[3], d;

	if (!__get_cpuid(1, &a, &signature[0], &signature[1], &d) ||
	    !(signature[1] & hypervisor_present))
		return false;
	__cpuid(0x40000000, a, signature[0], signature[1], signature[2]);
	return !memcmp(signature, "TCGTCGTCGTCG", sizeof(signature));
}
#else
static bool running_under_tcg(void)
{
	return false;
}
#endif

/* tables[k][b]: what byte b does to the CRC k bytes further on */
static void fill_tables(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		tables[0][i] = i;
		for (int bit = 0; bit < 8; bit++)
			tables[0][i] = (tables[0][i] >> 1) ^
				       (tables[0][i] & 1 ? LAB_CRC32C_POLY : 0);
	}
	for (uint32_t k = 1; k < TABLES; k++)
		for (uint32_t i = 0; i < 256; i++)
			tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 0xff];
}

/* Runs before main(), as that of labyrinth_crc32c.h: no caller needs a lock */
__attribute__((constructor)) static void choose(void)
{
	use_tables = !lab_crc32c_hardware || running_under_tcg();
	fill_tables();
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Four bytes, the last of which is @behind bytes before the end of the step */
static inline uint32_t look_up(uint32_t word, uint32_t behind)
{
	return tables[behind + 3][word & 0xff] ^ tables[behind + 2][(word >> 8) & 0xff] ^
	       tables[behind + 1][(word >> 16) & 0xff] ^ tables[behind][word >> 24];
}

static uint32_t crc_by_tables(uint32_t crc, const uint8_t *p, size_t n)
{
	for (; n >= 16; n -= 16, p += 16)
		crc = look_up(load32(p) ^ crc, 12) ^ look_up(load32(p + 4), 8) ^
		      look_up(load32(p + 8), 4) ^ look_up(load32(p + 12), 0);
	for (; n >= 4; n -= 4, p += 4)
		crc = look_up(load32(p) ^ crc, 0);
	for (; n; n--, p++)
		crc = tables[0][(crc ^ *p) & 0xff] ^ (crc >> 8);
	return crc;
}

/**
 * lab_crc_tables - CRC-32C without the crc32 instruction
 * @crc: 0 to begin, or the result for what comes before
 * @p: the data
 * @n: bytes
 *
 * Return: the CRC, as lab_crc32c().
 */
uint32_t lab_crc_tables(uint32_t crc, const void *p, size_t n)
{
	return ~crc_by_tables(~crc, p, n);
}

/**
 * lab_crc - CRC-32C the fastest way
 * @crc: 0 to begin, or the result for what comes before
 * @p: the data
 * @n: bytes
 *
 * Return: the CRC, as lab_crc32c().
 */
uint32_t lab_crc(uint32_t crc, const void *p, size_t n)
{
	return use_tables ? lab_crc_tables(crc, p, n) : lab_crc32c(crc, p, n);
}
