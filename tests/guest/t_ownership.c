// SPDX-License-Identifier: MIT
/* A block has one owner at a time: device, driver, or one process. */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static struct guest_queue q;
static struct lab_block block;
static const uint8_t *data;

/* A queue with one block claimed, and more ready */
static int start(void)
{
	struct lab_setup setup = guest_setup(0);

	if (guest_open(&q, &setup) || guest_burst(&q, 100, 1000, 1000) ||
	    guest_claim_one(&q, &block))
		return 1;
	data = q.window + block.slot * q.setup.window_stride;
	return 0;
}

static int stop(void)
{
	guest_close(&q);
	return guest_sysfs(0, "held") != guest_sysfs(0, "released");
}

static int release_one(uint32_t slot)
{
	return guest_exchange(&q, &slot, 1, NULL, 0, 0);
}

/* Claim a fresh block, so that each test has one of its own */
static void claim_again(void)
{
	CU_ASSERT_EQUAL_FATAL(guest_claim_one(&q, &block), 0);
	data = q.window + block.slot * q.setup.window_stride;
}

static void a_claimed_block_can_be_read(void)
{
	CU_ASSERT(guest_touch_raises(data, 0));
	CU_ASSERT(guest_touch_raises(data + 4095, 0));
}

static void an_unclaimed_slot_is_sigbus(void)
{
	for (uint32_t i = 0; i < q.setup.depth; i++)
		if (i != block.slot)
			CU_ASSERT(guest_touch_raises(q.window + i * q.setup.window_stride, SIGBUS));
}

/* The window is for reading anyway */
static void a_file_open_for_reading_only_can_be_mapped(void)
{
	struct lab_setup setup = guest_setup(1);
	struct lab_block one;
	struct guest_queue p = { .fd = open(NODE, O_RDONLY | O_CLOEXEC), .setup = setup };

	CU_ASSERT_EQUAL_FATAL(guest_ioctl(p.fd, LAB_IOC_SETUP, &p.setup), 0);
	CU_ASSERT_EQUAL(mmap(NULL, p.setup.window_bytes, PROT_READ, MAP_PRIVATE, p.fd, 0),
			MAP_FAILED);
	p.window = mmap(NULL, p.setup.window_bytes, PROT_READ, MAP_SHARED, p.fd, 0);
	CU_ASSERT_FATAL(p.window != MAP_FAILED);
	CU_ASSERT_EQUAL(mprotect(p.window, p.setup.window_bytes, PROT_READ | PROT_WRITE), -1);
	CU_ASSERT_EQUAL(guest_burst(&p, 1, 64, 64), 0);
	CU_ASSERT_EQUAL_FATAL(guest_claim_one(&p, &one), 0);
	CU_ASSERT(guest_touch_raises(p.window + one.slot * p.setup.window_stride, 0));
	guest_close(&p);
}

static int touch(void *arg)
{
	volatile const uint8_t *p = arg;

	return *p * 0;
}

static void pages_without_records_are_not_shown(void)
{
	struct lab_setup setup = guest_setup(1);
	struct lab_block one;
	struct guest_queue big;

	setup.order = 2;
	CU_ASSERT_EQUAL_FATAL(guest_open(&big, &setup), 0);
	CU_ASSERT_EQUAL(guest_burst(&big, 1, 5000, 5000), 0);
	CU_ASSERT_EQUAL_FATAL(guest_claim_one(&big, &one), 0);
	CU_ASSERT(guest_touch_raises(big.window + one.slot * big.setup.window_stride + 8191, 0));
	CU_ASSERT(guest_touch_raises(big.window + one.slot * big.setup.window_stride + 8192, SIGBUS));
	guest_close(&big);
}

static void a_forked_child_does_not_see_the_window(void)
{
	CU_ASSERT_EQUAL(guest_child(touch, (void *)data), 128 + SIGSEGV);
	CU_ASSERT(guest_touch_raises(data, 0));
}

