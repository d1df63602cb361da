/* SPDX-License-Identifier: MIT */
/*
 * What a guest's relay tells the host's over one virtio port: frames, in
 * order, so that the last one says that all before it have arrived.
 */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <stdint.h>

enum frame_type {
	FRAME_OUTPUT = 1,	/* arg: 1 stdout, 2 stderr; bytes of the command */
	FRAME_FILE,		/* arg: number of the fetched file; its bytes, none in the first frame */
	FRAME_FILE_LOST,	/* arg: number of the fetched file; bytes: its path, and why it can't be read */
	FRAME_FAILED,		/* bytes: what went wrong before the command could run */
	FRAME_STATUS,		/* arg: exit status of the command; the last frame */
};

struct frame {
	uint8_t type;
	uint8_t arg;
	uint16_t zero;
	uint32_t length;
};

/* The kernel takes at most 32 KiB in one write to a port */
#define FRAME_BYTES_MAX	(32768u - (uint32_t)sizeof(struct frame))

/* Exit statuses of the bench itself, as timeout(1) has them */
enum {
	STATUS_TIMEOUT = 124,
	STATUS_LOST = 125,	/* the guest ended, or failed, without a status */
};

#endif
