// SPDX-License-Identifier: MIT
/*
 * usage: flood CONTROL NAME=SOCKET[=MAC]...
 *
 * The other end of the wires, on the host.  Listens on the Unix socket
 * CONTROL, to which a virtio port of the guest leads; for each line
 * "NAME SIZE COUNT" that comes it sends COUNT Ethernet frames of SIZE bytes to
 * that QEMU -netdev stream (each behind its length, 4 bytes, big-endian), then
 * answers "SENT NANOSECONDS".  For a line "cpu" it answers with the CPU time,
 * in ns, that QEMU has used since the line "cpu" before: "ALL-THREADS BUSIEST".
 * Ends when the guest hangs up.
 *
 * The frames carry an EtherType for experiments, so that no protocol of the
 * guest but the receiver's spends time on them; bytes 42 to 49 are a sequence
 * number.  A full socket holds the flood back, for 20 s
 * at most.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "cpu_time.h"

#define MAX_NETS	4
#define MAX_FRAME	65536u
#define MIN_FRAME	(FLOOD_HEADERS + 8u)
#define CHUNK_BYTES	(256u << 10)
#define PATIENCE_MS	20000
#define GUEST_MS	300000	/* a guest may have to be built first */

struct net {
	char *name;
	char *path;
	uint8_t mac[6];
	int fd;
};

static struct net nets[MAX_NETS];
static int nr_nets;
static uint8_t chunk[CHUNK_BYTES + 4 + MAX_FRAME];

static void die_with(const char *what, int error)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(error));
	exit(1);
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address->sun_path))
		die_with(path, fd < 0 ? errno : ENAMETOOLONG);
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	return fd;
}

/* QEMU makes its sockets before the guest runs, so they are there when it asks */
static void net_connect(struct net *net)
{
	struct sockaddr_un address;
	int bytes = 1 << 20;

	net->fd = unix_socket(net->path, &address);
	setsockopt(net->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (connect(net->fd, (struct sockaddr *)&address, sizeof(address)))
		die_with(net->path, errno);
}

static void make_frame(uint8_t *frame, const struct net *net, unsigned int size)
{
	static const uint8_t source_and_type[8] = { 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5 };

	memset(frame, 0x5a, size);
	memcpy(frame, net->mac, 6);
	memcpy(frame + 6, source_and_type, sizeof(source_and_type));
}

static bool send_all(int fd, const uint8_t *at, size_t bytes)
{
	while (bytes) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n = send(fd, at, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN && poll(&p, 1, PATIENCE_MS) > 0)
			continue;
		if (n < 0)
			return false;
		at += n;
		bytes -= (size_t)n;
	}
	return true;
}

/* One send a chunk, not a frame: the flood must not be what is measured */
static uint64_t send_frames(const struct net *net, unsigned int size, uint64_t count)
{
	const size_t stride = 4 + size;
	const uint64_t per_chunk = CHUNK_BYTES / stride ? CHUNK_BYTES / stride : 1;
	const uint32_t length = htonl(size);
	uint64_t sent = 0, n;

	for (uint64_t i = 0; i < per_chunk; i++) {
		memcpy(chunk + i * stride, &length, 4);
		make_frame(chunk + i * stride + 4, net, size);
	}
	while (sent < count) {
		n = count - sent < per_chunk ? count - sent : per_chunk;
		for (uint64_t i = 0; i < n; i++) {
			uint64_t seq = sent + i;

			memcpy(chunk + i * stride + 4 + FLOOD_HEADERS, &seq, sizeof(seq));
		}
		if (!send_all(net->fd, chunk, n * stride))
			break;
		sent += n;
	}
	return sent;
}

/* Until QEMU has read all: what is still under way is not sent */
static void drain(int fd)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int left = 1;

	for (int i = 0; i < PATIENCE_MS && !ioctl(fd, SIOCOUTQ, &left) && left; i++)
		nanosleep(&ms, NULL);
}

static void tell_cpu(pid_t qemu, FILE *control)
{
	uint64_t all, busiest;

	cpu_time(qemu, &all, &busiest);
	fprintf(control, "%llu %llu\n", (unsigned long long)all, (unsigned long long)busiest);
	fflush(control);
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void obey(const char *line, FILE *control)
{
	uint64_t start = clock_ns(), sent = 0;
	unsigned long long count;
	unsigned int size;
	char name[32];

	if (sscanf(line, "%31s %u %llu", name, &size, &count) != 3 ||
	    size < MIN_FRAME || size > MAX_FRAME)
		die_with(line, EINVAL);
	for (int i = 0; i < nr_nets; i++) {
		if (strcmp(name, nets[i].name) != 0)
			continue;
		if (!nets[i].fd)
			net_connect(&nets[i]);
		sent = send_frames(&nets[i], size, count);
		drain(nets[i].fd);
	}
	fprintf(control, "%llu %llu\n", (unsigned long long)sent,
		(unsigned long long)(clock_ns() - start));
	fflush(control);
}

static void parse_net(char *arg)
{
	struct net *net = &nets[nr_nets++];
	char *mac;

	net->name = strtok(arg, "=");
	net->path = strtok(NULL, "=");
	mac = strtok(NULL, "=");
	memset(net->mac, 0xff, sizeof(net->mac));
	if (!net->path || (mac && sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &net->mac[0],
					 &net->mac[1], &net->mac[2], &net->mac[3], &net->mac[4],
					 &net->mac[5]) != 6))
		die_with(arg, EINVAL);
}

static FILE *await_guest(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(path, &address), guest;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
		die_with(path, errno);
	if (poll(&p, 1, GUEST_MS) <= 0)
		die_with("no guest came", ETIMEDOUT);
	guest = accept(fd, NULL, NULL);
	close(fd);
	if (guest < 0)
		die_with(path, errno);
	return fdopen(guest, "r+");
}

int main(int argc, char **argv)
{
	socklen_t length = sizeof(struct ucred);
	struct ucred qemu = { 0 };
	FILE *control;
	char line[128];

	if (argc < 3 || argc > 2 + MAX_NETS) {
		fprintf(stderr, "usage: flood CONTROL NAME=SOCKET[=MAC]...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		parse_net(argv[i]);
	control = await_guest(argv[1]);
	getsockopt(fileno(control), SOL_SOCKET, SO_PEERCRED, &qemu, &length);
	while (fgets(line, sizeof(line), control)) {
		fseek(control, 0, SEEK_CUR);	/* from reading to writing */
		if (!strcmp(line, "cpu\n"))
			tell_cpu(qemu.pid, control);
		else
			obey(line, control);
		fseek(control, 0, SEEK_CUR);
	}
	return 0;
}
