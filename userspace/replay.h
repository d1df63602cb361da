/* SPDX-License-Identifier: MIT */
#ifndef LABREPLAY_H
#define LABREPLAY_H

#include <pcap/pcap.h>
#include <stdint.h>

/* Exit status */
enum {
	REPLAY_OK = 0,
	REPLAY_FAILED = 1,	/* captures differ, or the peer did not take the frames */
	REPLAY_USAGE = 2,	/* wrong usage, or a file that is no capture */
	REPLAY_REFUSED = 4,	/* stdout takes nothing */
};

/* Wait at most so long for the peer to listen, and for it to take anything */
#define REPLAY_PATIENCE_MS	60000

/**
 * struct replay_capture - a capture file that is being read
 * @path: its name
 * @pcap: its handle
 * @packets: read so far
 */
struct replay_capture {
	const char *path;
	pcap_t *pcap;
	uint64_t packets;
};

/**
 * struct replay_packet - the packet read last
 * @data: its bytes, valid until the next is read
 * @bytes: how many were captured
 */
struct replay_packet {
	const uint8_t *data;
	uint32_t bytes;
};

/* replay_compare.c */
int replay_open(struct replay_capture *capture, const char *path);
int replay_next(struct replay_capture *capture, struct replay_packet *packet);
void replay_close(struct replay_capture *capture);
int replay_count(const char *path, uint64_t *packets);
int replay_compare(const char *path_a, const char *path_b);

/**
 * struct replay_send - what to send where
 * @file: capture
 * @path: Unix socket
 * @count: only the first so many packets, 0: all
 * @repeat: so many times over
 * @patience_ms: for the peer
 */
struct replay_send {
	const char *file;
	const char *path;
	uint64_t count;
	uint64_t repeat;
	int patience_ms;
};

/* replay_send.c */
int replay_send(const struct replay_send *send);

#endif
