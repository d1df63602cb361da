/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Labyrinth user interface: /dev/labyrinthN
 *
 * One open file owns one queue.  Calls on a file take turns; one that waits
 * lets the others in.  The way of a block:
 *
 *   LAB_IOC_SETUP      take a queue, its rings and blocks
 *   mmap()             the window: slot s at s * window_stride
 *   LAB_IOC_EXCHANGE   claim filled blocks (they appear in the window),
 *                      give back those read (they vanish from it)
 *   LAB_IOC_SEND       transmit records
 *   poll()             EPOLLIN: a block is ready; EPOLLOUT: there is room to send
 *   close()            everything goes back
 */
#ifndef _UAPI_LABYRINTH_H
#define _UAPI_LABYRINTH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "labyrinth_stats.h"

/**
 * DOC: errno glossary
 *
 * Every structure starts with its own size, in bytes: the kernel accepts
 * shorter (older) and longer (newer) ones as long as what it does not know
 * is zero.
 *
 * ========= =================================================================
 * EINVAL    a field is out of its range, a flag is unknown, a slot is not
 *           owned by the caller, a reserved field is not zero
 * E2BIG     the structure is longer than known, and the unknown part not zero
 * EBUSY     the queue (or the wire) is owned by another open file, or this
 *           file has a queue already
 * ENXIO     the file has no queue yet (LAB_IOC_SETUP comes first), or one that
 *           does not transmit
 * EPERM     the caller may not: a capability is missing, or the queue was
 *           set up by another process
 * EAGAIN    nothing is ready, or the transmit ring is full (no
 *           LAB_EXCHANGE_WAIT or LAB_SEND_WAIT, or O_NONBLOCK)
 * ETIMEDOUT nothing became ready, or free, in time
 * EINTR     a signal came first
 * ENODEV    the device is gone, unbound from the driver, or not back yet from
 *           an error
 * EIO       the device stopped the queue: see LAB_IOC_STATS, queue_error
 * ENOMEM    out of memory at set-up
 * ENOSPC    the blocks of all queues would exceed the limit of the device
 * EFAULT    a pointer does not belong to the caller; nothing was changed
 * ENOTTY    unknown ioctl
 * EOPNOTSUPP  the device has no such part (a wire, say)
 * ========= =================================================================
 */

#define LAB_QUEUE_ANY		0xffffffffu

/* What the interrupt handler tries first when it needs a block */
#define LAB_POLICY_ATOMIC	0	/* alloc_pages(GFP_ATOMIC), each time */
#define LAB_POLICY_RECYCLE	1	/* the queue's own released blocks, then as above */

#define LAB_REFILL_HARDIRQ	0	/* in the hard-IRQ handler */
#define LAB_REFILL_THREADED	1	/* in the IRQ thread, for comparison */

/**
 * struct lab_info - LAB_IOC_INFO: the device and its limits
 * @size: sizeof(struct lab_info)
 * @flags: 0
 * @device_version: major << 16 | minor
 * @caps: LAB_CAP_* of the device
 * @num_queues: queues of the device
 * @max_order: largest block order
 * @min_depth: smallest number of blocks of a queue
 * @max_depth: largest number of blocks of a queue
 * @max_reserve: largest reserve of a queue, in blocks
 * @page_bytes: bytes in an order-0 block
 * @node: NUMA node of the device, -1: none
 * @pad: 0
 * @device_ns: device clock
 * @monotonic_ns: CLOCK_MONOTONIC at the same moment
 * @realtime_ns: CLOCK_REALTIME at the same moment
 */
struct lab_info {
	__u32 size;
	__u32 flags;
	__u32 device_version;
	__u32 caps;
	__u32 num_queues;
	__u32 max_order;
	__u32 min_depth;
	__u32 max_depth;
	__u32 max_reserve;
	__u32 page_bytes;
	__s32 node;
	__u32 pad;
	__u64 device_ns;
	__u64 monotonic_ns;
	__u64 realtime_ns;
};

/**
 * struct lab_setup - LAB_IOC_SETUP: take a queue
 * @size: sizeof(struct lab_setup)
 * @flags: LAB_SETUP_*
 * @queue: queue number, or LAB_QUEUE_ANY; returns the number
 * @order: blocks are 2^order pages, 0 to lab_info.max_order
 * @min_order: smallest order to fall back to, 0 to @order
 * @depth: blocks in all, a power of two, lab_info.min_depth to max_depth;
 *         half of them wait in the device, the rest replaces them
 * @policy: LAB_POLICY_*
 * @refill: LAB_REFILL_*
 * @reserve: blocks kept back for failed allocations, 0 to max_reserve
 * @records_per_block: 0: as many as fit, else 1 to 65535
 * @irq_count: interrupt after so many blocks, 1 to @depth / 2
 * @irq_ns: or after so long, ns; 0: only by count (then @irq_count is 1)
 * @block_timeout_ns: a part-filled block is closed after so long, ns; 0: never
 * @budget: blocks taken, and pages allocated (one block at least), in one
 *          interrupt, 1 to @depth; 0: the driver's choice
 * @window_stride: returns the distance of slots in the window, bytes
 * @window_bytes: returns the length for mmap(), bytes
 * @tx_depth: entries of the transmit ring, each with a block of its own of
 *            2^@order pages; 0: the queue does not transmit; else a power of
 *            two, lab_info.min_depth to max_depth
 * @pad: 0
 */
