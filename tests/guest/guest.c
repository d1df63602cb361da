// SPDX-License-Identifier: MIT
#include "guest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEED	1

int guest_device;

int guest_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

struct lab_setup guest_setup(uint32_t queue)
{
	return (struct lab_setup) {
		.size = sizeof(struct lab_setup),
		.queue = queue,
		.depth = 8,
		.irq_count = 1,
		.block_timeout_ns = 1000000,
	};
}

int guest_open(struct guest_queue *q, const struct lab_setup *setup)
{
	char node[32];
	int ret;

	snprintf(node, sizeof(node), "/dev/labyrinth%d", guest_device);
	q->setup = *setup;
	q->fd = open(node, O_RDWR | O_CLOEXEC);
	if (q->fd < 0)
		return -errno;
	ret = guest_ioctl(q->fd, LAB_IOC_SETUP, &q->setup);
	if (ret) {
		close(q->fd);
		return ret;
	}
	q->window = mmap(NULL, q->setup.window_bytes, PROT_READ, MAP_SHARED, q->fd, 0);
	if (q->window == MAP_FAILED) {
		ret = -errno;
		close(q->fd);
	}
	return ret;
}

void guest_close(struct guest_queue *q)
{
	if (q->window != MAP_FAILED)
		munmap(q->window, q->setup.window_bytes);
	close(q->fd);
}

int guest_exchange(struct guest_queue *q, const uint32_t *release, uint32_t nr_release,
		   struct lab_block *claim, uint32_t nr_claim, uint64_t timeout_ns)
{
	struct lab_exchange x = {
		.size = sizeof(x),
		.flags = timeout_ns ? LAB_EXCHANGE_WAIT : 0,
		.release = (uintptr_t)release,
		.claim = (uintptr_t)claim,
		.nr_release = nr_release,
		.nr_claim = nr_claim,
		.timeout_ns = timeout_ns,
	};
	int ret = guest_ioctl(q->fd, LAB_IOC_EXCHANGE, &x);

	return ret ? ret : (int)x.nr_claim;
}

int guest_burst(struct guest_queue *q, uint64_t count, uint32_t min, uint32_t max)
{
	struct lab_burst burst = {
		.size = sizeof(burst),
		.count = count,
		.seed = SEED,
		.size_min = min,
		.size_max = max,
	};

	return guest_ioctl(q->fd, LAB_IOC_BURST, &burst);
}

static bool payload_right(const struct lab_record *r, uint32_t length)
{
	uint64_t first = lab_gen_first(SEED, r->seq);
	const uint8_t *p = lab_record_payload(r);
	uint64_t word;
	uint32_t i, n;

	for (i = 0; i < length; i += n) {
		word = lab_gen_word(first, i / 8);
		n = length - i < 8 ? length - i : 8;
		if (memcmp(p + i, &word, n))
			return false;
	}
	return true;
}

static bool record_right(const struct guest_queue *q, const struct lab_record *r, uint32_t length,
			 uint32_t min, uint32_t max)
{
	return r->queue == q->setup.queue && r->flags == LAB_RECORD_GENERATED &&
	       length == lab_gen_size(SEED, r->seq, min, max, 0) &&
	       lab_record_verify(r, length) == 0 && payload_right(r, length);
}

static void check_block(const struct guest_queue *q, const struct lab_block *block,
			uint32_t min, uint32_t max, struct guest_tally *tally)
{
	const struct lab_record *r;
	struct lab_record_iter iter;
	uint32_t records = 0;

	lab_record_iter_init(&iter, q->window + block->slot * q->setup.window_stride, block->bytes);
	while ((r = lab_record_next(&iter))) {
		tally->lost += tally->packets ? r->seq - tally->next_seq : 0;
		tally->next_seq = r->seq + 1;
		tally->corrupt += !record_right(q, r, iter.length, min, max);
		tally->packets++;
		records++;
	}
	tally->corrupt += records != block->records || lab_record_iter_broken(&iter);
	tally->blocks++;
}

