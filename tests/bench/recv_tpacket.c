// SPDX-License-Identifier: MIT
/* Peer: AF_PACKET, TPACKET_V3.  Reads each packet's Ethernet and IP header. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "bench.h"

#define BLOCK_BYTES	(256u << 10)
#define BLOCKS		128u

static struct bench bench;
static int fd;
static uint8_t *ring;
static unsigned int next;
static uint64_t sum;

static void open_ring(void)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(bench.iface),
	};
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_BYTES, .tp_block_nr = BLOCKS, .tp_frame_size = 2048,
		.tp_frame_nr = BLOCKS * (BLOCK_BYTES / 2048), .tp_retire_blk_tov = 8,
	};
	int version = TPACKET_V3;

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)))
		die("TPACKET_V3", errno);
	ring = mmap(NULL, BLOCK_BYTES * BLOCKS, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, 0);
	if (ring == MAP_FAILED || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("packet ring", errno);
}

static void read_block(struct bench *b, struct tpacket_block_desc *block)
{
	uint8_t *at = (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;

	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *packet = (const struct tpacket3_hdr *)at;
		uint64_t header[4];

		memcpy(header, at + packet->tp_mac, sizeof(header));
		sum += header[0] + header[1] + header[2] + header[3];
		b->bytes += packet->tp_len;
		at += packet->tp_next_offset;
	}
	b->packets += block->hdr.bh1.num_pkts;
}

static void receive(struct bench *b, int timeout_ms)
{
	struct tpacket_block_desc *block = (void *)(ring + next * BLOCK_BYTES);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
		b->syscalls++;
		if (poll(&p, 1, timeout_ms) <= 0)
			return;
	}
	if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return;
	read_block(b, block);
	__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	next = (next + 1) % BLOCKS;
}

int main(int argc, char **argv)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t length = sizeof(stats);

	bench_args(&bench, argc, argv, NULL);
	open_ring();
	bench_flood(&bench, "virtio", receive);
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
	bench_print(&bench);
	printf(",\"dropped\":%u,\"sum\":%llu}\n", stats.tp_drops, (unsigned long long)sum);
	return 0;
}
