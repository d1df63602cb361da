/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Labyrinth driver: device, queue, block.
 *
 * Locks, outermost first:
 *   file->lock     mutex: one call at a time on an open file, besides those that wait
 *   lab->life      rwsem: device present; read by every call, written where all queues stop
 *   lab->owner_lock  mutex: which file owns which queue, the wire, the pages booked
 *   queue->map     mutex: what the window shows
 *   queue->lock    spinlock, IRQs off: slots, rings, counters
 */
#ifndef LAB_H
#define LAB_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/io-64-nonatomic-lo-hi.h>	/* the low word latches the high one */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "labyrinth.h"
#include "labyrinth_hist.h"
#include "labyrinth_regs.h"
#include "labyrinth_ring.h"

#define LAB_NAME		"labyrinth"
#define LAB_MIN_DEPTH		2u
#define LAB_MAX_DEPTH		4096u
static_assert(BIT(LAB_MAX_RING_LOG2) == LAB_MAX_DEPTH);
#define LAB_MAX_RESERVE		1024u
#define LAB_BUDGET_DEFAULT	64u
#define LAB_BULK		32u

struct lab_dev;

/**
 * enum lab_state - who owns a slot's block; docs/ownership.md
 * @LAB_VOID: nobody: the slot has no page; waits for an allocation
 * @LAB_DEVICE: the device: mapped for DMA, in the fill ring; waits for a completion
 * @LAB_READY: the driver: completed, unmapped from DMA; waits for a claim
 * @LAB_USER: the process: in its window; waits for a release
 *
 * Written by lab_page.c alone.
 */
enum lab_state {
	LAB_VOID,
	LAB_DEVICE,
	LAB_READY,
	LAB_USER,
};

/**
 * struct lab_slot - one block; all guarded by queue->lock
 * @page: first of 2^@order pages, NULL in LAB_VOID
 * @dma: bus address, valid in LAB_DEVICE
 * @bytes: bytes that hold records, checked; valid in LAB_READY and LAB_USER
 * @records: packet records in them
 * @order: of the page
 * @state: enum lab_state
 */
struct lab_slot {
	struct page *page;
	dma_addr_t dma;
	u32 bytes;
	u16 records;
	u8 order;
	u8 state;
};

/**
 * struct lab_pages - an allocated block that is not in a slot yet
 * @page: first page, zeroed, or NULL
 * @order: 2^order pages
 */
struct lab_pages {
	struct page *page;
	u32 order;
};

/**
 * struct lab_ring - fill and completion ring, seen from the driver
 * @fill: descriptors, written by the driver
 * @cpl: completions, written by the device
 * @fill_dma: bus address of @fill
 * @cpl_dma: bus address of @cpl
 * @log2: log2 of the entries of each
 * @fill_prod: index past the last descriptor written
 * @fill_rung: index last told to the device
 * @cpl_cons: index of the next completion
 */
struct lab_ring {
	struct lab_fill *fill;
	struct lab_cpl *cpl;
	dma_addr_t fill_dma;
	dma_addr_t cpl_dma;
	u32 log2;
	u32 fill_prod;
	u32 fill_rung;
	u32 cpl_cons;
};

/**
 * struct lab_tx_block - a block to transmit from
 * @page: first page
 * @dma: its bus address
 */
struct lab_tx_block {
	struct page *page;
	dma_addr_t dma;
};

/**
 * struct lab_tx_ring - transmit ring, setup.tx_depth entries
 * @desc: descriptors; the device writes their status
 * @desc_dma: bus address of @desc
 * @blocks: block of each entry
 * @prod: free-running index of the next to fill; file->lock, written under queue->lock
 * @cons: of the next that the device has to give back; queue->lock
 */
struct lab_tx_ring {
	struct lab_tx *desc;
	dma_addr_t desc_dma;
	struct lab_tx_block *blocks;
	u32 prod;
	u32 cons;
};

