// SPDX-License-Identifier: MIT
/*
 * Frames of a capture to QEMU's "-netdev stream": each goes as its length, 4
 * bytes, big-endian, and its bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "replay.h"

#define RETRY_MS	20
#define FRAME_MAX	(68u << 10)	/* the largest that QEMU's framing takes */
#define BUFFER_BYTES	(256u << 10)

/**
 * struct sender - a connection
 * @fd: socket, non-blocking
 * @patience_ms: give up when nothing moved for so long
 * @frames: given to @buffer so far
 * @used: bytes in @buffer
 * @buffer: framed, not sent yet
 */
struct sender {
	int fd;
	int patience_ms;
	uint64_t frames;
	size_t used;
	uint8_t buffer[BUFFER_BYTES];
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "labreplay: %s: %s\n", path, what);
	return REPLAY_FAILED;
}

/* The peer may still be starting: it is no error yet if nobody listens */
static int connect_patiently(struct sender *s, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int64_t deadline = now_ms() + s->patience_ms;

	memcpy(address.sun_path, path, strlen(path) + 1);
	for (;;) {
		s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (s->fd < 0)
			return complain(path, strerror(errno));
		if (!connect(s->fd, (struct sockaddr *)&address, sizeof(address)))
			return REPLAY_OK;
		if (errno != ENOENT && errno != ECONNREFUSED && errno != EAGAIN)
			return complain(path, strerror(errno));
		close(s->fd);
		s->fd = -1;
		if (now_ms() >= deadline)
			return complain(path, "nobody listens there");
		poll(NULL, 0, RETRY_MS);
	}
}

/* What the peer sends is of no interest, but must not fill its buffers */
static int drain(struct sender *s, const char *path)
{
	char unwanted[4096];
	ssize_t got;

	do
		got = recv(s->fd, unwanted, sizeof(unwanted), MSG_DONTWAIT);
	while (got > 0);
	if (got == 0)
		return complain(path, "the peer closed the connection");
	return errno == EAGAIN || errno == EINTR ? REPLAY_OK : complain(path, strerror(errno));
}

/* Wait until the socket takes more. Return: exit status. */
static int wait_writable(struct sender *s, const char *path)
{
	int64_t deadline = now_ms() + s->patience_ms;
	struct pollfd fd = { .fd = s->fd, .events = POLLIN | POLLOUT };
	int64_t left_ms;

	for (;;) {
		left_ms = deadline - now_ms();
		if (left_ms <= 0)
			return complain(path, "the peer takes no data");
		if (poll(&fd, 1, (int)left_ms) < 0 && errno != EINTR)
			return complain(path, strerror(errno));
		if (fd.revents & (POLLIN | POLLHUP | POLLERR) && drain(s, path))
			return REPLAY_FAILED;
		if (fd.revents & POLLOUT)
			return REPLAY_OK;
	}
}

static int flush(struct sender *s, const char *path)
{
	size_t sent = 0;
	ssize_t now;

	while (sent < s->used) {
		now = send(s->fd, s->buffer + sent, s->used - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (now >= 0)
			sent += (size_t)now;
		else if (errno != EAGAIN && errno != EINTR)
			return complain(path, strerror(errno));
		else if (wait_writable(s, path))
			return REPLAY_FAILED;
	}
	s->used = 0;
	return REPLAY_OK;
}

static int add_frame(struct sender *s, const char *path, const struct replay_packet *packet)
{
	uint32_t length = htonl(packet->bytes);

	if (s->used + sizeof(length) + packet->bytes > sizeof(s->buffer) && flush(s, path))
		return REPLAY_FAILED;
	memcpy(s->buffer + s->used, &length, sizeof(length));
	memcpy(s->buffer + s->used + sizeof(length), packet->data, packet->bytes);
	s->used += sizeof(length) + packet->bytes;
	s->frames++;
	return REPLAY_OK;
}

/* Closing early could lose what the peer has not read: wait until it has it all */
static int wait_taken(struct sender *s, const char *path)
{
	int64_t deadline = now_ms() + s->patience_ms;
	struct pollfd fd = { .fd = s->fd, .events = POLLIN };
	int waiting = -1, before;

	for (;;) {
		before = waiting;
		if (ioctl(s->fd, SIOCOUTQ, &waiting) < 0)
			return complain(path, strerror(errno));
		if (!waiting)
			return REPLAY_OK;
		if (waiting != before)
			deadline = now_ms() + s->patience_ms;
		if (now_ms() >= deadline)
			return complain(path, "the peer takes no data");
		poll(&fd, 1, RETRY_MS);
		if (fd.revents && drain(s, path))
			return REPLAY_FAILED;
	}
}

static int frame_fits(const struct replay_capture *capture, const struct replay_packet *packet)
{
	if (packet->bytes && packet->bytes <= FRAME_MAX)
		return 1;
	fprintf(stderr, "labreplay: %s: packet %" PRIu64 ": %" PRIu32
		" bytes: expected 1 to %u\n", capture->path, capture->packets, packet->bytes,
		FRAME_MAX);
	return 0;
}

/* One pass over the capture. Return: exit status. */
static int send_once(struct sender *s, const struct replay_send *send)
{
	struct replay_capture capture;
	struct replay_packet packet;
	int status = replay_open(&capture, send->file);
	int more = 0;

	if (!status && pcap_datalink(capture.pcap) != DLT_EN10MB) {
		fprintf(stderr, "labreplay: %s: link type %s: expected Ethernet\n", send->file,
			pcap_datalink_val_to_name(pcap_datalink(capture.pcap)));
		status = REPLAY_USAGE;
	}
	while (!status && !(send->count && capture.packets >= send->count) &&
	       (more = replay_next(&capture, &packet)) > 0)
		status = frame_fits(&capture, &packet) ? add_frame(s, send->path, &packet) :
							 REPLAY_USAGE;
	replay_close(&capture);
	return status || more >= 0 ? status : REPLAY_USAGE;
}

/* What a pipe gave is gone. Of a file that is not there replay_open() speaks. */
static bool readable_again(const char *file)
{
	struct stat st;

	return strcmp(file, "-") && (stat(file, &st) || S_ISREG(st.st_mode));
}

/**
 * replay_send - send the frames of a capture
 * @send: what and where
 *
 * Return: REPLAY_OK when the peer has taken all; REPLAY_FAILED or REPLAY_USAGE
 * after a line on stderr.
 */
int replay_send(const struct replay_send *send)
{
	static struct sender s;
	int status;

	s = (struct sender){ .fd = -1, .patience_ms = send->patience_ms };
	if (send->repeat > 1 && !readable_again(send->file)) {
		complain(send->file, "expected a file: --repeat reads it more than once");
		return REPLAY_USAGE;
	}
	if (strlen(send->path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		complain(send->path, "the path is too long for a socket");
		return REPLAY_USAGE;
	}
	status = connect_patiently(&s, send->path);
	for (uint64_t i = 0; !status && i < send->repeat; i++)
		status = send_once(&s, send);
	if (!status)
		status = flush(&s, send->path);
	if (!status)
		status = wait_taken(&s, send->path);
	if (!status)
		printf("%" PRIu64 " frames sent\n", s.frames);
	if (s.fd >= 0)
		close(s.fd);
	return status;
}
