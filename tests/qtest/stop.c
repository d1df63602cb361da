// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping in the middle: generator, queue, device, bus.
 */
#include "queue.h"
#include "hw/pci/pci_regs.h"

static struct lt_queue q;

static const struct lt_burst ten = { .count = 10, .size_min = 64, .size_max = 64, .seed = 2 };
static const struct lt_burst endless = { .size_min = 500, .size_max = 1000, .seed = 7 };

/* Ten packets in the FIFO and no block for them */
static void open_with_ten_pending(void)
{
	lt_q_open(&q, 0, 3, 4096, LAB_Q_CTRL_LOSSY);
	lt_q_generate(&q, ten);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_IN_FLIGHT), 10));
	EXPECT(lt_q_balanced(&q));
}

static void disable_drops_what_is_pending(void)
{
	open_with_ten_pending();
	lt_q_disable(&q);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 10);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DROP_STOP), 10);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_IN_FLIGHT), 0);
	EXPECT(lt_q_balanced(&q));
}

static void enable_starts_from_nothing(void)
{
	struct lab_cpl cpl;
	uint32_t reg;

	open_with_ten_pending();
	lt_q_post(&q, 3);
	EXPECT(lt_q_wait_delivered(&q, 10));
	lt_q_disable(&q);
	lt_q_enable(&q, 0);
	for (reg = LAB_Q_CNT_GENERATED; reg <= LAB_Q_CNT_LAST; reg += 8)
		EXPECT_EQ(lt_q_read64(&q, reg), 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, ten);
	EXPECT(lt_q_wait_delivered(&q, 10));
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.seq, 0);
	EXPECT_EQ(cpl.phase, LAB_CPL_PHASE);
}

static void disabled_queue_touches_no_memory(void)
{
	uint8_t block[4096];
	struct lab_cpl cpl;
	size_t i;

	lt_q_open(&q, 0, 2, sizeof(block), 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, endless);	/* no turn of the main loop between the two */
	lt_q_disable(&q);
	qtest_memset(lt.qts, lt_q_block(&q, 0), 0x11, sizeof(block));
	qtest_memset(lt.qts, LT_CPL_BASE, 0, 64);
	lt_q_post(&q, 1);
	lt_q_generate(&q, ten);
	lt_step(1000000);
	lt_settle();
	EXPECT(!lt_q_pop(&q, &cpl, NULL));
	qtest_memread(lt.qts, lt_q_block(&q, 0), block, sizeof(block));
	for (i = 0; i < sizeof(block) && block[i] == 0x11; i++)
		;
	EXPECT_EQ(i, sizeof(block));
	EXPECT(lt_q_balanced(&q));
}

static void configuration_of_a_running_queue_is_locked(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_write64(&q, LAB_Q_FILL_BASE, 0);
	lt_q_write64(&q, LAB_Q_CPL_BASE, 0);
	lt_q_write(&q, LAB_Q_RING_LOG2, 5);
	lt_q_write(&q, LAB_Q_VECTOR, 2);
	lt_q_write(&q, LAB_Q_RECORDS_MAX, 9);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_FILL_BASE), LT_FILL_BASE);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CPL_BASE), LT_CPL_BASE);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_RING_LOG2), 3);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_VECTOR), 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_RECORDS_MAX), 0);
	EXPECT(lt_complaints() >= 5);
}

static void generator_stops_when_told(void)
{
	uint64_t generated;

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 2);
	lt_q_generate(&q, endless);
	EXPECT(lt_wait64(lt_q_reg(&q, LAB_Q_CNT_BLOCKS), 2));
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_GEN, LAB_Q_STATUS_GEN);
	lt_q_write(&q, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
	lt_settle();
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS) & LAB_Q_STATUS_GEN, 0);
	generated = lt_q_read64(&q, LAB_Q_CNT_GENERATED);
	lt_q_post(&q, 4);
	lt_step(1000000);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), generated);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), generated);
}

