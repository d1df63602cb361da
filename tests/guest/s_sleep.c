// SPDX-License-Identifier: MIT
/*
 * The machine goes to sleep and wakes up again, in the middle of a burst.  The
 * kernel's test of devices, which sleep.sh needs, wakes it by itself.
 */
#include "guest.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SIZE	1000

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

static void sleep_and_wake(void)
{
	CU_ASSERT_TRUE_FATAL(write_to("/sys/power/pm_test", "devices"));
	CU_ASSERT_TRUE(write_to("/sys/power/state", "freeze"));
}

static void a_queue_ends_with_eio_when_the_machine_sleeps(void)
{
	struct lab_setup setup = guest_setup(0);
	struct lab_block block;
	struct guest_queue q;
	int n;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 0, SIZE, SIZE), 0);
	sleep_and_wake();
	while ((n = guest_exchange(&q, NULL, 0, &block, 1, WAIT_NS)) == 1)
		;
	CU_ASSERT_EQUAL(n, -EIO);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).queue_error, LAB_QERR_RESET);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static void new_queues_work_after_it_woke(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct guest_queue q;

	sleep_and_wake();
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 1000, SIZE, SIZE), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, 1000, SIZE, SIZE, &tally), 0);
	CU_ASSERT_EQUAL(tally.lost + tally.corrupt, 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_queue_ends_with_eio_when_the_machine_sleeps),
	TAP_TEST(new_queues_work_after_it_woke),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "sleep", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