struct lab_setup {
	__u32 size;
	__u32 flags;
	__u32 queue;
	__u32 order;
	__u32 min_order;
	__u32 depth;
	__u32 policy;
	__u32 refill;
	__u32 reserve;
	__u32 records_per_block;
	__u32 irq_count;
	__u32 irq_ns;
	__u32 block_timeout_ns;
	__u32 budget;
	__u64 window_stride;
	__u64 window_bytes;
	__u32 tx_depth;
	__u32 pad;
};
#define LAB_SETUP_WIRE		0x1	/* frames from the netdev come to this queue */
#define LAB_SETUP_LOSSY		0x2	/* a full FIFO drops; else it holds its source back */
#define LAB_SETUP_WIRE_HASH	0x4	/* shared: each flow comes to one of the queues set up so */
#define LAB_SETUP_WIRE_ROBIN	0x8	/* shared: frames come to the queues set up so in turn */
#define LAB_SETUP_LOOPBACK	0x10	/* what is sent comes back as from the netdev */
#define LAB_SETUP_WIRE_FLAGS	(LAB_SETUP_WIRE | LAB_SETUP_WIRE_HASH | LAB_SETUP_WIRE_ROBIN)
#define LAB_SETUP_FLAGS		(LAB_SETUP_WIRE_FLAGS | LAB_SETUP_LOSSY | LAB_SETUP_LOOPBACK)

/**
 * struct lab_block - one claimed block
 * @slot: its number; its first byte is at slot * window_stride of the window
 * @order: pages: 2^order
 * @bytes: bytes that hold records, from the start of the block; their pages
 *         are in the window, what is left of the last one is zero
 * @records: packet records (struct lab_record, labyrinth_regs.h)
 */
struct lab_block {
	__u32 slot;
	__u32 order;
	__u32 bytes;
	__u32 records;
};

/**
 * struct lab_exchange - LAB_IOC_EXCHANGE: release and claim in one call
 * @size: sizeof(struct lab_exchange)
 * @flags: LAB_EXCHANGE_*
 * @release: pointer to __u32 slots to give back
 * @claim: pointer to struct lab_block, filled with the claimed ones
 * @nr_release: slots at @release, 0 to 256
 * @nr_claim: room at @claim, 0 to 256; returns how many were claimed
 * @timeout_ns: with LAB_EXCHANGE_WAIT: how long to wait for the first block
 *
 * All of the release list is checked before any of it is done: a slot that
 * the caller does not own, or one named twice, is EINVAL and changes nothing.
 * An unwritable @claim is EFAULT and changes nothing.  Otherwise the release
 * has been done, also when the call then returns EAGAIN, ETIMEDOUT, EINTR or EIO.
 */
struct lab_exchange {
	__u32 size;
	__u32 flags;
	__u64 release;
	__u64 claim;
	__u32 nr_release;
	__u32 nr_claim;
	__u64 timeout_ns;
};
#define LAB_EXCHANGE_WAIT	0x1
#define LAB_EXCHANGE_MAX	256

/**
 * struct lab_send - LAB_IOC_SEND: transmit records
 * @size: sizeof(struct lab_send)
 * @flags: LAB_SEND_*
 * @data: pointer to records, packed as in a received block; of each header
 *        only the length counts, 1 to 65535
 * @bytes: at @data, a multiple of 32, up to a block of the queue; 0: nothing is
 *         sent, the call succeeds when all that was sent before is gone
 * @records: 0; returns how many were taken
 * @timeout_ns: with LAB_SEND_WAIT: how long to wait for room in the ring (or
 *              until all is gone)
 *
 * The records are copied: @data may be changed at once.  A record that does
 * not lie within @bytes is EINVAL, and none is sent.
 */
struct lab_send {
	__u32 size;
	__u32 flags;
	__u64 data;
	__u32 bytes;
	__u32 records;
	__u64 timeout_ns;
};
#define LAB_SEND_WAIT	0x1

/**
 * struct lab_burst - LAB_IOC_BURST: start the generator of the file's queue
 * @size: sizeof(struct lab_burst)
 * @flags: LAB_BURST_*
 * @count: packets, 0: until stopped
 * @seed: of sizes and payload
 * @size_min: smallest payload, bytes
 * @size_max: largest payload, bytes, at least @size_min, and a block must hold it
 * @burst: packets in a burst, 0: all
 * @mode: LAB_BURST_SIZE_*, LAB_BURST_GAP_*: how sizes and bursts are drawn
 * @gap_ns: from the start of a burst to the start of the next, ns; 0: back to back
 */