/* A block that the generator was still filling is not left lying */
static void stopping_the_generator_closes_its_block(void)
{
	lt_q_open(&q, 0, 1, LAB_MAX_BLOCK_BYTES, 0);
	lt_q_write(&q, LAB_Q_BLOCK_TIMEOUT, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, endless);
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), LAB_Q_STATUS_GEN, LAB_Q_STATUS_GEN));
	lt_step(0);
	lt_q_write(&q, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
	lt_settle();
	EXPECT(lt_q_read64(&q, LAB_Q_CNT_GENERATED));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), lt_q_read64(&q, LAB_Q_CNT_GENERATED));
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_BLOCKS), 1);
}

static void second_start_is_ignored(void)
{
	struct lt_burst other = { .count = 3, .size_min = 1, .size_max = 1, .seed = 99 };
	struct lt_burst held = ten;
	uint8_t block[4096];
	struct lab_cpl cpl;

	lt_q_open(&q, 0, 3, sizeof(block), 0);
	lt_q_generate(&q, held);	/* waits for a block */
	lt_q_generate(&q, other);
	EXPECT(lt_complaints());
	lt_q_post(&q, 1);
	EXPECT(lt_q_wait_delivered(&q, 10));
	EXPECT(lt_q_pop(&q, &cpl, block));
	EXPECT_EQ(lt_q_check_block(&q, &cpl, block, &held, 0), 10);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 10);
}

static void impossible_sizes_do_not_start(void)
{
	struct lt_burst upside_down = { .count = 1, .size_min = 65, .size_max = 64 };
	struct lt_burst too_long = { .count = 1, .size_max = LAB_GEN_SIZE_LIMIT + 1 };

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, upside_down);
	lt_q_generate(&q, too_long);
	lt_settle();
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), LAB_Q_STATUS_ENABLED);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	EXPECT_EQ(lt_complaints(), 2);
}

static void expect_reset(void)
{
	uint32_t reg;

	lt_settle();
	EXPECT_EQ(lt_read(LAB_REG_SCRATCH), 0);
	EXPECT_EQ(lt_read(LAB_REG_STEER), 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_CTRL), 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_FILL_BASE), 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_RING_LOG2), 0);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_BLOCK_TIMEOUT), 50000);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_GEN_SIZE_MAX), 64);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_COAL_COUNT), 1);
	for (reg = LAB_Q_CNT_GENERATED; reg <= LAB_Q_CNT_LAST; reg += 8)
		EXPECT_EQ(lt_q_read64(&q, reg), 0);
}

static void open_busy(void)
{
	lt_q_open(&q, 0, 3, 4096, 0);
	lt_write(LAB_REG_SCRATCH, 1);
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE | 2);
	lt_q_write(&q, LAB_Q_COAL_COUNT, 50);
	lt_q_write(&q, LAB_Q_BLOCK_TIMEOUT, 1);
	lt_q_post(&q, 8);
	lt_q_generate(&q, endless);
}

static void reset_in_flight_brings_reset_values(void)
{
	open_busy();
	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	expect_reset();
	open_with_ten_pending();	/* and it works again */
}

static void function_level_reset_does_so_too(void)
{
	uint8_t pcie = qpci_find_capability(lt.dev, PCI_CAP_ID_EXP, 0);
	uint16_t control = qpci_config_readw(lt.dev, pcie + PCI_EXP_DEVCTL);

	open_busy();
	qpci_config_writew(lt.dev, pcie + PCI_EXP_DEVCTL, control | PCI_EXP_DEVCTL_BCR_FLR);
	qpci_device_enable(lt.dev);
	qpci_config_writel(lt.dev, PCI_BASE_ADDRESS_0, (uint32_t)lt.regs.addr);
	expect_reset();
}

