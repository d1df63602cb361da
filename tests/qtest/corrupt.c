// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots that are damaged: refused, or the device runs on with them; no
 * QEMU dies of one.
 */
#include "queue.h"
#include "snapshot.h"
#include "qemu/bswap.h"

static struct lt_queue q;
static struct lt_snapshot shot;
static const char *current = "";

/* QEMU died, and libqtest ends the test: say of what */
static void tell(int signal)
{
	printf("# with %s damaged\n", current);
	fflush(stdout);
}

static uint32_t in_flight(uint32_t number)
{
	return (uint32_t)lt_read64(LAB_QUEUE_PAGE(number) + LAB_Q_CNT_IN_FLIGHT);
}

/* A full FIFO */
static void make_busy_fifo(void)
{
	struct lt_burst flood = { .size_min = 10, .size_max = 5000, .burst = 3, .seed = 8 };

	lt_q_open(&q, 1, 3, 4096, LAB_Q_CTRL_LOSSY);
	lt_q_generate(&q, flood);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), LAB_Q_STATUS_FILL_LOW, LAB_Q_STATUS_FILL_LOW));
	lt_settle();
	lt_q_write(&q, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
	EXPECT(in_flight(1));
}

/* An open block, and a generator between two bursts */
static void make_busy_block(void)
{
	struct lt_burst paced = { .size_min = 400, .size_max = 400, .burst = 1, .gap_ns = 1000000 };
	uint8_t frame[100] = { 1 };

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_write(&q, LAB_Q_BLOCK_TIMEOUT, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, paced);
	EXPECT(lt_q_wait_delivered(&q, 1));
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE);
	lt_wire_send(frame, sizeof(frame));
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_IN_FLIGHT), 1));
	lt_settle();
}

static void setup(void)
{
	g_autofree char *image = lt_snapshot_image(&shot);
	g_autofree char *netdev = NULL;
	g_autofree char *more = NULL;
	int far;

	netdev = lt_wire_open("stream", &far);
	more = g_strdup_printf("-m 32 %s %s", image, netdev);
	lt_start(",queues=2,fifo-bytes=256K,netdev=wire", more);
	close(far);
	make_busy_fifo();
	make_busy_block();
	lt_snapshot_save(&shot);
	signal(SIGABRT, tell);
}

static void teardown(void)
{
	signal(SIGABRT, SIG_DFL);
	lt_snapshot_free(&shot);
	lt_stop();
}

/* Load the state as it is now. Return: whether it was refused with an error that contains @says. */
static bool refused(const char *what, const char *says)
{
	g_autofree char *said = NULL;

	current = what;
	said = lt_snapshot_load();
	if (said && strstr(said, says))
		return true;
	printf("# %s: not \"%s\", but: %s\n", what, says, said ? said : "(taken)");
	return false;
}

/* Whatever the device has become: let it run, then look at it */
static void run_on(void)
{
	lt_continue();
	lt_step(1000);
	lt_settle();
	lt_q_read64(&q, LAB_Q_CNT_GENERATED);
	lt_q_read(&q, LAB_Q_STATUS);
	lt_pause();
}

static void undamaged_state_is_taken(void)
{
	uint32_t pending[2] = { in_flight(0), in_flight(1) };

	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	EXPECT(!lt_snapshot_load());
	EXPECT_EQ(in_flight(0), pending[0]);
	EXPECT_EQ(in_flight(1), pending[1]);
	lt_step(1000000);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_BLOCKS), 2));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 3);
	EXPECT(lt_q_balanced(&q));
}

/* Values that a field must not have, and what the error says of it */
static const struct damage {
	const char *field;
	uint64_t value;
	const char *says;
} damages[] = {
	{ "queues[0].ctrl", 0x80000001, "control" },
	{ "queues[0].error", 0x100, "control" },
	{ "queues[0].ring_log2", 13, "configuration" },
	{ "queues[0].ring_log2", 0, "configuration" },
	{ "queues[0].vector", 2, "configuration" },
	{ "queues[0].fill_base", 1, "configuration" },
	{ "queues[0].cpl_base", 32, "configuration" },
	{ "queues[0].fill_prod", 11, "fill ring" },
	{ "queues[0].fill_cons", 3, "fill ring" },
	{ "queues[0].cpl_prod", 8, "completion ring" },
	{ "queues[0].cpl_cons", 2, "completion ring" },
	{ "queues[0].ctrl", 0, "queue that does not run" },
	{ "queues[1].error", 1, "queue that does not run" },
	{ "queues[0].block.open", 0, "block" },
	{ "queues[0].block.addr", 0x1000001, "block" },
	{ "queues[0].block.len", 0, "block" },
	{ "queues[0].block.len", LAB_MAX_BLOCK_BYTES + 4096, "block" },
	{ "queues[0].block.used", 0, "block" },
	{ "queues[0].block.used", LAB_MAX_BLOCK_BYTES + 32, "block" },
	{ "queues[0].block.used", 65535, "block" },
	{ "queues[0].block.records_limit", 0, "block" },
	{ "queues[0].block.records_limit", 65536, "block" },
	{ "queues[0].block.opened_ns", 1ull << 62, "block's time" },
	{ "queues[0].block.opened_ns", -1ull, "block's time" },
	{ "queues[0].gen.size_max", LAB_GEN_SIZE_LIMIT + 1, "generator" },
	{ "queues[0].gen.size_min", 401, "generator" },
	{ "queues[0].gen.count", 1, "generator" },
	{ "queues[0].gen.gap_ns", -1ull, "generator" },
	{ "queues[0].gen.next_ns", -1ull, "generator" },
	{ "queues[1].fifo.records", 1, "FIFO" },
	{ "queues[1].fifo.tail", (256 << 10) + 32, "FIFO is large enough" },
	{ "queues[1].fifo.tail", 0x80000000, "FIFO is large enough" },
	{ "queues[0].counters.generated", 0, "counters" },
	{ "queues[1].counters.drop_size", 1, "counters" },
	{ "num_queues", 3, "Property 'queues'" },
	{ "steer", 0x40000000, "steering" },
};

