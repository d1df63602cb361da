/*
 * Labyrinth: how BAR0 is read and written
 *
 * labyrinth_table.c says what is there.  A 64-bit register answers to one
 * 8-byte access, or to 4-byte accesses of its halves.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/log.h"

#include "labyrinth.h"
#include "labyrinth_reg.h"

#define LAB_PAGE_WORDS (LAB_QUEUE_STRIDE / 4)

/* A page of registers: what is at each word; entry 0 means nothing is */
typedef struct LabPage {
    const LabReg *regs;
    unsigned count;
    uint8_t word[LAB_PAGE_WORDS];   /* index into @regs, plus 1 */
} LabPage;

static LabPage lab_global_page;

static LabPage lab_queue_page;

static void lab_page_init(LabPage *page, const LabReg *regs, unsigned count)
{
    page->regs = regs;
    page->count = count;
    for (unsigned i = 0; i < page->count; i++) {
        const LabReg *reg = &page->regs[i];

        page->word[reg->offset / 4] = i + 1;
        if (reg->wide) {
            page->word[reg->offset / 4 + 1] = i + 1;
        }
    }
}

/* Context: once, when the class is made */
void lab_mmio_init(void)
{
    lab_page_init(&lab_global_page, lab_global_regs, lab_global_reg_count);
    lab_page_init(&lab_queue_page, lab_queue_regs, lab_queue_reg_count);
}

static uint64_t lab_reg_load(const LabReg *reg, void *owner)
{
    const uint8_t *field = (const uint8_t *)owner + reg->field;

    if (reg->read) {
        return reg->read(owner);
    }
    return reg->wide ? *(const uint64_t *)field : *(const uint32_t *)field;
}

static void lab_reg_store(const LabReg *reg, void *owner, uint64_t value)
{
    uint8_t *field = (uint8_t *)owner + reg->field;

    if (reg->wide) {
        *(uint64_t *)field = value;
    } else {
        *(uint32_t *)field = value;
    }
}

static void lab_page_reset(const LabPage *page, void *owner)
{
    for (unsigned i = 0; i < page->count; i++) {
        if (page->regs[i].access == LAB_RW) {
            lab_reg_store(&page->regs[i], owner, page->regs[i].reset);
        }
    }
}

/* Everything the guest sees in BAR0 back to its reset value, at once */
void lab_registers_reset(LabState *s)
{
    lab_page_reset(&lab_global_page, s);
    s->latch.offset = 0;
    s->loading = false;
    lab_irq_acknowledge(s);
    for (uint32_t i = 0; i < s->num_queues; i++) {
        LabQueue *q = &s->queues[i];

        lab_queue_reset(q);
        lab_page_reset(&lab_queue_page, q);
        lab_generator_preset(q);
        q->vector = i;
    }
    lab_fault_reset(s);
}

/* Where an address of BAR0 leads */
typedef struct LabTarget {
    const LabReg *reg;
    void *owner;        /* LabState or LabQueue */
    LabQueue *queue;    /* NULL: the global page */
    LabLatch *latch;
    uint32_t offset;    /* in the page */
} LabTarget;

/* Return: whether there is a register that takes an access of @size bytes */
static bool lab_find(LabState *s, hwaddr addr, unsigned size, LabTarget *t)
{
    const LabPage *page = &lab_global_page;
    uint32_t index = (addr - LAB_QUEUE_BASE) / LAB_QUEUE_STRIDE;
    uint8_t entry;

    *t = (LabTarget) { .owner = s, .latch = &s->latch, .offset = addr };
    if (addr >= LAB_QUEUE_BASE && index < s->num_queues) {
        page = &lab_queue_page;
        t->owner = t->queue = &s->queues[index];
        t->latch = &t->queue->latch;
        t->offset = addr % LAB_QUEUE_STRIDE;
    }
    entry = t->offset < LAB_QUEUE_STRIDE ? page->word[t->offset / 4] : 0;
    if (!entry) {
        return false;
    }
    t->reg = &page->regs[entry - 1];
    return size == 4 || (t->reg->wide && t->offset == t->reg->offset);
}

/* The low word keeps the high word for the read that follows */
static uint64_t lab_read_half(LabTarget *t)
{
    uint64_t value;

    if (t->offset != t->reg->offset && t->latch->offset == t->offset) {
        t->latch->offset = 0;
        return t->latch->value;
    }
    value = lab_reg_load(t->reg, t->owner);
    if (t->offset != t->reg->offset) {
        return value >> 32;
    }
    t->latch->offset = t->offset + 4;
    t->latch->value = value >> 32;
    return (uint32_t)value;
}

static uint64_t lab_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    LabTarget t;

    if (unlikely(!lab_present(opaque))) {
        return UINT64_MAX;
    }
    if (!lab_find(opaque, addr, size, &t) || t.reg->access == LAB_WO) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "labyrinth: no register to read %u bytes at 0x%"
                      HWADDR_PRIx "\n", size, addr);
        return 0;
    }
    if (t.reg->wide && size == 4) {
        return lab_read_half(&t);
    }
    return lab_reg_load(t.reg, t.owner);
}

/* The value that a write of a half leads to */
static uint64_t lab_merge_half(LabTarget *t, uint64_t value)
{
    uint64_t old = lab_reg_load(t->reg, t->owner);

    return t->offset == t->reg->offset ? deposit64(old, 0, 32, value)
                                       : deposit64(old, 32, 32, value);
}

static void lab_mmio_write(void *opaque, hwaddr addr, uint64_t value,
                           unsigned size)
{
    LabTarget t;

    if (unlikely(!lab_present(opaque))) {
        return;
    }
    if (!lab_find(opaque, addr, size, &t) || t.reg->access == LAB_RO) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "labyrinth: no register to write %u bytes at 0x%"
                      HWADDR_PRIx "\n", size, addr);
        return;
    }
    if (t.reg->locked && (t.queue->ctrl & LAB_Q_CTRL_ENABLE)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "labyrinth: queue %u: %s written while enabled\n",
                      t.queue->index, t.reg->name);
        return;
    }
    if (t.reg->wide && size == 4) {
        value = lab_merge_half(&t, value);
    }
    if (t.reg->write) {
        t.reg->write(t.owner, value);
    } else {
        lab_reg_store(t.reg, t.owner, value);
    }
    if (t.queue) {
        lab_irq_send(t.queue);
    }
}

const MemoryRegionOps lab_mmio_ops = {
    .read = lab_mmio_read,
    .write = lab_mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};
