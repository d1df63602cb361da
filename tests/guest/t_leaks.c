// SPDX-License-Identifier: MIT
/* Whatever ends a user, all its blocks come back: held - released is 0. */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE		"/lib/modules/labyrinth.ko"
#define UNBIND		"/sys/bus/pci/drivers/labyrinth/unbind"
#define BIND		"/sys/bus/pci/drivers/labyrinth/bind"
#define CYCLES		20

static void nothing_is_held(void)
{
	for (uint32_t i = 0; i < guest_queues(); i++)
		CU_ASSERT_EQUAL(guest_sysfs(i, "held"), guest_sysfs(i, "released"));
}

/* A queue with an endless burst and some blocks claimed */
static int occupy(struct guest_queue *q)
{
	struct lab_setup setup = guest_setup(0);
	struct lab_block blocks[4];
	int n, ret;

	setup.reserve = 4;
	ret = guest_open(q, &setup);
	if (ret)
		return ret;
	ret = guest_burst(q, 0, 1, 4000);
	for (n = 0; ret >= 0 && n < 4; n += ret)
		ret = guest_exchange(q, NULL, 0, blocks, 4 - n, WAIT_NS);
	return ret < 0 ? ret : 0;
}

static void close_with_blocks_held_frees_them(void)
{
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(occupy(&q), 0);
	CU_ASSERT_NOT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
	guest_close(&q);
	nothing_is_held();
}

static void the_window_outlives_close_until_it_is_unmapped(void)
{
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(occupy(&q), 0);
	close(q.fd);
	CU_ASSERT_NOT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
	munmap(q.window, q.setup.window_bytes);
	nothing_is_held();
}

static void kill_mid_burst_frees_all(void)
{
	struct guest_queue q;
	int ready[2], status;
	char byte;
	pid_t pid;

	for (int i = 0; i < CYCLES; i++) {
		CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
		pid = fork();
		if (!pid) {
			byte = occupy(&q) ? 'n' : 'y';
			if (write(ready[1], &byte, 1) != 1)
				_exit(1);
			pause();
		}
		CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
		CU_ASSERT_EQUAL(byte, 'y');
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		close(ready[0]);
		close(ready[1]);
		nothing_is_held();
	}
}

static void what_was_dropped_at_close_is_counted(void)
{
	struct guest_queue q;

	CU_ASSERT_EQUAL_FATAL(occupy(&q), 0);
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "generated"),
			guest_sysfs(0, "delivered") + guest_sysfs(0, "drop_fifo") +
			guest_sysfs(0, "drop_size") + guest_sysfs(0, "drop_stop") +
			guest_sysfs(0, "drop_invalid") + guest_sysfs(0, "drop_close"));
	CU_ASSERT_EQUAL(guest_sysfs(0, "dev_in_flight"), 0);
	CU_ASSERT_EQUAL(guest_sysfs(0, "ready_packets"), 0);
}

static void unload_is_refused_while_a_file_is_open(void)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_EQUAL(syscall(SYS_delete_module, "labyrinth", O_NONBLOCK), -1);
	CU_ASSERT_EQUAL(errno, EWOULDBLOCK);
	close(fd);
}

static int load(void)
{
	int ret, fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret ? -errno : 0;
}

static int burst_through(void)
{
	struct lab_setup setup = guest_setup(0);
	struct guest_tally tally;
	struct guest_queue q;
	int ret = guest_open(&q, &setup);

	if (ret)
		return ret;
	ret = guest_burst(&q, 100, 64, 1500);
	if (!ret)
		ret = guest_receive(&q, 100, 64, 1500, &tally);
	guest_close(&q);
	return ret ? ret : (int)(tally.corrupt + tally.lost);
}

static void load_and_unload_work_again_and_again(void)
{
	for (int i = 0; i < CYCLES; i++) {
		CU_ASSERT_EQUAL(syscall(SYS_delete_module, "labyrinth", O_NONBLOCK), 0);
		CU_ASSERT_EQUAL(access(NODE, F_OK), -1);
		CU_ASSERT_EQUAL(load(), 0);
		CU_ASSERT_EQUAL(burst_through(), 0);
	}
}

static int write_string(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static void unbind_takes_everything_from_its_user(void)
{
	struct lab_block block;
	struct guest_queue q;
	char path[256], *bdf;
	ssize_t n;

	n = readlink("/sys/class/labyrinth/labyrinth0/device", path, sizeof(path) - 1);
	CU_ASSERT_FATAL(n > 0);
	path[n] = 0;
	bdf = strrchr(path, '/') + 1;
	CU_ASSERT_EQUAL_FATAL(occupy(&q), 0);
	CU_ASSERT_EQUAL(write_string(UNBIND, bdf), 0);
	for (uint32_t i = 0; i < q.setup.depth; i++)
		CU_ASSERT(guest_touch_raises(q.window + i * q.setup.window_stride, SIGBUS));
	CU_ASSERT_EQUAL(guest_exchange(&q, NULL, 0, &block, 1, WAIT_NS), -ENODEV);
	CU_ASSERT_EQUAL(guest_burst(&q, 1, 64, 64), -ENODEV);
	guest_close(&q);
	CU_ASSERT_EQUAL(write_string(BIND, bdf), 0);
	CU_ASSERT_EQUAL(burst_through(), 0);
}

static CU_TestInfo tests[] = {
	TAP_TEST(close_with_blocks_held_frees_them),
	TAP_TEST(the_window_outlives_close_until_it_is_unmapped),
	TAP_TEST(kill_mid_burst_frees_all),
	TAP_TEST(what_was_dropped_at_close_is_counted),
	TAP_TEST(unload_is_refused_while_a_file_is_open),
	TAP_TEST(load_and_unload_work_again_and_again),
	TAP_TEST(unbind_takes_everything_from_its_user),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "leaks", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
