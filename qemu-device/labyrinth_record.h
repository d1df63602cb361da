/*
 * Labyrinth: making a packet record
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef LABYRINTH_RECORD_H
#define LABYRINTH_RECORD_H

#include "qemu/bswap.h"

#include "labyrinth_crc32c.h"
#include "labyrinth_ring.h"

/* What a record says about its packet */
typedef struct LabPacket {
    uint32_t length;        /* payload bytes */
    uint16_t flags;
    uint16_t queue;
    uint64_t seq;
    uint64_t timestamp_ns;
    uint32_t burst;
} LabPacket;

/*
 * Write the header before a payload that is in place already, and zero the
 * bytes behind it.  Padding comes first: what is there may be longer than the
 * packet.
 */
static inline void lab_record_seal(uint8_t *at, const LabPacket *p)
{
    struct lab_record header = {
        .length = cpu_to_le32(p->length),
        .flags = cpu_to_le16(p->flags),
        .queue = cpu_to_le16(p->queue),
        .seq = cpu_to_le64(p->seq),
        .timestamp_ns = cpu_to_le64(p->timestamp_ns),
        .burst = cpu_to_le32(p->burst),
    };
    uint8_t *payload = at + sizeof(header);
    uint32_t room = lab_record_stride(p->length) - sizeof(header);
    uint32_t crc;

    if (room != p->length) {
        memset(payload + p->length, 0, room - p->length);
    }
    crc = lab_crc32c(0, &header, LAB_RECORD_CRC_SKIP);
    header.crc32c = cpu_to_le32(lab_crc32c(crc, payload, p->length));
    memcpy(at, &header, sizeof(header));
}

/* Payload of a generated packet: whole words, up to the end of the record */
static inline void lab_record_generate(uint8_t *at, uint32_t length,
                                       uint64_t first)
{
    uint8_t *payload = at + sizeof(struct lab_record);
    uint32_t words = (lab_record_stride(length) - sizeof(struct lab_record)) / 8;

    for (uint32_t i = 0; i < words; i++) {
        stq_le_p(payload + 8 * i, lab_gen_word(first, i));
    }
}

#endif
