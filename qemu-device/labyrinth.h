/*
 * Labyrinth: PCIe data-acquisition device, internal structures
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * docs/device.md says what the guest sees.  Inside, a packet passes the files
 * in this order: labyrinth_source.c (wire, FIFO) or labyrinth_generator.c,
 * then labyrinth_core.c (blocks and rings), then labyrinth_irq.c.  What the
 * guest sends goes through labyrinth_transmit.c.  labyrinth_mmio.c is the
 * registers, labyrinth.c the PCI function around it.
 *
 * All state is guarded by the big QEMU lock.  The data path of a queue runs in
 * its bottom halves, one to receive and one to transmit, in the main loop, in
 * slices; nothing else does DMA.
 */
#ifndef LABYRINTH_H
#define LABYRINTH_H

#include "net/net.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qom/object.h"

#include "labyrinth_compat.h"
#include "labyrinth_fault.h"
#include "labyrinth_regs.h"
#include "labyrinth_ring.h"

#define TYPE_LABYRINTH "labyrinth"
OBJECT_DECLARE_SIMPLE_TYPE(LabState, LABYRINTH)

#define LAB_DEFAULT_QUEUES 4
#define LAB_DEFAULT_FIFO_BYTES (1u << 20)
/* Two of the largest frames that a netdev delivers fit */
#define LAB_MIN_FIFO_BYTES (256u << 10)
#define LAB_MAX_FIFO_BYTES (64u << 20)

/* One slice of a queue's data path, so that the main loop gets its turn */
#define LAB_SLICE_RECORDS 4096
#define LAB_SLICE_BYTES (512u << 10)

/* Of a block is mapped at once: what a slice costs behind an IOMMU is bounded */
#define LAB_MAP_BYTES (64u << 10)

/*
 * The big lock is not fair: the main loop, going from slice to slice, would
 * have it back before a CPU that waits for it has woken up.  With an interrupt
 * outstanding one surely does, so the loop sleeps for a moment.  Device and
 * guest then work at the same time: make bench showed twice as many packets a
 * second, and a handler, which writes to registers, of 1 ms at p99, not 10.
 */
#define LAB_YIELD_NS 8000

#define LAB_PREFETCH 16 /* fill descriptors read at once */

/* Bits that registers keep */
#define LAB_Q_CTRL_BITS \
    (LAB_Q_CTRL_ENABLE | LAB_Q_CTRL_LOSSY | LAB_Q_CTRL_LOOPBACK)
#define LAB_STEER_BITS (LAB_STEER_QUEUE | LAB_STEER_MODE | LAB_STEER_ENABLE)

/* Internal mark on a record in the FIFO: the block is closed after it */
#define LAB_FIFO_CLOSE 0x8000

/* A pair of registers read in two halves: the high one, kept by the low one */
typedef struct LabLatch {
    uint32_t offset; /* of the high word; 0: nothing kept */
    uint32_t value;
} LabLatch;

/* The block that records are being written to */
typedef struct LabBlock {
    bool open;
    uint16_t slot;
    uint64_t addr;          /* bus address */
    uint32_t len;           /* bytes in all */
    uint32_t used;          /* bytes written */
    uint32_t records;
    uint32_t records_limit;
    uint32_t first_seq;
    uint64_t payload_bytes;
    int64_t opened_ns;      /* when its first record came */
    /* Only during a slice: a part of the block, in host memory */
    uint8_t *map;
    uint32_t map_start;     /* offset of @map in the block */
    uint32_t map_end;
} LabBlock;

/*
 * Records that wait, as they will be written: contiguous, one after another.
 * head == tail: empty if there are no records, else full.
 */
typedef struct LabFifo {
    uint8_t *data;
    uint32_t size;          /* multiple of LAB_RECORD_ALIGN */
    uint32_t head;          /* offset of the oldest record */
    uint32_t tail;          /* offset behind the newest */
    uint32_t records;
} LabFifo;

/* A generator run: parameters as latched by its start, and how far it is */
typedef struct LabGenerator {
    bool running;
    uint64_t count;         /* packets to make, 0: until stopped */
    uint64_t seed;
    uint64_t gap_ns;
    uint32_t size_min;
    uint32_t size_max;
    uint32_t burst;         /* packets in a burst, 0: all */
    uint32_t mode;          /* LAB_GEN_SIZE_*, LAB_GEN_GAP_* */
    uint64_t done;          /* packets made */
    uint32_t burst_number;
    uint64_t burst_left;    /* packets still to come in this burst */
    int64_t next_ns;        /* when the next burst may start */
} LabGenerator;

/* The block that is being sent, and how far the ring is */
typedef struct LabTransmit {
    uint32_t prod;          /* as the guest said */
    uint32_t cons;          /* next descriptor to write back */
    bool open;              /* the descriptor at cons was read: */
    uint64_t addr;
    uint32_t bytes;
    uint16_t flags;
    uint16_t status;        /* what is to be said of it */
    uint32_t offset;        /* of the next record in the block */
    uint32_t length;        /* of the record that the netdev has not taken yet */
} LabTransmit;

