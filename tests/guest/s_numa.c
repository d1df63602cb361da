// SPDX-License-Identifier: MIT
/* Blocks come from the memory next to the device: node 1, as numa.sh puts it. */
#include "guest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Free memory of a node, KiB */
static int64_t free_kib(int node)
{
	char path[64], line[128];
	int64_t kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	f = fopen(path, "r");
	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "Node %*d MemFree: %" SCNd64, &kib) != 1)
			kib = -1;
	if (f)
		fclose(f);
	return kib;
}

static int32_t device_node(void)
{
	struct lab_info info = { .size = sizeof(info) };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &info), 0);
	close(fd);
	return info.node;
}

static void blocks_come_from_the_node_of_the_device(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct guest_queue q;
	int64_t near_kib, far_kib;

	CU_ASSERT_EQUAL_FATAL(device_node(), 1);
	near_kib = free_kib(1);
	far_kib = free_kib(0);
	CU_ASSERT(near_kib > 0 && far_kib > 0);
	setup.order = 4;
	setup.depth = 512;	/* 16 MiB wait in the device, 16 more replace them */
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 2000, 4000, 4000), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, 2000, 4000, 4000, &tally), 0);
	printf("# near: %" PRId64 " KiB, far: %" PRId64 " KiB\n",
	       near_kib - free_kib(1), far_kib - free_kib(0));
	CU_ASSERT(near_kib - free_kib(1) > 15 * 1024);
	CU_ASSERT(far_kib - free_kib(0) < 8 * 1024);
	guest_close(&q);
}

static CU_TestInfo tests[] = {
	TAP_TEST(blocks_come_from_the_node_of_the_device),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "numa", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
