// SPDX-License-Identifier: MIT
/*
 * A device that reports errors, or vanishes, as vanish.sh starts it behind a
 * root port: its users are told, and what comes after works.
 */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT	500
#define MANY	50000
#define SIZE	1000

static struct guest_queue q;
static char function[PATH_MAX];		/* the device in sysfs */

static int find_function(void)
{
	return realpath("/sys/class/labyrinth/labyrinth0/device", function) == NULL;
}

static void commit(uint32_t faults, uint32_t period)
{
	struct lab_inject x = { .size = sizeof(x), .faults = faults, .period = period };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), 0);
	close(fd);
}

/* Until it can be had: there is a moment after an error when it cannot */
static int open_queue(void)
{
	struct lab_setup setup = guest_setup(0);
	int ret = -ENODEV;

	setup.records_per_block = 1;
	setup.depth = 64;
	for (int tries = 0; ret && tries < 5000; tries++) {
		ret = guest_open(&q, &setup);
		if (ret)
			poll(NULL, 0, 1);
	}
	return ret;
}

static void packets_arrive(void)
{
	struct guest_tally tally;
	struct lab_stats s;

	CU_ASSERT_EQUAL_FATAL(open_queue(), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, COUNT, SIZE, SIZE), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, COUNT, SIZE, SIZE, &tally), 0);
	CU_ASSERT_EQUAL(tally.lost + tally.corrupt, 0);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.delivered, COUNT);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

/* Many packets. Return: what ended it. */
static int receive_until_it_ends(void)
{
	struct guest_tally tally;

	CU_ASSERT_EQUAL(guest_burst(&q, MANY, SIZE, SIZE), 0);
	return guest_receive(&q, MANY, SIZE, SIZE, &tally);
}

static void corrected_errors_do_no_harm(void)
{
	commit(LAB_FAULT_AER_CORRECTABLE, 100);
	packets_arrive();
	commit(0, 1);
}

static void errors_end_the_queue_and_all_works_again(uint32_t fault)
{
	struct lab_block block;
	struct lab_stats s;

	CU_ASSERT_EQUAL_FATAL(open_queue(), 0);
	commit(fault, 50);
	CU_ASSERT_EQUAL(receive_until_it_ends(), -EIO);
	CU_ASSERT_EQUAL(guest_exchange(&q, NULL, 0, &block, 1, WAIT_NS), -EIO);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, SIZE, SIZE) >= 0, 0);
	for (int tries = 0; guest_sysfs(0, "held") == UINT64_MAX && tries < 5000; tries++)
		poll(NULL, 0, 1);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.queue_error, LAB_QERR_RESET);
	guest_close(&q);
	packets_arrive();
	CU_ASSERT_EQUAL(access(function, F_OK), 0);
}

static void after_a_nonfatal_error_new_queues_work(void)
{
	errors_end_the_queue_and_all_works_again(LAB_FAULT_AER_NONFATAL);
}

static void after_a_fatal_error_new_queues_work(void)
{
	errors_end_the_queue_and_all_works_again(LAB_FAULT_AER_FATAL);
}

static bool write_sysfs(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

/* Nor does it use up what is restored after an error */
static void a_function_reset_ends_the_queue_and_all_works_again(void)
{
	char reset[PATH_MAX + 8];
	struct lab_block block;

	snprintf(reset, sizeof(reset), "%s/reset", function);
	CU_ASSERT_EQUAL_FATAL(open_queue(), 0);
	CU_ASSERT_TRUE(write_sysfs(reset, "1"));
	CU_ASSERT_EQUAL(guest_exchange(&q, NULL, 0, &block, 1, WAIT_NS), -EIO);
	guest_close(&q);
	packets_arrive();
	after_a_fatal_error_new_queues_work();
}

static void users_of_a_device_that_is_gone_are_told(uint32_t fault)
{
	struct lab_setup setup = guest_setup(1);
	struct lab_info info = { .size = sizeof(info) };
	struct lab_stats stats = { .size = sizeof(stats) };
	struct pollfd p;

	CU_ASSERT_EQUAL_FATAL(open_queue(), 0);
	commit(fault, 50);
	CU_ASSERT_EQUAL(receive_until_it_ends(), -ENODEV);
	p = (struct pollfd) { .fd = q.fd, .events = POLLIN };
	CU_ASSERT_EQUAL(poll(&p, 1, 5000), 1);
	CU_ASSERT_EQUAL(p.revents & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_SETUP, &setup), -ENODEV);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_INFO, &info), -ENODEV);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_STATS, &stats), -ENODEV);
	guest_close(&q);
	CU_ASSERT_EQUAL(open(NODE, O_RDWR), -1);
	CU_ASSERT_EQUAL(errno, ENODEV);
}

static void a_device_whose_link_was_down_is_found_anew(void)
{
	char remove[PATH_MAX + 8];

	users_of_a_device_that_is_gone_are_told(LAB_FAULT_LINK_DOWN);
	snprintf(remove, sizeof(remove), "%s/remove", function);
	CU_ASSERT_TRUE(write_sysfs(remove, "1"));
	CU_ASSERT_NOT_EQUAL(access(NODE, F_OK), 0);
	CU_ASSERT_TRUE(write_sysfs("/sys/bus/pci/rescan", "1"));
	packets_arrive();
}

static void users_of_a_dead_device_are_told(void)
{
	users_of_a_device_that_is_gone_are_told(LAB_FAULT_ALL_ONES);
}

/* The last: no other driver may come to the device */
static void the_driver_of_a_dead_device_can_be_unloaded(void)
{
	CU_ASSERT_EQUAL(system("rmmod labyrinth"), 0);
}

static CU_TestInfo tests[] = {
	TAP_TEST(corrected_errors_do_no_harm),
	TAP_TEST(a_device_whose_link_was_down_is_found_anew),
	TAP_TEST(after_a_nonfatal_error_new_queues_work),
	TAP_TEST(after_a_fatal_error_new_queues_work),
	TAP_TEST(a_function_reset_ends_the_queue_and_all_works_again),
	TAP_TEST(users_of_a_dead_device_are_told),
	TAP_TEST(the_driver_of_a_dead_device_can_be_unloaded),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "vanish", .pInitFunc = find_function, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
