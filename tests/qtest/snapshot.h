/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of the machine, and where in it each field of the device is.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "machine.h"

struct lt_field {
	char *path;	/* as queues[0].block.used */
	size_t offset;	/* in the image */
	size_t bytes;
};

struct lt_snapshot {
	char *path;	/* disk image that holds it */
	char *data;	/* all of the image: a store changes the file */
	size_t bytes;
	GArray *fields;	/* of struct lt_field: the device's, in order */
};

/* An empty image. Return: arguments for a QEMU that keeps its snapshot there */
char *lt_snapshot_image(struct lt_snapshot *s);
/* Save the machine, and learn where the fields are */
void lt_snapshot_save(struct lt_snapshot *s);
/* Return: NULL, or what QEMU said instead of loading the snapshot */
char *lt_snapshot_load(void);
void lt_snapshot_free(struct lt_snapshot *s);
const struct lt_field *lt_snapshot_field(const struct lt_snapshot *s, const char *path);

void lt_pause(void);
void lt_continue(void);

#endif
