// SPDX-License-Identifier: MIT
/* The device file: open, set up, exchange, and the ioctls around them */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "liblabyrinth.h"

/**
 * struct lab - an open device file
 * @fd: the file
 * @window: its blocks: slot s at s * @window_stride; NULL before lab_setup()
 * @window_stride: bytes from slot to slot
 * @window_bytes: bytes in all
 */
struct lab {
	int fd;
	const uint8_t *window;
	uint64_t window_stride;
	uint64_t window_bytes;
};

static int lab_ioctl(const struct lab *lab, unsigned long request, void *arg)
{
	int ret = ioctl(lab->fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/* "3" means /dev/labyrinth3, NULL the first device; all else is a path */
static int lab_device_path(char *path, size_t bytes, const char *device)
{
	bool number = true;
	int len;

	if (!device)
		device = "0";
	for (const char *c = device; *c; c++)
		number = number && *c >= '0' && *c <= '9';
	len = snprintf(path, bytes, "%s%s", number ? "/dev/labyrinth" : "", device);
	return len < (int)bytes ? 0 : -ENAMETOOLONG;
}

/**
 * lab_open - open a device
 * @lab: returns the handle
 * @device: a number N for /dev/labyrinthN, a path, or NULL for /dev/labyrinth0
 *
 * Return: 0; -ENOENT if there is no such device, -EACCES if the caller is not
 * in its group, -ENODEV if it is going away, -ENOMEM.
 */
int lab_open(struct lab **lab, const char *device)
{
	struct lab *new;
	char path[PATH_MAX];
	int ret;

	*lab = NULL;
	ret = lab_device_path(path, sizeof(path), device);
	if (ret)
		return ret;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->fd = open(path, O_RDWR | O_CLOEXEC);
	if (new->fd < 0) {
		ret = -errno;
		free(new);
		return ret;
	}
	*lab = new;
	return 0;
}

/**
 * lab_close - give the queue and all its blocks back, and free the handle
 * @lab: the handle, or NULL
 */
void lab_close(struct lab *lab)
{
	if (!lab)
		return;
	if (lab->window)
		munmap((void *)(uintptr_t)lab->window, (size_t)lab->window_bytes);
	close(lab->fd);
	free(lab);
}

/**
 * lab_fd - the file, for poll(): POLLIN when a block is ready
 * @lab: the handle
 *
 * Return: the file descriptor, which stays the handle's.
 */
int lab_fd(const struct lab *lab)
{
	return lab->fd;
}

/**
 * lab_info - what the device is and can do, and three clocks at one moment
 * @lab: the handle
 * @info: returns it
 *
 * Return: 0, -ENODEV.
 */
int lab_info(struct lab *lab, struct lab_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return lab_ioctl(lab, LAB_IOC_INFO, info);
}

/**
 * lab_stats - counters of a queue since its set-up
 * @lab: the handle
 * @queue: any queue of the device; LAB_QUEUE_ANY: this handle's own
 * @stats: returns them
 *
 * Return: 0; -EINVAL if there is no such queue, -ENXIO if this handle has
 * none, -ENODEV.
 */
int lab_stats(struct lab *lab, uint32_t queue, struct lab_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->queue = queue;
	return lab_ioctl(lab, LAB_IOC_STATS, stats);
}

/**
 * lab_reset - reset the device; every queue that is set up stops with EIO
 * @lab: the handle
 *
 * Return: 0; -EPERM without CAP_SYS_ADMIN, -ENODEV.
 */
int lab_reset(struct lab *lab)
{
	struct lab_reset reset = { .size = sizeof(reset) };

	return lab_ioctl(lab, LAB_IOC_RESET, &reset);
}

/**
 * lab_inject - make the device misbehave, to see what survives it
 * @lab: the handle
 * @faults: LAB_FAULT_*, 0: behave
 * @period: at one of so many occasions, at least 1
 * @seed: 0: at each @period-th occasion, else at random, reproducibly
 *
 * Return: 0; -EINVAL for an unknown fault or period 0, -EPERM without
 * CAP_SYS_ADMIN, -EOPNOTSUPP if the device does not take orders, -ENODEV.
 */
int lab_inject(struct lab *lab, uint32_t faults, uint32_t period, uint64_t seed)
{
	struct lab_inject inject = {
		.size = sizeof(inject),
		.faults = faults,
		.period = period,
		.seed = seed,
	};

	return lab_ioctl(lab, LAB_IOC_INJECT, &inject);
}

/**
 * lab_inject_query - what the device is asked to do wrong, and how often it did
 * @lab: the handle
 * @inject: returns it
 *
 * Return: 0; -EPERM, -EOPNOTSUPP, -ENODEV as lab_inject().
 */
int lab_inject_query(struct lab *lab, struct lab_inject *inject)
{
	memset(inject, 0, sizeof(*inject));
	inject->size = sizeof(*inject);
	inject->flags = LAB_INJECT_QUERY;
	return lab_ioctl(lab, LAB_IOC_INJECT, inject);
}

/**
 * lab_setup_defaults - a set-up that suits packets of up to 16 KiB
 * @setup: returns it: any queue, 64 blocks of 4 pages, allocated in the
 *         interrupt handler, one interrupt a block
 */
void lab_setup_defaults(struct lab_setup *setup)
{
	memset(setup, 0, sizeof(*setup));
	setup->size = sizeof(*setup);
	setup->queue = LAB_QUEUE_ANY;
	setup->order = 2;
	setup->min_order = 2;
	setup->depth = 64;
	setup->irq_count = 1;
	setup->block_timeout_ns = 50000;
}

/**
 * lab_setup - take a queue, and map its window
 * @lab: the handle
 * @setup: what is wanted; returns the queue and the size of the window
 *
 * After an error other than -EINVAL, -EBUSY, -EPERM, -ENOSPC, -EOPNOTSUPP and
 * -ENODEV the handle may own a queue without a window: close it.
 *
 * Return: 0; -EINVAL if a field is out of range, -EBUSY if the queue is taken,
 * -ENOMEM, -ENOSPC, -EOPNOTSUPP if there is no wire, -EOVERFLOW if the window
 * is larger than the address space.
 */
int lab_setup(struct lab *lab, struct lab_setup *setup)
{
	void *window;
	int ret;

	setup->size = sizeof(*setup);
	ret = lab_ioctl(lab, LAB_IOC_SETUP, setup);
	if (ret)
		return ret;
	if (setup->window_bytes > SIZE_MAX)
		return -EOVERFLOW;
	window = mmap(NULL, (size_t)setup->window_bytes, PROT_READ, MAP_SHARED, lab->fd, 0);
	if (window == MAP_FAILED)
		return -errno;
	lab->window = window;
	lab->window_stride = setup->window_stride;
	lab->window_bytes = setup->window_bytes;
	return 0;
}

/**
 * lab_tune - change how a queue gets its blocks, in the middle of a burst too
 * @lab: the handle, set up
 * @tune: what is wanted; its size field is filled in here
 *
 * Return: 0; -EINVAL if a field is out of range, -ENXIO before lab_setup(),
 * -ENODEV.
 */
int lab_tune(struct lab *lab, const struct lab_tune *tune)
{
	struct lab_tune change = *tune;

	change.size = sizeof(change);
	return lab_ioctl(lab, LAB_IOC_TUNE, &change);
}

/**
 * lab_exchange - give blocks back and claim filled ones, in one call
 * @lab: the handle, set up
 * @release: slots to give back; their memory is gone when this returns
 * @nr_release: how many, 0 to LAB_EXCHANGE_MAX
 * @claim: returns the blocks claimed
 * @nr_claim: room at @claim, 0 to LAB_EXCHANGE_MAX
 * @timeout_ns: how long to wait for the first block; 0: not at all
 *
 * Return: blocks claimed.  -EAGAIN if none was ready, -ETIMEDOUT if none
 * became so in time, -EINTR: the release has been done.  -EINVAL, -EFAULT:
 * nothing has been done.  -ENXIO before lab_setup(), -EIO if the device
 * stopped the queue, -ENODEV.
 */
int lab_exchange(struct lab *lab, const uint32_t *release, uint32_t nr_release,
		 struct lab_block *claim, uint32_t nr_claim, uint64_t timeout_ns)
{
	struct lab_exchange exchange = {
		.size = sizeof(exchange),
		.flags = timeout_ns ? LAB_EXCHANGE_WAIT : 0,
		.release = (uintptr_t)release,
		.claim = (uintptr_t)claim,
		.nr_release = nr_release,
		.nr_claim = nr_claim,
		.timeout_ns = timeout_ns,
	};
	int ret = lab_ioctl(lab, LAB_IOC_EXCHANGE, &exchange);

	return ret < 0 ? ret : (int)exchange.nr_claim;
}

/**
 * lab_block_data - where a claimed block is in memory
 * @lab: the handle, set up
 * @block: as lab_exchange() returned it
 *
 * Return: its first byte, readable until the block is released; NULL if it
 * does not lie in the window.
 */
const void *lab_block_data(const struct lab *lab, const struct lab_block *block)
{
	uint64_t offset = block->slot * lab->window_stride;

	if (block->bytes > lab->window_stride || offset >= lab->window_bytes)
		return NULL;
	return lab->window + offset;
}

/**
 * lab_send - transmit records
 * @lab: the handle, set up with a tx_depth
 * @records: packed as in a received block, by lab_record_make() say; copied
 * @bytes: of them, a multiple of 32, up to a block of the queue
 * @timeout_ns: how long to wait for room in the transmit ring; 0: not at all
 *
 * Return: how many records they are.  -EAGAIN if there was no room, -ETIMEDOUT
 * if there was none in time, -EINTR, -EINVAL if a record does not lie within
 * @bytes: nothing was sent.  -ENXIO if the queue does not transmit, -EIO if the
 * device stopped the queue, -ENODEV.
 */
int lab_send(struct lab *lab, const void *records, uint32_t bytes, uint64_t timeout_ns)
{
	struct lab_send send = {
		.size = sizeof(send),
		.flags = timeout_ns ? LAB_SEND_WAIT : 0,
		.data = (uintptr_t)records,
		.bytes = bytes,
		.timeout_ns = timeout_ns,
	};
	int ret = lab_ioctl(lab, LAB_IOC_SEND, &send);

	return ret < 0 ? ret : (int)send.records;
}

/**
 * lab_send_flush - wait until all that was sent is gone
 * @lab: the handle, set up with a tx_depth
 * @timeout_ns: how long to wait; 0: only ask
 *
 * Return: 0; -EAGAIN, -ETIMEDOUT, -EINTR if it is not gone yet, -ENXIO, -EIO,
 * -ENODEV as lab_send().
 */
int lab_send_flush(struct lab *lab, uint64_t timeout_ns)
{
	return lab_send(lab, NULL, 0, timeout_ns);
}

/**
 * lab_burst_start - start the generator of the handle's queue
 * @lab: the handle, set up
 * @burst: what to generate; its size field is filled in here
 *
 * Return: 0; -EINVAL if a field is out of range, -EBUSY if it runs already,
 * -ENXIO before lab_setup(), -EIO, -ENODEV.
 */
int lab_burst_start(struct lab *lab, const struct lab_burst *burst)
{
	struct lab_burst start = *burst;

	start.size = sizeof(start);
	return lab_ioctl(lab, LAB_IOC_BURST, &start);
}

/**
 * lab_burst_stop - stop the generator; what it made is still delivered
 * @lab: the handle, set up
 *
 * Return: 0, -ENXIO before lab_setup(), -EIO, -ENODEV.
 */
int lab_burst_stop(struct lab *lab)
{
	struct lab_burst stop = { .size = sizeof(stop), .flags = LAB_BURST_STOP };

	return lab_ioctl(lab, LAB_IOC_BURST, &stop);
}
