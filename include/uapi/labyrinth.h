/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Labyrinth user interface: /dev/labyrinthN
 *
 * One open file owns one queue.  The way of a block:
 *
 *   LAB_IOC_SETUP      take a queue, its rings and blocks
 *   mmap()             the window: slot s at s * window_stride
 *   LAB_IOC_EXCHANGE   claim filled blocks (they appear in the window),
 *                      give back those read (they vanish from it)
 *   poll()             EPOLLIN: a block is ready
 *   close()            everything goes back
 */
#ifndef _UAPI_LABYRINTH_H
#define _UAPI_LABYRINTH_H

#include <linux/ioctl.h>
#include <linux/types.h>

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
 * ENXIO     the file has no queue yet: LAB_IOC_SETUP comes first
 * EPERM     the caller may not: a capability is missing, or the queue was
 *           set up by another process
 * EAGAIN    nothing is ready (no LAB_EXCHANGE_WAIT, or O_NONBLOCK)
 * ETIMEDOUT nothing became ready in time
 * EINTR     a signal came first
 * ENODEV    the device is gone, or unbound from the driver
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
};
#define LAB_SETUP_WIRE		0x1	/* frames from the netdev come to this queue */
#define LAB_SETUP_LOSSY		0x2	/* a full FIFO drops; else it holds its source back */
#define LAB_SETUP_FLAGS		(LAB_SETUP_WIRE | LAB_SETUP_LOSSY)

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
 * has been done, also when the call then returns EAGAIN, ETIMEDOUT or EINTR.
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
 * struct lab_burst - LAB_IOC_BURST: start the generator of the file's queue
 * @size: sizeof(struct lab_burst)
 * @flags: LAB_BURST_*
 * @count: packets, 0: until stopped
 * @seed: of sizes and payload
 * @size_min: smallest payload, bytes
 * @size_max: largest payload, bytes, at least @size_min, and a block must hold it
 * @burst: packets in a burst, 0: all
 * @pad: 0
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
	__u32 pad;
	__u64 gap_ns;
};
#define LAB_BURST_STOP		0x1	/* stop a running one instead; the rest is ignored */

#define LAB_MAX_ORDERS		11	/* orders 0 to 10 */
#define LAB_IRQ_BUCKETS		128	/* see labyrinth_hist.h */

/**
 * struct lab_stats - LAB_IOC_STATS: one queue's counters, since its set-up
 * @size: sizeof(struct lab_stats)
 * @queue: queue number; LAB_QUEUE_ANY: this file's
 * @queue_error: LAB_QERR_* if the device stopped the queue, LAB_QERR_RESET
 *               if a reset of the whole device did
 * @flags: LAB_STATS_*
 * @generated: device: packets that arrived
 * @dev_delivered: device: packets in completed blocks
 * @drop_fifo: device: dropped, FIFO full
 * @drop_size: device: dropped, larger than the block
 * @drop_stop: device: dropped, pending when the queue stopped
 * @dev_in_flight: device: packets in FIFO or open block
 * @dev_bytes: device: payload bytes delivered
 * @dev_blocks: device: blocks completed
 * @dev_irqs: device: interrupts raised
 * @dev_fill_low: device: times that fill-low was raised
 * @drop_invalid: driver: packets in completions it refused
 * @drop_close: driver: packets ready but unclaimed when the file closed
 * @ready_packets: driver: packets ready, not claimed
 * @delivered: driver: packets claimed
 * @blocks: driver: blocks claimed
 * @irqs: driver: interrupts handled
 * @irqs_idle: driver: of these, without a completion
 * @refused: driver: completions refused
 * @alloc_atomic: blocks allocated in the interrupt handler, at @order
 * @alloc_fallback: the same, at a smaller order
 * @alloc_reserve: blocks taken from the reserve
 * @alloc_recycled: blocks reused
 * @alloc_process: blocks allocated in process context (set-up, refill)
 * @alloc_failed: allocations that failed, whatever was tried after
 * @by_order: blocks given to the device, by order
 * @held: blocks allocated, ever
 * @released: blocks freed, ever; held - released is what the queue holds now
 * @irq_ns: time in the handler: histogram, labyrinth_hist.h
 * @policy: as set up, or tuned since; this and all below
 * @refill: likewise
 * @order: likewise
 * @min_order: likewise
 * @depth: likewise
 * @reserve: likewise; @reserved of them are there now
 * @reserved: blocks in the reserve
 * @budget: blocks taken, and pages allocated, in one interrupt
 * @wrong_moves: changes of a block's owner that were refused: a bug of the driver
 */
struct lab_stats {
	__u32 size;
	__u32 queue;
	__u32 queue_error;
	__u32 flags;
	__u64 generated;
	__u64 dev_delivered;
	__u64 drop_fifo;
	__u64 drop_size;
	__u64 drop_stop;
	__u64 dev_in_flight;
	__u64 dev_bytes;
	__u64 dev_blocks;
	__u64 dev_irqs;
	__u64 dev_fill_low;
	__u64 drop_invalid;
	__u64 drop_close;
	__u64 ready_packets;
	__u64 delivered;
	__u64 blocks;
	__u64 irqs;
	__u64 irqs_idle;
	__u64 refused;
	__u64 alloc_atomic;
	__u64 alloc_fallback;
	__u64 alloc_reserve;
	__u64 alloc_recycled;
	__u64 alloc_process;
	__u64 alloc_failed;
	__u64 by_order[LAB_MAX_ORDERS];
	__u64 held;
	__u64 released;
	__u64 irq_ns[LAB_IRQ_BUCKETS];
	__u32 policy;
	__u32 refill;
	__u32 order;
	__u32 min_order;
	__u32 depth;
	__u32 reserve;
	__u32 reserved;
	__u32 budget;
	__u64 wrong_moves;
};
#define LAB_QERR_RESET		0xff
#define LAB_STATS_ACTIVE	0x1	/* a file owns the queue */
#define LAB_STATS_GENERATING	0x2	/* its generator runs */

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

/* No holes, and the same layout for 32- and 64-bit callers */
#ifndef __cplusplus
_Static_assert(sizeof(struct lab_info) == 72, "struct lab_info");
_Static_assert(sizeof(struct lab_setup) == 72, "struct lab_setup");
_Static_assert(sizeof(struct lab_block) == 16, "struct lab_block");
_Static_assert(sizeof(struct lab_exchange) == 40, "struct lab_exchange");
_Static_assert(sizeof(struct lab_burst) == 48, "struct lab_burst");
_Static_assert(sizeof(struct lab_stats) == 1376, "struct lab_stats");
_Static_assert(sizeof(struct lab_tune) == 40, "struct lab_tune");
_Static_assert(sizeof(struct lab_reset) == 8, "struct lab_reset");
#endif

#define LAB_IOC_TYPE		0xb8
#define LAB_IOC_INFO		_IOWR(LAB_IOC_TYPE, 0x00, struct lab_info)
#define LAB_IOC_SETUP		_IOWR(LAB_IOC_TYPE, 0x01, struct lab_setup)
#define LAB_IOC_EXCHANGE	_IOWR(LAB_IOC_TYPE, 0x02, struct lab_exchange)
#define LAB_IOC_BURST		_IOWR(LAB_IOC_TYPE, 0x03, struct lab_burst)
#define LAB_IOC_STATS		_IOWR(LAB_IOC_TYPE, 0x04, struct lab_stats)
#define LAB_IOC_RESET		_IOWR(LAB_IOC_TYPE, 0x05, struct lab_reset)
#define LAB_IOC_TUNE		_IOWR(LAB_IOC_TYPE, 0x06, struct lab_tune)

#endif
