// SPDX-License-Identifier: MIT
/* Frames of a capture, out to the wire, or looped back and compared */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "burst.h"
#include "frames.h"

#define PATIENCE_NS	10000000000ull	/* without progress */
#define POLL_MS		100

static struct {
	const char *file;
	uint64_t count;
	uint32_t repeat;
	uint32_t queue;
	bool loopback;
} wanted;

static const struct opt send_options[] = {
	{ "count", 0, OPT_U64, &wanted.count, 1, INT64_MAX, "packets", .arg = "N",
	  .help = "end after so many (all of the file)" },
	{ "repeat", 0, OPT_U32, &wanted.repeat, 1, 1000000, "times", .arg = "N",
	  .help = "send the file so often (1)" },
	{ "queue", 0, OPT_U32, &wanted.queue, 0, LAB_MAX_QUEUES - 1, .arg = "N",
	  .help = "which queue (any free one)" },
	{ "loopback", 0, OPT_FLAG, &wanted.loopback,
	  .help = "send nothing out: compare what comes back (the wire must be silent)" },
	{ 0 }
};

static const struct opt *const options[] = { send_options, block_options, NULL };

/**
 * struct sending - what is going on
 * @lab: owns the queue
 * @out: frames to be sent
 * @back: the same once more, to compare with, under --loopback
 * @block: records that wait to be sent
 * @block_bytes: room in it
 * @used: bytes in it
 * @pending: next frame to go into it, NULL: none was read
 * @pending_bytes: its length
 * @all_read: there is no further frame
 * @sent: packets given to the device
 * @bytes: of them
 * @returned: packets that came back
 * @different: of them, not as they were sent; and blocks that hold something else
 * @progress_ns: when something moved last
 */
struct sending {
	struct lab *lab;
	struct frames out;
	struct frames back;
	uint8_t *block;
	uint32_t block_bytes;
	uint32_t used;
	const uint8_t *pending;
	uint32_t pending_bytes;
	bool all_read;
	uint64_t sent;
	uint64_t bytes;
	uint64_t returned;
	uint64_t different;
	uint64_t progress_ns;
};

/* Frames into the block until it is full. Return: exit status. */
static int fill_block(struct sending *s)
{
	uint32_t stride;
	int ret;

	for (;;) {
		if (!s->pending && !s->all_read) {
			ret = frames_next(&s->out, &s->pending, &s->pending_bytes);
			if (ret)
				return ret;
			s->all_read = !s->pending;
		}
		if (s->all_read)
			return STATUS_OK;
		stride = lab_record_make(s->block + s->used, s->block_bytes - s->used, s->pending,
					 s->pending_bytes);
		if (!stride && s->used)
			return STATUS_OK;
		if (!stride)
			return fail_usage("%s: packet %" PRIu64 " has %u bytes: expected 1 to %u; a larger --order may help",
					  wanted.file, s->out.packets, s->pending_bytes,
					  lab_record_max(s->block_bytes) < LAB_TX_MAX ?
					  lab_record_max(s->block_bytes) : LAB_TX_MAX);
		s->used += stride;
		s->bytes += s->pending_bytes;
		s->pending = NULL;
	}
}

/* Give the block to the device, if that has room. Return: exit status. */
static int send_block(struct sending *s)
{
	int ret;

	if (!s->used) {
		ret = fill_block(s);
		if (ret || !s->used)
			return ret;
	}
	ret = lab_send(s->lab, s->block, s->used, 0);
	if (ret == -EAGAIN || ret == -EINTR)
		return STATUS_OK;
	if (ret < 0)
		return fail_system(ret, "sending");
	s->sent += (uint64_t)ret;
	s->used = 0;
	s->progress_ns = monotonic_ns();
	return STATUS_OK;
}

