// SPDX-License-Identifier: MIT
/* What the receivers in the guest have in common; bench.h */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "marker.h"

#define IDLE_MS		200
#define IDLE_TIMES	5	/* of IDLE_MS, once the flood has ended: the rest is lost */
#define FLOOD_MS	20000

/* 256 markers of 8 bytes each with their return: marker_end_at + 8 * label */
__asm__(".text\n"
	".type marker_end_at, @function\n"
	"marker_end_at:\n"
	".set label, 0\n"
	".rept 256\n"
	".byte 0x0f, 0x1f, 0x80; .long 0x4c410100 + label; ret\n"
	".set label, label + 1\n"
	".endr\n"
	".size marker_end_at, . - marker_end_at\n");
extern const char marker_end_at[];

void die(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

uint64_t number(const char *value)
{
	char *end;
	uint64_t n = strtoull(value, &end, 0);

	if (end == value || *end)
		die(value, EINVAL);
	return n;
}

static bool own_arg(struct bench *b, const char *name, const char *value)
{
	if (!strcmp(name, "label"))
		b->label = (unsigned int)number(value) & MARKER_LABEL;
	else if (!strcmp(name, "size"))
		b->size = (unsigned int)number(value);
	else if (!strcmp(name, "count"))
		b->count = number(value);
	else if (!strcmp(name, "warmup"))
		b->warmup = number(value);
	else if (!strcmp(name, "irq"))
		b->irq = value;
	else if (!strcmp(name, "iface"))
		b->iface = value;
	else
		return false;
	return true;
}

void bench_args(struct bench *b, int argc, char **argv,
		bool (*more)(const char *name, const char *value))
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			die(argv[i], EINVAL);
		*value++ = 0;
		if (!own_arg(b, argv[i], value) && !(more && more(argv[i], value)))
			die(argv[i], EINVAL);
	}
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Interrupts so far of all lines of /proc/interrupts that contain @text */
static uint64_t interrupts(const char *text)
{
	FILE *file = text ? fopen("/proc/interrupts", "r") : NULL;
	uint64_t sum = 0;
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		char *at = strchr(line, ':'), *end;

		if (!at || !strstr(line, text))
			continue;
		for (at++;; at = end) {
			uint64_t n = strtoull(at, &end, 10);

			if (end == at)
				break;
			sum += n;
		}
	}
	if (file)
		fclose(file);
	return sum;
}

/*
 * CPU time since the call before, of all threads and of the busiest: QEMU's,
 * as the flood on the host tells it; without a flood, this program's.
 */
static void cpu_time(uint64_t *all, uint64_t *busiest)
{
	static uint64_t before;
	unsigned long long a = 0, b = 0;
	struct timespec ts;
	char answer[64];
	ssize_t n;
	int flood = flood_open();

	if (flood < 0) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
		*all = *busiest = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec - before;
		before += *all;
		return;
	}
	n = write(flood, "cpu\n", 4) == 4 ? read(flood, answer, sizeof(answer) - 1) : 0;
	answer[n > 0 ? n : 0] = 0;
	sscanf(answer, "%llu %llu", &a, &b);
	*all = a;
	*busiest = b;
}

void bench_begin(struct bench *b)
{
	b->packets = b->bytes = b->syscalls = 0;
	b->interrupts = interrupts(b->irq);
	cpu_time(&b->cpu_ns, &b->busiest_ns);
	b->start_ns = now_ns();
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long 0x4c410000" ::: "memory");
}

void bench_end(struct bench *b)
{
	void (*marker)(void) = (void (*)(void))(uintptr_t)(marker_end_at + 8 * b->label);

	marker();
	if (!b->end_ns || b->end_ns < b->start_ns)
		b->end_ns = now_ns();
	cpu_time(&b->cpu_ns, &b->busiest_ns);
	b->interrupts = interrupts(b->irq) - b->interrupts;
}

void bench_print(const struct bench *b)
{
	printf("{\"label\":%u,\"size\":%u,\"asked\":%llu,\"packets\":%llu,\"bytes\":%llu,"
	       "\"seconds\":%.6f,\"syscalls\":%llu,\"interrupts\":%llu,\"cpu_ns\":%llu,"
	       "\"busiest_ns\":%llu",
	       b->label, b->size, (unsigned long long)b->count, (unsigned long long)b->packets,
	       (unsigned long long)b->bytes, (double)(b->end_ns - b->start_ns) / 1e9,
	       (unsigned long long)b->syscalls, (unsigned long long)b->interrupts,
	       (unsigned long long)b->cpu_ns, (unsigned long long)b->busiest_ns);
}

/* Number pair of a virtio port from its directory, if its name is "flood" */
static bool is_flood(const char *path, int *device, int *port)
{
	const char *directory = strstr(path, "/vport");
	FILE *file = fopen(path, "r");
	char name[32] = "";
	bool found;

	found = file && fgets(name, sizeof(name), file) && !strcmp(name, "flood\n") &&
		directory && sscanf(directory, "/vport%dp%d", device, port) == 2;
	if (file)
		fclose(file);
	return found;
}

/* Once; a port can be open only once */
int flood_open(void)
{
	static int fd = -1;
	int device, port;
	char path[64];
	glob_t names;

	if (fd >= 0 || glob("/sys/class/virtio-ports/*/name", 0, NULL, &names))
		return fd;
	for (size_t i = 0; i < names.gl_pathc && fd < 0; i++) {
		if (!is_flood(names.gl_pathv[i], &device, &port))
			continue;
		snprintf(path, sizeof(path), "/dev/vport%dp%d", device, port);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	globfree(&names);
	return fd;
}

void flood_start(int flood, const char *net, unsigned int size, uint64_t packets)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s %u %llu\n", net, size,
			 (unsigned long long)packets);

	if (write(flood, line, (size_t)n) != n)
		die("flood", errno);
}

bool flood_done(int flood, int timeout_ms)
{
	struct pollfd p = { .fd = flood, .events = POLLIN };
	char answer[64];

	return poll(&p, 1, timeout_ms) > 0 && read(flood, answer, sizeof(answer)) > 0;
}

/*
 * Until @count packets have come; or the flood has ended, and for a while none
 * came.  Return: whether the flood has said that it is done.
 */
static bool take(struct bench *b, int flood, uint64_t count,
		 void (*receive)(struct bench *b, int timeout_ms))
{
	unsigned int idle = 0;
	bool done = false;
	uint64_t before;

	while (b->packets < count && idle < IDLE_TIMES) {
		before = b->packets;
		receive(b, IDLE_MS);
		if (b->packets != before) {
			idle = 0;
			continue;
		}
		if (!idle)
			b->end_ns = now_ns() - IDLE_MS * 1000000ull;
		if (done)
			idle++;
		else
			done = flood_done(flood, 0);
	}
	if (b->packets >= count)
		b->end_ns = now_ns();
	return done;
}

void bench_flood(struct bench *b, const char *net,
		 void (*receive)(struct bench *b, int timeout_ms))
{
	int flood = flood_open();

	if (flood < 0)
		die("no port to the flood", ENOENT);
	flood_start(flood, net, b->size, b->warmup);
	if (!take(b, flood, b->warmup, receive))
		flood_done(flood, FLOOD_MS);
	b->end_ns = 0;
	bench_begin(b);
	flood_start(flood, net, b->size, b->count);
	if (!take(b, flood, b->count, receive) && !flood_done(flood, FLOOD_MS))
		die("the flood does not end", ETIMEDOUT);
	bench_end(b);
}