static int exchange_in_child(void *arg)
{
	uint32_t slot = block.slot;

	(void)arg;
	return -guest_exchange(&q, &slot, 1, NULL, 0, 0);
}

static int map_in_child(void *arg)
{
	(void)arg;
	return mmap(NULL, q.setup.window_bytes, PROT_READ, MAP_SHARED, q.fd, 0) == MAP_FAILED ?
	       errno : 0;
}

static void another_process_may_not_use_the_queue(void)
{
	CU_ASSERT_EQUAL(guest_child(exchange_in_child, NULL), EPERM);
	CU_ASSERT_EQUAL(guest_child(map_in_child, NULL), EPERM);
	CU_ASSERT(guest_touch_raises(data, 0));
}

static void map_fails(size_t bytes, int prot, int flags, off_t offset, int error)
{
	void *p = mmap(NULL, bytes, prot, flags, q.fd, offset);

	CU_ASSERT_EQUAL(p, MAP_FAILED);
	CU_ASSERT_EQUAL(errno, error);
	if (p != MAP_FAILED)
		munmap(p, bytes);
}

static void a_second_mmap_is_ebusy(void)
{
	map_fails(q.setup.window_bytes, PROT_READ, MAP_SHARED, 0, EBUSY);
}

static void mmap_refuses_all_but_the_whole_window_shared_and_read_only(void)
{
	size_t bytes = q.setup.window_bytes;

	munmap(q.window, bytes);
	map_fails(bytes, PROT_READ, MAP_SHARED, 4096, EINVAL);
	map_fails(bytes - 4096, PROT_READ, MAP_SHARED, 0, EINVAL);
	map_fails(bytes + 4096, PROT_READ, MAP_SHARED, 0, EINVAL);
	map_fails(bytes, PROT_READ, MAP_PRIVATE, 0, EINVAL);
	map_fails(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, 0, EACCES);
	map_fails(bytes, PROT_READ | PROT_EXEC, MAP_SHARED, 0, EACCES);
	q.window = mmap(NULL, bytes, PROT_READ, MAP_SHARED, q.fd, 0);
	CU_ASSERT_NOT_EQUAL_FATAL(q.window, MAP_FAILED);
	data = q.window + block.slot * q.setup.window_stride;
}

static void a_block_claimed_before_mmap_is_seen_after_it(void)
{
	CU_ASSERT(guest_touch_raises(data, 0));
	CU_ASSERT_EQUAL(lab_record_verify((const void *)data, 1000), 0);
}

static void the_window_cannot_be_made_writable_split_or_moved(void)
{
	void *elsewhere = mmap(NULL, q.setup.window_bytes, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CU_ASSERT_EQUAL(mprotect(q.window, q.setup.window_bytes, PROT_READ | PROT_WRITE), -1);
	CU_ASSERT_EQUAL(errno, EACCES);
	CU_ASSERT_EQUAL(munmap(q.window + 4096, 4096), -1);
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_EQUAL(mremap(q.window, q.setup.window_bytes, q.setup.window_bytes + 4096,
			       MREMAP_MAYMOVE), MAP_FAILED);
	CU_ASSERT_EQUAL(mremap(q.window, q.setup.window_bytes, q.setup.window_bytes,
			       MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere), MAP_FAILED);
	munmap(elsewhere, q.setup.window_bytes);
	CU_ASSERT(guest_touch_raises(data, 0));
	a_second_mmap_is_ebusy();
}

static void process_vm_readv_gets_nothing(void)
{
	uint8_t buf[64];
	struct iovec local = { buf, sizeof(buf) };
	struct iovec remote = { (void *)data, sizeof(buf) };

	CU_ASSERT_EQUAL(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), -1);
	CU_ASSERT_EQUAL(errno, EFAULT);
}

static void vmsplice_gets_nothing(void)
{
	struct iovec iov = { (void *)data, 4096 };
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	CU_ASSERT_EQUAL(vmsplice(fds[1], &iov, 1, 0), -1);
	CU_ASSERT_EQUAL(errno, EFAULT);
	close(fds[0]);
	close(fds[1]);
}

