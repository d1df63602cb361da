// SPDX-License-Identifier: MIT
/* Each wrong argument gets its designed errno, and changes nothing. */
#include "guest.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fd;

static int open_node(void)
{
	fd = open(NODE, O_RDWR | O_CLOEXEC);
	return fd < 0;
}

static int close_node(void)
{
	return close(fd);
}

static int setup_with(struct lab_setup setup)
{
	return guest_ioctl(fd, LAB_IOC_SETUP, &setup);
}

#define REFUSES(field, value)						\
	do {								\
		struct lab_setup s = guest_setup(0);			\
									\
		s.field = (value);					\
		CU_ASSERT_EQUAL(setup_with(s), -EINVAL);		\
	} while (0)

static void setup_refuses_what_is_out_of_range(void)
{
	REFUSES(queue, guest_queues());
	REFUSES(order, guest_max_order() + 1);
	REFUSES(min_order, 1);
	REFUSES(depth, 0);
	REFUSES(depth, 1);
	REFUSES(depth, 24);
	REFUSES(depth, 8192);
	REFUSES(depth, 1u << 31);
	REFUSES(policy, 2);
	REFUSES(refill, 2);
	REFUSES(reserve, 1025);
	REFUSES(records_per_block, 65536);
	REFUSES(irq_count, 0);
	REFUSES(irq_count, 5);
	REFUSES(irq_count, 2);
	REFUSES(budget, 9);
	REFUSES(flags, 1u << 31);
	CU_ASSERT_EQUAL(guest_stats(fd, 0).flags & LAB_STATS_ACTIVE, 0);
}

/* The answer has no place: found before anything is done */
static void setup_that_cannot_be_answered_changes_nothing(void)
{
	struct lab_setup *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct guest_queue q;

	*s = guest_setup(0);
	mprotect(s, 4096, PROT_READ);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_SETUP, s), -EFAULT);
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, s), 0);
	guest_close(&q);
	munmap(s, 4096);
}

static void setup_beyond_the_memory_limit_is_enospc(void)
{
	struct lab_setup s = guest_setup(0);

	s.order = guest_max_order();
	s.depth = 4096;
	CU_ASSERT_EQUAL(setup_with(s), -ENOSPC);
}

static void wire_without_a_netdev_is_eopnotsupp(void)
{
	struct lab_setup s = guest_setup(0);

	s.flags = LAB_SETUP_WIRE;
	CU_ASSERT_EQUAL(setup_with(s), -EOPNOTSUPP);
}

static void a_file_gets_one_queue(void)
{
	struct guest_queue q;
	struct lab_setup s = guest_setup(0);

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	s = guest_setup(1);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_SETUP, &s), -EBUSY);
	guest_close(&q);
}

static void a_queue_gets_one_file(void)
{
	struct guest_queue q;
	struct lab_setup s = guest_setup(2);

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	CU_ASSERT_EQUAL(setup_with(guest_setup(2)), -EBUSY);
	guest_close(&q);
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	guest_close(&q);
}

static void any_queue_is_a_free_one(void)
{
	struct lab_setup s = guest_setup(0);
	struct guest_queue q, any;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	s.queue = LAB_QUEUE_ANY;
	CU_ASSERT_EQUAL_FATAL(guest_open(&any, &s), 0);
	CU_ASSERT_EQUAL(any.setup.queue, 1);
	guest_close(&any);
	guest_close(&q);
}

static void a_file_without_a_queue_is_enxio(void)
{
	struct guest_queue q = { .fd = fd };
	struct lab_stats stats = { .size = sizeof(stats), .queue = LAB_QUEUE_ANY };
	struct lab_block block;

	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), -ENXIO);
	CU_ASSERT_EQUAL(guest_exchange(&q, NULL, 0, &block, 1, 0), -ENXIO);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_STATS, &stats), -ENXIO);
	CU_ASSERT_EQUAL(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), MAP_FAILED);
	CU_ASSERT_EQUAL(errno, ENXIO);
}

static void an_unknown_ioctl_is_enotty(void)
{
	uint32_t buf[64] = { sizeof(buf) };

	CU_ASSERT_EQUAL(guest_ioctl(fd, _IOWR(LAB_IOC_TYPE, 0x7f, uint32_t), buf), -ENOTTY);
	CU_ASSERT_EQUAL(guest_ioctl(fd, _IOWR('z', 0, uint32_t), buf), -ENOTTY);
	CU_ASSERT_EQUAL(guest_ioctl(fd, _IO(LAB_IOC_TYPE, 0), buf), -ENOTTY);
}

static void a_short_structure_is_einval(void)
{
	struct lab_info info = { .size = sizeof(info) - 1 };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &info), -EINVAL);
	info.size = 0;
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &info), -EINVAL);
}

static void a_longer_structure_must_be_zero_beyond_what_is_known(void)
{
	struct {
		struct lab_info info;
		uint32_t more;
	} arg = { .info.size = sizeof(arg) };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &arg), 0);
	CU_ASSERT_EQUAL(arg.info.num_queues, guest_queues());
	memset(&arg, 0, sizeof(arg));
	arg.info.size = sizeof(arg);
	arg.more = 1;
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &arg), -E2BIG);
}

static void a_structure_of_more_than_a_page_is_e2big(void)
{
	static uint32_t arg[8192] = { sizeof(arg) };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, arg), -E2BIG);
}

