// SPDX-License-Identifier: GPL-2.0-only
#include "frames.h"
#include <poll.h>

#define LT_PATIENCE_MS	5000

uint32_t lt_check_frame(const struct lt_queue *q, const uint8_t *block, uint32_t offset,
			uint32_t length, uint32_t n, uint64_t seq)
{
	g_autofree uint8_t *want = g_malloc(length);
	struct lab_record r;
	uint32_t end, i, crc;

	memcpy(&r, block + offset, sizeof(r));
	crc = lt_crc32c(0, block + offset, LAB_RECORD_CRC_SKIP);
	lt_frame(want, length, n);
	EXPECT_EQ(r.length, length);
	EXPECT_EQ(r.flags, LAB_RECORD_WIRE);
	EXPECT_EQ(r.queue, q->number);
	EXPECT_EQ(r.seq, seq);
	EXPECT_EQ(r.burst, 0);
	offset += sizeof(r);
	EXPECT(r.length == length && !memcmp(block + offset, want, length));
	EXPECT_EQ(r.crc32c, lt_crc32c(crc, block + offset, length));
	end = offset - sizeof(r) + lab_record_stride(length);
	for (i = offset + length; i < end && !block[i]; i++)
		;
	EXPECT_EQ(i, end);
	return r.length == length ? end : 0;
}

uint32_t lt_take_frames(struct lt_queue *q, uint32_t length, uint32_t n)
{
	g_autofree uint8_t *block = g_malloc(q->block_bytes);
	uint32_t first = n, offset;
	struct lab_cpl cpl;

	while (lt_q_pop(q, &cpl, block))
		for (offset = 0; offset < cpl.bytes; n++) {
			offset = lt_check_frame(q, block, offset, length, n, n);
			if (!offset)
				return n - first;
		}
	return n - first;
}

static bool lt_wire_readable(int ms)
{
	struct pollfd fd = { .fd = lt.wire, .events = POLLIN };

	return poll(&fd, 1, ms) == 1;
}

bool lt_wire_quiet(void)
{
	return !lt_wire_readable(0);
}

static bool lt_read_all(uint8_t *data, size_t bytes)
{
	ssize_t got;

	for (; bytes; bytes -= (size_t)got, data += got) {
		if (!lt_wire_readable(LT_PATIENCE_MS))
			return false;
		got = read(lt.wire, data, bytes);
		if (got <= 0)
			return false;
	}
	return true;
}

/* Return: bytes of the next frame, 0 if none came */
static uint32_t lt_wire_receive(uint8_t *frame, uint32_t room)
{
	uint32_t length = 0;
	ssize_t got;

	if (!lt.stream) {
		got = lt_wire_readable(LT_PATIENCE_MS) ? read(lt.wire, frame, room) : 0;
		return got < 0 ? 0 : (uint32_t)got;
	}
	if (!lt_read_all((uint8_t *)&length, sizeof(length)))
		return 0;
	length = ntohl(length);
	return length <= room && lt_read_all(frame, length) ? length : 0;
}

bool lt_wire_expect(uint32_t length, uint32_t n)
{
	g_autofree uint8_t *got = g_malloc(LAB_TX_MAX + 1);
	g_autofree uint8_t *want = g_malloc(length);

	lt_frame(want, length, n);
	return lt_wire_receive(got, LAB_TX_MAX + 1) == length && !memcmp(got, want, length);
}
