// SPDX-License-Identifier: MIT
/*
 * A device that writes once more to blocks it has completed, behind a strict
 * IOMMU, as iommu.sh starts it.  Two slots, so that none takes the place of
 * the second block: its address is nobody's when the late write comes.
 */
#include "guest.h"

#include <poll.h>

static void a_write_to_a_completed_block_is_stopped_and_told(void)
{
	struct lab_setup setup = guest_setup(0);
	struct lab_block blocks[2];
	struct guest_queue q;
	struct pollfd p;
	int n, got = 0;

	setup.depth = 2;
	setup.records_per_block = 1;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 2, 1000, 1000), 0);
	for (; got < 2; got += n) {
		n = guest_exchange(&q, NULL, 0, blocks + got, 2 - got, WAIT_NS);
		CU_ASSERT_FATAL(n > 0);
	}
	p = (struct pollfd) { .fd = q.fd, .events = 0 };
	CU_ASSERT_EQUAL(poll(&p, 1, 5000), 1);
	CU_ASSERT_EQUAL(p.revents, POLLERR);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).queue_error, LAB_QERR_BLOCK_DMA);
	for (n = 0; n < 2; n++)
		CU_ASSERT_EQUAL(lab_record_verify((const void *)(q.window + blocks[n].slot *
								 q.setup.window_stride), 1000), 0);
	CU_ASSERT_EQUAL(guest_exchange(&q, NULL, 0, blocks, 1, WAIT_NS), -EIO);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_write_to_a_completed_block_is_stopped_and_told),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "iommu", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
