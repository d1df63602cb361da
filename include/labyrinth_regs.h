/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Labyrinth hardware contract: BAR0 registers, descriptors, completions and
 * packet records.  docs/device.md is this file in prose; the driver, the QEMU
 * device and the tests include it verbatim.  Plain C: it compiles in the
 * kernel, in QEMU and in user space.  Everything is little-endian.
 */
#ifndef LABYRINTH_REGS_H
#define LABYRINTH_REGS_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/types.h>
typedef __le16 lab_le16;
typedef __le32 lab_le32;
typedef __le64 lab_le64;
#else
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
typedef uint16_t lab_le16;
typedef uint32_t lab_le32;
typedef uint64_t lab_le64;
#endif

/* PCI identity */
#define LAB_PCI_VENDOR_ID	0x1234
#define LAB_PCI_DEVICE_ID	0x1ab0
#define LAB_PCI_CLASS		0x1180	/* signal processing, data acquisition */
#define LAB_PCI_REVISION	0x01
#define LAB_BAR_REGS		0
#define LAB_BAR_MSIX		2	/* MSI-X table and pending bits */

/* BAR0: a global page, then one page a queue */
#define LAB_BAR_REGS_BYTES	0x20000
#define LAB_QUEUE_BASE		0x10000
#define LAB_QUEUE_STRIDE	0x1000
#define LAB_QUEUE_PAGE(q)	(LAB_QUEUE_BASE + (q) * LAB_QUEUE_STRIDE)
#define LAB_MAX_QUEUES		16

#define LAB_MIN_RING_LOG2	1
#define LAB_MAX_RING_LOG2	12
#define LAB_MIN_BLOCK_BYTES	4096u
#define LAB_MAX_BLOCK_BYTES	(4u << 20)
#define LAB_MAX_RECORDS		65535u	/* records in one block */

/*
 * Registers are 32 bits wide and want aligned 4-byte accesses; those marked
 * (64) are a pair, low word first.  A (64) register may also be read or
 * written with one aligned 8-byte access.  A 4-byte read of the low word
 * latches the high word, which the next read of that high word returns.
 */

/* Global registers */
#define LAB_REG_ID		0x000	/* RO: LAB_ID_MAGIC */
#define   LAB_ID_MAGIC		0x5942414cu	/* "LABY" */
#define LAB_REG_VERSION		0x004	/* RO: major << 16 | minor */
#define   LAB_VERSION		0x00010001u
#define   LAB_VERSION_MAJOR(v)	((v) >> 16)
#define   LAB_VERSION_GEN_MODE	0x00010001u	/* first with LAB_Q_GEN_MODE */
#define LAB_REG_CAPS		0x008	/* RO: LAB_CAP_* */
#define   LAB_CAP_GENERATOR	0x00000001u
#define   LAB_CAP_WIRE		0x00000002u	/* a netdev backend is attached */
#define   LAB_CAP_TRANSMIT	0x00000004u	/* queues transmit */
#define   LAB_CAP_DMA32		0x00000008u	/* DMA reaches the low 4 GiB only */
#define   LAB_CAP_FAULT		0x00000010u	/* LAB_REG_FAULT* take writes */
#define LAB_REG_NUM_QUEUES	0x00c	/* RO */
#define LAB_REG_LIMITS		0x010	/* RO: max ring log2 | max block log2 << 8 */
#define   LAB_LIMIT_RING_LOG2(v)	((v) & 0xff)
#define   LAB_LIMIT_BLOCK_LOG2(v)	(((v) >> 8) & 0xff)
#define LAB_REG_CTRL		0x014	/* WO */
#define   LAB_CTRL_RESET	0x00000001u	/* everything back to reset values, at once */
#define LAB_REG_SCRATCH		0x018	/* RW: no effect; reset 0 */
#define LAB_REG_STEER		0x01c	/* RW: where frames from the wire go; reset 0 */
#define   LAB_STEER_QUEUE	0x0000001fu	/* queue number, mode QUEUE */
#define   LAB_STEER_MODE	0x00000300u	/* LAB_STEER_MODE_* */
#define   LAB_STEER_MODE_QUEUE	0x00000000u	/* all to one queue */
#define   LAB_STEER_MODE_HASH	0x00000100u	/* by flow, both ways of it to the same queue */
#define   LAB_STEER_MODE_ROBIN	0x00000200u	/* to one queue after another */
#define   LAB_STEER_ENABLE	0x80000000u	/* 0: the wire is held back */
#define LAB_REG_CLOCK		0x020	/* RO (64): device clock, ns */
#define LAB_REG_MAC		0x028	/* RO (64): station address, first octet lowest */
#define LAB_REG_STEER_MASK	0x030	/* RW: queues of HASH and ROBIN, a bit each; reset 0 */
#define LAB_REG_ISR		0x034	/* RO: queues that raised, a bit each; a read clears */

