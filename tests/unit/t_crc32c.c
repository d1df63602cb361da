// SPDX-License-Identifier: MIT
/* CRC-32C against the vectors of RFC 3720, and its ways against each other */
#include "lab_crc.h"
#include "labyrinth_crc32c.h"
#include "tap.h"

#define BYTES 4096u

static uint8_t noise[BYTES + 8];

static void fill_noise(void)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < sizeof(noise); i++) {
		x = x * 1664525u + 1013904223u;
		noise[i] = (uint8_t)(x >> 24);
	}
}

static void check_value_of_nine_digits_is_e3069283(void)
{
	CU_ASSERT_EQUAL(lab_crc32c(0, "123456789", 9), 0xe3069283u);
}

/* RFC 3720, appendix B.4 */
static void vectors_of_rfc_3720_match(void)
{
	uint8_t data[32];

	memset(data, 0, sizeof(data));
	CU_ASSERT_EQUAL(lab_crc32c(0, data, 32), 0x8a9136aau);
	memset(data, 0xff, sizeof(data));
	CU_ASSERT_EQUAL(lab_crc32c(0, data, 32), 0x62a8ab43u);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = i;
	CU_ASSERT_EQUAL(lab_crc32c(0, data, 32), 0x46dd794eu);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = (uint8_t)(31 - i);
	CU_ASSERT_EQUAL(lab_crc32c(0, data, 32), 0x113fdb5cu);
}

static void crc_of_nothing_is_what_came_before(void)
{
	CU_ASSERT_EQUAL(lab_crc32c(0, noise, 0), 0);
	CU_ASSERT_EQUAL(lab_crc32c(0x12345678u, noise, 0), 0x12345678u);
}

static void pieces_chain_to_the_crc_of_the_whole(void)
{
	uint32_t whole = lab_crc32c(0, noise, 1200);

	for (uint32_t cut = 0; cut <= 1200; cut++)
		if (lab_crc32c(lab_crc32c(0, noise, cut), noise + cut, 1200 - cut) != whole)
			CU_FAIL_FATAL("a cut changes the result");
	CU_PASS("all");
}

static void instruction_and_table_agree_for_every_length(void)
{
	if (!lab_crc32c_hardware) {
		tap_skip("this CPU has no SSE4.2");
		return;
	}
	for (uint32_t n = 0; n <= BYTES; n += n < 2100 ? 1 : 37)
		if (lab_crc32c(7, noise, n) != ~lab_crc32c_table(~7u, noise, n))
			CU_FAIL_FATAL("length");
	CU_PASS("all");
}

/* What the library takes where the instruction is slow */
static void sixteen_tables_and_one_agree_for_every_length(void)
{
	for (uint32_t n = 0; n <= BYTES; n += n < 2100 ? 1 : 37)
		for (uint32_t at = 0; at < 8; at += 3)
			if (lab_crc_tables(7, noise + at, n) != ~lab_crc32c_table(~7u, noise + at, n))
				CU_FAIL_FATAL("length");
	CU_ASSERT_EQUAL(lab_crc_tables(0, "123456789", 9), 0xe3069283u);
}

static void library_gives_the_same_whatever_it_takes(void)
{
	CU_ASSERT_EQUAL(lab_crc(0, "123456789", 9), 0xe3069283u);
	CU_ASSERT_EQUAL(lab_crc(5, noise, BYTES), lab_crc32c(5, noise, BYTES));
}

static void alignment_does_not_matter(void)
{
	for (uint32_t at = 0; at < 8; at++)
		if (lab_crc32c(0, noise + at, 1009) != ~lab_crc32c_table(~0u, noise + at, 1009))
			CU_FAIL_FATAL("offset");
	CU_PASS("all");
}

static void every_flipped_bit_changes_the_crc(void)
{
	uint32_t good = lab_crc32c(0, noise, 600);
	uint32_t bit;

	for (bit = 0; bit < 600 * 8; bit++) {
		noise[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (lab_crc32c(0, noise, 600) == good)
			CU_FAIL_FATAL("unseen");
		noise[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CU_PASS("all");
}

static CU_TestInfo tests[] = {
	TAP_TEST(check_value_of_nine_digits_is_e3069283),
	TAP_TEST(vectors_of_rfc_3720_match),
	TAP_TEST(crc_of_nothing_is_what_came_before),
	TAP_TEST(pieces_chain_to_the_crc_of_the_whole),
	TAP_TEST(instruction_and_table_agree_for_every_length),
	TAP_TEST(sixteen_tables_and_one_agree_for_every_length),
	TAP_TEST(library_gives_the_same_whatever_it_takes),
	TAP_TEST(alignment_does_not_matter),
	TAP_TEST(every_flipped_bit_changes_the_crc),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "crc32c", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	fill_noise();
	return tap_run(suites);
}
