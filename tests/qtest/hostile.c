// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that means no good: the device refuses, stays alive, hurts nobody.
 */
#include "queue.h"

#define FUZZ_WRITES	20000

static struct lt_queue q;

static const struct lt_burst few = { .count = 3, .size_min = 64, .size_max = 64 };

/* After all that: does a queue still do its work? */
static void expect_works(uint32_t number)
{
	struct lt_burst burst = { .count = 20, .size_min = 1, .size_max = 900, .seed = 6 };
	uint8_t block[32768];
	struct lab_cpl cpl;

	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	lt_q_open(&q, number, 2, sizeof(block), 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, burst);
	EXPECT(lt_q_wait_delivered(&q, 20));
	EXPECT(lt_q_pop(&q, &cpl, block));
	EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &burst, 0), 20);
}

static void expect_block_refused(uint64_t addr)
{
	lt_q_disable(&q);
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_put(&q, (struct lab_fill) { .addr = addr, .len = 4096 });
	lt_q_doorbell(&q);
	lt_q_generate(&q, few);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00,
		       LAB_QERR_BLOCK_DMA << LAB_Q_STATUS_ERROR_SHIFT));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	EXPECT(lt_q_balanced(&q));
}

static void block_in_its_own_registers_is_refused(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	expect_block_refused(lt.regs.addr);
	expect_block_refused(lt.regs.addr + LAB_QUEUE_PAGE(0));
	expect_block_refused(lt.msix.addr);
	EXPECT_EQ(lt_read(LAB_REG_SCRATCH), 0);
	expect_works(0);
}

static void rings_in_its_own_registers_are_refused(void)
{
	lt_q_prepare(&q, 0, 2, 4096);
	lt_q_write64(&q, LAB_Q_FILL_BASE, lt.regs.addr + LAB_QUEUE_PAGE(1));
	lt_q_enable(&q, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 4);
	lt_q_generate(&q, few);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00,
		       LAB_QERR_FILL_DMA << LAB_Q_STATUS_ERROR_SHIFT));
	lt_q_disable(&q);
	lt_q_prepare(&q, 0, 2, 4096);
	lt_q_write64(&q, LAB_Q_CPL_BASE, lt.regs.addr + LAB_QUEUE_PAGE(1));
	lt_q_enable(&q, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, few);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00,
		       LAB_QERR_CPL_DMA << LAB_Q_STATUS_ERROR_SHIFT));
	expect_works(1);
}

/* Where the second device has no register it would complain of being read */
static void ring_in_another_device_is_not_even_read(void)
{
	QPCIDevice *other;
	QPCIBar regs;

	lt_stop();
	lt_start("", "-device labyrinth,addr=05.0");
	other = qpci_device_find(lt.bus, QPCI_DEVFN(5, 0));
	qpci_device_enable(other);
	regs = qpci_iomap(other, LAB_BAR_REGS, NULL);
	lt_q_prepare(&q, 0, 2, 4096);
	lt_q_write64(&q, LAB_Q_FILL_BASE, regs.addr + LAB_QUEUE_BASE - LAB_QUEUE_STRIDE);
	lt_q_enable(&q, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 4);
	lt_q_generate(&q, few);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00,
		       LAB_QERR_FILL_DMA << LAB_Q_STATUS_ERROR_SHIFT));
	EXPECT_EQ(lt_complaints(), 1);
	g_free(other);
	expect_works(0);
}

/* The interrupt's own address is a doorbell: an interrupt that causes interrupts */
static void interrupt_into_its_own_doorbell_does_no_harm(void)
{
	uint32_t kick = (uint32_t)lt.regs.addr + LAB_QUEUE_PAGE(0) + LAB_Q_KICK;

	qpci_io_writel(lt.dev, lt.msix, lt.dev->msix_table_off, kick);
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, few);
	EXPECT(lt_q_wait_delivered(&q, 3));
	lt_settle();
	qpci_io_writel(lt.dev, lt.msix, lt.dev->msix_table_off,
		       (uint32_t)lt.regs.addr + LAB_REG_CTRL);
	lt_q_arm(&q);
	lt_settle();
	expect_works(2);
}

/* A block on top of both rings: the guest's own loss, and a bounded one */
static void block_over_the_rings_does_no_harm(void)
{
	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_put(&q, (struct lab_fill) { .addr = LT_CPL_BASE, .len = 65536 });
	lt_q_put(&q, (struct lab_fill) { .addr = LT_FILL_BASE, .len = 65536 });
	lt_q_doorbell(&q);
	lt_q_generate(&q, (struct lt_burst) { .count = 5000, .size_min = 64, .size_max = 64 });
	lt_step(1000000);
	lt_settle();
	EXPECT(lt_q_balanced(&q));
	expect_works(0);
}

static void same_block_twice_is_the_guests_affair(void)
{
	struct lab_fill fill = { .addr = LT_BLOCK_BASE, .len = 4096, .slot = 1 };

	lt_q_open(&q, 0, 2, 4096, 0);
	lt_q_put(&q, fill);
	lt_q_put(&q, fill);
	lt_q_doorbell(&q);
	lt_q_generate(&q, few);
	EXPECT(lt_q_wait_delivered(&q, 3));
	lt_q_generate(&q, few);
	EXPECT(lt_q_wait_delivered(&q, 6));
	EXPECT(lt_q_balanced(&q));
}

