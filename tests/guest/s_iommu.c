// SPDX-License-Identifier: MIT
/*
 * A device that writes once more to blocks it has completed, behind a strict
 * IOMMU, as iommu.sh starts it.  Two slots, so that none takes the place of
 * the second block: its address is nobody's when the late write comes.
 */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

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

static void inject(uint32_t faults, uint32_t period)
{
	struct lab_inject x = { .size = sizeof(x), .faults = faults, .period = period };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), 0);
	close(fd);
}

/*
 * Time passes from block to block, so the first was taken back before it is
 * used again: its address is nobody's, or that of the block in its place.
 */
static void a_descriptor_used_twice_gives_nothing_away(void)
{
	struct lab_burst burst = { .size = sizeof(burst), .count = 20, .seed = 1, .burst = 1,
				   .size_min = 1000, .size_max = 1000, .gap_ns = 20000000 };
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct guest_queue q;
	struct lab_stats s;
	int ret;

	inject(LAB_FAULT_DESC_TWICE, 5);
	setup.depth = 64;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_BURST, &burst), 0);
	ret = guest_receive(&q, 20, 1000, 1000, &tally);
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(tally.corrupt, 0);
	CU_ASSERT_EQUAL(s.refused, s.drop_invalid);
	CU_ASSERT_EQUAL(s.dev_delivered, s.delivered + s.drop_invalid);
	CU_ASSERT(ret == -EIO ? s.queue_error == LAB_QERR_BLOCK_DMA :
		  s.refused > 0 && s.dev_delivered == 20);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_write_to_a_completed_block_is_stopped_and_told),
	TAP_TEST(a_descriptor_used_twice_gives_nothing_away),
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
