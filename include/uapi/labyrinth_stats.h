/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Labyrinth user interface: the counters of a queue; labyrinth.h includes this.
 */
#ifndef _UAPI_LABYRINTH_STATS_H
#define _UAPI_LABYRINTH_STATS_H

#include <linux/types.h>

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
 * @tx_packets: device: records sent, or looped back
 * @tx_bytes: device: payload bytes of them
 * @tx_drop: device: records that it could not send
 * @tx_blocks: device: blocks sent
 * @irqs_missed: driver: times that it found what no interrupt had told of, and
 *               did what the handler does (counted in @irqs, too)
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
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 tx_drop;
	__u64 tx_blocks;
	__u64 irqs_missed;
};
#define LAB_QERR_RESET		0xff
#define LAB_STATS_ACTIVE	0x1	/* it is set up, and was not reset since */
#define LAB_STATS_GENERATING	0x2	/* its generator runs */

#ifndef __cplusplus
_Static_assert(sizeof(struct lab_stats) == 1416, "struct lab_stats");
#endif

#endif