static void proc_mem_gets_nothing(void)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint8_t buf[64];

	CU_ASSERT_EQUAL(pread(fd, buf, sizeof(buf), (off_t)(uintptr_t)data), -1);
	close(fd);
}

static void after_release_a_touch_is_sigbus(void)
{
	uint32_t slot = block.slot;

	CU_ASSERT_EQUAL(release_one(slot), 0);
	CU_ASSERT(guest_touch_raises(data, SIGBUS));
	claim_again();
}

static void a_second_release_is_einval(void)
{
	uint32_t slot = block.slot;

	CU_ASSERT_EQUAL(release_one(slot), 0);
	CU_ASSERT_EQUAL(release_one(slot), -EINVAL);
	claim_again();
}

static void a_slot_not_owned_or_out_of_range_is_einval(void)
{
	CU_ASSERT_EQUAL(release_one((block.slot + 1) % q.setup.depth), -EINVAL);
	CU_ASSERT_EQUAL(release_one(q.setup.depth), -EINVAL);
	CU_ASSERT_EQUAL(release_one(UINT32_MAX), -EINVAL);
}

static void a_bad_release_list_changes_nothing(void)
{
	uint32_t twice[] = { block.slot, block.slot };
	uint32_t second_bad[] = { block.slot, q.setup.depth };

	CU_ASSERT_EQUAL(guest_exchange(&q, twice, 2, NULL, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(guest_exchange(&q, second_bad, 2, NULL, 0, 0), -EINVAL);
	CU_ASSERT(guest_touch_raises(data, 0));
	CU_ASSERT_EQUAL(release_one(block.slot), 0);
	claim_again();
}

static void a_bad_claim_pointer_changes_nothing(void)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct lab_block *partly = (void *)(page + 4096 - sizeof(*partly) / 2);
	uint64_t before = guest_stats(q.fd, LAB_QUEUE_ANY).blocks;
	uint32_t slot = block.slot;

	munmap(page + 4096, 4096);
	CU_ASSERT_EQUAL(guest_exchange(&q, &slot, 1, (void *)data, 1, WAIT_NS), -EFAULT);
	CU_ASSERT_EQUAL(guest_exchange(&q, &slot, 1, partly, 1, WAIT_NS), -EFAULT);
	CU_ASSERT_EQUAL(guest_exchange(&q, &slot, 1, (void *)8, 1, 0), -EFAULT);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).blocks, before);
	CU_ASSERT(guest_touch_raises(data, 0));
	munmap(page, 4096);
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_claimed_block_can_be_read),
	TAP_TEST(an_unclaimed_slot_is_sigbus),
	TAP_TEST(pages_without_records_are_not_shown),
	TAP_TEST(a_file_open_for_reading_only_can_be_mapped),
	TAP_TEST(a_forked_child_does_not_see_the_window),
	TAP_TEST(another_process_may_not_use_the_queue),
	TAP_TEST(a_second_mmap_is_ebusy),
	TAP_TEST(mmap_refuses_all_but_the_whole_window_shared_and_read_only),
	TAP_TEST(a_block_claimed_before_mmap_is_seen_after_it),
	TAP_TEST(the_window_cannot_be_made_writable_split_or_moved),
	TAP_TEST(process_vm_readv_gets_nothing),
	TAP_TEST(vmsplice_gets_nothing),
	TAP_TEST(proc_mem_gets_nothing),
	TAP_TEST(after_release_a_touch_is_sigbus),
	TAP_TEST(a_second_release_is_einval),
	TAP_TEST(a_slot_not_owned_or_out_of_range_is_einval),
	TAP_TEST(a_bad_release_list_changes_nothing),
	TAP_TEST(a_bad_claim_pointer_changes_nothing),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "ownership", .pInitFunc = start, .pCleanupFunc = stop, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
