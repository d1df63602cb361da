// SPDX-License-Identifier: MIT
/*
 * Peer: AF_XDP on the NIC's own (native) XDP hook, copy mode, queue 0.
 * Reads each packet's Ethernet and IP header.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/xsk.h>

#include "bench.h"

#define FRAMES		16384u	/* of 4096 bytes */
#define RING		8192u	/* fill ring, receive ring */
#define BATCH		64u

static struct bench bench;
static struct xsk_ring_prod fill, tx_unused;
static struct xsk_ring_cons rx, completion;
static struct xsk_socket *xsk;
static uint8_t *area;
static uint64_t sum;

/* return bpf_redirect_map(map, 0, XDP_PASS): all frames to the socket */
static int load_program(int map)
{
	struct bpf_insn program[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "bench", "GPL", program,
			       sizeof(program) / sizeof(program[0]), NULL);

	if (fd < 0)
		die("bpf_prog_load", fd);
	return fd;
}

static void open_socket(void)
{
	struct xsk_umem_config umem_config = {
		.fill_size = RING, .comp_size = RING, .frame_size = 4096,
	};
	struct xsk_socket_config config = {
		.rx_size = RING, .tx_size = 64, .bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.xdp_flags = XDP_FLAGS_DRV_MODE,
	};
	struct xsk_umem *umem;
	int ret;

	area = mmap(NULL, FRAMES * 4096u, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (area == MAP_FAILED)
		die("mmap", errno);
	ret = xsk_umem__create(&umem, area, FRAMES * 4096u, &fill, &completion, &umem_config);
	if (ret)
		die("xsk_umem__create", ret);
	ret = xsk_socket__create(&xsk, bench.iface, 0, umem, &rx, &tx_unused, &config);
	if (ret)
		die("xsk_socket__create", ret);
}

static void attach(void)
{
	int key = 0, fd = xsk_socket__fd(xsk), ret;
	int map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "bench", 4, 4, 1, NULL);

	if (map < 0)
		die("bpf_map_create", map);
	ret = bpf_map_update_elem(map, &key, &fd, 0);
	if (!ret)
		ret = bpf_xdp_attach((int)if_nametoindex(bench.iface), load_program(map),
				     XDP_FLAGS_DRV_MODE, NULL);
	if (ret)
		die("native XDP", ret);
}

/* The kernel shows a packet a moment before it shows that its buffer has left the fill ring */
static void give(const uint64_t *addresses, uint32_t n)
{
	uint32_t at;

	while (xsk_ring_prod__reserve(&fill, n, &at) != n)
		;
	for (uint32_t i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&fill, at + i) = addresses[i];
	xsk_ring_prod__submit(&fill, n);
}

static void receive(struct bench *b, int timeout_ms)
{
	struct pollfd p = { .fd = xsk_socket__fd(xsk), .events = POLLIN };
	uint64_t addresses[BATCH];
	uint32_t at, n = xsk_ring_cons__peek(&rx, BATCH, &at);

	if (!n) {
		poll(&p, 1, timeout_ms);
		b->syscalls++;
		n = xsk_ring_cons__peek(&rx, BATCH, &at);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&rx, at + i);
		const uint64_t *header = xsk_umem__get_data(area, desc->addr);

		sum += header[0] + header[1] + header[2] + header[3];
		b->bytes += desc->len;
		addresses[i] = desc->addr;
	}
	xsk_ring_cons__release(&rx, n);
	b->packets += n;
	if (n)
		give(addresses, n);
}

int main(int argc, char **argv)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct xdp_statistics stats;
	socklen_t length = sizeof(stats);

	bench_args(&bench, argc, argv, NULL);
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	open_socket();
	for (uint64_t i = 0; i < RING - 4 * BATCH; i++)
		give((uint64_t[]){ i * 4096 }, 1);
	attach();
	bench_flood(&bench, "virtio", receive);
	getsockopt(xsk_socket__fd(xsk), SOL_XDP, XDP_STATISTICS, &stats, &length);
	bpf_xdp_detach((int)if_nametoindex(bench.iface), XDP_FLAGS_DRV_MODE, NULL);
	bench_print(&bench);
	printf(",\"fill_empty\":%llu,\"dropped\":%llu,\"ring_full\":%llu,\"sum\":%llu}\n",
	       stats.rx_fill_ring_empty_descs, stats.rx_dropped, stats.rx_ring_full, (unsigned long long)sum);
	return 0;
}
