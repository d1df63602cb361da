/* SPDX-License-Identifier: MIT */
#ifndef CPU_TIME_H
#define CPU_TIME_H

#include <stdint.h>
#include <sys/types.h>

/*
 * CPU time in ns that process @pid has used since the call before: all of it,
 * and that of its busiest thread.  The kernel tells it in steps of 10 ms.
 */
void cpu_time(pid_t pid, uint64_t *all, uint64_t *busiest);

#endif
