// SPDX-License-Identifier: MIT
/*
 * The kernel makes this driver's atomic allocations fail, order 0 too: 1, 10,
 * 50, 100 % of them.  Whatever the policy, every packet arrives and is
 * accounted for.  Needs a kernel with fail_page_alloc: alloc-faults.sh.
 */
#include "guest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAIL	"/sys/kernel/debug/fail_page_alloc/"
#define PACKETS	500

static int set_text(const char *name, const char *value)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), FAIL "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = write(fd, value, strlen(value));
	close(fd);
	return n != (ssize_t)strlen(value);
}

static int set_number(const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return set_text(name, text);
}

/* Where the driver's code is. Return: 0, or -1 if it cannot be told */
static int module_text(uint64_t *start, uint64_t *bytes)
{
	FILE *f = fopen("/sys/module/labyrinth/sections/.text", "r");
	int ok = f && fscanf(f, "%" SCNx64, start) == 1;
	char line[256];

	if (f)
		fclose(f);
	f = fopen("/proc/modules", "r");
	*bytes = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "labyrinth %" SCNu64, bytes) == 1)
			break;
	if (f)
		fclose(f);
	return ok && *bytes ? 0 : -1;
}

/* Only allocations that may not sleep, only where this driver is on the stack */
static int aim(void)
{
	uint64_t start, bytes;

	if (access(FAIL "probability", W_OK) || module_text(&start, &bytes))
		return 1;
	return set_text("task-filter", "N") || set_text("ignore-gfp-wait", "Y") ||
	       set_text("ignore-gfp-highmem", "Y") || set_number("min-order", 0) ||
	       set_number("stacktrace-depth", 32) || set_number("require-start", start) ||
	       set_number("require-end", start + bytes) || set_number("space", 0) ||
	       set_number("interval", 1) || set_number("verbose", 0) || set_text("times", "-1");
}

static int stop(void)
{
	return set_number("probability", 0);
}

static void burst_through(struct lab_setup setup, uint32_t max)
{
	struct guest_tally tally;
	struct guest_queue q;
	struct lab_stats s;

	setup.depth = 16;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, PACKETS, 1, max), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, PACKETS, 1, max, &tally), 0);
	CU_ASSERT_EQUAL(tally.packets, PACKETS);
	CU_ASSERT_EQUAL(tally.corrupt + tally.lost, 0);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.generated, PACKETS);
	CU_ASSERT_EQUAL(s.dev_delivered, PACKETS);
	CU_ASSERT_EQUAL(s.delivered, PACKETS);
	CU_ASSERT_EQUAL(s.dev_blocks, s.blocks);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

/* Each probability, each order; whether any allocation has failed at all */
static void suffer(struct lab_setup setup)
{
	static const uint32_t percent[] = { 1, 10, 50, 100 };
	static const uint32_t orders[] = { 0, 2, 4 };
	uint32_t min_order = setup.min_order;

	for (size_t p = 0; p < 4; p++) {
		for (size_t o = 0; o < 3; o++) {
			CU_ASSERT_EQUAL(set_number("probability", percent[p]), 0);
			setup.order = orders[o];
			setup.min_order = min_order ? orders[o] : 0;
			burst_through(setup, 4000);
		}
	}
	CU_ASSERT_EQUAL(set_number("probability", 0), 0);
}

static void nothing_is_lost_without_a_way_out(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.min_order = 1;	/* that is: no smaller blocks */
	suffer(setup);
	CU_ASSERT(guest_sysfs(0, "alloc_failed") > 0);
}

static void nothing_is_lost_with_smaller_blocks(void)
{
	suffer(guest_setup(0));
	CU_ASSERT(guest_sysfs(0, "alloc_failed") > 0);
}

static void nothing_is_lost_with_a_reserve(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.min_order = 1;
	setup.reserve = 8;
	suffer(setup);
	CU_ASSERT(guest_sysfs(0, "alloc_reserve") > 0);
}

static void nothing_is_lost_with_recycling(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.policy = LAB_POLICY_RECYCLE;
	setup.reserve = 2;
	suffer(setup);
	CU_ASSERT(guest_sysfs(0, "alloc_recycled") > 0);
}

static void nothing_is_lost_with_threaded_refill(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.refill = LAB_REFILL_THREADED;
	suffer(setup);
	CU_ASSERT(guest_sysfs(0, "alloc_failed") > 0);
}

static CU_TestInfo tests[] = {
	TAP_TEST(nothing_is_lost_without_a_way_out),
	TAP_TEST(nothing_is_lost_with_smaller_blocks),
	TAP_TEST(nothing_is_lost_with_a_reserve),
	TAP_TEST(nothing_is_lost_with_recycling),
	TAP_TEST(nothing_is_lost_with_threaded_refill),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "alloc-faults", .pInitFunc = aim, .pCleanupFunc = stop, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
