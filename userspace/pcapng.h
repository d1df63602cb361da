/* SPDX-License-Identifier: MIT */
/*
 * Writes pcapng (draft-ietf-opsawg-pcapng): one section, one Ethernet
 * interface, times in ns.
 */
#ifndef LABCTL_PCAPNG_H
#define LABCTL_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

/**
 * struct pcapng_counts - for the statistics at the end
 * @start_ns: CLOCK_REALTIME
 * @end_ns: CLOCK_REALTIME
 * @received: packets that came to the interface
 * @dropped: of these, not delivered
 */
struct pcapng_counts {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t received;
	uint64_t dropped;
};

int pcapng_begin(FILE *file, const char *interface, const char *application);
int pcapng_packet(FILE *file, uint64_t realtime_ns, const void *data, uint32_t bytes);
int pcapng_end(FILE *file, const struct pcapng_counts *counts);

#endif
