// SPDX-License-Identifier: MIT
#include "pcapng.h"

#include <errno.h>
#include <string.h>

#define BLOCK_SHB	0x0a0d0d0au	/* section header */
#define BLOCK_IDB	0x00000001u	/* interface description */
#define BLOCK_EPB	0x00000006u	/* enhanced packet */
#define BLOCK_ISB	0x00000005u	/* interface statistics */
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1
#define OPTION_END	0
#define SHB_USERAPPL	4
#define IDB_NAME	2
#define IDB_TSRESOL	9
#define ISB_STARTTIME	2
#define ISB_ENDTIME	3
#define ISB_IFRECV	4
#define ISB_IFDROP	5

/* A block on its way into the file; all but packets are small */
struct block {
	uint8_t data[512];
	uint32_t bytes;
};

static void put(struct block *block, const void *data, uint32_t bytes)
{
	memcpy(block->data + block->bytes, data, bytes);
	block->bytes += bytes;
}

static void put16(struct block *block, uint16_t value)
{
	put(block, &value, sizeof(value));
}

static void put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

/* Times go in two halves, the high one first */
static void put_time(struct block *block, uint64_t ns)
{
	put32(block, (uint32_t)(ns >> 32));
	put32(block, (uint32_t)ns);
}

static void put_option(struct block *block, uint16_t code, const void *data, uint16_t bytes)
{
	static const uint8_t zeros[4];

	put16(block, code);
	put16(block, bytes);
	put(block, data, bytes);
	put(block, zeros, -(uint32_t)bytes & 3);
}

static void put_text(struct block *block, uint16_t code, const char *text)
{
	size_t len = strlen(text);

	put_option(block, code, text, len < 128 ? (uint16_t)len : 128);
}

/* The block's length stands before and after what it holds */
static void begin(struct block *block, uint32_t type)
{
	block->bytes = 0;
	put32(block, type);
	put32(block, 0);
}

static int end(struct block *block, FILE *file)
{
	uint32_t total = block->bytes + 4;

	memcpy(block->data + 4, &total, sizeof(total));
	put32(block, total);
	return fwrite(block->data, block->bytes, 1, file) == 1 ? 0 : -errno;
}

/**
 * pcapng_begin - write the section header and the interface
 * @file: where to
 * @interface: its name
 * @application: that writes this
 *
 * Return: 0 or a negative errno.
 */
int pcapng_begin(FILE *file, const char *interface, const char *application)
{
	const int64_t section_length_unknown = -1;
	const uint8_t nanoseconds = 9;
	struct block block;
	int ret;

	begin(&block, BLOCK_SHB);
	put32(&block, BYTE_ORDER_MAGIC);
	put16(&block, 1);
	put16(&block, 0);
	put(&block, &section_length_unknown, sizeof(section_length_unknown));
	put_text(&block, SHB_USERAPPL, application);
	put32(&block, OPTION_END);
	ret = end(&block, file);
	if (ret)
		return ret;

	begin(&block, BLOCK_IDB);
	put16(&block, LINKTYPE_ETHERNET);
	put16(&block, 0);
	put32(&block, 0);	/* no limit to the bytes of a packet */
	put_text(&block, IDB_NAME, interface);
	put_option(&block, IDB_TSRESOL, &nanoseconds, sizeof(nanoseconds));
	put32(&block, OPTION_END);
	return end(&block, file);
}

/**
 * pcapng_packet - write one packet
 * @file: where to
 * @realtime_ns: when it arrived
 * @data: the frame
 * @bytes: of it, below 2^31
 *
 * Return: 0 or a negative errno.
 */
int pcapng_packet(FILE *file, uint64_t realtime_ns, const void *data, uint32_t bytes)
{
	static const uint8_t zeros[4];
	uint32_t padding = -bytes & 3;
	uint32_t total = 32 + bytes + padding;
	struct block block;

	begin(&block, BLOCK_EPB);
	memcpy(block.data + 4, &total, sizeof(total));
	put32(&block, 0);	/* the interface */
	put_time(&block, realtime_ns);
	put32(&block, bytes);
	put32(&block, bytes);
	if (fwrite(block.data, block.bytes, 1, file) != 1 ||
	    fwrite(data, 1, bytes, file) != bytes ||
	    fwrite(zeros, 1, padding, file) != padding ||
	    fwrite(&total, sizeof(total), 1, file) != 1)
		return -errno;
	return 0;
}

/**
 * pcapng_end - write the statistics, and let nothing stay behind in buffers
 * @file: where to
 * @counts: of the whole capture
 *
 * Return: 0 or a negative errno.
 */
int pcapng_end(FILE *file, const struct pcapng_counts *counts)
{
	struct block block, time;
	int ret;

	begin(&block, BLOCK_ISB);
	put32(&block, 0);	/* the interface */
	put_time(&block, counts->end_ns);
	time.bytes = 0;
	put_time(&time, counts->start_ns);
	put_option(&block, ISB_STARTTIME, time.data, 8);
	time.bytes = 0;
	put_time(&time, counts->end_ns);
	put_option(&block, ISB_ENDTIME, time.data, 8);
	put_option(&block, ISB_IFRECV, &counts->received, 8);
	put_option(&block, ISB_IFDROP, &counts->dropped, 8);
	put32(&block, OPTION_END);
	ret = end(&block, file);
	if (!ret && fflush(file))
		ret = -errno;
	return ret;
}
