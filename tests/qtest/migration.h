/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine moves to another QEMU; a machine's state in a file.
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include "machine.h"

/*
 * Live migration: lt goes on in a new QEMU, started with @device and @more as
 * lt_start() does it, while the old one runs.
 */
void lt_migrate(const char *device, const char *more);

/* Stop the machine and write its state to a file */
void lt_save(const char *path);
/* Load the stopped machine with the state in a file. Return: whether it was taken. */
bool lt_load(const char *path);
void lt_pause(void);
void lt_continue(void);

#endif
