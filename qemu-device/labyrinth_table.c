/*
 * Labyrinth: the registers
 *
 * One table for the global page and one for a queue's page say what there is:
 * name, access, width, reset value, where it is kept, and what reading or
 * writing it does beside.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"

#include "labyrinth.h"
#include "labyrinth_reg.h"
#include "trace.h"

#define LAB_NO_FIELD UINT16_MAX

static uint64_t lab_read_id(void *owner)
{
    return LAB_ID_MAGIC;
}

static uint64_t lab_read_version(void *owner)
{
    return LAB_VERSION;
}

static uint64_t lab_read_caps(void *owner)
{
    LabState *s = owner;

    return LAB_CAP_GENERATOR | LAB_CAP_TRANSMIT |
           (s->nic ? LAB_CAP_WIRE : 0) |
           (s->dma_bits == 32 ? LAB_CAP_DMA32 : 0) |
           (s->faults.writable ? LAB_CAP_FAULT : 0);
}

static uint64_t lab_read_num_queues(void *owner)
{
    LabState *s = owner;

    return s->num_queues;
}

static uint64_t lab_read_limits(void *owner)
{
    return LAB_MAX_RING_LOG2 | ctz32(LAB_MAX_BLOCK_BYTES) << 8;
}

static uint64_t lab_read_clock(void *owner)
{
    return lab_now_ns();
}

static uint64_t lab_read_mac(void *owner)
{
    LabState *s = owner;
    uint64_t mac = 0;

    memcpy(&mac, s->conf.macaddr.a, sizeof(s->conf.macaddr.a));
    return le64_to_cpu(mac);
}

static uint64_t lab_read_isr(void *owner)
{
    return lab_irq_acknowledge(owner);
}

static void lab_write_ctrl(void *owner, uint64_t value)
{
    if (value & LAB_CTRL_RESET) {
        trace_labyrinth_reset();
        lab_registers_reset(owner);
    }
}

static void lab_write_steer(void *owner, uint64_t value)
{
    LabState *s = owner;

    s->steer = value & LAB_STEER_BITS;
    lab_steer_changed(s);
}

static void lab_write_steer_mask(void *owner, uint64_t value)
{
    LabState *s = owner;

    s->steer_mask = value;
    lab_steer_changed(s);
}

static uint64_t lab_read_status(void *owner)
{
    LabQueue *q = owner;
    bool wants = q->fifo.records || q->gen.running;

    return (lab_queue_enabled(q) ? LAB_Q_STATUS_ENABLED : 0) |
           (q->fill_low && wants ? LAB_Q_STATUS_FILL_LOW : 0) |
           (q->gen.running ? LAB_Q_STATUS_GEN : 0) |
           q->error << LAB_Q_STATUS_ERROR_SHIFT;
}

static uint64_t lab_read_in_flight(void *owner)
{
    return lab_in_flight(owner);
}

static void lab_write_queue_ctrl(void *owner, uint64_t value)
{
    LabQueue *q = owner;
    bool was_on = q->ctrl & LAB_Q_CTRL_ENABLE;
    bool on = value & LAB_Q_CTRL_ENABLE;

    q->ctrl = value & LAB_Q_CTRL_BITS;
    if (on && !was_on) {
        lab_queue_enable(q);
    } else if (!on && was_on) {
        lab_queue_disable(q);
    } else if (on) {
        lab_queue_resume(q);    /* lossy or not makes a difference */
        lab_transmit_wake(q->dev);  /* so does loop-back */
    }
}

static void lab_write_gen_ctrl(void *owner, uint64_t value)
{
    if (value & LAB_GEN_STOP) {
        lab_generator_stop(owner);
    }
    if (value & LAB_GEN_START) {
        lab_generator_start(owner);
    }
}

/* A new timeout holds for the block that is open, too */
static void lab_write_block_timeout(void *owner, uint64_t value)
{
    LabQueue *q = owner;

    q->block_timeout_ns = value;
    timer_del(&q->block_timer);
    lab_queue_resume(q);
}

static void lab_write_coal_count(void *owner, uint64_t value)
{
    LabQueue *q = owner;

    q->coal_count = value;
    lab_irq_moderate(q);
}

static void lab_write_coal_ns(void *owner, uint64_t value)
{
    LabQueue *q = owner;

    q->coal_ns = value;
    lab_irq_moderate(q);
}

static void lab_write_fill_db(void *owner, uint64_t value)
{
    lab_fill_doorbell(owner, value);
}

static void lab_write_cpl_db(void *owner, uint64_t value)
{
    lab_cpl_doorbell(owner, value);
}

