/*
 * Labyrinth: room in blocks
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef LABYRINTH_BLOCK_H
#define LABYRINTH_BLOCK_H

#include "labyrinth.h"

/* What became of a packet that asks for room in a block */
typedef enum LabRoom {
    LAB_ROOM,       /* there it is */
    LAB_NO_BLOCK,   /* no descriptor, no completion entry, or stopped */
    LAB_TOO_LARGE,  /* not even an empty block holds it */
} LabRoom;

/* labyrinth_core.c */
LabRoom lab_block_open(LabQueue *q, uint32_t length);
void lab_block_close(LabQueue *q);

static inline bool lab_block_len_valid(uint32_t len)
{
    return !(len % LAB_MIN_BLOCK_BYTES) && len && len <= LAB_MAX_BLOCK_BYTES;
}

/* Nothing fits any more: there is no point in waiting for the next record */
static inline bool lab_block_full(const LabBlock *b)
{
    return b->records >= b->records_limit || b->used >= b->len;
}

/*
 * Room for a record in the open block, or in a new one.  In line, because it
 * runs for every packet.
 */
static inline LabRoom lab_block_room(LabQueue *q, uint32_t length)
{
    LabBlock *b = &q->block;

    if (likely(b->map && b->records < b->records_limit &&
               lab_record_fits(length, b->used, b->map_end))) {
        return LAB_ROOM;
    }
    return lab_block_open(q, length);
}

/* Where the next record goes; only after LAB_ROOM */
static inline uint8_t *lab_block_at(LabQueue *q)
{
    return q->block.map + (q->block.used - q->block.map_start);
}

static inline void lab_block_commit(LabQueue *q, uint32_t length, uint32_t seq,
                                    int64_t now_ns)
{
    LabBlock *b = &q->block;

    if (!b->records) {
        b->first_seq = seq;
        b->opened_ns = now_ns;
    }
    b->used += lab_record_stride(length);
    b->payload_bytes += length;
    b->records++;
}

#endif
