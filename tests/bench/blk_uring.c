// SPDX-License-Identifier: MIT
/* Peer: reads from a block device by io_uring, fixed file and buffers, O_DIRECT. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <liburing.h>

#include "bench.h"

#define MAX_DEPTH	256u

static struct bench bench;
static const char *device;
static unsigned int depth = 64;
static struct io_uring ring;
static struct iovec buffers[MAX_DEPTH];
static uint64_t sum, device_bytes = 1ull << 30;

static bool more(const char *name, const char *value)
{
	if (!strcmp(name, "device"))
		device = value;
	else if (!strcmp(name, "depth"))
		depth = (unsigned int)number(value);
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

int main(int argc, char **argv)
{
	bench_args(&bench, argc, argv, more);
	if (!device || !depth || depth > MAX_DEPTH)
		die("device, depth", EINVAL);
	set_up();
	run(&bench, bench.warmup);
	bench_begin(&bench);
	run(&bench, bench.count);
	bench_end(&bench);
	bench_print(&bench);
	printf(",\"sum\":%llu}\n", (unsigned long long)sum);
	return 0;
}