static void lab_write_arm_db(void *owner, uint64_t value)
{
    lab_arm_doorbell(owner, value);
}

static void lab_write_tx_db(void *owner, uint64_t value)
{
    lab_tx_doorbell(owner, value);
}

static void lab_write_kick(void *owner, uint64_t value)
{
    lab_kick_doorbell(owner, value);
}

#define REG_READ(_offset, _name, _wide, _read)                             \
    { .name = _name, .offset = _offset, .field = LAB_NO_FIELD,             \
      .access = LAB_RO, .wide = _wide, .read = _read }
#define REG_WRITE(_offset, _name, _write)                                  \
    { .name = _name, .offset = _offset, .field = LAB_NO_FIELD,             \
      .access = LAB_WO, .write = _write }
#define REG_KEPT(_offset, _name, _type, _field, _wide, _locked, _reset)    \
    { .name = _name, .offset = _offset, .field = offsetof(_type, _field),  \
      .access = LAB_RW, .wide = _wide, .locked = _locked, .reset = _reset }
/* Reset by lab_fault_reset() */
#define REG_FAULT(_offset, _name, _field, _wide, _write)                   \
    { .name = _name, .offset = _offset,                                    \
      .field = offsetof(LabState, faults.now._field),                      \
      .access = LAB_RW, .wide = _wide, .write = _write }
#define REG_COUNTER(_offset, _name, _field)                                \
    { .name = _name, .offset = _offset,                                    \
      .field = offsetof(LabQueue, counters._field),                        \
      .access = LAB_RO, .wide = true }

const LabReg lab_global_regs[] = {
    REG_READ(LAB_REG_ID, "ID", false, lab_read_id),
    REG_READ(LAB_REG_VERSION, "VERSION", false, lab_read_version),
    REG_READ(LAB_REG_CAPS, "CAPS", false, lab_read_caps),
    REG_READ(LAB_REG_NUM_QUEUES, "NUM_QUEUES", false, lab_read_num_queues),
    REG_READ(LAB_REG_LIMITS, "LIMITS", false, lab_read_limits),
    REG_WRITE(LAB_REG_CTRL, "CTRL", lab_write_ctrl),
    REG_KEPT(LAB_REG_SCRATCH, "SCRATCH", LabState, scratch, false, false, 0),
    { .name = "STEER", .offset = LAB_REG_STEER, .access = LAB_RW,
      .field = offsetof(LabState, steer), .write = lab_write_steer },
    REG_READ(LAB_REG_CLOCK, "CLOCK", true, lab_read_clock),
    REG_READ(LAB_REG_MAC, "MAC", true, lab_read_mac),
    { .name = "STEER_MASK", .offset = LAB_REG_STEER_MASK, .access = LAB_RW,
      .field = offsetof(LabState, steer_mask), .write = lab_write_steer_mask },
    REG_READ(LAB_REG_ISR, "ISR", false, lab_read_isr),
    REG_FAULT(LAB_REG_FAULT, "FAULT", on, false, lab_write_fault),
    REG_FAULT(LAB_REG_FAULT_PERIOD, "FAULT_PERIOD", period, false,
              lab_write_fault_period),
    REG_FAULT(LAB_REG_FAULT_SEED, "FAULT_SEED", seed, true,
              lab_write_fault_seed),
    { .name = "FAULT_COUNT", .offset = LAB_REG_FAULT_COUNT, .access = LAB_RO,
      .field = offsetof(LabState, faults.count), .wide = true },
};