int guest_receive(struct guest_queue *q, uint64_t count, uint32_t min, uint32_t max,
		  struct guest_tally *tally)
{
	struct lab_block blocks[GUEST_BATCH];
	uint32_t slots[GUEST_BATCH];
	int i, n = 0;

	memset(tally, 0, sizeof(*tally));
	while (tally->packets + tally->lost < count) {
		n = guest_exchange(q, slots, n, blocks, GUEST_BATCH, WAIT_NS);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++) {
			check_block(q, &blocks[i], min, max, tally);
			slots[i] = blocks[i].slot;
		}
	}
	return guest_exchange(q, slots, n, NULL, 0, 0);
}

int guest_send_with(struct guest_queue *q, struct lab_send send)
{
	send.size = sizeof(send);
	return guest_ioctl(q->fd, LAB_IOC_SEND, &send);
}

int guest_send(struct guest_queue *q, const void *records, uint32_t bytes, uint64_t timeout_ns)
{
	return guest_send_with(q, (struct lab_send) {
		.flags = timeout_ns ? LAB_SEND_WAIT : 0,
		.data = (uintptr_t)records,
		.bytes = bytes,
		.timeout_ns = timeout_ns,
	});
}

int guest_flush(struct guest_queue *q)
{
	return guest_send(q, NULL, 0, WAIT_NS);
}

bool guest_polls(const struct guest_queue *q, short event, int timeout_ms)
{
	struct pollfd fd = { .fd = q->fd, .events = event };

	return poll(&fd, 1, timeout_ms) == 1 && fd.revents & event;
}

int guest_claim_one(struct guest_queue *q, struct lab_block *block)
{
	int n = guest_exchange(q, NULL, 0, block, 1, WAIT_NS);

	return n < 0 ? n : 0;
}

struct lab_stats guest_stats(int fd, uint32_t queue)
{
	struct lab_stats stats = { .size = sizeof(stats), .queue = queue };

	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_STATS, &stats), 0);
	return stats;
}

bool guest_reserved(int fd, uint32_t n)
{
	for (int i = 0; i < 5000; i++) {
		if (guest_stats(fd, LAB_QUEUE_ANY).reserved == n)
			return true;
		usleep(1000);
	}
	return false;
}

struct lab_tune guest_tune(const struct lab_setup *s)
{
	return (struct lab_tune) {
		.size = sizeof(struct lab_tune),
		.policy = s->policy,
		.refill = s->refill,
		.min_order = s->min_order,
		.reserve = s->reserve,
		.irq_count = s->irq_count,
		.irq_ns = s->irq_ns,
		.block_timeout_ns = s->block_timeout_ns,
		.budget = s->budget,
	};
}

uint64_t guest_sysfs(uint32_t queue, const char *name)
{
	uint64_t value = UINT64_MAX;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/labyrinth/labyrinth%d/queue%u/%s",
		 guest_device, queue, name);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%" SCNu64, &value) != 1)
			value = UINT64_MAX;
		fclose(f);
	}
	return value;
}

static struct lab_info guest_info(void)
{
	struct lab_info info = { .size = sizeof(info) };
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(guest_ioctl(fd, LAB_IOC_INFO, &info), 0);
	close(fd);
	return info;
}

uint32_t guest_queues(void)
{
	return guest_info().num_queues;
}

uint32_t guest_max_order(void)
{
	return guest_info().max_order;
}

static sigjmp_buf touch_jump;

static void touch_handler(int sig)
{
	siglongjmp(touch_jump, sig);
}

bool guest_touch_raises(const volatile uint8_t *p, int sig)
{
	struct sigaction act = { .sa_handler = touch_handler }, bus, segv;
	int got;

	sigaction(SIGBUS, &act, &bus);
	sigaction(SIGSEGV, &act, &segv);
	got = sigsetjmp(touch_jump, 1);
	if (!got)
		(void)*p;
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return got == sig;
}

int guest_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