/* What properties say of generator runs: registers' reset values, and starts */
typedef struct LabGenPlan {
    uint64_t count;
    uint64_t size_min;
    uint64_t size_max;
    uint64_t burst;
    uint64_t gap_ns;
    uint64_t seed;
    uint64_t queues;        /* a bit each */
    int sizes;              /* LAB_GEN_SIZE_*, LAB_GEN_GAP_* as they are counted */
    int arrivals;
    int run;                /* OnOffAuto */
} LabGenPlan;

typedef struct LabCounters {
    uint64_t generated;
    uint64_t delivered;
    uint64_t drop_fifo;
    uint64_t drop_size;
    uint64_t drop_stop;
    uint64_t bytes;
    uint64_t blocks;
    uint64_t irqs;
    uint64_t fill_low;
    uint64_t tx_packets;
    uint64_t tx_bytes;
    uint64_t tx_drop;
    uint64_t tx_blocks;
} LabCounters;

struct LabQueue {
    LabState *dev;
    uint32_t index;
    QEMUBH *bh;             /* runs the data path */
    QEMUTimer yield_timer;  /* the next slice is due */
    QEMUBH *tx_bh;          /* transmits */
    QEMUTimer gen_timer;    /* the next burst is due */
    QEMUTimer block_timer;  /* the open block has waited long enough */
    QEMUTimer coal_timer;   /* completions have waited long enough */

    /* Registers */
    uint32_t ctrl;
    uint32_t error;         /* LAB_QERR_* */
    uint64_t fill_base;
    uint64_t cpl_base;
    uint32_t ring_log2;
    uint32_t vector;
    uint32_t records_max;
    uint32_t block_timeout_ns;
    uint32_t coal_count;
    uint32_t coal_ns;
    uint32_t gen_size_min;
    uint32_t gen_size_max;
    uint32_t gen_burst;
    uint64_t gen_count;
    uint64_t gen_seed;
    uint64_t gen_gap_ns;
    uint32_t gen_mode;
    uint64_t tx_base;
    uint32_t tx_log2;
    LabCounters counters;
    LabLatch latch;

    /* Rings: free-running indices */
    uint32_t fill_prod;     /* as the guest said */
    uint32_t fill_cons;     /* next descriptor to use */
    uint32_t cpl_prod;      /* next entry to write */
    uint32_t cpl_cons;      /* as the guest said */
    uint32_t desc_next;     /* descriptors read ahead, from fill_cons on */
    uint32_t desc_count;
    struct lab_fill desc[LAB_PREFETCH];

    LabFifo fifo;
    LabBlock block;
    LabGenerator gen;
    LabTransmit tx;

    bool waiting;           /* packets wait for a block: a doorbell resumes */
    bool fill_low;          /* told since the last new descriptors */
    bool fill_low_wanted;   /* not told yet: new descriptors make it needless */
    bool close_block;       /* the data path shall close the open block */
    bool armed;             /* the guest wants the next interrupt */
    bool irq_wanted;        /* for a kick or an error */
    bool irq_due;           /* raised: send the MSI */
    bool coal_expired;      /* completions have waited long enough */
    LabQueueFaults faults;
};

struct LabState {
    PCIDevice parent_obj;

    MemoryRegion regs;
    NICState *nic;
    VMChangeStateEntry *vm_change;
    LabQueue *queues;
    uint32_t scratch;
    uint32_t steer;
    uint32_t steer_mask;
    uint32_t isr;           /* queues that raised since the guest has looked */
    uint32_t steer_next;    /* frames since the turn began, mode ROBIN */
    LabLatch latch;
    bool wire_held;         /* a frame was refused: say so when there is room */
    bool loading;           /* a saved state, not all of it yet */

    /* Transmit */
    LabQueue *wire_user;    /* the netdev has not taken this one's frame yet */
    bool wire_busy;         /* the netdev keeps a frame, and will say when not */
    QEMUTimer wire_timer;   /* look whether it still can */
    uint32_t tx_held;       /* queues that wait for the netdev or a FIFO */
    uint8_t *tx_frame;      /* the frame on its way, up to LAB_TX_MAX bytes */

    /* Properties */
    NICConf conf;
    uint32_t num_queues;
    uint32_t fifo_bytes;
    uint32_t dma_bits;
    bool msi;
    bool msix;
    LabGenPlan gen_plan;
    LabFaults faults;
};

/* What is left of a slice, and the clock as last read */
typedef struct LabSlice {
    int64_t records;
    int64_t bytes;
    int64_t now_ns;
} LabSlice;

/* An interrupt that was raised is sent before more is done */
static inline bool lab_slice_left(const LabQueue *q, const LabSlice *slice)
{
    return slice->records > 0 && slice->bytes > 0 && !q->irq_due;
}

static inline int64_t lab_now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* The seq of the next packet: it counts what arrived */
static inline uint64_t lab_next_seq(const LabQueue *q)
{
    return q->counters.generated;
}

static inline uint64_t lab_in_flight(const LabQueue *q)
{
    return (uint64_t)q->fifo.records + (q->block.open ? q->block.records : 0);
}

