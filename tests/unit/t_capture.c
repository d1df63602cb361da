// SPDX-License-Identifier: MIT
/* What labctl capture counts, with a device that is made up here: it has one block of packets */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "burst.h"
#include "labyrinth_crc32c.h"
#include "tap.h"

#define PACKETS	10
#define SIZE	64

struct globals globals;

static uint64_t memory[512];
static uint32_t memory_bytes;
static uint32_t records;
static bool claimed;

uint64_t monotonic_ns(void)
{
	return 1;
}

bool interrupted(void)
{
	return claimed;
}

void catch_signals(void)
{
}

int clock_update(struct device_clock *clock, struct lab *lab, uint64_t now_ns)
{
	(void)lab;
	clock->sampled_ns = now_ns;
	return 0;
}

int open_device(struct lab **lab)
{
	*lab = NULL;
	return 0;
}

int fail_busy(struct lab *lab, uint32_t queue, bool wire)
{
	(void)lab;
	(void)queue;
	(void)wire;
	return STATUS_REFUSED;
}

void lab_close(struct lab *lab)
{
	(void)lab;
}

int lab_info(struct lab *lab, struct lab_info *info)
{
	(void)lab;
	*info = (struct lab_info){ .num_queues = 1, .max_order = 10, .min_depth = 2, .max_depth = 4096 };
	return 0;
}

void lab_setup_defaults(struct lab_setup *setup)
{
	memset(setup, 0, sizeof(*setup));
}

int lab_setup(struct lab *lab, struct lab_setup *setup)
{
	(void)lab;
	(void)setup;
	return 0;
}

int lab_stats(struct lab *lab, uint32_t queue, struct lab_stats *stats)
{
	(void)lab;
	(void)queue;
	*stats = (struct lab_stats){ .generated = PACKETS };
	return 0;
}

const void *lab_block_data(const struct lab *lab, const struct lab_block *block)
{
	(void)lab;
	(void)block;
	return memory;
}

int lab_exchange(struct lab *lab, const uint32_t *release, uint32_t nr_release,
		 struct lab_block *claim, uint32_t nr_claim, uint64_t timeout_ns)
{
	(void)lab;
	(void)release;
	(void)nr_release;
	(void)nr_claim;
	(void)timeout_ns;
	*claim = (struct lab_block){ .bytes = memory_bytes, .records = records };
	claimed = true;
	return 1;
}

static struct lab_record *record(uint32_t number)
{
	return (struct lab_record *)(void *)((uint8_t *)memory + number * lab_record_stride(SIZE));
}

static void make_block(void)
{
	memset(memory, 0, sizeof(memory));
	for (uint32_t n = 0; n < PACKETS; n++) {
		struct lab_record *r = record(n);

		*r = (struct lab_record){ .length = SIZE, .seq = n };
		r->crc32c = lab_crc32c(lab_crc32c(0, r, LAB_RECORD_CRC_SKIP), r + 1, SIZE);
	}
	memory_bytes = PACKETS * lab_record_stride(SIZE);
	records = PACKETS;
}

/* What the command prints goes into a file. Return: the object, to be freed. */
static json_t *capture(const char *count, int *status)
{
	char option[32], value[32], write[] = "--write", null[] = "/dev/null";
	char *argv[] = { write, null, option, value, NULL };
	struct args_error error;
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO);
	json_t *object;

	claimed = false;
	globals.json = true;
	cmd_capture.prepare();
	snprintf(option, sizeof(option), "--count");
	snprintf(value, sizeof(value), "%s", count);
	CU_ASSERT_EQUAL_FATAL(args_parse(cmd_capture.options, 4, argv, &error), 4);
	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	*status = cmd_capture.run();
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(out);
	object = json_loadf(out, 0, NULL);
	fclose(out);
	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	return object;
}

static void expect(const char *count, int status, int packets, int corrupt, int out_of_order)
{
	int ended;
	json_t *object = capture(count, &ended);

	CU_ASSERT_EQUAL(ended, status);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "packets")), packets);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "corrupt")), corrupt);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "out_of_order")), out_of_order);
	json_decref(object);
}

static void whole_packets_are_right(void)
{
	make_block();
	expect("1000", STATUS_OK, PACKETS, 0, 0);
}

static void count_within_a_block_is_no_fault(void)
{
	make_block();
	expect("4", STATUS_OK, 4, 0, 0);
}

static void packets_behind_a_damaged_length_are_not_lost_in_silence(void)
{
	make_block();
	record(4)->length = 0xffffff;
	expect("1000", STATUS_FAILED, 4, 1, 0);
}

static void fewer_packets_than_the_block_has_are_a_fault(void)
{
	make_block();
	records = PACKETS + 1;
	expect("1000", STATUS_FAILED, PACKETS, 1, 0);
}

static void corrupt_number_makes_no_other_packet_out_of_order(void)
{
	make_block();
	record(4)->seq ^= 1ull << 40;
	expect("1000", STATUS_FAILED, PACKETS, 1, 0);
}

static void number_that_comes_again_is_out_of_order(void)
{
	make_block();
	*record(5) = *record(4);
	expect("1000", STATUS_FAILED, PACKETS, 0, 1);
}

static CU_TestInfo tests[] = {
	TAP_TEST(whole_packets_are_right),
	TAP_TEST(count_within_a_block_is_no_fault),
	TAP_TEST(packets_behind_a_damaged_length_are_not_lost_in_silence),
	TAP_TEST(fewer_packets_than_the_block_has_are_a_fault),
	TAP_TEST(corrupt_number_makes_no_other_packet_out_of_order),
	TAP_TEST(number_that_comes_again_is_out_of_order),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "capture", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