static int compare_block(struct sending *s, const struct lab_block *block)
{
	const void *data = lab_block_data(s->lab, block);
	const struct lab_record *record;
	struct lab_record_iter iter;
	const uint8_t *frame;
	uint32_t bytes = 0, records = 0;
	int ret;

	lab_record_iter_init(&iter, data, data ? block->bytes : 0);
	for (; (record = lab_record_next(&iter)); records++) {
		ret = frames_next(&s->back, &frame, &bytes);
		if (ret)
			return ret;
		s->returned++;
		if (!frame || bytes != iter.length ||
		    memcmp(frame, lab_record_payload(record), bytes) ||
		    lab_record_verify(record, iter.length))
			s->different++;
	}
	s->different += records != block->records || lab_record_iter_broken(&iter);
	return STATUS_OK;
}

/* What has come back by now. Return: exit status. */
static int receive_blocks(struct sending *s)
{
	struct lab_block blocks[32];
	uint32_t slots[32];
	int ret = STATUS_OK;
	int nr = lab_exchange(s->lab, NULL, 0, blocks, 32, 0);

	if (nr == -EAGAIN || nr == -EINTR)
		return STATUS_OK;
	if (nr < 0)
		return fail_system(nr, "receiving");
	for (int i = 0; i < nr; i++) {
		ret = ret ? ret : compare_block(s, &blocks[i]);
		slots[i] = blocks[i].slot;
	}
	s->progress_ns = monotonic_ns();
	nr = lab_exchange(s->lab, slots, (uint32_t)nr, NULL, 0, 0);
	return ret ? ret : nr < 0 ? fail_system(nr, "releasing") : STATUS_OK;
}

static bool all_sent(const struct sending *s)
{
	return s->all_read && !s->used;
}

static bool all_done(const struct sending *s)
{
	return all_sent(s) && (wanted.loopback ? s->returned >= s->sent :
			       lab_send_flush(s->lab, 0) == 0);
}

/* Until the device has room, or something came back */
static void wait_for_device(const struct sending *s)
{
	short events = wanted.loopback ? POLLIN : 0;
	struct pollfd fd = {
		.fd = lab_fd(s->lab),
		.events = all_sent(s) ? events : events | POLLOUT,
	};

	poll(&fd, 1, fd.events ? POLL_MS : 1);
}

/* Ctrl-C: nothing more goes out, but what did is waited for, and judged */
static void send_no_more(struct sending *s)
{
	s->all_read = true;
	s->used = 0;
}

static int give_up(const struct sending *s)
{
	const unsigned long long seconds = PATIENCE_NS / 1000000000ull;

	if (wanted.loopback)
		fail("nothing moved for %llu s: %s of %s packets came back", seconds,
		     text_count(s->returned), text_count(s->sent));
	else
		fail("nothing moved for %llu s: does the other end of the wire take frames?",
		     seconds);
	return STATUS_FAILED;
}

static int send_all(struct sending *s)
{
	int ret = STATUS_OK;

	s->progress_ns = monotonic_ns();
	while (!ret && !all_done(s)) {
		if (interrupted())
			send_no_more(s);
		if (!all_sent(s))
			ret = send_block(s);
		if (!ret && wanted.loopback)
			ret = receive_blocks(s);
		if (!ret && monotonic_ns() - s->progress_ns > PATIENCE_NS)
			return give_up(s);
		if (!ret)
			wait_for_device(s);
	}
	return ret;
}

/* Frames of the wire come to the queue, too, and are taken for those that were sent */
static void explain_difference(const struct sending *s, uint64_t came)
{
	if (wanted.loopback && s->different && came > s->sent)
		fail("%s packets were sent, but %s came: the others are from the wire, which must be silent",
		     text_count(s->sent), text_count(came));
}

static int send_report(const struct sending *s, double seconds)
{
	struct lab_stats stats;
	int ret = lab_stats(s->lab, LAB_QUEUE_ANY, &stats);
	bool wrong;

	if (ret)
		return fail_system(ret, "reading the counters");
	wrong = stats.tx_packets != s->sent || stats.tx_drop ||
		(wanted.loopback && (s->returned != s->sent || s->different));
	fprintf(human(), "%s packets, %s in %.3f s; %s refused\n", text_count(stats.tx_packets),
		text_bytes(stats.tx_bytes), seconds, text_count(stats.tx_drop));
	if (wanted.loopback)
		fprintf(human(), "%s came back, %s different\n", text_count(s->returned),
			text_count(s->different));
	explain_difference(s, stats.generated);
	if (globals.json &&
	    print_json(json_pack("{sI sI sI sI sI sf}", "packets", (json_int_t)stats.tx_packets,
				 "bytes", (json_int_t)stats.tx_bytes,
				 "refused", (json_int_t)stats.tx_drop,
				 "returned", (json_int_t)s->returned,
				 "different", (json_int_t)s->different, "seconds", seconds)))
		return STATUS_REFUSED;
	return wrong ? STATUS_FAILED : STATUS_OK;
}

