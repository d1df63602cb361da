/* SPDX-License-Identifier: MIT */
/* A queue's counters as burst, stats and irq show them */
#ifndef LABCTL_COUNTERS_H
#define LABCTL_COUNTERS_H

#include "labctl.h"

uint64_t stats_dropped(const struct lab_stats *stats);
uint64_t stats_in_flight(const struct lab_stats *stats);
void stats_add(struct lab_stats *into, const struct lab_stats *from);
const char *queue_error_text(uint32_t error);
json_t *drops_json(const struct lab_stats *stats);
json_t *alloc_json(const struct lab_stats *stats);
json_t *quantiles_json(const __u64 *hist, uint64_t max_ns);
json_t *count_json(uint64_t count);
void print_drops(FILE *out, const struct lab_stats *stats);
void print_blocks(FILE *out, const struct lab_stats *stats);
void print_quantiles(FILE *out, const char *what, const __u64 *hist, uint64_t max_ns);

/* Where the largest sample of a histogram is not known exactly */
#define MAX_UNKNOWN	UINT64_MAX

#endif