static void store(char *at, size_t bytes, uint64_t value)
{
	while (bytes--) {
		at[bytes] = (char)value;
		value >>= 8;
	}
}

static void impossible_values_are_refused_and_named(void)
{
	const struct lt_field *field;
	const struct damage *d;

	for (d = damages; d < damages + G_N_ELEMENTS(damages); d++) {
		g_autofree char *old = NULL;

		field = lt_snapshot_field(&shot, d->field);
		old = g_memdup2(shot.data + field->offset, field->bytes);
		store(shot.data + field->offset, field->bytes, d->value);
		EXPECT(refused(d->field, d->says));
		memcpy(shot.data + field->offset, old, field->bytes);
		run_on();
	}
}

/* The length of the first record in the FIFO is its first word */
static void fifo_that_cannot_be_walked_is_refused(void)
{
	static const uint32_t lengths[] = { 0, 31, 300000, LAB_GEN_SIZE_LIMIT + 1, 0x80000000,
					    UINT32_MAX - 31, UINT32_MAX };
	char *at = shot.data + lt_snapshot_field(&shot, "queues[1].fifo.data")->offset;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(lengths); i++) {
		stl_le_p(at, lengths[i]);
		EXPECT(refused("the FIFO", "FIFO makes no sense"));
		run_on();
	}
}

/* Half a state is none: queue 0 was loaded, queue 1 was refused */
static void refused_state_leaves_a_reset_device(void)
{
	const struct lt_field *field = lt_snapshot_field(&shot, "queues[1].fifo.tail");

	store(shot.data + field->offset, field->bytes, UINT32_MAX);
	EXPECT(refused(field->path, "FIFO is large enough"));
	lt_continue();
	EXPECT_EQ(lt_q_read(&q, LAB_Q_CTRL), 0);
	EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(1) + LAB_Q_CTRL), 0);
	EXPECT_EQ(in_flight(0), 0);
	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, (struct lt_burst) { .count = 5, .size_min = 64, .size_max = 64 });
	EXPECT(lt_q_wait_delivered(&q, 5));
}

static void set_field(const char *path, uint64_t value)
{
	const struct lt_field *field = lt_snapshot_field(&shot, path);

	store(shot.data + field->offset, field->bytes, value);
}

/* Nor is it used before the machine runs: to save it, or for a frame */
static void refused_state_is_not_saved(void)
{
	stl_le_p(shot.data + lt_snapshot_field(&shot, "queues[1].fifo.data")->offset, UINT32_MAX - 31);
	EXPECT(refused("the FIFO", "FIFO makes no sense"));
	g_free(qtest_hmp(lt.qts, "savevm again"));
	run_on();
}

static void refused_state_takes_no_frames(void)
{
	uint8_t frame[1000] = { 1 };

	set_field("steer", LAB_STEER_ENABLE | 1);
	set_field("queues[1].fifo.tail", 0x40000000);
	EXPECT(refused("FIFO and steering", "FIFO is large enough"));
	lt_wire_send(frame, sizeof(frame));
	run_on();
	EXPECT_EQ(lt_read(LAB_REG_STEER), 0);
}

/* A queue that does not run may have any vector; an interrupt of it goes nowhere */
static void interrupt_by_no_vector_is_not_sent(void)
{
	set_field("queues[0].ctrl", 0);
	set_field("queues[0].gen.running", 0);
	set_field("queues[0].block.open", 0);
	set_field("queues[0].block.records", 0);
	set_field("queues[0].counters.generated", 1);
	set_field("queues[0].vector", 200);
	set_field("queues[0].irq_due", 1);
	current = "vector and interrupt";
	EXPECT(!lt_snapshot_load());
	lt_continue();
	lt_q_write(&q, LAB_Q_COAL_NS, 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_VECTOR), 200);
}

/* Bytes of a field that are flipped: of long ones the first, and some here and there */
static bool flipped(size_t i)
{
	return i < 256 || i % 4096 == 1;
}

static void flip(const struct lt_field *field, size_t i, uint8_t bits)
{
	char *at = shot.data + field->offset + i;

	*at ^= bits;
	current = field->path;
	g_free(lt_snapshot_load());
	run_on();
	*at ^= bits;
}

static void no_flipped_bits_kill_it(void)
{
	const struct lt_field *field;
	unsigned int flips = 0;
	size_t i;
	guint f;

	for (f = 0; f < shot.fields->len; f++) {
		field = &g_array_index(shot.fields, struct lt_field, f);
		for (i = 0; i < field->bytes; i++)
			if (flipped(i)) {
				flip(field, i, flips & 1 ? 0xff : 1u << flips / 2 % 8);
				flips++;
			}
	}
	printf("# %u bytes flipped\n", flips);
	EXPECT(!lt_snapshot_load());
	EXPECT(in_flight(0) && in_flight(1));
}

static CU_TestInfo tests[] = {
	TAP_TEST(undamaged_state_is_taken),
	TAP_TEST(impossible_values_are_refused_and_named),
	TAP_TEST(fifo_that_cannot_be_walked_is_refused),
	TAP_TEST(refused_state_leaves_a_reset_device),
	TAP_TEST(refused_state_is_not_saved),
	TAP_TEST(refused_state_takes_no_frames),
	TAP_TEST(interrupt_by_no_vector_is_not_sent),
	TAP_TEST(no_flipped_bits_kill_it),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "corrupt", .pSetUpFunc = setup, .pTearDownFunc = teardown, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
