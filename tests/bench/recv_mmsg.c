// SPDX-License-Identifier: MIT
/* Peer: AF_PACKET, recvmmsg.  Reads each packet's first bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"

#define BATCH	64
#define ROOM	10240

static struct bench bench;
static int fd;
static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];
static uint64_t buffers[BATCH][ROOM / 8];
static uint64_t sum;

static void open_socket(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(bench.iface),
	};
	struct timeval timeout = { .tv_usec = 200000 };
	int bytes = 64 << 20;

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		die("packet socket", errno);
	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ buffers[i], ROOM };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
}

/* The socket's own timeout is that of bench_flood() */
static void receive(struct bench *b, int timeout_ms)
{
	int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);

	(void)timeout_ms;
	b->syscalls++;
	for (int i = 0; i < n; i++) {
		sum += buffers[i][0];
		b->bytes += messages[i].msg_len;
	}
	if (n > 0)
		b->packets += (uint64_t)n;
}

int main(int argc, char **argv)
{
	bench_args(&bench, argc, argv, NULL);
	open_socket();
	bench_flood(&bench, "virtio", receive);
	bench_print(&bench);
	printf(",\"sum\":%llu}\n", (unsigned long long)sum);
	return 0;
}