/*
 * Misbehaviour on request; writes need LAB_CAP_FAULT.  Each fault has its kind
 * of occasion, counted for each queue; writing LAB_REG_FAULT counts anew.
 */
#define LAB_REG_FAULT		0x040	/* RW: LAB_FAULT_* that are committed; reset 0 */
#define LAB_REG_FAULT_PERIOD	0x044	/* RW: at one of so many occasions, 0 is 1; reset 16 */
#define LAB_REG_FAULT_SEED	0x048	/* RW (64): 0: each PERIOD-th, else at random; reset 0 */
#define LAB_REG_FAULT_COUNT	0x050	/* RO (64): faults committed since reset */
#define   LAB_FAULT_IRQ_LOST		0x00000001u	/* an interrupt is not sent */
#define   LAB_FAULT_IRQ_DUPLICATE	0x00000002u	/* it is sent twice */
#define   LAB_FAULT_IRQ_SPURIOUS	0x00000004u	/* 1 ms later another, for no reason */
#define   LAB_FAULT_IRQ_LATE		0x00000008u	/* it is sent 5 ms late */
#define   LAB_FAULT_CPL_EARLY		0x00000010u	/* completion 20 us before the records */
#define   LAB_FAULT_CPL_DUPLICATE	0x00000020u	/* completion written twice */
#define   LAB_FAULT_CPL_CORRUPT		0x00000040u	/* status, records or seq is nonsense */
#define   LAB_FAULT_BAD_SLOT		0x00000080u	/* no such slot */
#define   LAB_FAULT_BAD_LENGTH		0x00000100u	/* more bytes than the block has */
#define   LAB_FAULT_RECORD_CORRUPT	0x00000200u	/* a bit of a record flips */
#define   LAB_FAULT_DMA_UNMAPPED	0x00000400u	/* DMA goes where no memory is */
#define   LAB_FAULT_LATE_WRITE		0x00000800u	/* a block given back is written to */
#define   LAB_FAULT_DESC_TWICE		0x00001000u	/* a descriptor is used twice */
#define   LAB_FAULT_STALL		0x00002000u	/* the queue does nothing for 50 ms */
#define   LAB_FAULT_LINK_DOWN		0x00004000u	/* gone for 20 ms, then as after a reset */
#define   LAB_FAULT_ALL_ONES		0x00008000u	/* gone; only the property brings it back */
#define   LAB_FAULT_AER_CORRECTABLE	0x00010000u	/* receiver error */
#define   LAB_FAULT_AER_NONFATAL	0x00020000u	/* completion time-out */
#define   LAB_FAULT_AER_FATAL		0x00040000u	/* malformed TLP */
#define   LAB_FAULT_ALL			0x0007ffffu	/* every one of them */

