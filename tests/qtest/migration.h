/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine moves to another QEMU.
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include "machine.h"

/*
 * Live migration: lt goes on in a new QEMU, started with @device and @more as
 * lt_start() does it, while the old one runs.
 */
void lt_migrate(const char *device, const char *more);

#endif
