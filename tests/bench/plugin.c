// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCG plugin: guest instructions between two marker instructions that the
 * receiver executes (marker.h), split into kernel and user, summed over vCPUs.
 *
 *   -plugin FILE,out=PATH[,profile=on]
 *
 * For each pair of markers one line goes to PATH at once, for the guest may
 * not live to its orderly end: "count LABEL KERNEL USER".  With profile=on,
 * lines "at LABEL ADDRESS INSTRUCTIONS" follow, one for each translated block
 * of the kernel that ran.
 *
 * A block's instructions are counted when it is entered.  QEMU 7.2 has inline
 * counters for all vCPUs together only, which lose counts when two run at
 * once; so a function is called, and each vCPU has counters of its own.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qemu-plugin.h>

#include "marker.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

#define MAX_VCPUS	64
#define KERNEL		0
#define USER		1

/**
 * struct block - a translated block; never freed, blocks are translated anew
 * @at: address of its first instruction
 * @entered: how often, profile only; a rare lost count does no harm there
 * @instructions: in it
 * @next: list of all
 */
struct block {
	uint64_t at;
	uint64_t entered;
	uint64_t instructions;
	struct block *next;
};

/* One cache line a vCPU, so that they do not slow each other down */
static struct {
	uint64_t count[2];
	uint64_t pad[6];
} vcpus[MAX_VCPUS] __attribute__((aligned(64)));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* blocks, start, out */
static struct block *blocks;
static uint64_t start[2];
static FILE *out;
static bool profile;

static int mode_of(uint64_t at)
{
	return at >> 63 ? KERNEL : USER;
}

static void sum(uint64_t total[2])
{
	total[KERNEL] = total[USER] = 0;
	for (int i = 0; i < MAX_VCPUS; i++)
		for (int mode = KERNEL; mode <= USER; mode++)
			total[mode] += __atomic_load_n(&vcpus[i].count[mode], __ATOMIC_RELAXED);
}

static void marker_begin(void)
{
	for (struct block *b = blocks; b; b = b->next)
		b->entered = 0;
	sum(start);
}

static void marker_end(unsigned int label)
{
	uint64_t now[2];

	sum(now);
	fprintf(out, "count %u %" PRIu64 " %" PRIu64 "\n", label,
		now[KERNEL] - start[KERNEL], now[USER] - start[USER]);
	for (struct block *b = blocks; b; b = b->next)
		if (b->entered)
			fprintf(out, "at %u %" PRIx64 " %" PRIu64 "\n", label, b->at,
				b->entered * b->instructions);
	fflush(out);
}

static void marker(unsigned int vcpu, void *data)
{
	uint32_t value = (uint32_t)(uintptr_t)data;

	pthread_mutex_lock(&lock);
	if (value & MARKER_END)
		marker_end(value & MARKER_LABEL);
	else
		marker_begin();
	pthread_mutex_unlock(&lock);
}

/* Where counts are kept is known when a block is translated; how many, is in data */
static void enter_kernel(unsigned int vcpu, void *data)
{
	vcpus[vcpu % MAX_VCPUS].count[KERNEL] += (uintptr_t)data;
}

static void enter_user(unsigned int vcpu, void *data)
{
	vcpus[vcpu % MAX_VCPUS].count[USER] += (uintptr_t)data;
}

static void enter_profiled(unsigned int vcpu, void *data)
{
	struct block *b = data;

	b->entered++;
	vcpus[vcpu % MAX_VCPUS].count[mode_of(b->at)] += b->instructions;
}

static struct block *new_block(uint64_t at, size_t instructions)
{
	struct block *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->at = at;
	b->instructions = instructions;
	pthread_mutex_lock(&lock);
	b->next = blocks;
	blocks = b;
	pthread_mutex_unlock(&lock);
	return b;
}

static void watch_marker(struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	uint32_t value;

	if (qemu_plugin_insn_size(insn) != MARKER_BYTES || memcmp(code, MARKER_CODE, 3) != 0)
		return;
	memcpy(&value, code + 3, sizeof(value));
	if ((value & MARKER_MASK) == MARKER_MAGIC)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, marker, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)value);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint64_t at = qemu_plugin_tb_vaddr(tb);
	bool kernel = mode_of(at) == KERNEL;

	if (profile && kernel)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, enter_profiled, QEMU_PLUGIN_CB_NO_REGS,
						     new_block(at, n));
	else
		qemu_plugin_register_vcpu_tb_exec_cb(tb, kernel ? enter_kernel : enter_user,
						     QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)n);
	for (size_t i = 0; !kernel && i < n; i++)
		watch_marker(qemu_plugin_tb_get_insn(tb, i));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "a");
		else if (!strcmp(argv[i], "profile=on"))
			profile = true;
		else
			return -1;
	}
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