static inline bool lab_queue_enabled(const LabQueue *q)
{
    return (q->ctrl & LAB_Q_CTRL_ENABLE) && q->error == LAB_QERR_NONE;
}

/* Whether the data path has to ask labyrinth_misbehave.c */
static inline bool lab_faulty(const LabQueue *q)
{
    return unlikely(q->dev->faults.now.on);
}

static inline bool lab_present(const LabState *s)
{
    return s->faults.presence == LAB_PRESENT;
}

static inline bool lab_queue_lossy(const LabQueue *q)
{
    return q->ctrl & LAB_Q_CTRL_LOSSY;
}

/* labyrinth.c */
bool lab_may_dma(LabState *s);

/* labyrinth_state.c */
extern const PropertyInfo lab_state_info;

/* labyrinth_vmstate.c */
extern const VMStateDescription lab_vmstate;

/* labyrinth_traffic_state.c */
extern const VMStateDescription lab_vmstate_steer;
extern const VMStateDescription lab_vmstate_generator_mode;
extern const VMStateDescription lab_vmstate_transmit;

/* labyrinth_mmio.c */
extern const MemoryRegionOps lab_mmio_ops;
void lab_mmio_init(void);
void lab_registers_reset(LabState *s);

/* labyrinth_source.c */
void lab_fifo_reset(LabFifo *fifo);
uint8_t *lab_fifo_reserve(LabFifo *fifo, uint32_t stride);
void lab_fifo_commit(LabFifo *fifo, uint32_t stride);
void lab_fifo_straighten(LabFifo *fifo);
bool lab_fifo_valid(const LabQueue *q);
bool lab_fifo_drain(LabQueue *q, LabSlice *slice);
ssize_t lab_frame_receive(LabState *s, const uint8_t *frame, size_t length);
void lab_wire_attach(LabState *s);
void lab_wire_resume(LabState *s);
void lab_wire_give_up(LabState *s);

/* labyrinth_steer.c */
LabQueue *lab_steer(LabState *s, const uint8_t *frame, size_t length);
void lab_steer_taken(LabState *s);
bool lab_steer_open(LabState *s);
void lab_steer_changed(LabState *s);

/* labyrinth_generator.c */
void lab_generator_start(LabQueue *q);
void lab_generator_stop(LabQueue *q);
void lab_generate(LabQueue *q, LabSlice *slice);
bool lab_generator_due(LabQueue *q, int64_t now_ns);
void lab_generator_sleep(LabQueue *q);
bool lab_generator_valid_state(const LabQueue *q);

/* labyrinth_gen_property.c */
void lab_generator_class_init(ObjectClass *klass);
void lab_generator_init_plan(LabState *s);
bool lab_generator_check_plan(LabState *s, Error **errp);
void lab_generator_preset(LabQueue *q);
void lab_generator_autostart(LabQueue *q);

/* labyrinth_transmit.c */
bool lab_transmit_config_valid(const LabQueue *q);
bool lab_transmit_valid_state(const LabQueue *q);
void lab_transmit_resume(LabQueue *q);
void lab_transmit_wake(LabState *s);
void lab_transmit_stop(LabQueue *q);
void lab_transmit_run(void *opaque);
void lab_transmit_check(void *opaque);
void lab_transmit_taken(NetClientState *nc, ssize_t sent);

/* labyrinth_dma.c */
void *lab_dma_map(LabQueue *q, uint64_t addr, uint32_t len, DMADirection dir);
void lab_dma_unmap(LabQueue *q, void *host, uint32_t len, DMADirection dir,
                   uint32_t written);
bool lab_dma_write(LabQueue *q, uint64_t addr, const void *data, uint32_t len);

/* labyrinth_core.c */
bool lab_queue_config_valid(const LabQueue *q);
bool lab_completion_write(LabQueue *q);
void lab_queue_enable(LabQueue *q);
void lab_queue_disable(LabQueue *q);
void lab_queue_reset(LabQueue *q);
void lab_queue_fail(LabQueue *q, uint32_t error);
void lab_queue_resume(LabQueue *q);
void lab_queue_run(void *opaque);

/* labyrinth_doorbell.c */
void lab_fill_doorbell(LabQueue *q, uint32_t index);
void lab_cpl_doorbell(LabQueue *q, uint32_t index);
void lab_arm_doorbell(LabQueue *q, uint32_t index);
void lab_tx_doorbell(LabQueue *q, uint32_t index);
void lab_kick_doorbell(LabQueue *q, uint32_t value);

/* labyrinth_irq.c */
void lab_irq_reset(LabQueue *q);
void lab_irq_arm(LabQueue *q);
void lab_irq_force(LabQueue *q);
void lab_irq_notify(LabQueue *q);
void lab_irq_send(LabQueue *q);
uint32_t lab_irq_acknowledge(LabState *s);
void lab_irq_update(LabQueue *q);
void lab_irq_consumed(LabQueue *q);
void lab_irq_moderate(LabQueue *q);
void lab_irq_timer(void *opaque);

#endif