static void reserved_fields_must_be_zero(void)
{
	struct lab_info info = { .size = sizeof(info), .flags = 1 };
	struct lab_reset reset = { .size = sizeof(reset), .flags = 1 };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &info), -EINVAL);
	info = (struct lab_info) { .size = sizeof(info), .pad = 1 };
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &info), -EINVAL);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_RESET, &reset), -EINVAL);
}

static void a_bad_pointer_is_efault(void)
{
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, NULL), -EFAULT);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_SETUP, (void *)-4096L), -EFAULT);
}

static int burst_with(struct guest_queue *q, struct lab_burst burst)
{
	burst.size = sizeof(burst);
	burst.count = 1;
	return guest_ioctl(q->fd, LAB_IOC_BURST, &burst);
}

#define REFUSES_BURST(min, max, ...)					\
	CU_ASSERT_EQUAL(burst_with(&q, (struct lab_burst) {		\
		.size_min = min, .size_max = max, __VA_ARGS__ }), -EINVAL)

static void burst_refuses_what_is_out_of_range(void)
{
	struct lab_setup s = guest_setup(0);
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	REFUSES_BURST(64, 64, .flags = 2);
	REFUSES_BURST(64, 64, .mode = 2);
	REFUSES_BURST(64, 64, .mode = 0x30);
	REFUSES_BURST(64, 64, .mode = 0x100);
	REFUSES_BURST(0, 0);
	REFUSES_BURST(65, 64);
	REFUSES_BURST(64, 4096 - 31);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).generated, 0);
	guest_close(&q);
}

static void a_second_burst_is_ebusy_until_stopped(void)
{
	struct lab_burst stop = { .size = sizeof(stop), .flags = LAB_BURST_STOP };
	struct lab_setup s = guest_setup(0);
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 0, 64, 64), 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), -EBUSY);
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_BURST, &stop), 0);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).flags & LAB_STATS_GENERATING, 0);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), 0);
	guest_close(&q);
}

static void stats_of_a_queue_that_is_not_there_is_einval(void)
{
	struct lab_stats stats = { .size = sizeof(stats), .queue = guest_queues() };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_STATS, &stats), -EINVAL);
}

static int reset_as_nobody(void *arg)
{
	struct lab_reset reset = { .size = sizeof(reset) };

	(void)arg;
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		return 99;
	return -guest_ioctl(fd, LAB_IOC_RESET, &reset);
}

static void reset_needs_cap_sys_admin(void)
{
	CU_ASSERT_EQUAL(guest_child(reset_as_nobody, NULL), EPERM);
}

static void exchange_refuses_what_is_out_of_range(void)
{
	struct lab_setup s = guest_setup(0);
	struct lab_exchange x = { .size = sizeof(x) };
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &s), 0);
	x.flags = 2;
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_EXCHANGE, &x), -EINVAL);
	x.flags = LAB_EXCHANGE_WAIT;
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_EXCHANGE, &x), -EINVAL);
	x.flags = 0;
	x.nr_claim = LAB_EXCHANGE_MAX + 1;
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_EXCHANGE, &x), -EINVAL);
	x.nr_claim = 0;
	x.nr_release = LAB_EXCHANGE_MAX + 1;
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_EXCHANGE, &x), -EINVAL);
	x.nr_release = 1;
	CU_ASSERT_EQUAL(guest_ioctl(q.fd, LAB_IOC_EXCHANGE, &x), -EFAULT);
	guest_close(&q);
}

static void inject_without_the_capability_of_the_device_is_eopnotsupp(void)
{
	struct lab_inject x = { .size = sizeof(x), .period = 16 };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), -EOPNOTSUPP);
	x.flags = LAB_INJECT_QUERY;
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INJECT, &x), -EOPNOTSUPP);
}

static CU_TestInfo tests[] = {
	TAP_TEST(setup_refuses_what_is_out_of_range),
	TAP_TEST(setup_that_cannot_be_answered_changes_nothing),
	TAP_TEST(setup_beyond_the_memory_limit_is_enospc),
	TAP_TEST(wire_without_a_netdev_is_eopnotsupp),
	TAP_TEST(a_file_gets_one_queue),
	TAP_TEST(a_queue_gets_one_file),
	TAP_TEST(any_queue_is_a_free_one),
	TAP_TEST(a_file_without_a_queue_is_enxio),
	TAP_TEST(an_unknown_ioctl_is_enotty),
	TAP_TEST(a_short_structure_is_einval),
	TAP_TEST(a_longer_structure_must_be_zero_beyond_what_is_known),
	TAP_TEST(a_structure_of_more_than_a_page_is_e2big),
	TAP_TEST(reserved_fields_must_be_zero),
	TAP_TEST(a_bad_pointer_is_efault),
	TAP_TEST(burst_refuses_what_is_out_of_range),
	TAP_TEST(a_second_burst_is_ebusy_until_stopped),
	TAP_TEST(stats_of_a_queue_that_is_not_there_is_einval),
	TAP_TEST(reset_needs_cap_sys_admin),
	TAP_TEST(exchange_refuses_what_is_out_of_range),
	TAP_TEST(inject_without_the_capability_of_the_device_is_eopnotsupp),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "arguments", .pInitFunc = open_node, .pCleanupFunc = close_node, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