/* Queue registers, relative to LAB_QUEUE_PAGE(q) */
#define LAB_Q_CTRL		0x000	/* RW; reset 0 */
/* Enabling clears indices and counters, disabling stops at once */
#define   LAB_Q_CTRL_ENABLE	0x00000001u
#define   LAB_Q_CTRL_LOSSY	0x00000002u	/* full FIFO: 1 drops, 0 holds its source back */
#define   LAB_Q_CTRL_LOOPBACK	0x00000004u	/* what is transmitted arrives as from the wire */
#define LAB_Q_STATUS		0x004	/* RO: LAB_Q_STATUS_*; reset 0 */
#define   LAB_Q_STATUS_ENABLED	0x00000001u
#define   LAB_Q_STATUS_FILL_LOW	0x00000002u	/* packets wait, fill ring is empty */
#define   LAB_Q_STATUS_GEN	0x00000004u	/* generator running */
#define   LAB_Q_STATUS_ERROR(v)	(((v) >> 8) & 0xff)	/* LAB_QERR_*: it has stopped */
#define   LAB_Q_STATUS_ERROR_SHIFT	8
/*
 * Written only while the queue is disabled; a write to an enabled queue is
 * ignored and logged.
 */
#define LAB_Q_FILL_BASE		0x008	/* RW (64): fill ring, 64-byte aligned; reset 0 */
#define LAB_Q_CPL_BASE		0x010	/* RW (64): completion ring, likewise; reset 0 */
#define LAB_Q_RING_LOG2		0x018	/* RW: log2 of entries of both rings, 1 to 12; reset 0 */
#define LAB_Q_VECTOR		0x01c	/* RW: MSI-X vector; reset: queue number */
#define LAB_Q_RECORDS_MAX	0x020	/* RW: records in a block, 0: as many as fit; reset 0 */
/* Written at any time */
#define LAB_Q_BLOCK_TIMEOUT	0x024	/* RW: ns until a part-filled block closes; reset 50000 */
#define LAB_Q_COAL_COUNT	0x028	/* RW: raise after so many completions; reset 1 */
#define LAB_Q_COAL_NS		0x02c	/* RW: or so many ns after the first, 0: never; reset 0 */

/* Generator of the queue.  Parameters are latched by LAB_GEN_START. */
#define LAB_Q_GEN_CTRL		0x040	/* WO */
#define   LAB_GEN_START		0x00000001u	/* ignored and logged while one runs */
#define   LAB_GEN_STOP		0x00000002u
#define LAB_Q_GEN_SIZE_MIN	0x044	/* RW: payload bytes; reset 64 */
#define LAB_Q_GEN_SIZE_MAX	0x048	/* RW: payload bytes, inclusive; reset 64 */
#define LAB_Q_GEN_BURST		0x04c	/* RW: packets in a burst, 0: all; reset 0 */
#define LAB_Q_GEN_COUNT		0x050	/* RW (64): packets in all, 0: until stopped; reset 0 */
#define LAB_Q_GEN_SEED		0x058	/* RW (64); reset 0 */
#define LAB_Q_GEN_GAP		0x060	/* RW (64): ns from burst to burst, 0: none; reset 0 */
#define   LAB_GEN_SIZE_LIMIT	(LAB_MAX_BLOCK_BYTES - 32u)
#define LAB_Q_GEN_MODE		0x068	/* RW: LAB_GEN_SIZE_* | LAB_GEN_GAP_*; reset 0 */
#define   LAB_GEN_SIZE_MASK	0x0000000fu
#define   LAB_GEN_SIZE_UNIFORM	0x00000000u	/* every size alike */
#define   LAB_GEN_SIZE_PARETO	0x00000001u	/* heavy tail: P(size > x) falls as 1 / x */
#define   LAB_GEN_GAP_MASK	0x000000f0u
#define   LAB_GEN_GAP_FIXED	0x00000000u	/* GEN_GAP from burst to burst */
#define   LAB_GEN_GAP_POISSON	0x00000010u	/* exponential, GEN_GAP on average */
#define   LAB_GEN_GAP_ONOFF	0x00000020u	/* so, and bursts geometric, GEN_BURST on average */

