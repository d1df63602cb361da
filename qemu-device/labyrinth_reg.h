/*
 * Labyrinth: the tables of registers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef LABYRINTH_REG_H
#define LABYRINTH_REG_H

#include "qemu/osdep.h"

typedef enum LabAccess { LAB_RO, LAB_RW, LAB_WO } LabAccess;

/* A register */
typedef struct LabReg {
    const char *name;
    uint16_t offset;
    uint16_t field;     /* where in the owner the value is kept */
    uint8_t access;
    bool wide;          /* 64 bits */
    bool locked;        /* may not be written while the queue is enabled */
    uint64_t reset;
    uint64_t (*read)(void *owner);              /* instead of the field */
    void (*write)(void *owner, uint64_t value); /* instead of the field */
} LabReg;

/* labyrinth_table.c */
extern const LabReg lab_global_regs[];
extern const LabReg lab_queue_regs[];
extern const unsigned lab_global_reg_count;
extern const unsigned lab_queue_reg_count;

#endif