static int send_setup(struct sending *s)
{
	struct args_error error;
	struct lab_setup setup;
	struct lab_info info;
	int ret = lab_info(s->lab, &info);

	if (ret)
		return fail_system(ret, "reading the limits of the device");
	burst_config.queue = wanted.queue;
	if (burst_check_limits(&burst_config, &info, &error))
		return fail_usage("%s", error.text);
	burst_setup(&burst_config, wanted.queue, &setup);
	setup.tx_depth = setup.depth;
	if (wanted.loopback)
		setup.flags |= LAB_SETUP_LOOPBACK | LAB_SETUP_WIRE;
	ret = lab_setup(s->lab, &setup);
	if (ret == -EBUSY)
		return fail_busy(s->lab, wanted.queue, wanted.loopback);
	if (ret == -EOPNOTSUPP)
		return fail_system(ret, "a queue that sends (the device has no netdev, or is too old; --loopback needs none)");
	if (ret)
		return fail_system(ret, "setting up a queue that sends");
	s->block_bytes = (uint32_t)setup.window_stride;
	s->block = aligned_alloc(LAB_RECORD_ALIGN, s->block_bytes);
	return s->block ? STATUS_OK : fail_system(-ENOMEM, "a block to send");
}

static int send_on(struct sending *s)
{
	uint64_t start_ns;
	int ret = send_setup(s);

	if (ret)
		return ret;
	start_ns = monotonic_ns();
	ret = send_all(s);
	return ret ? ret : send_report(s, (double)(monotonic_ns() - start_ns) / 1e9);
}

/* Return: exit status */
static int open_frames(struct sending *s)
{
	const bool again = wanted.loopback || wanted.repeat > 1;
	int status;

	if (again && !frames_readable_twice(wanted.file))
		return fail_usage("%s: expected a file: %s reads it more than once", wanted.file,
				  wanted.loopback ? "--loopback" : "--repeat");
	s->out = (struct frames){
		.file = wanted.file, .count = wanted.count, .repeat = wanted.repeat,
	};
	s->back = s->out;
	status = frames_open(&s->out);
	return status || !wanted.loopback ? status : frames_open(&s->back);
}

static int send_run(void)
{
	static struct sending s;
	struct args_error error;
	int status;

	if (burst_resolve(&burst_config, &error))
		return fail_usage("%s", error.text);
	status = open_frames(&s);
	if (!status)
		status = open_device(&s.lab);
	if (!status) {
		catch_signals();
		status = send_on(&s);
	}
	lab_close(s.lab);
	free(s.block);
	frames_close(&s.out);
	frames_close(&s.back);
	return status;
}

static void prepare(void)
{
	burst_defaults(&burst_config);
	wanted.queue = LAB_QUEUE_ANY;
	wanted.repeat = 1;
}

const struct command cmd_send = {
	.name = "send",
	.summary = "transmit the frames of a capture, or check them through a loop",
	.text =
"Sends the Ethernet frames of a capture, pcap or pcapng, to the wire, as fast as\n"
"it takes them.  With --loopback the device turns them round: each is received\n"
"again and compared; the wire must be silent, as its frames come to the same\n"
"queue.  Status 1 if a frame was refused, lost or changed.  Ctrl-C sends no more,\n"
"and judges what was sent.",
	.example =
"  labctl send frames.pcap --loopback\n"
"\n"
"sends and receives each frame, without a wire.",
	.options = options,
	.operand = "FILE",
	.operand_value = &wanted.file,
	.prepare = prepare,
	.run = send_run,
};
