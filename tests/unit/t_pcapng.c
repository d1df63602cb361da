// SPDX-License-Identifier: MIT
/* labctl's capture files, as libpcap reads them */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "pcapng.h"
#include "tap.h"

#define FIRST_NS	1700000000123456789ull
#define BLOCK_ISB	5u

static char path[] = "/tmp/pcapng-test.XXXXXX";
static const struct pcapng_counts counts = { FIRST_NS, FIRST_NS + 10, 3, 1 };

static int make_file(void)
{
	int fd = mkstemp(path);

	return fd < 0 || close(fd);
}

static int remove_file(void)
{
	return unlink(path);
}

static uint8_t byte_of(uint32_t packet, uint32_t i)
{
	return (uint8_t)(packet * 7 + i);
}

/* Packet n has n bytes, and comes n * 1,000,000,007 ns after the first */
static void write_packets(uint32_t packets)
{
	FILE *file = fopen(path, "wb");
	uint8_t data[2048];

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(pcapng_begin(file, "labyrinth", "test"), 0);
	for (uint32_t n = 0; n < packets; n++) {
		for (uint32_t i = 0; i < n; i++)
			data[i] = byte_of(n, i);
		CU_ASSERT_EQUAL(pcapng_packet(file, FIRST_NS + n * 1000000007ull, data, n), 0);
	}
	CU_ASSERT_EQUAL(pcapng_end(file, &counts), 0);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

static pcap_t *open_capture(void)
{
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
							       message);

	CU_ASSERT_PTR_NOT_NULL_FATAL(pcap);
	return pcap;
}

static void capture_without_packets_is_read(void)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap;

	write_packets(0);
	pcap = open_capture();
	CU_ASSERT_EQUAL(pcap_datalink(pcap), DLT_EN10MB);
	CU_ASSERT_EQUAL(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void packets_of_every_length_come_back_byte_for_byte(void)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	uint32_t wrong = 0;
	pcap_t *pcap;

	write_packets(1520);
	pcap = open_capture();
	for (uint32_t n = 0; n < 1520; n++) {
		CU_ASSERT_EQUAL_FATAL(pcap_next_ex(pcap, &header, &data), 1);
		wrong += header->caplen != n || header->len != n;
		for (uint32_t i = 0; i < n && i < header->caplen; i++)
			wrong += data[i] != byte_of(n, i);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void times_are_exact_to_the_nanosecond(void)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t ns;
	pcap_t *pcap;

	write_packets(20);
	pcap = open_capture();
	for (uint32_t n = 0; n < 20; n++) {
		CU_ASSERT_EQUAL_FATAL(pcap_next_ex(pcap, &header, &data), 1);
		ns = (uint64_t)header->ts.tv_sec * 1000000000ull + (uint64_t)header->ts.tv_usec;
		CU_ASSERT_EQUAL(ns, FIRST_NS + n * 1000000007ull);
	}
	pcap_close(pcap);
}

/* Walks the blocks. Return: offset of the last block of @type, 0: none. */
static uint32_t find_block(const uint8_t *file, uint32_t bytes, uint32_t type)
{
	uint32_t at, length, again, this, found = 0;

	for (at = 0; at + 12 <= bytes; at += length) {
		memcpy(&this, file + at, 4);
		memcpy(&length, file + at + 4, 4);
		if (length < 12 || length % 4 || length > bytes - at)
			CU_FAIL_FATAL("length of a block");
		memcpy(&again, file + at + length - 4, 4);
		CU_ASSERT_EQUAL(again, length);
		found = this == type ? at : found;
	}
	CU_ASSERT_EQUAL(at, bytes);
	return found;
}

static uint32_t load(uint8_t *file, uint32_t room)
{
	FILE *from = fopen(path, "rb");
	size_t bytes;

	CU_ASSERT_PTR_NOT_NULL_FATAL(from);
	bytes = fread(file, 1, room, from);
	fclose(from);
	return (uint32_t)bytes;
}

static void blocks_tell_their_length_twice_and_fill_the_file(void)
{
	static uint8_t file[1 << 16];

	write_packets(100);
	CU_ASSERT_NOT_EQUAL(find_block(file, load(file, sizeof(file)), BLOCK_ISB), 0);
}

/* Value of a 64-bit option of the block at @at, from its options at @at + 20 */
static uint64_t option64(const uint8_t *file, uint32_t at, uint16_t wanted)
{
	uint16_t code, length;
	uint64_t value;

	for (at += 20;; at += 4 + ((length + 3u) & ~3u)) {
		memcpy(&code, file + at, 2);
		memcpy(&length, file + at + 2, 2);
		memcpy(&value, file + at + 4, 8);
		if (code == wanted && length == 8)
			return value;
		if (!code)
			return 0;
	}
}

static void statistics_tell_received_and_dropped(void)
{
	static uint8_t file[4096];
	uint32_t isb;

	write_packets(3);
	isb = find_block(file, load(file, sizeof(file)), BLOCK_ISB);
	CU_ASSERT_NOT_EQUAL_FATAL(isb, 0);
	CU_ASSERT_EQUAL(option64(file, isb, 4), counts.received);
	CU_ASSERT_EQUAL(option64(file, isb, 5), counts.dropped);
}

static void overlong_names_do_not_overflow(void)
{
	char name[1000];
	FILE *file = fopen(path, "wb");
	pcap_t *pcap;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	CU_ASSERT_EQUAL(pcapng_begin(file, name, name), 0);
	fclose(file);
	pcap = open_capture();
	pcap_close(pcap);
}

static void full_disk_is_an_error(void)
{
	FILE *file = fopen("/dev/full", "wb");

	if (!file) {
		tap_skip("no /dev/full");
		return;
	}
	CU_ASSERT_EQUAL(pcapng_begin(file, "labyrinth", "test"), 0);
	CU_ASSERT_EQUAL(pcapng_end(file, &counts), -ENOSPC);
	fclose(file);
}

static CU_TestInfo tests[] = {
	TAP_TEST(capture_without_packets_is_read),
	TAP_TEST(packets_of_every_length_come_back_byte_for_byte),
	TAP_TEST(times_are_exact_to_the_nanosecond),
	TAP_TEST(blocks_tell_their_length_twice_and_fill_the_file),
	TAP_TEST(statistics_tell_received_and_dropped),
	TAP_TEST(overlong_names_do_not_overflow),
	TAP_TEST(full_disk_is_an_error),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "pcapng", .pInitFunc = make_file, .pCleanupFunc = remove_file, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
