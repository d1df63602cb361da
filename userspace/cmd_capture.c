// SPDX-License-Identifier: MIT
/* Frames from the wire, into a file or onto the screen */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "burst.h"
#include "counters.h"
#include "pcapng.h"

#define WAIT_NS		50000000ull

static struct {
	const char *file;
	uint64_t count;
	uint32_t seconds;
	uint32_t queue;
} wanted;

static const struct opt capture_options[] = {
	{ "write", 'w', OPT_STRING, &wanted.file, .arg = "FILE",
	  .help = "write pcapng; - is stdout (without: one line a packet)" },
	{ "count", 0, OPT_U64, &wanted.count, 1, INT64_MAX, "packets", .arg = "N",
	  .help = "end after so many (no limit)" },
	{ "seconds", 0, OPT_U32, &wanted.seconds, 1, 1000000, "seconds", .arg = "N",
	  .help = "end after so long (no limit)" },
	{ "queue", 0, OPT_U32, &wanted.queue, 0, LAB_MAX_QUEUES - 1, .arg = "N",
	  .help = "which queue (any free one)" },
	{ 0 }
};

static const struct opt *const options[] = { capture_options, block_options, NULL };

/**
 * struct capture - a capture that is going on
 * @lab: owns the queue
 * @file: pcapng goes there; NULL: lines for people
 * @clock: of the device
 * @next_seq: sequence number that should come next
 * @packets: received
 * @bytes: in them
 * @corrupt: of them, with a wrong CRC; and blocks that hold something else
 * @out_of_order: of them, after a later one
 * @start_ns: monotonic
 * @write_failed: the file, or stdout, took something not
 * @stats: at the end
 */
struct capture {
	struct lab *lab;
	FILE *file;
	struct device_clock clock;
	uint64_t next_seq;
	uint64_t packets;
	uint64_t bytes;
	uint64_t corrupt;
	uint64_t out_of_order;
	uint64_t start_ns;
	bool write_failed;
	struct lab_stats stats;
};

/* Return: exit status; of stdout finish_stdout() speaks. */
static int write_failed(struct capture *c, int error)
{
	c->write_failed = true;
	return c->file && c->file != stdout ? fail_file(error, wanted.file) : stdout_failed(error);
}

static int print_packet(uint64_t realtime_ns, const uint8_t *p, uint32_t bytes)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000ull);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(human(), "%s.%09u %5" PRIu32, clock, (unsigned int)(realtime_ns % 1000000000ull),
		bytes);
	if (bytes >= 14)
		fprintf(human(), " %02x:%02x:%02x:%02x:%02x:%02x > %02x:%02x:%02x:%02x:%02x:%02x %04x",
			p[6], p[7], p[8], p[9], p[10], p[11], p[0], p[1], p[2], p[3], p[4], p[5],
			(unsigned int)(p[12] << 8 | p[13]));
	return fputc('\n', human()) == EOF ? -errno : 0;
}

/* The number of a corrupt packet is not believed, or all that follow would be out of order */
static void check_packet(struct capture *c, const struct lab_record *record, uint32_t length)
{
	if (lab_record_verify(record, length))
		c->corrupt++;
	else if (record->seq < c->next_seq)
		c->out_of_order++;
	else
		c->next_seq = record->seq + 1;
}

static int take_packet(struct capture *c, const struct lab_record *record, uint32_t length)
{
	uint64_t realtime_ns = record->timestamp_ns + (uint64_t)c->clock.to_realtime_ns;

	check_packet(c, record, length);
	c->packets++;
	c->bytes += length;
	if (c->file)
		return pcapng_packet(c->file, realtime_ns, lab_record_payload(record), length);
	return print_packet(realtime_ns, lab_record_payload(record), length);
}

static bool count_reached(const struct capture *c)
{
	return wanted.count && c->packets >= wanted.count;
}

static bool enough(const struct capture *c)
{
	return count_reached(c) || interrupted() ||
	       (wanted.seconds && monotonic_ns() - c->start_ns >= wanted.seconds * 1000000000ull);
}

static int take_block(struct capture *c, const struct lab_block *block)
{
	const void *data = lab_block_data(c->lab, block);
	const struct lab_record *record;
	struct lab_record_iter iter;
	uint32_t records = 0;
	int ret = 0;

	lab_record_iter_init(&iter, data, data ? block->bytes : 0);
	for (; !count_reached(c) && (record = lab_record_next(&iter)); records++) {
		ret = take_packet(c, record, iter.length);
		if (ret)
			return ret;
	}
	if (!count_reached(c) && (records != block->records || lab_record_iter_broken(&iter)))
		c->corrupt++;
	return 0;
}

/* Return: exit status */
static int take_blocks(struct capture *c, const struct lab_block *blocks, uint32_t nr)
{
	int ret = clock_update(&c->clock, c->lab, monotonic_ns());

	if (ret)
		return fail_system(ret, "reading the clock of the device");
	for (uint32_t i = 0; !ret && i < nr; i++)
		ret = take_block(c, &blocks[i]);
	/* What came so far is to be seen, not to wait in a buffer */
	if (!ret && nr && fflush(c->file ? c->file : human()))
		ret = -errno;
	return ret ? write_failed(c, ret) : STATUS_OK;
}

