/*
 * What the qtests of the device share: QEMU with one Labyrinth in it, its
 * registers, rings in guest memory, and TAP.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef LABTEST_H
#define LABTEST_H

#include "qemu/osdep.h"
#include "libqtest.h"
#include "libqos/pci.h"
#include "libqos/pci-pc.h"

#include "labyrinth_regs.h"
#include "labyrinth_ring.h"

/* Guest memory: rings and blocks of queue q, and where its MSI goes */
#define LAB_FILL_RING(q)    (0x1000000ull + (q) * 0x100000ull)
#define LAB_CPL_RING(q)     (0x1080000ull + (q) * 0x100000ull)
#define LAB_BLOCKS(q)       (0x2000000ull + (q) * 0x400000ull)
#define LAB_MSI(q)          (0x0f00000ull + (q) * 4)
#define LAB_MSI_DATA        0x600dc0deu

typedef struct LabTest {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *dev;
    QPCIBar regs;
    QPCIBar msix;
    char *log;          /* QEMU's log of guest errors */
} LabTest;

typedef struct LabRing {
    LabTest *t;
    unsigned queue;
    uint32_t log2;
    uint32_t fill_prod;
    uint32_t cpl_cons;
} LabRing;

typedef struct LabCase {
    const char *name;
    void (*run)(void);
} LabCase;

/* Runs each case in a process of its own and prints TAP.  Return: for main() */
int lab_run_cases(const LabCase *cases, unsigned count);

/* @device: properties that follow "-device labyrinth"; @more: other options */
LabTest *lab_start(const char *device, const char *more);
void lab_end(LabTest *t);
bool lab_logged(LabTest *t, const char *text);

uint32_t lab_read(LabTest *t, uint32_t offset);
uint64_t lab_read64(LabTest *t, uint32_t offset);
void lab_write(LabTest *t, uint32_t offset, uint32_t value);
void lab_write64(LabTest *t, uint32_t offset, uint64_t value);

static inline uint32_t lab_q_read(LabRing *r, uint32_t offset)
{
    return lab_read(r->t, LAB_QUEUE_PAGE(r->queue) + offset);
}

static inline uint64_t lab_q_read64(LabRing *r, uint32_t offset)
{
    return lab_read64(r->t, LAB_QUEUE_PAGE(r->queue) + offset);
}

static inline void lab_q_write(LabRing *r, uint32_t offset, uint32_t value)
{
    lab_write(r->t, LAB_QUEUE_PAGE(r->queue) + offset, value);
}

static inline void lab_q_write64(LabRing *r, uint32_t offset, uint64_t value)
{
    lab_write64(r->t, LAB_QUEUE_PAGE(r->queue) + offset, value);
}

/* Rings set up, completions zeroed, vector unmasked; not enabled */
LabRing lab_ring(LabTest *t, unsigned queue, uint32_t log2);
void lab_enable(LabRing *r, uint32_t flags);

/* Write a descriptor as it is; lab_fill_bell() tells the device */
void lab_fill_write(LabRing *r, uint64_t addr, uint32_t len, uint16_t slot,
                    uint16_t flags);
void lab_fill_bell(LabRing *r);
/* Post a good block: slot s is at s * len of the queue's blocks */
void lab_post(LabRing *r, uint16_t slot, uint32_t len);

/* The completion at the index to consume next, if its phase says it is there */
bool lab_peek(LabRing *r, struct lab_cpl *cpl);
/* The same, waiting for it; it is consumed, the doorbell is not rung */
struct lab_cpl lab_take(LabRing *r);

/* Start the generator: fixed size, back to back */
void lab_generate_packets(LabRing *r, uint64_t count, uint32_t size,
                          uint64_t seed);

/* Wait until the MSI of the queue has come, and forget it */
void lab_expect_msi(LabRing *r);
bool lab_msi_came(LabRing *r);

/* Wait until a counter has a value, or the status all of these bits */
void lab_wait_counter(LabRing *r, uint32_t counter, uint64_t value);
void lab_wait_error(LabRing *r, uint32_t error);
/* Long enough for anything that the device does without a clock */
void lab_settle(LabTest *t);

/* generated = delivered + dropped + in flight */
void lab_check_identity(LabRing *r);

/* A record as the device has to write it: header, payload, zeros */
void lab_expected_record(uint8_t *at, const struct lab_record *header,
                         const void *payload);
void lab_expected_generated(uint8_t *at, LabRing *r, uint32_t size,
                            uint64_t seed, uint64_t seq, uint32_t burst,
                            uint64_t timestamp_ns);
void lab_compare(LabTest *t, uint64_t addr, const uint8_t *expected,
                 uint32_t bytes);

#endif
