// SPDX-License-Identifier: MIT
/*
 * Peer: reads from a block device by io_uring, fixed file and buffers, O_DIRECT.
 * With gap_ns, one after the other, each so long after the last: how long a
 * request takes from the process to the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include <liburing.h>

#include "bench.h"
#include "liblabyrinth.h"

#define MAX_DEPTH	256u

static struct bench bench;
static const char *device;
static unsigned int depth = 64;
static uint64_t gap_ns;
static __u64 latency[LAB_HIST_BUCKETS];
static struct io_uring ring;
static struct iovec buffers[MAX_DEPTH];
static uint64_t sum, device_bytes = 1ull << 30;

static bool more(const char *name, const char *value)
{
	if (!strcmp(name, "device"))
		device = value;
	else if (!strcmp(name, "depth"))
		depth = (unsigned int)number(value);
	else if (!strcmp(name, "gap_ns"))
		gap_ns = number(value);
	else
		return false;
	return true;
}

static void set_up(void)
{
	int fd = open(device, O_RDONLY | O_DIRECT), ret;

	if (fd < 0)
		die(device, errno);
	ret = io_uring_queue_init(depth, &ring, IORING_SETUP_SINGLE_ISSUER);
	if (ret)
		die("io_uring", ret);
	for (unsigned int i = 0; i < depth; i++) {
		buffers[i].iov_len = bench.size;
		buffers[i].iov_base = aligned_alloc(4096, bench.size);
		memset(buffers[i].iov_base, 1, bench.size);
	}
	ret = io_uring_register_buffers(&ring, buffers, depth);
	if (!ret)
		ret = io_uring_register_files(&ring, &fd, 1);
	if (ret)
		die("io_uring, fixed buffers", ret);
}

static void submit(uint64_t number_of, unsigned int buffer)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_read_fixed(sqe, 0, buffers[buffer].iov_base, bench.size,
				 number_of * bench.size % (device_bytes - bench.size), (int)buffer);
	sqe->flags |= IOSQE_FIXED_FILE;
	sqe->user_data = buffer;
}

/* What has come, replaced by as many new ones as are still to be asked for */
static unsigned int reap(struct bench *b, uint64_t *asked, uint64_t count)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	io_uring_for_each_cqe(&ring, head, cqe) {
		if (cqe->res != (int)bench.size)
			die("read", cqe->res);
		sum += *(const uint64_t *)buffers[cqe->user_data].iov_base;
		if (*asked < count)
			submit((*asked)++, (unsigned int)cqe->user_data);
		n++;
	}
	io_uring_cq_advance(&ring, n);
	b->packets += n;
	b->bytes += (uint64_t)n * bench.size;
	return n;
}

static void run(struct bench *b, uint64_t count)
{
	uint64_t asked = 0;

	b->packets = 0;
	for (; asked < depth && asked < count; asked++)
		submit(asked, (unsigned int)asked);
	while (b->packets < count) {
		if (io_uring_submit_and_wait(&ring, 1) < 0)
			die("io_uring_enter", EIO);
		b->syscalls++;
		reap(b, &asked, count);
	}
}

static void run_paced(struct bench *b, uint64_t count)
{
	struct timespec gap = { .tv_nsec = (long)gap_ns };
	uint64_t asked, start_ns;

	b->packets = 0;
	memset(latency, 0, sizeof(latency));
	for (asked = 0; asked < count;) {
		nanosleep(&gap, NULL);
		start_ns = now_ns();
		submit(asked++, 0);
		if (io_uring_submit_and_wait(&ring, 1) < 0)
			die("io_uring_enter", EIO);
		b->syscalls++;
		reap(b, &asked, asked);
		lab_hist_add(latency, now_ns() - start_ns);
	}
}

int main(int argc, char **argv)
{
	void (*what)(struct bench *b, uint64_t count) = run;

	bench_args(&bench, argc, argv, more);
	if (!device || !depth || depth > MAX_DEPTH || gap_ns > 999999999)
		die("device, depth, gap_ns", EINVAL);
	if (gap_ns)
		what = run_paced;
	set_up();
	what(&bench, bench.warmup);
	bench_begin(&bench);
	what(&bench, bench.count);
	bench_end(&bench);
	bench_print(&bench);
	if (gap_ns)
		printf(",\"latency_p50_ns\":%llu,\"latency_p99_ns\":%llu",
		       (unsigned long long)lab_hist_quantile(latency, 5000),
		       (unsigned long long)lab_hist_quantile(latency, 9900));
	printf(",\"sum\":%llu}\n", (unsigned long long)sum);
	return 0;
}
