// SPDX-License-Identifier: MIT
/* Captures, pcap or pcapng: read, count and compare packets */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "replay.h"

/**
 * replay_open - open a capture
 * @capture: returns it
 * @path: pcap or pcapng; "-" is stdin
 *
 * Return: REPLAY_OK, or REPLAY_USAGE after a line on stderr.
 */
int replay_open(struct replay_capture *capture, const char *path)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	*capture = (struct replay_capture){ .path = path };
	capture->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
								error);
	if (capture->pcap)
		return REPLAY_OK;
	if (strstr(error, path))
		fprintf(stderr, "labreplay: %s\n", error);
	else
		fprintf(stderr, "labreplay: %s: %s\n", path, error);
	return REPLAY_USAGE;
}

/**
 * replay_next - read the next packet
 * @capture: opened
 * @packet: returns it
 *
 * Return: 1; 0 at the end; -1 if the file is broken, after a line on stderr.
 */
int replay_next(struct replay_capture *capture, struct replay_packet *packet)
{
	struct pcap_pkthdr *header;
	const unsigned char *data;
	int ret = pcap_next_ex(capture->pcap, &header, &data);

	if (ret == 1) {
		*packet = (struct replay_packet){ data, header->caplen };
		capture->packets++;
		return 1;
	}
	*packet = (struct replay_packet){ NULL, 0 };
	if (ret == PCAP_ERROR_BREAK)
		return 0;
	fprintf(stderr, "labreplay: %s: after packet %" PRIu64 ": %s\n", capture->path,
		capture->packets, pcap_geterr(capture->pcap));
	return -1;
}

void replay_close(struct replay_capture *capture)
{
	if (capture->pcap)
		pcap_close(capture->pcap);
	capture->pcap = NULL;
}

/**
 * replay_count - count the packets of a capture
 * @path: pcap or pcapng
 * @packets: returns how many
 *
 * Return: REPLAY_OK, or REPLAY_USAGE after a line on stderr.
 */
int replay_count(const char *path, uint64_t *packets)
{
	struct replay_capture capture;
	struct replay_packet packet;
	int ret;

	if (replay_open(&capture, path))
		return REPLAY_USAGE;
	do
		ret = replay_next(&capture, &packet);
	while (ret > 0);
	*packets = capture.packets;
	replay_close(&capture);
	return ret ? REPLAY_USAGE : REPLAY_OK;
}

static uint32_t first_difference(const uint8_t *a, const uint8_t *b)
{
	uint32_t i = 0;

	while (a[i] == b[i])
		i++;
	return i;
}

/* Return: whether they are equal; if not, the first difference has been said */
static int packets_equal(uint64_t number, const struct replay_packet *a,
			 const struct replay_packet *b)
{
	uint32_t i;

	if (a->bytes != b->bytes) {
		printf("packet %" PRIu64 ": %" PRIu32 " bytes, but %" PRIu32 "\n", number,
		       a->bytes, b->bytes);
		return 0;
	}
	if (!memcmp(a->data, b->data, a->bytes))
		return 1;
	i = first_difference(a->data, b->data);
	printf("packet %" PRIu64 ": byte %" PRIu32 " of %" PRIu32 ": 0x%02x, but 0x%02x\n", number,
	       i, a->bytes, a->data[i], b->data[i]);
	return 0;
}

/* The link type tells what the bytes mean */
static int links_equal(struct replay_capture *a, struct replay_capture *b)
{
	int link_a = pcap_datalink(a->pcap), link_b = pcap_datalink(b->pcap);

	if (link_a == link_b)
		return 1;
	printf("link type %d, but %d\n", link_a, link_b);
	return 0;
}

/* One of them has ended: count on in the other, for the message. Return: -1 if that one is broken. */
static int packets_left(struct replay_capture *capture)
{
	struct replay_packet packet;
	int ret;

	do
		ret = replay_next(capture, &packet);
	while (ret > 0);
	return ret;
}

static int compare_open(struct replay_capture *a, struct replay_capture *b)
{
	struct replay_packet pa, pb;
	int left_a, left_b;

	if (!links_equal(a, b))
		return REPLAY_FAILED;
	for (;;) {
		left_a = replay_next(a, &pa);
		left_b = replay_next(b, &pb);
		if (left_a < 0 || left_b < 0)
			return REPLAY_USAGE;
		if (!left_a || !left_b)
			break;
		if (!packets_equal(a->packets, &pa, &pb))
			return REPLAY_FAILED;
	}
	if (!left_a && !left_b)
		return REPLAY_OK;
	if (packets_left(left_a ? a : b) < 0)
		return REPLAY_USAGE;
	printf("%" PRIu64 " packets, but %" PRIu64 "\n", a->packets, b->packets);
	return REPLAY_FAILED;
}

/**
 * replay_compare - compare the packets of two captures, byte for byte
 * @path_a: pcap or pcapng
 * @path_b: likewise; times and names in the files do not matter
 *
 * The first difference is said on stdout: packets count from 1, as in
 * Wireshark, bytes from 0; what @path_a has comes first.
 *
 * Return: REPLAY_OK if they are equal, else REPLAY_FAILED; REPLAY_USAGE if one
 * cannot be read, after a line on stderr.
 */
int replay_compare(const char *path_a, const char *path_b)
{
	struct replay_capture a = { 0 }, b = { 0 };
	int status = replay_open(&a, path_a);

	if (!status)
		status = replay_open(&b, path_b);
	if (!status)
		status = compare_open(&a, &b);
	replay_close(&a);
	replay_close(&b);
	return status;
}