static void without_bus_mastering_nothing_moves(void)
{
	struct lab_cpl cpl;

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_bus_master(false);
	lt_q_post(&q, 2);
	lt_q_generate(&q, ten);
	lt_step(1000000);
	lt_settle();
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 0);
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_NONE);
	EXPECT(!lt_q_pop(&q, &cpl, NULL));
	EXPECT(!lt_irq_taken(0));
	lt_bus_master(true);
	EXPECT(lt_q_wait_delivered(&q, 10));
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT_EQ(cpl.records, 10);
	lt_settle();
	EXPECT(lt_irq_taken(0));
	EXPECT(lt_q_balanced(&q));
}

static void asleep_in_d3_nothing_moves(void)
{
	struct lt_burst paced = { .size_min = 64, .size_max = 64, .burst = 1, .gap_ns = 1000 };
	uint16_t control = qpci_find_capability(lt.dev, PCI_CAP_ID_PM, 0) + PCI_PM_CTRL;
	struct lab_cpl cpl;

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 8);
	lt_q_generate(&q, paced);
	EXPECT(lt_q_wait_delivered(&q, 1));
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	qpci_config_writew(lt.dev, control, 3);
	lt_step(3000);
	lt_settle();
	EXPECT(!lt_q_pop(&q, &cpl, NULL));
	qpci_config_writew(lt.dev, control, 0);
	EXPECT(lt_q_wait_delivered(&q, 4));
	EXPECT(lt_q_pop(&q, &cpl, NULL));
	EXPECT(lt_q_balanced(&q));
}

/* For whoever looks from outside, without the guest */
static void property_tells_what_each_queue_is_at(void)
{
	g_autofree char *said = NULL;
	g_autofree char *tree = NULL;

	lt_stop();
	lt_start(",id=lab", "");
	open_with_ten_pending();
	lt_q_open(&q, 1, 3, 4096, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 1000);
	said = qtest_hmp(lt.qts, "qom-get /machine/peripheral/lab state");
	EXPECT(strstr(said, "queue 0: waits for blocks error 0 generated 10 delivered 0 "
		      "in_flight 10 posted 0") != NULL);
	EXPECT(strstr(said, "queue 1: failed error 2 ") != NULL);
	EXPECT(strstr(said, "queue 2: off error 0 ") != NULL);
	tree = qtest_hmp(lt.qts, "info qtree");
	EXPECT(strstr(tree, "state = \"queue 0: waits for blocks") != NULL);
}

static void a_function_level_reset_wakes_it_up(void)
{
	uint8_t pcie = qpci_find_capability(lt.dev, PCI_CAP_ID_EXP, 0);
	uint16_t pm = qpci_find_capability(lt.dev, PCI_CAP_ID_PM, 0) + PCI_PM_CTRL;

	qpci_config_writew(lt.dev, pm, 3);
	EXPECT_EQ(qpci_config_readw(lt.dev, pm) & PCI_PM_CTRL_STATE_MASK, 3);
	qpci_config_writew(lt.dev, pcie + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
	EXPECT_EQ(qpci_config_readw(lt.dev, pm) & PCI_PM_CTRL_STATE_MASK, 0);
}

static CU_TestInfo tests[] = {
	TAP_TEST(disable_drops_what_is_pending),
	TAP_TEST(enable_starts_from_nothing),
	TAP_TEST(disabled_queue_touches_no_memory),
	TAP_TEST(configuration_of_a_running_queue_is_locked),
	TAP_TEST(generator_stops_when_told),
	TAP_TEST(stopping_the_generator_closes_its_block),
	TAP_TEST(second_start_is_ignored),
	TAP_TEST(impossible_sizes_do_not_start),
	TAP_TEST(reset_in_flight_brings_reset_values),
	TAP_TEST(function_level_reset_does_so_too),
	TAP_TEST(without_bus_mastering_nothing_moves),
	TAP_TEST(asleep_in_d3_nothing_moves),
	TAP_TEST(a_function_level_reset_wakes_it_up),
	TAP_TEST(property_tells_what_each_queue_is_at),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "stop", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
