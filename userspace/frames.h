/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_FRAMES_H
#define LABCTL_FRAMES_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct frames - the frames of a capture, as often as they are wanted
 * @file: its name
 * @count: give so many at most, 0: all
 * @repeat: give the file so often
 * @pcap: open file
 * @rounds: times that it was begun
 * @packets: frames given
 */
struct frames {
	const char *file;
	uint64_t count;
	uint32_t repeat;
	pcap_t *pcap;
	uint32_t rounds;
	uint64_t packets;
};

int frames_open(struct frames *frames);
int frames_next(struct frames *frames, const uint8_t **frame, uint32_t *bytes);
void frames_close(struct frames *frames);
bool frames_readable_twice(const char *file);

#endif