static void narrow_and_crooked_accesses_are_refused(void)
{
	uint64_t scratch = lt.regs.addr + LAB_REG_SCRATCH;

	lt_write(LAB_REG_SCRATCH, 0x11223344);
	qtest_writeb(lt.qts, scratch, 0xff);
	qtest_writew(lt.qts, scratch, 0xffff);
	qtest_writew(lt.qts, scratch + 2, 0xffff);
	EXPECT_EQ(lt_read(LAB_REG_SCRATCH), 0x11223344);
	qtest_writeq(lt.qts, lt.regs.addr + LAB_REG_ID, ~0ull);
	qtest_writel(lt.qts, scratch + 2, ~0u);
	EXPECT_EQ(lt_read(LAB_REG_ID), LAB_ID_MAGIC);
	expect_works(0);
}

/* xorshift64: the same writes in every run */
static uint32_t next_random(void)
{
	static uint64_t state = 0x1ab1ab1ab1ab1abull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static uint64_t random_value(void)
{
	static const uint64_t likely[] = {
		0, 1, 2, 3, 4, 12, 64, 4000, 65535, LT_FILL_BASE, LT_CPL_BASE, LT_BLOCK_BASE,
		LT_UNMAPPED, ~0ull, 0x80000000u, LAB_STEER_ENABLE,
	};
	uint32_t r = next_random();

	return r & 0x70 ? likely[r % G_N_ELEMENTS(likely)] : (uint64_t)next_random() << (r & 32);
}

static uint32_t random_register(void)
{
	static const uint32_t doorbells[] = { LAB_Q_FILL_DB, LAB_Q_CPL_DB, LAB_Q_ARM_DB, LAB_Q_KICK,
						LAB_Q_TX_DB };
	uint32_t r = next_random(), page = LAB_QUEUE_PAGE(r % 5);

	switch (r >> 28) {
	case 0:
		return r & 0x3c;
	case 1:
		return r & 0x1fffc;
	case 2 ... 6:
		return page + doorbells[(r >> 8) % G_N_ELEMENTS(doorbells)];
	default:
		return page + (r >> 8) % 0x90 / 4 * 4;
	}
}

static void random_descriptors(void)
{
	struct lab_fill fill;
	uint32_t i;

	for (i = 0; i < 64; i++) {
		fill = (struct lab_fill) {
			.addr = i % 8 ? LT_BLOCK_BASE + i * 8192 : random_value(),
			.len = i % 16 ? 8192 : (uint32_t)random_value(),
			.slot = (uint16_t)next_random(),
		};
		qtest_memwrite(lt.qts, LT_FILL_BASE + i * sizeof(fill), &fill, sizeof(fill));
	}
}

/* Most of what is random leads nowhere without a queue that runs */
static void open_at_random(uint32_t number)
{
	struct lt_burst burst = {
		.size_min = next_random() % 100, .size_max = 100 + next_random() % 5000,
		.burst = next_random() % 50, .gap_ns = next_random() % 2000,
	};

	lt_q_write(&(struct lt_queue) { .number = number }, LAB_Q_CTRL, 0);
	lt_q_prepare(&q, number, 6, 8192);
	lt_q_write64(&q, LAB_Q_FILL_BASE, LT_FILL_BASE);
	lt_q_write(&q, LAB_Q_VECTOR, number);
	lt_q_write(&q, LAB_Q_CTRL, LAB_Q_CTRL_ENABLE | (next_random() & LAB_Q_CTRL_LOSSY));
	random_descriptors();
	lt_q_write(&q, LAB_Q_FILL_DB, 60);
	lt_q_generate(&q, burst);
}

static void random_writes_do_no_harm(void)
{
	uint32_t i, reg;

	for (i = 0; i < FUZZ_WRITES; i++) {
		reg = random_register();
		if (i % 40 == 0)
			open_at_random(i / 40 % 4);
		if (i % 3)
			lt_write(reg, (uint32_t)random_value());
		else
			lt_write64(reg & ~7u, random_value());
		if (i % 50 == 0)
			lt_step(next_random() % 1000000);
	}
	EXPECT_EQ(lt_read(LAB_REG_ID), LAB_ID_MAGIC);
	for (q.number = 0; q.number < 4; q.number++)
		EXPECT(lt_q_balanced(&q));
	for (i = 0; i < 4; i++)
		expect_works(i);
}

static CU_TestInfo tests[] = {
	TAP_TEST(block_in_its_own_registers_is_refused),
	TAP_TEST(rings_in_its_own_registers_are_refused),
	TAP_TEST(ring_in_another_device_is_not_even_read),
	TAP_TEST(interrupt_into_its_own_doorbell_does_no_harm),
	TAP_TEST(block_over_the_rings_does_no_harm),
	TAP_TEST(same_block_twice_is_the_guests_affair),
	TAP_TEST(narrow_and_crooked_accesses_are_refused),
	TAP_TEST(random_writes_do_no_harm),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "hostile", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