/* Transmit ring: written only while the queue is disabled */
#define LAB_Q_TX_BASE		0x080	/* RW (64): transmit ring, 64-byte aligned; reset 0 */
#define LAB_Q_TX_LOG2		0x088	/* RW: log2 of its entries, 1 to 12; reset 0: no ring */

/* Counters: RO (64), zeroed when the queue is enabled */
#define LAB_Q_CNT_GENERATED	0x100	/* packets that arrived, from generator or wire */
#define LAB_Q_CNT_DELIVERED	0x108	/* packets in completed blocks */
#define LAB_Q_CNT_DROP_FIFO	0x110	/* dropped: FIFO full (LAB_Q_CTRL_LOSSY) */
#define LAB_Q_CNT_DROP_SIZE	0x118	/* dropped: record larger than the block */
#define LAB_Q_CNT_DROP_STOP	0x120	/* dropped: pending when the queue was disabled or failed */
#define LAB_Q_CNT_IN_FLIGHT	0x128	/* in the FIFO or in the open block */
#define LAB_Q_CNT_BYTES		0x130	/* payload bytes in completed blocks */
#define LAB_Q_CNT_BLOCKS	0x138	/* completed blocks */
#define LAB_Q_CNT_IRQS		0x140	/* interrupts raised */
#define LAB_Q_CNT_FILL_LOW	0x148	/* times that fill-low was raised */
#define LAB_Q_CNT_TX_PACKETS	0x150	/* sent or looped back */
#define LAB_Q_CNT_TX_BYTES	0x158	/* payload bytes of them */
#define LAB_Q_CNT_TX_DROP	0x160	/* records refused, here or by the netdev */
#define LAB_Q_CNT_TX_BLOCKS	0x168	/* transmit descriptors done */
#define LAB_Q_CNT_LAST		LAB_Q_CNT_TX_BLOCKS
/* generated = delivered + drop_fifo + drop_size + drop_stop + in_flight, at every moment */

/*
 * Doorbells: WO.  Indices run freely through 32 bits and start at 0 when the
 * queue is enabled; entry number = index modulo ring size.
 */
#define LAB_Q_FILL_DB		0x800	/* fill ring: index past the last descriptor written */
#define LAB_Q_CPL_DB		0x804	/* completion ring: index past the last entry consumed */
#define LAB_Q_ARM_DB		0x808	/* the same, and re-arm the interrupt */
#define LAB_Q_KICK		0x80c	/* any value: raise the interrupt, or once re-armed */
#define LAB_Q_TX_DB		0x810	/* transmit ring: index past the last descriptor written */

/* Why a queue stopped: LAB_Q_STATUS_ERROR() */
#define LAB_QERR_NONE		0
#define LAB_QERR_CONFIG		1	/* enabled with bad ring base, size or vector */
#define LAB_QERR_DOORBELL	2	/* index further than the ring is large */
#define LAB_QERR_DESC		3	/* fill descriptor refused */
#define LAB_QERR_FILL_DMA	4	/* reading the fill ring failed */
#define LAB_QERR_BLOCK_DMA	5	/* writing to a block failed */
#define LAB_QERR_CPL_DMA	6	/* writing the completion ring failed */
#define LAB_QERR_TX_DESC	7	/* transmit descriptor refused */
#define LAB_QERR_TX_DMA		8	/* the transmit ring, or a block of it, could not be used */

/**
 * struct lab_fill - fill descriptor: a block given to the device (16 bytes)
 * @addr: bus address of the block, aligned to 4096
 * @len: bytes in the block: 4096 to LAB_MAX_BLOCK_BYTES, a multiple of 4096
 * @slot: the driver's name for the block, returned in the completion
 * @flags: 0
 */