/**
 * struct lab_queue - a queue; lives as long as the device
 * @lab: the device
 * @regs: its register page
 * @index: its number
 * @irq: Linux IRQ number
 * @name: of the interrupt
 *
 * @lock: guards all down to @stats, and the slots
 * @active: set up: rings, slots and reserve are there
 * @error: LAB_QERR_*: the queue has stopped
 * @tx: transmit ring
 * @slots: @setup.depth of them
 * @voids: stack of the LAB_VOID slots
 * @nr_void: on that stack
 * @posted: slots in LAB_DEVICE
 * @ready: ring of LAB_READY slots, in order of completion
 * @ready_prod: free-running index
 * @ready_cons: free-running index
 * @ready_packets: packets in them
 * @reserve: stack of blocks for failed allocations
 * @nr_reserve: on that stack
 * @bulk: order-0 blocks that were allocated together, about to be posted
 * @nr_bulk: of them
 * @stats: driver part of the counters, since set-up
 * @stats_whole: @stats has the device's part, too: it was kept at the stop
 * @held: blocks allocated, ever
 * @released: blocks freed, ever
 *
 * @wait: woken when a block becomes ready, or none ever will
 * @refill_timer: a moment after a failed allocation
 * @refill_work: allocates in process context
 * @watch_timer: looks for what no interrupt has told of, while there are waiters
 * @watching: it runs, or is about to; @lock
 * @watch_due: there was something at the last look; @lock
 * @watch_cons: what had been consumed of both rings then; @lock
 *
 * @setup: as set up; what lab_queue_tune() changes, it changes under @lock
 * @mm: process that owns the queue, compared and used for its window
 * @map: guards @window, and each change of what the window shows
 * @window: start address of the window in @mm, 0: none
 * @seen: bitmap of slots, to find one named twice; file->lock
 * @file: owner; lab->owner_lock
 */
struct lab_queue {
	struct lab_dev *lab;
	void __iomem *regs;
	u32 index;
	int irq;
	char name[32];

	spinlock_t lock;	/* slots, rings, counters */
	bool active;
	u32 error;
	struct lab_ring ring;
	struct lab_tx_ring tx;
	struct lab_slot *slots;
	u16 *voids;
	u32 nr_void;
	u32 posted;
	u16 *ready;
	u32 ready_prod;
	u32 ready_cons;
	u64 ready_packets;
	struct lab_pages *reserve;
	u32 nr_reserve;
	struct page *bulk[LAB_BULK];
	u32 nr_bulk;
	struct lab_stats stats;
	bool stats_whole;
	atomic64_t held;
	atomic64_t released;

	wait_queue_head_t wait;
	struct hrtimer refill_timer;
	struct work_struct refill_work;
	struct hrtimer watch_timer;
	bool watching;
	bool watch_due;
	u32 watch_cons;

	struct lab_setup setup;
	struct mm_struct *mm;
	struct mutex map;	/* window, and what it shows */
	unsigned long window;
	unsigned long *seen;
	struct file *file;
};

/**
 * struct lab_dev - a device
 * @dev: its class device; its reference count keeps all this alive
 * @cdev: its character device
 * @pdev: its PCI function; not to be used once @gone
 * @regs: BAR0
 * @num_queues: queues that it has
 * @version: LAB_REG_VERSION
 * @caps: LAB_CAP_*
 * @max_order: largest block order
 * @max_depth: most blocks in a queue
 * @id: number N of /dev/labyrinthN
 * @life: guards @gone and @frozen
 * @gone: removed, or it answers all-ones
 * @frozen: it sleeps, or recovers from an error
 * @owner_lock: guards queue->file, @wire_* and @pages
 * @wire_flags: LAB_SETUP_WIRE_FLAGS that its queues were set up with
 * @wire_mask: queues that were set up for the wire, a bit each
 * @wire_running: those of them that run: the wire is steered to these
 * @pages: pages that the queues may come to hold
 * @pages_max: their limit
 * @irq_shared: the queues have one interrupt together
 * @isr_threaded: queues that its thread is to serve
 * @queues: @num_queues of them
 */
struct lab_dev {
	struct device dev;
	struct cdev cdev;
	struct pci_dev *pdev;
	void __iomem *regs;
	u32 num_queues;
	u32 version;
	u32 caps;
	u32 max_order;
	u32 max_depth;
	int id;
	struct rw_semaphore life;	/* gone, frozen */
	bool gone;
	bool frozen;
	struct mutex owner_lock;	/* queue->file, wire, pages */
	u32 wire_flags;
	u32 wire_mask;
	u32 wire_running;
	u64 pages;
	u64 pages_max;
	bool irq_shared;
	atomic_t isr_threaded;
	struct lab_queue *queues;
};

/**
 * struct lab_file - an open file
 * @lab: the device, referenced
 * @lock: one call at a time
 * @queue: the queue it owns, NULL: none yet; set once
 * @release_list: slots to release
 * @claim_list: blocks claimed
 */
struct lab_file {
	struct lab_dev *lab;
	struct mutex lock;	/* one call at a time */
	struct lab_queue *queue;
	u32 release_list[LAB_EXCHANGE_MAX];
	struct lab_block claim_list[LAB_EXCHANGE_MAX];
};

/* lab_recover.c */
extern const struct pci_error_handlers lab_err_handlers;
extern const struct dev_pm_ops lab_pm_ops;
void lab_stop_all(struct lab_dev *lab);
void lab_recover_init(struct lab_dev *lab);
void lab_recover_exit(struct lab_dev *lab);