const LabReg lab_queue_regs[] = {
    { .name = "Q_CTRL", .offset = LAB_Q_CTRL, .access = LAB_RW,
      .field = offsetof(LabQueue, ctrl), .write = lab_write_queue_ctrl },
    REG_READ(LAB_Q_STATUS, "Q_STATUS", false, lab_read_status),
    REG_KEPT(LAB_Q_FILL_BASE, "Q_FILL_BASE", LabQueue, fill_base, true, true, 0),
    REG_KEPT(LAB_Q_CPL_BASE, "Q_CPL_BASE", LabQueue, cpl_base, true, true, 0),
    REG_KEPT(LAB_Q_RING_LOG2, "Q_RING_LOG2", LabQueue, ring_log2, false, true, 0),
    REG_KEPT(LAB_Q_VECTOR, "Q_VECTOR", LabQueue, vector, false, true, 0),
    REG_KEPT(LAB_Q_RECORDS_MAX, "Q_RECORDS_MAX", LabQueue, records_max, false,
             true, 0),
    { .name = "Q_BLOCK_TIMEOUT", .offset = LAB_Q_BLOCK_TIMEOUT,
      .access = LAB_RW, .field = offsetof(LabQueue, block_timeout_ns),
      .reset = 50000, .write = lab_write_block_timeout },
    { .name = "Q_COAL_COUNT", .offset = LAB_Q_COAL_COUNT, .access = LAB_RW,
      .field = offsetof(LabQueue, coal_count), .reset = 1,
      .write = lab_write_coal_count },
    { .name = "Q_COAL_NS", .offset = LAB_Q_COAL_NS, .access = LAB_RW,
      .field = offsetof(LabQueue, coal_ns), .write = lab_write_coal_ns },

    REG_WRITE(LAB_Q_GEN_CTRL, "Q_GEN_CTRL", lab_write_gen_ctrl),
    REG_KEPT(LAB_Q_GEN_SIZE_MIN, "Q_GEN_SIZE_MIN", LabQueue, gen_size_min,
             false, false, 64),
    REG_KEPT(LAB_Q_GEN_SIZE_MAX, "Q_GEN_SIZE_MAX", LabQueue, gen_size_max,
             false, false, 64),
    REG_KEPT(LAB_Q_GEN_BURST, "Q_GEN_BURST", LabQueue, gen_burst, false, false,
             0),
    REG_KEPT(LAB_Q_GEN_COUNT, "Q_GEN_COUNT", LabQueue, gen_count, true, false,
             0),
    REG_KEPT(LAB_Q_GEN_SEED, "Q_GEN_SEED", LabQueue, gen_seed, true, false, 0),
    REG_KEPT(LAB_Q_GEN_GAP, "Q_GEN_GAP", LabQueue, gen_gap_ns, true, false, 0),
    REG_KEPT(LAB_Q_GEN_MODE, "Q_GEN_MODE", LabQueue, gen_mode, false, false, 0),

    REG_KEPT(LAB_Q_TX_BASE, "Q_TX_BASE", LabQueue, tx_base, true, true, 0),
    REG_KEPT(LAB_Q_TX_LOG2, "Q_TX_LOG2", LabQueue, tx_log2, false, true, 0),

    REG_COUNTER(LAB_Q_CNT_GENERATED, "Q_CNT_GENERATED", generated),
    REG_COUNTER(LAB_Q_CNT_DELIVERED, "Q_CNT_DELIVERED", delivered),
    REG_COUNTER(LAB_Q_CNT_DROP_FIFO, "Q_CNT_DROP_FIFO", drop_fifo),
    REG_COUNTER(LAB_Q_CNT_DROP_SIZE, "Q_CNT_DROP_SIZE", drop_size),
    REG_COUNTER(LAB_Q_CNT_DROP_STOP, "Q_CNT_DROP_STOP", drop_stop),
    REG_READ(LAB_Q_CNT_IN_FLIGHT, "Q_CNT_IN_FLIGHT", true, lab_read_in_flight),
    REG_COUNTER(LAB_Q_CNT_BYTES, "Q_CNT_BYTES", bytes),
    REG_COUNTER(LAB_Q_CNT_BLOCKS, "Q_CNT_BLOCKS", blocks),
    REG_COUNTER(LAB_Q_CNT_IRQS, "Q_CNT_IRQS", irqs),
    REG_COUNTER(LAB_Q_CNT_FILL_LOW, "Q_CNT_FILL_LOW", fill_low),
    REG_COUNTER(LAB_Q_CNT_TX_PACKETS, "Q_CNT_TX_PACKETS", tx_packets),
    REG_COUNTER(LAB_Q_CNT_TX_BYTES, "Q_CNT_TX_BYTES", tx_bytes),
    REG_COUNTER(LAB_Q_CNT_TX_DROP, "Q_CNT_TX_DROP", tx_drop),
    REG_COUNTER(LAB_Q_CNT_TX_BLOCKS, "Q_CNT_TX_BLOCKS", tx_blocks),

    REG_WRITE(LAB_Q_FILL_DB, "Q_FILL_DB", lab_write_fill_db),
    REG_WRITE(LAB_Q_CPL_DB, "Q_CPL_DB", lab_write_cpl_db),
    REG_WRITE(LAB_Q_ARM_DB, "Q_ARM_DB", lab_write_arm_db),
    REG_WRITE(LAB_Q_KICK, "Q_KICK", lab_write_kick),
    REG_WRITE(LAB_Q_TX_DB, "Q_TX_DB", lab_write_tx_db),
};

const unsigned lab_global_reg_count = ARRAY_SIZE(lab_global_regs);
const unsigned lab_queue_reg_count = ARRAY_SIZE(lab_queue_regs);
