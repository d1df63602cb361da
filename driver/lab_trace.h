/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events: one for each step of a packet's way, in every line
 * "dev queue slot order bytes records", so that one grep follows a block.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM labyrinth

#if !defined(LAB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LAB_TRACE_H

#include <linux/tracepoint.h>

#include "lab.h"

DECLARE_EVENT_CLASS(lab_block,
	TP_PROTO(const struct lab_queue *q, u32 slot),
	TP_ARGS(q, slot),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, queue)
		__field(u32, slot)
		__field(u32, order)
		__field(u32, bytes)
		__field(u32, records)
	),
	TP_fast_assign(
		__entry->dev = q->lab->id;
		__entry->queue = q->index;
		__entry->slot = slot;
		__entry->order = q->slots[slot].order;
		__entry->bytes = q->slots[slot].bytes;
		__entry->records = q->slots[slot].records;
	),
	TP_printk("dev=%d queue=%u slot=%u order=%u bytes=%u records=%u",
		  __entry->dev, __entry->queue, __entry->slot,
		  __entry->order, __entry->bytes, __entry->records)
);

#define LAB_BLOCK_EVENT(name)					\
	DEFINE_EVENT(lab_block, name,				\
		TP_PROTO(const struct lab_queue *q, u32 slot),	\
		TP_ARGS(q, slot))

/* VOID -> DEVICE */
LAB_BLOCK_EVENT(lab_post);
/* DEVICE -> READY */
LAB_BLOCK_EVENT(lab_complete);
/* DEVICE -> VOID: a completion that makes no sense */
LAB_BLOCK_EVENT(lab_refuse);
/* READY -> USER */
LAB_BLOCK_EVENT(lab_claim);
/* USER -> VOID */
LAB_BLOCK_EVENT(lab_release);
/* USER -> DEVICE */
LAB_BLOCK_EVENT(lab_recycle);
/* anything -> VOID: the queue is torn down */
LAB_BLOCK_EVENT(lab_drain);

/* A block was given to the device to transmit */
TRACE_EVENT(lab_transmit,
	TP_PROTO(const struct lab_queue *q, u32 index, u32 bytes),
	TP_ARGS(q, index, bytes),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, queue)
		__field(u32, index)
		__field(u32, bytes)
	),
	TP_fast_assign(
		__entry->dev = q->lab->id;
		__entry->queue = q->index;
		__entry->index = index;
		__entry->bytes = bytes;
	),
	TP_printk("dev=%d queue=%u index=%u bytes=%u",
		  __entry->dev, __entry->queue, __entry->index, __entry->bytes)
);

/* One run of the interrupt handler */
TRACE_EVENT(lab_irq,
	TP_PROTO(const struct lab_queue *q, u32 reaped, u32 refilled),
	TP_ARGS(q, reaped, refilled),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, queue)
		__field(u32, reaped)
		__field(u32, refilled)
		__field(u32, posted)
		__field(bool, hardirq)
	),
	TP_fast_assign(
		__entry->dev = q->lab->id;
		__entry->queue = q->index;
		__entry->reaped = reaped;
		__entry->refilled = refilled;
		__entry->posted = q->posted;
		__entry->hardirq = !!in_hardirq();
	),
	TP_printk("dev=%d queue=%u reaped=%u refilled=%u posted=%u hardirq=%d",
		  __entry->dev, __entry->queue, __entry->reaped,
		  __entry->refilled, __entry->posted, __entry->hardirq)
);

/* A page allocation; page is NULL where it failed */
TRACE_EVENT(lab_alloc,
	TP_PROTO(const struct lab_queue *q, u32 order, gfp_t gfp, const struct page *page),
	TP_ARGS(q, order, gfp, page),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, queue)
		__field(u32, order)
		__field(u32, gfp)
		__field(bool, ok)
		__field(bool, hardirq)
	),
	TP_fast_assign(
		__entry->dev = q->lab->id;
		__entry->queue = q->index;
		__entry->order = order;
		__entry->gfp = (__force u32)gfp;
		__entry->ok = page;
		__entry->hardirq = !!in_hardirq();
	),
	TP_printk("dev=%d queue=%u order=%u gfp=%#x ok=%d hardirq=%d",
		  __entry->dev, __entry->queue, __entry->order,
		  __entry->gfp, __entry->ok, __entry->hardirq)
);

#define LAB_WAY_FALLBACK	0
#define LAB_WAY_RESERVE		1
#define LAB_WAY_LATER		2

/* Why the allocation of a block failed, and which way out was taken */
TRACE_EVENT(lab_alloc_failed,
	TP_PROTO(const struct lab_queue *q, struct zone *zone, u32 way),
	TP_ARGS(q, zone, way),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, queue)
		__field(u32, order)
		__field(u32, way)
		__string(zone, zone->name)
		__field(unsigned long, free)
		__field(unsigned long, min)
		__field(unsigned long, highatomic)
		__array(unsigned long, nr, LAB_MAX_ORDERS)
	),
	TP_fast_assign(
		u32 i;

		__entry->dev = q->lab->id;
		__entry->queue = q->index;
		__entry->order = q->setup.order;
		__entry->way = way;
		lab_assign_str(zone, zone->name);
		__entry->free = zone_page_state(zone, NR_FREE_PAGES);
		__entry->min = min_wmark_pages(zone);
		__entry->highatomic = zone->nr_reserved_highatomic;
		for (i = 0; i < LAB_MAX_ORDERS; i++)
			__entry->nr[i] = i <= LAB_PAGE_ORDER_MAX ? zone->free_area[i].nr_free : 0;
	),
	TP_printk("dev=%d queue=%u order=%u zone=%s free=%lu min=%lu highatomic=%lu nr_free=%s way=%s",
		  __entry->dev, __entry->queue, __entry->order, __get_str(zone),
		  __entry->free, __entry->min, __entry->highatomic,
		  __print_array(__entry->nr, LAB_MAX_ORDERS, sizeof(unsigned long)),
		  __print_symbolic(__entry->way,
				   { LAB_WAY_FALLBACK, "fallback" },
				   { LAB_WAY_RESERVE, "reserve" },
				   { LAB_WAY_LATER, "later" }))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE lab_trace
#include <trace/define_trace.h>