/* lab_irq.c */
irqreturn_t lab_irq(int irq, void *data);
irqreturn_t lab_irq_thread(int irq, void *data);
irqreturn_t lab_irq_shared(int irq, void *data);
irqreturn_t lab_irq_shared_thread(int irq, void *data);
u32 lab_reap(struct lab_queue *q, u32 max);
void lab_service(struct lab_queue *q);
void lab_stopped(struct lab_queue *q, u32 error);
void lab_refill_work(struct work_struct *work);
enum hrtimer_restart lab_refill_timer(struct hrtimer *timer);

/* lab_watch.c */
enum hrtimer_restart lab_watch(struct hrtimer *timer);
void lab_watch_arm(struct lab_queue *q);
void lab_watch_stop(struct lab_queue *q);

/* lab_ring.c */
int lab_rings_alloc(struct lab_queue *q);
void lab_rings_free(struct lab_queue *q);
void lab_ring_post(struct lab_queue *q, u32 index);
void lab_ring_doorbell(struct lab_queue *q);
bool lab_ring_pending(const struct lab_queue *q);
bool lab_ring_pop(struct lab_queue *q, struct lab_cpl *cpl);
bool lab_ring_check(struct lab_queue *q, const struct lab_cpl *cpl);
void lab_ring_rearm(struct lab_queue *q);

/* lab_alloc.c */
void lab_pages_prefetch(struct lab_queue *q, u32 nr);
struct lab_pages lab_pages_atomic(struct lab_queue *q);
struct lab_pages lab_pages_process(struct lab_queue *q);
void lab_pages_free(struct lab_queue *q, struct lab_pages pages);
void lab_reserve_trim(struct lab_queue *q, u32 keep);
void lab_bulk_free(struct lab_queue *q);

/* lab_page.c */
bool lab_slot_post(struct lab_queue *q, struct lab_pages pages);
void lab_slot_complete(struct lab_queue *q, const struct lab_cpl *cpl);
void lab_slot_refuse(struct lab_queue *q, const struct lab_cpl *cpl);
void lab_slot_claim(struct lab_queue *q, u32 index);
struct lab_pages lab_slot_release(struct lab_queue *q, u32 index);
void lab_slot_wipe(struct lab_queue *q, u32 index);
void lab_slot_drain(struct lab_queue *q);

/* lab_owner.c */
struct lab_queue *lab_queue_take(struct lab_dev *lab, struct file *file,
				 const struct lab_setup *s);
void lab_queue_untake(struct lab_queue *q);
int lab_queue_rebook(struct lab_queue *q, const struct lab_setup *s);
void lab_wire_join(struct lab_queue *q);
void lab_wire_leave(struct lab_queue *q);

/* lab_queue.c */
int lab_queue_setup(struct lab_file *f, struct file *file, struct lab_setup *setup);
void lab_queue_stop(struct lab_queue *q, u32 error);
void lab_queue_release(struct lab_queue *q);
int lab_queue_tune(struct lab_queue *q, const struct lab_tune *tune);
u32 lab_queue_wants(const struct lab_queue *q);

/* lab_cdev.c */
extern const struct file_operations lab_fops;
typedef bool (*lab_ready_fn)(const struct lab_queue *q, const void *arg);
void lab_gone(struct lab_dev *lab);
bool lab_alive(struct lab_dev *lab);
int lab_file_wait(struct lab_file *f, ktime_t *until, u64 timeout_ns,
		  lab_ready_fn ready, const void *arg);

/* lab_exchange.c */
int lab_exchange(struct lab_file *f, struct file *file, void *arg);

/* lab_transmit.c */
int lab_tx_alloc(struct lab_queue *q);
void lab_tx_free(struct lab_queue *q);
void lab_tx_program(struct lab_queue *q);
bool lab_tx_pending(const struct lab_queue *q);
u32 lab_tx_reap(struct lab_queue *q);
bool lab_tx_writable(const struct lab_queue *q);
int lab_send(struct lab_file *f, struct file *file, void *arg);

/* lab_inject.c */
int lab_inject(struct lab_file *f, struct file *file, void *arg);

/* lab_window.c */
u64 lab_window_stride(const struct lab_queue *q);
int lab_window_mmap(struct file *file, struct vm_area_struct *vma);
void lab_window_claim(struct lab_queue *q, const struct lab_block *blocks, u32 nr);
void lab_window_release(struct lab_queue *q, const u32 *slots, u32 nr);
void lab_window_revoke(struct lab_queue *q);

/* lab_stats.c */
void lab_stats_keep(struct lab_queue *q);
void lab_stats_read(struct lab_queue *q, struct lab_stats *stats);
int lab_stats_groups(struct lab_dev *lab);

static inline u32 lab_queue_ready(const struct lab_queue *q)
{
	return lab_ring_used(READ_ONCE(q->ready_prod), q->ready_cons);
}

#endif