static int capture_loop(struct capture *c)
{
	struct lab_block blocks[32];
	uint32_t slots[32], nr = 0;
	int ret = 0;

	while (!ret && !enough(c)) {
		ret = lab_exchange(c->lab, slots, nr, blocks, 32, WAIT_NS);
		nr = ret > 0 ? (uint32_t)ret : 0;
		if (ret == -ETIMEDOUT || ret == -EINTR || ret == -EAGAIN)
			ret = 0;
		if (ret < 0)
			return fail_system(ret, "receiving");
		ret = take_blocks(c, blocks, nr);
		for (uint32_t i = 0; i < nr; i++)
			slots[i] = blocks[i].slot;
	}
	return ret;
}

static uint64_t realtime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* The last block of the file, and the counters. Return: exit status. */
static int capture_end(struct capture *c)
{
	uint64_t now_ns = realtime_ns();
	struct pcapng_counts counts = {
		.start_ns = now_ns - (monotonic_ns() - c->start_ns),
		.end_ns = now_ns,
	};
	int ret = lab_stats(c->lab, LAB_QUEUE_ANY, &c->stats);

	if (ret)
		return fail_system(ret, "reading the counters");
	counts.received = c->stats.generated;
	counts.dropped = stats_dropped(&c->stats);
	if (c->file && !c->write_failed)
		ret = pcapng_end(c->file, &counts);
	return ret ? write_failed(c, ret) : STATUS_OK;
}

static int capture_close(struct capture *c)
{
	if (!c->file || c->file == stdout || !fclose(c->file) || c->write_failed)
		return STATUS_OK;
	return write_failed(c, errno);
}

static int capture_report(const struct capture *c)
{
	uint64_t dropped = stats_dropped(&c->stats);
	double seconds = (double)(monotonic_ns() - c->start_ns) / 1e9;
	bool wrong = c->corrupt || c->out_of_order || (dropped && !burst_config.lossy);

	fprintf(stderr, "%s packets, %s in %.3f s; %s dropped, %s corrupt, %s out of order\n",
		text_count(c->packets), text_bytes(c->bytes), seconds, text_count(dropped),
		text_count(c->corrupt), text_count(c->out_of_order));
	if (globals.json &&
	    print_json(json_pack("{sI sI sI sI sI sf}", "packets", (json_int_t)c->packets,
				 "bytes", (json_int_t)c->bytes, "dropped", (json_int_t)dropped,
				 "corrupt", (json_int_t)c->corrupt,
				 "out_of_order", (json_int_t)c->out_of_order, "seconds", seconds)))
		return STATUS_REFUSED;
	return wrong ? STATUS_FAILED : STATUS_OK;
}

static int capture_setup(struct capture *c)
{
	struct lab_setup setup;
	int ret;

	burst_setup(&burst_config, wanted.queue, &setup);
	setup.flags |= LAB_SETUP_WIRE;
	ret = lab_setup(c->lab, &setup);
	if (ret == -EBUSY)
		return fail_busy(c->lab, wanted.queue, true);
	return ret ? fail_system(ret, "setting up a queue for the wire") : STATUS_OK;
}

static int capture_open_file(struct capture *c)
{
	int ret;

	if (!wanted.file)
		return STATUS_OK;
	c->file = strcmp(wanted.file, "-") ? fopen(wanted.file, "wb") : stdout;
	if (!c->file)
		return fail_file(errno, wanted.file);
	ret = pcapng_begin(c->file, "labyrinth", "labctl " LAB_TOOLS_VERSION);
	return ret ? write_failed(c, ret) : STATUS_OK;
}

static int capture_on(struct capture *c)
{
	struct args_error error;
	struct lab_info info;
	int status, ended, closed;
	int ret = lab_info(c->lab, &info);

	if (ret)
		return fail_system(ret, "reading the limits of the device");
	burst_config.queue = wanted.queue;
	if (burst_check_limits(&burst_config, &info, &error))
		return fail_usage("%s", error.text);
	status = capture_setup(c);
	if (!status)
		status = capture_open_file(c);
	if (status)
		return status;
	c->start_ns = monotonic_ns();
	status = capture_loop(c);
	ended = capture_end(c);
	closed = capture_close(c);
	status = status ? status : ended ? ended : closed;
	return status ? status : capture_report(c);
}

static int capture_run(void)
{
	struct capture capture = { 0 };
	struct args_error error;
	int status;

	if (globals.json && wanted.file && !strcmp(wanted.file, "-"))
		return fail_usage("--write -: expected a file, as --json writes to stdout");
	if (burst_resolve(&burst_config, &error))
		return fail_usage("%s", error.text);
	status = open_device(&capture.lab);
	if (status)
		return status;
	catch_signals();
	status = capture_on(&capture);
	lab_close(capture.lab);
	return status;
}

static void prepare(void)
{
	burst_defaults(&burst_config);
	wanted.queue = LAB_QUEUE_ANY;
}

const struct command cmd_capture = {
	.name = "capture",
	.summary = "receive Ethernet frames from the wire, into a file for Wireshark",
	.text =
"Takes a queue, steers the wire to it and receives what comes until --count,\n"
"--seconds or Ctrl-C ends it.  Times are the device's own, told as wall-clock\n"
"time in ns.  Status 1 if a packet was dropped (without --lossy) or corrupt.",
	.example =
"  labctl capture -w - | tcpdump -r -\n"
"\n"
"shows frames as they come.",
	.options = options,
	.prepare = prepare,
	.run = capture_run,
};
