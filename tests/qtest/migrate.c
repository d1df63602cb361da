// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration at any moment: nothing is lost, all goes on where it stood.
 */
#include "migration.h"
#include "queue.h"

#define BLOCK	16384u

static struct lt_queue q;
static uint8_t block[BLOCK];

static const struct lt_burst burst = {
	.count = 3000, .size_min = 0, .size_max = 3000, .burst = 7, .seed = 0x1234567890abcdefull,
};

static void move(void)
{
	lt_migrate("", "");
}

/* Take and check all completed blocks. Return: the seq that comes next. */
static uint64_t check_delivered(const struct lt_burst *b, uint64_t seq)
{
	struct lab_cpl cpl;
	int records;

	while (lt_q_pop(&q, &cpl, block)) {
		records = lt_q_check_block(&q, &cpl, block, b, seq);
		EXPECT_EQ(records, cpl.records);
		seq += cpl.records;
	}
	return seq;
}

static void read_counters(uint64_t *values)
{
	uint32_t reg;

	for (reg = LAB_Q_CNT_GENERATED; reg <= LAB_Q_CNT_LAST; reg += 8)
		*values++ = lt_q_read64(&q, reg);
}

/* Nothing moves while this is done, so that counters before and after are the same */
static void move_and_compare_counters(void)
{
	uint64_t before[32] = { 0 }, after[32] = { 0 };
	int i;

	lt_bus_master(false);
	read_counters(before);
	move();
	read_counters(after);
	for (i = 0; i < 32; i++)
		EXPECT_EQ(after[i], before[i]);
	lt_bus_master(true);
}

static void registers_are_as_they_were(void)
{
	static const uint32_t kept[] = {
		LAB_Q_RING_LOG2, LAB_Q_VECTOR, LAB_Q_RECORDS_MAX, LAB_Q_BLOCK_TIMEOUT,
		LAB_Q_COAL_COUNT, LAB_Q_COAL_NS, LAB_Q_GEN_SIZE_MIN, LAB_Q_GEN_SIZE_MAX,
		LAB_Q_GEN_BURST,
	};
	static const uint32_t wide[] = {
		LAB_Q_FILL_BASE, LAB_Q_CPL_BASE, LAB_Q_GEN_COUNT, LAB_Q_GEN_SEED, LAB_Q_GEN_GAP,
	};
	size_t i;

	lt_q_prepare(&q, 3, 5, BLOCK);
	lt_write(LAB_REG_SCRATCH, 0xfeedface);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | 2);
	for (i = 0; i < G_N_ELEMENTS(kept); i++)
		lt_q_write(&q, kept[i], 0x10101 * (i + 1));
	for (i = 0; i < G_N_ELEMENTS(wide); i++)
		lt_q_write64(&q, wide[i], 0x1020304050607080ull * (i + 1));
	move();
	EXPECT_EQ(lt_read(LAB_REG_SCRATCH), 0xfeedface);
	EXPECT_EQ(lt_read(LAB_REG_STEER), LAB_STEER_ENABLE | 2);
	for (i = 0; i < G_N_ELEMENTS(kept); i++)
		EXPECT_EQ(lt_q_read(&q, kept[i]), 0x10101 * (i + 1));
	for (i = 0; i < G_N_ELEMENTS(wide); i++)
		EXPECT_EQ(lt_q_read64(&q, wide[i]), 0x1020304050607080ull * (i + 1));
	EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(2) + LAB_Q_VECTOR), 2);
}

/* A 64-bit register whose low half was read before, and its high half after */
static void half_read_register_belongs_together(void)
{
	uint32_t low, high;

	lt_step(0xffffffff - 1000);
	low = lt_read(LAB_REG_CLOCK);
	lt_migrate("", "");
	lt_step(100000);
	high = lt_read(LAB_REG_CLOCK + 4);
	EXPECT_EQ(high, 0);
	EXPECT_EQ(lt_read(LAB_REG_CLOCK + 4), 1);
	EXPECT(low > 0xffff0000u);
}

