// SPDX-License-Identifier: MIT
/*
 * The caller's memory is a page that never comes (userfaultfd, as FUSE may do):
 * it keeps its own call waiting, and nobody else's.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096
#define PATIENCE_S	5

static struct guest_queue q;
static int uffd;
static void *page;		/* the first touch of it waits for page_comes() */

static void open_all(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct lab_setup setup = guest_setup(0);

	setup.flags = LAB_SETUP_LOOPBACK;
	setup.tx_depth = 2;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL_FATAL(guest_burst(&q, 1, 64, 64), 0);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	CU_ASSERT_FATAL(uffd >= 0);
	reg.range.start = (uintptr_t)page;
	reg.range.len = PAGE;
	CU_ASSERT_EQUAL_FATAL(ioctl(uffd, UFFDIO_API, &api), 0);
	CU_ASSERT_EQUAL_FATAL(ioctl(uffd, UFFDIO_REGISTER, &reg), 0);
}

static void close_all(void)
{
	munmap(page, PAGE);
	close(uffd);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static bool somebody_waits_for_the_page(void)
{
	struct pollfd fd = { .fd = uffd, .events = POLLIN };

	return poll(&fd, 1, PATIENCE_S * 1000) == 1;
}

static void page_comes(void)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)page, PAGE } };

	CU_ASSERT_EQUAL(ioctl(uffd, UFFDIO_ZEROPAGE, &zero), 0);
}

static void *claim_into_page(void *arg)
{
	*(int *)arg = guest_exchange(&q, NULL, 0, page, 1, WAIT_NS);
	return NULL;
}

static void *release_from_page(void *arg)
{
	*(int *)arg = guest_exchange(&q, page, 1, NULL, 0, 0);
	return NULL;
}

static void *send_from_page(void *arg)
{
	*(int *)arg = guest_send(&q, page, 64, 0);
	return NULL;
}

static void *reset_device(void *arg)
{
	struct lab_reset reset = { .size = sizeof(reset) };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	*(int *)arg = guest_ioctl(fd, LAB_IOC_RESET, &reset);
	close(fd);
	return NULL;
}

static bool joins(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	return pthread_timedjoin_np(thread, NULL, &until) == 0;
}

/* Return: what @call gave, after a reset of the device came between */
static int reset_while(void *(*call)(void *))
{
	pthread_t caller, resetter;
	int ret = -1, reset_ret = -1;
	bool reset_done;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&caller, NULL, call, &ret), 0);
	CU_ASSERT(somebody_waits_for_the_page());
	CU_ASSERT_EQUAL_FATAL(pthread_create(&resetter, NULL, reset_device, &reset_ret), 0);
	reset_done = joins(resetter);
	CU_ASSERT(reset_done);
	page_comes();
	if (!reset_done)
		pthread_join(resetter, NULL);
	pthread_join(caller, NULL);
	CU_ASSERT_EQUAL(reset_ret, 0);
	return ret;
}

static void a_claim_into_a_page_that_never_comes_does_not_hold_up_a_reset(void)
{
	struct lab_block *block;

	open_all();
	CU_ASSERT_EQUAL(reset_while(claim_into_page), 1);	/* what was ready stays */
	block = page;
	CU_ASSERT_EQUAL(block->records, 1);
	close_all();
}

static void a_release_list_in_a_page_that_never_comes_does_not_hold_up_a_reset(void)
{
	struct lab_block block;

	open_all();
	CU_ASSERT_EQUAL(guest_claim_one(&q, &block), 0);
	/* The page comes as zeroes: slot 0 */
	CU_ASSERT_EQUAL(reset_while(release_from_page), block.slot ? -EINVAL : 0);
	close_all();
}

static void records_in_a_page_that_never_comes_do_not_hold_up_a_reset(void)
{
	open_all();
	CU_ASSERT_EQUAL(reset_while(send_from_page), -EIO);
	close_all();
}

static void a_claim_into_a_page_that_comes_late_gets_its_blocks(void)
{
	pthread_t caller;
	int ret = -1;

	open_all();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&caller, NULL, claim_into_page, &ret), 0);
	CU_ASSERT(somebody_waits_for_the_page());
	page_comes();
	pthread_join(caller, NULL);
	CU_ASSERT_EQUAL(ret, 1);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).delivered, 1);
	close_all();
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_claim_into_a_page_that_never_comes_does_not_hold_up_a_reset),
	TAP_TEST(a_release_list_in_a_page_that_never_comes_does_not_hold_up_a_reset),
	TAP_TEST(records_in_a_page_that_never_comes_do_not_hold_up_a_reset),
	TAP_TEST(a_claim_into_a_page_that_comes_late_gets_its_blocks),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "stuck", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