struct lab_fill {
	lab_le64 addr;
	lab_le32 len;
	lab_le16 slot;
	lab_le16 flags;
};

/**
 * struct lab_cpl - completion entry: a block given back (16 bytes)
 * @bytes: bytes of the block that hold records, from its start
 * @slot: of the fill descriptor
 * @records: packet records in the block, at least 1
 * @seq: low 32 bits of the sequence number of the first record
 * @status: LAB_CPL_*
 * @phase: bit 0: 1 on the first lap of the ring, 0 on the second, and so on.
 *         Written last, in one 4-byte store with @status.
 */
struct lab_cpl {
	lab_le32 bytes;
	lab_le16 slot;
	lab_le16 records;
	lab_le32 seq;
	lab_le16 status;
	lab_le16 phase;
};
#define LAB_CPL_OK		0
#define LAB_CPL_PHASE		0x0001

/**
 * struct lab_record - packet record header; the payload follows (32 bytes)
 * @length: payload bytes
 * @flags: LAB_RECORD_*
 * @queue: queue number
 * @seq: counts the packets that arrived at the queue, from 0, dropped ones too
 * @timestamp_ns: device clock when the packet arrived
 * @burst: number of the generator's burst, from 0; 0 for the wire
 * @crc32c: CRC-32C (Castagnoli, as iSCSI) of the 28 bytes above and the payload
 *
 * The next record starts lab_record_stride(length) bytes further.  The bytes
 * between the end of the payload and there are 0.
 */
struct lab_record {
	lab_le32 length;
	lab_le16 flags;
	lab_le16 queue;
	lab_le64 seq;
	lab_le64 timestamp_ns;
	lab_le32 burst;
	lab_le32 crc32c;
};
#define LAB_RECORD_GENERATED	0x0001	/* payload follows lab_gen_word() */
#define LAB_RECORD_WIRE		0x0002	/* payload is an Ethernet frame without FCS */
#define LAB_RECORD_ALIGN	32u
#define LAB_RECORD_CRC_SKIP	28u	/* header bytes that the CRC covers */

/**
 * struct lab_tx - transmit descriptor: a block of records to send (16 bytes)
 * @addr: bus address of the block, aligned to 4096
 * @bytes: bytes of it that hold records, from its start: 32 to
 *         LAB_MAX_BLOCK_BYTES, a multiple of LAB_RECORD_ALIGN
 * @flags: LAB_TX_IRQ or 0
 * @status: 0 when given; the device writes LAB_TX_DONE and what else there is
 *          to say in one 2-byte store, and uses the block no more
 *
 * The block holds records as a received one does.  Of their headers only
 * @length counts: 1 to LAB_TX_MAX bytes, which are sent as they are.
 */
struct lab_tx {
	lab_le64 addr;
	lab_le32 bytes;
	lab_le16 flags;
	lab_le16 status;
};
#define LAB_TX_IRQ		0x0001	/* flags: as LAB_Q_KICK, when it is done */
#define LAB_TX_DONE		0x0001	/* status: the block is the driver's again */
#define LAB_TX_BAD		0x0002	/* status: a record is bad: it and the rest were not sent */
#define LAB_TX_NO_WIRE		0x0004	/* status: no netdev, no loop-back: the rest was not sent */
#define LAB_TX_MAX		65535u	/* largest payload that is sent */

static_assert(sizeof(struct lab_fill) == 16, "struct lab_fill");
static_assert(sizeof(struct lab_cpl) == 16, "struct lab_cpl");
static_assert(offsetof(struct lab_cpl, status) == 12, "status and phase share a word");
static_assert(sizeof(struct lab_record) == 32, "struct lab_record");
static_assert(sizeof(struct lab_tx) == 16, "struct lab_tx");
static_assert(offsetof(struct lab_tx, status) == 14, "status is last");
static_assert(offsetof(struct lab_record, crc32c) == LAB_RECORD_CRC_SKIP, "CRC is last");

#endif