/* While memory is copied the device goes on writing to it */
static void burst_goes_on_while_the_machine_moves(void)
{
	uint64_t seq = 0;
	bool moved = false;

	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_generate(&q, burst);
	while (seq < burst.count) {
		lt_q_post(&q, lab_ring_free(q.fill_prod, q.cpl_cons, q.log2));
		if (!moved && seq > burst.count / 3) {
			move();
			moved = true;
		}
		EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_BLOCKS), q.fill_prod) ||
		       lt_q_read64(&q, LAB_Q_CNT_DELIVERED) == burst.count);
		seq = check_delivered(&burst, seq);
		lt_q_arm(&q);
	}
	EXPECT(moved);
	EXPECT_EQ(seq, burst.count);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), burst.count);
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
	EXPECT(lt_q_balanced(&q));
}

/* Descriptors that were read ahead, and completions not consumed yet */
static void rings_go_on_where_they_stood(void)
{
	struct lt_burst paced = { .count = 40, .size_min = 900, .size_max = 900, .burst = 1,
				  .gap_ns = 1000, .seed = 3 };

	lt_q_open(&q, 0, 4, BLOCK, 0);
	lt_q_post(&q, 16);
	lt_q_generate(&q, paced);
	lt_step(4500);
	EXPECT(lt_q_wait_delivered(&q, 5));
	move_and_compare_counters();
	EXPECT_EQ(check_delivered(&paced, 0), 5);
	lt_step(499);
	EXPECT(lt_q_wait_delivered(&q, 5));
	lt_step(1);			/* the next burst is due exactly now */
	EXPECT(lt_q_wait_delivered(&q, 6));
	lt_step(100000);
	EXPECT(lt_q_wait_delivered(&q, 16));
	EXPECT_EQ(check_delivered(&paced, 5), 16);
	lt_q_arm(&q);
	lt_q_post(&q, 16);
	EXPECT(lt_q_wait_delivered(&q, 32));
	EXPECT(lt_q_balanced(&q));
}

/* FIFO that has wrapped around; bursts end where they ended */
static void fifo_keeps_its_packets(void)
{
	struct lt_burst flood = burst;
	uint64_t seq, dropped;

	flood.count = 0;
	lt_q_open(&q, 0, 4, BLOCK, LAB_Q_CTRL_LOSSY);
	lt_q_generate(&q, flood);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), LAB_Q_STATUS_FILL_LOW, LAB_Q_STATUS_FILL_LOW));
	do
		lt_settle();
	while (!lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO));
	lt_q_post(&q, 16);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_BLOCKS), 16));
	seq = check_delivered(&flood, 0);
	lt_q_arm(&q);
	dropped = lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO);
	do
		lt_settle();
	while (lt_q_read64(&q, LAB_Q_CNT_DROP_FIFO) == dropped);
	lt_q_write(&q, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
	move_and_compare_counters();
	EXPECT(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT) > 500);
	lt_q_post(&q, 16);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_BLOCKS), 32));
	EXPECT(check_delivered(&flood, seq) > seq);
	EXPECT(lt_q_balanced(&q));
}

static void failed_queue_stays_so(void)
{
	lt_q_open(&q, 0, 4, BLOCK, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 1000);
	move();
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_DOORBELL);
	lt_q_disable(&q);
	lt_q_enable(&q, 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), LAB_Q_STATUS_ENABLED);
}

static void no_bus_mastering_stays_so(void)
{
	lt_q_open(&q, 0, 4, BLOCK, 0);
	lt_bus_master(false);
	lt_q_post(&q, 8);
	lt_q_generate(&q, (struct lt_burst) { .count = 10, .size_min = 64, .size_max = 64 });
	move();
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	lt_bus_master(true);
	EXPECT(lt_q_wait_delivered(&q, 10));
}

static void complete_one(void)
{
	uint64_t delivered = lt_q_read64(&q, LAB_Q_CNT_DELIVERED);

	lt_q_post(&q, 1);
	lt_q_generate(&q, (struct lt_burst) { .count = 1, .size_min = 64, .size_max = 64 });
	EXPECT(lt_q_wait_delivered(&q, delivered + 1));
	lt_settle();
}

static void interrupt_of_a_masked_vector_stays_pending(void)
{
	lt_irq_mask(0, true);
	lt_q_open(&q, 0, 4, BLOCK, 0);
	complete_one();
	move();
	EXPECT(!lt_irq_taken(0));
	lt_irq_mask(0, false);
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 1);
}

