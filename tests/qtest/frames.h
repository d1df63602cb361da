/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: what arrived in a block, and what came out on the wire.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "queue.h"

/*
 * Check that the record at @offset of a block of @q is frame @n of @length
 * bytes, with sequence number @seq.  Return: where the next one is, 0: it is not.
 */
uint32_t lt_check_frame(const struct lt_queue *q, const uint8_t *block, uint32_t offset,
			uint32_t length, uint32_t n, uint64_t seq);

/* Take all that was completed: frames from @n on, @length each. Return: how many were right. */
uint32_t lt_take_frames(struct lt_queue *q, uint32_t length, uint32_t n);

/* Whether the next frame out of the device is frame @n of @length bytes; waits for it */
bool lt_wire_expect(uint32_t length, uint32_t n);
/* Whether there is nothing to read from the device */
bool lt_wire_quiet(void);

#endif