struct lab_burst {
	__u32 size;
	__u32 flags;
	__u64 count;
	__u64 seed;
	__u32 size_min;
	__u32 size_max;
	__u32 burst;
	__u32 mode;
	__u64 gap_ns;
};
#define LAB_BURST_STOP		0x1	/* stop a running one instead; the rest is ignored */

#define LAB_BURST_SIZE_UNIFORM	0x00	/* every size alike */
#define LAB_BURST_SIZE_PARETO	0x01	/* heavy tail: many small, few large */
#define LAB_BURST_GAP_FIXED	0x00	/* bursts as long and as far apart as said */
#define LAB_BURST_GAP_POISSON	0x10	/* gaps exponential, @gap_ns on average */
#define LAB_BURST_GAP_ONOFF	0x20	/* and bursts geometric, @burst packets on average */

/**
 * struct lab_reset - LAB_IOC_RESET: reset the device; needs CAP_SYS_ADMIN
 * @size: sizeof(struct lab_reset)
 * @flags: 0
 *
 * Queues that are set up stop with EIO; their owners may close and start anew.
 */
struct lab_reset {
	__u32 size;
	__u32 flags;
};

/**
 * struct lab_tune - LAB_IOC_TUNE: change how the file's queue gets its blocks
 * @size: sizeof(struct lab_tune)
 * @flags: 0
 * @policy: LAB_POLICY_*
 * @refill: LAB_REFILL_*
 * @min_order: smallest order to fall back to, 0 to the order of the set-up
 * @reserve: blocks kept back, 0 to max_reserve
 * @irq_count: interrupt after so many blocks, 1 to depth / 2
 * @irq_ns: or after so long, ns; 0: only by count (then @irq_count is 1)
 * @block_timeout_ns: a part-filled block is closed after so long, ns; 0: never
 * @budget: blocks taken, and pages allocated (one block at least), in one
 *          interrupt, 1 to depth; 0: the driver's choice
 *
 * It takes effect at once, in the middle of a burst too.
 */
struct lab_tune {
	__u32 size;
	__u32 flags;
	__u32 policy;
	__u32 refill;
	__u32 min_order;
	__u32 reserve;
	__u32 irq_count;
	__u32 irq_ns;
	__u32 block_timeout_ns;
	__u32 budget;
};

/**
 * struct lab_inject - LAB_IOC_INJECT: make the device misbehave; needs CAP_SYS_ADMIN
 * @size: sizeof(struct lab_inject)
 * @flags: LAB_INJECT_*
 * @faults: LAB_FAULT_* of labyrinth_regs.h, 0: behave
 * @period: at one of so many occasions, at least 1
 * @seed: 0: at each @period-th occasion, else at random, the same for the same seed
 * @count: returns how many faults were committed since the device was reset
 *
 * A reset of the device ends it. Devices take it that were started with
 * fault-register=on: EOPNOTSUPP without.
 */
struct lab_inject {
	__u32 size;
	__u32 flags;
	__u32 faults;
	__u32 period;
	__u64 seed;
	__u64 count;
};
#define LAB_INJECT_QUERY	0x1	/* change nothing, return what is set */

/* No holes, and the same layout for 32- and 64-bit callers */
#ifndef __cplusplus
_Static_assert(sizeof(struct lab_info) == 72, "struct lab_info");
_Static_assert(sizeof(struct lab_setup) == 80, "struct lab_setup");
_Static_assert(sizeof(struct lab_block) == 16, "struct lab_block");
_Static_assert(sizeof(struct lab_exchange) == 40, "struct lab_exchange");
_Static_assert(sizeof(struct lab_send) == 32, "struct lab_send");
_Static_assert(sizeof(struct lab_burst) == 48, "struct lab_burst");
_Static_assert(sizeof(struct lab_tune) == 40, "struct lab_tune");
_Static_assert(sizeof(struct lab_reset) == 8, "struct lab_reset");
_Static_assert(sizeof(struct lab_inject) == 32, "struct lab_inject");
#endif

#define LAB_IOC_TYPE		0xb8
#define LAB_IOC_INFO		_IOWR(LAB_IOC_TYPE, 0x00, struct lab_info)
#define LAB_IOC_SETUP		_IOWR(LAB_IOC_TYPE, 0x01, struct lab_setup)
#define LAB_IOC_EXCHANGE	_IOWR(LAB_IOC_TYPE, 0x02, struct lab_exchange)
#define LAB_IOC_BURST		_IOWR(LAB_IOC_TYPE, 0x03, struct lab_burst)
#define LAB_IOC_STATS		_IOWR(LAB_IOC_TYPE, 0x04, struct lab_stats)
#define LAB_IOC_RESET		_IOWR(LAB_IOC_TYPE, 0x05, struct lab_reset)
#define LAB_IOC_TUNE		_IOWR(LAB_IOC_TYPE, 0x06, struct lab_tune)
#define LAB_IOC_SEND		_IOWR(LAB_IOC_TYPE, 0x07, struct lab_send)
#define LAB_IOC_INJECT		_IOWR(LAB_IOC_TYPE, 0x08, struct lab_inject)

#endif