static void kick_of_a_disarmed_queue_waits(void)
{
	lt_q_open(&q, 0, 4, BLOCK, 0);
	complete_one();
	EXPECT(lt_irq_taken(0));
	lt_q_write(&q, LAB_Q_KICK, 1);
	move();
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	q.cpl_cons = 1;
	lt_q_arm(&q);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IRQS), 2);
}

static void moderation_time_runs_on(void)
{
	lt_q_open(&q, 0, 4, BLOCK, 0);
	lt_q_write(&q, LAB_Q_COAL_COUNT, 100);
	lt_q_write(&q, LAB_Q_COAL_NS, 20000);
	complete_one();
	lt_step(15000);
	move();
	lt_step(4999);
	lt_settle();
	EXPECT(!lt_irq_taken(0));
	lt_step(1);
	lt_settle();
	EXPECT(lt_irq_taken(0));
}

static void send_frame(uint32_t length, uint32_t n)
{
	g_autofree uint8_t *frame = g_malloc(length);

	lt_frame(frame, length, n);
	lt_wire_send(frame, length);
}

static void move_wired(void)
{
	g_autofree char *netdev = NULL;
	int far;

	netdev = lt_wire_open("stream", &far);
	lt_migrate(",netdev=wire", netdev);
	close(far);
}

static void expect_frame(const uint8_t *record, uint32_t length, uint64_t seq, int64_t ns)
{
	g_autofree uint8_t *frame = g_malloc(length);
	struct lab_record r;

	lt_frame(frame, length, (uint32_t)seq);
	memcpy(&r, record, sizeof(r));
	EXPECT_EQ(r.length, length);
	EXPECT_EQ(r.seq, seq);
	EXPECT_EQ(r.timestamp_ns, ns);
	EXPECT(!memcmp(record + sizeof(r), frame, length));
	EXPECT_EQ(r.crc32c, lt_crc32c(lt_crc32c(0, record, LAB_RECORD_CRC_SKIP), frame, length));
}

/* One record before, one after; and its time-out runs on */
static void open_block_goes_on(void)
{
	struct lab_cpl cpl;
	int64_t start_ns;

	lt_q_open(&q, 0, 4, BLOCK, 0);
	lt_q_post(&q, 2);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE);
	start_ns = lt_read64(LAB_REG_CLOCK);
	send_frame(100, 0);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 1));
	lt_settle();
	lt_step(30000);
	move_wired();
	send_frame(200, 1);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 2));
	lt_settle();
	lt_step(19999);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	lt_step(1);
	EXPECT(lt_q_wait_delivered(&q, 2));
	EXPECT(lt_q_pop(&q, &cpl, block));
	EXPECT_EQ(cpl.records, 2);
	expect_frame(block, 100, 0, start_ns);
	expect_frame(block + lab_record_stride(100), 200, 1, start_ns + 30000);
	EXPECT(lt_irq_taken(0));
}

/* No queue took frames when it moved: one that waits in the netdev comes */
static void held_wire_is_asked_again(void)
{
	lt_q_open(&q, 0, 4, BLOCK, 0);
	lt_q_post(&q, 2);
	move_wired();
	send_frame(100, 0);
	lt_settle();
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_GENERATED), 1));
	lt_settle();
	lt_step(50000);
	EXPECT(lt_q_wait_delivered(&q, 1));
}

static CU_TestInfo tests[] = {
	TAP_TEST(registers_are_as_they_were),
	TAP_TEST(half_read_register_belongs_together),
	TAP_TEST(burst_goes_on_while_the_machine_moves),
	TAP_TEST(rings_go_on_where_they_stood),
	TAP_TEST(fifo_keeps_its_packets),
	TAP_TEST(failed_queue_stays_so),
	TAP_TEST(no_bus_mastering_stays_so),
	TAP_TEST(interrupt_of_a_masked_vector_stays_pending),
	TAP_TEST(kick_of_a_disarmed_queue_waits),
	TAP_TEST(moderation_time_runs_on),
	CU_TEST_INFO_NULL,
};

static void setup_wired(void)
{
	lt_start_wired("stream", "");
}

static CU_TestInfo wired_tests[] = {
	TAP_TEST(open_block_goes_on),
	TAP_TEST(held_wire_is_asked_again),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "migrate", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	{ .pName = "migrate, wire", .pSetUpFunc = setup_wired, .pTearDownFunc = lt_teardown,
	  .pTests = wired_tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
