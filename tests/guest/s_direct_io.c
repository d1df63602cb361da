// SPDX-License-Identifier: MIT
/* O_DIRECT pins the pages that it reads from: those of the window it may not. */
#include "guest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void o_direct_from_the_window_is_efault(void)
{
	int fd = open("/dev/nullb0", O_WRONLY | O_DIRECT | O_CLOEXEC);
	struct lab_setup setup = guest_setup(0);
	struct lab_block block;
	struct guest_queue q;
	void *own = NULL;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(posix_memalign(&own, 4096, 4096), 0);
	CU_ASSERT_EQUAL(pwrite(fd, own, 4096, 0), 4096);
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 1000, 1000), 0);
	CU_ASSERT_EQUAL_FATAL(guest_claim_one(&q, &block), 0);
	CU_ASSERT_EQUAL(pwrite(fd, q.window + block.slot * q.setup.window_stride, 4096, 0), -1);
	CU_ASSERT_EQUAL(errno, EFAULT);
	guest_close(&q);
	close(fd);
	free(own);
}

static CU_TestInfo tests[] = {
	TAP_TEST(o_direct_from_the_window_is_efault),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "direct-io", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
