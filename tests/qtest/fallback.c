// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a machine may lack: MSI-X, MSI, addresses of 64 bits.
 */
#include "migration.h"
#include "queue.h"
#include "hw/pci/pci_regs.h"

#define MSI_DATA	0x1ab00000u
#define HIGH		(1ull << 32)	/* -m 3G: the last GiB is there */

static struct lt_queue q;

/* One block, of one packet */
static void complete(uint32_t number)
{
	lt_q_open(&q, number, 2, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, (struct lt_burst) { .count = 1, .size_min = 64, .size_max = 64 });
	EXPECT(lt_q_wait_delivered(&q, 1));
	lt_settle();
}

static bool pin(void)
{
	return qpci_config_readw(lt.dev, PCI_STATUS) & PCI_STATUS_INTERRUPT;
}

static void setup_msi(void)
{
	lt_start(",msix=off", "");
}

static void setup_pin(void)
{
	lt_start(",msix=off,msi=off", "");
}

/* 1 << @log2 vectors */
static void enable_msi(unsigned int log2)
{
	uint8_t cap = qpci_find_capability(lt.dev, PCI_CAP_ID_MSI, 0);

	qpci_config_writel(lt.dev, cap + PCI_MSI_ADDRESS_LO, LT_IRQ_BASE);
	qpci_config_writel(lt.dev, cap + PCI_MSI_ADDRESS_HI, 0);
	qpci_config_writew(lt.dev, cap + PCI_MSI_DATA_64, (uint16_t)MSI_DATA);
	qpci_config_writew(lt.dev, cap + PCI_MSI_FLAGS,
			   (uint16_t)(PCI_MSI_FLAGS_ENABLE | log2 << 4));
}

static uint32_t msi_taken(void)
{
	uint32_t data = qtest_readl(lt.qts, LT_IRQ_BASE);

	qtest_writel(lt.qts, LT_IRQ_BASE, UINT32_MAX);
	return data;
}

static void one_msi_serves_all_queues(void)
{
	enable_msi(0);
	msi_taken();
	complete(2);
	EXPECT_EQ(msi_taken(), (uint16_t)MSI_DATA);
	EXPECT_EQ(lt_read(LAB_REG_ISR), 1 << 2);
	EXPECT_EQ(lt_read(LAB_REG_ISR), 0);
	EXPECT(!pin());
}

static void msi_vector_is_the_queues_modulo_those_enabled(void)
{
	enable_msi(2);
	complete(3);
	EXPECT_EQ(msi_taken(), (uint16_t)MSI_DATA + 3);
	enable_msi(1);
	lt_q_disable(&q);
	complete(3);
	EXPECT_EQ(msi_taken(), (uint16_t)MSI_DATA + 1);
}

static void there_is_no_msix_capability_then(void)
{
	EXPECT_EQ(qpci_find_capability(lt.dev, PCI_CAP_ID_MSIX, 0), 0);
	EXPECT(qpci_find_capability(lt.dev, PCI_CAP_ID_MSI, 0));
}

static void pin_is_up_until_the_guest_looks_who_it_was(void)
{
	EXPECT_EQ(qpci_find_capability(lt.dev, PCI_CAP_ID_MSI, 0), 0);
	EXPECT_EQ(qpci_config_readb(lt.dev, PCI_INTERRUPT_PIN), 1);
	EXPECT(!pin());
	complete(1);
	EXPECT(pin());
	complete(3);
	EXPECT(pin());
	EXPECT_EQ(lt_read(LAB_REG_ISR), 1 << 1 | 1 << 3);
	EXPECT(!pin());
	EXPECT_EQ(lt_read(LAB_REG_ISR), 0);
}

static void pin_rises_again_when_armed_behind(void)
{
	complete(0);
	EXPECT_EQ(lt_read(LAB_REG_ISR), 1);
	lt_q_arm(&q);
	EXPECT(pin());
	EXPECT_EQ(lt_read(LAB_REG_ISR), 1);
	q.cpl_cons = 1;
	lt_q_arm(&q);
	EXPECT(!pin());
}

static void reset_drops_the_pin(void)
{
	complete(0);
	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	EXPECT(!pin());
	EXPECT_EQ(lt_read(LAB_REG_ISR), 0);
}

static void pin_stays_up_when_the_machine_moves(void)
{
	complete(2);
	lt_migrate(",msix=off,msi=off", "");
	EXPECT(pin());
	EXPECT_EQ(lt_read(LAB_REG_ISR), 1 << 2);
	EXPECT(!pin());
}

static void msix_leaves_the_pin_alone(void)
{
	lt_start("", "");
	complete(1);
	EXPECT(!pin());
	EXPECT(lt_irq_taken(1));
	EXPECT_EQ(lt_read(LAB_REG_ISR), 1 << 1);
	lt_stop();
}

/* A block of 8 KiB at @addr, one packet. Return: the error of the queue. */
static uint32_t deliver_to(uint64_t addr)
{
	lt_q_disable(&q);
	lt_q_open(&q, 0, 2, 8192, 0);
	lt_q_post(&q, 1);
	qtest_writeq(lt.qts, LT_FILL_BASE + offsetof(struct lab_fill, addr), addr);
	lt_q_generate(&q, (struct lt_burst) { .count = 1, .size_min = 64, .size_max = 64 });
	while (!lt_q_error(&q) && !lt_q_read64(&q, LAB_Q_CNT_DELIVERED))
		lt_step(0);
	return lt_q_error(&q);
}

static void device_of_64_bits_reaches_all_memory(void)
{
	lt_start("", "-m 3G");
	EXPECT_EQ(lt_read(LAB_REG_CAPS) & LAB_CAP_DMA32, 0);
	EXPECT_EQ(deliver_to(HIGH), LAB_QERR_NONE);
	lt_stop();
}

static void device_of_32_bits_refuses_what_lies_higher(void)
{
	lt_start(",dma-bits=32", "-m 3G");
	EXPECT_EQ(lt_read(LAB_REG_CAPS) & LAB_CAP_DMA32, LAB_CAP_DMA32);
	EXPECT_EQ(deliver_to(LT_BLOCK_BASE), LAB_QERR_NONE);
	EXPECT_EQ(deliver_to(HIGH), LAB_QERR_BLOCK_DMA);
	EXPECT_EQ(deliver_to(HIGH - 4096), LAB_QERR_BLOCK_DMA);
	lt_q_disable(&q);
	lt_q_write64(&q, LAB_Q_FILL_BASE, HIGH);
	lt_q_enable(&q, 0);
	lt_q_write(&q, LAB_Q_FILL_DB, 1);
	lt_q_generate(&q, (struct lt_burst) { .count = 1, .size_min = 64, .size_max = 64 });
	EXPECT(lt_wait(lt_q_reg(&q, LAB_Q_STATUS), 0xff00,
		       LAB_QERR_FILL_DMA << LAB_Q_STATUS_ERROR_SHIFT));
	lt_stop();
}

static CU_TestInfo msi_tests[] = {
	TAP_TEST(there_is_no_msix_capability_then),
	TAP_TEST(one_msi_serves_all_queues),
	TAP_TEST(msi_vector_is_the_queues_modulo_those_enabled),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo pin_tests[] = {
	TAP_TEST(pin_is_up_until_the_guest_looks_who_it_was),
	TAP_TEST(pin_rises_again_when_armed_behind),
	TAP_TEST(reset_drops_the_pin),
	TAP_TEST(pin_stays_up_when_the_machine_moves),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo tests[] = {
	TAP_TEST(msix_leaves_the_pin_alone),
	TAP_TEST(device_of_64_bits_reaches_all_memory),
	TAP_TEST(device_of_32_bits_refuses_what_lies_higher),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "fallback, MSI", .pSetUpFunc = setup_msi, .pTearDownFunc = lt_teardown,
	  .pTests = msi_tests },
	{ .pName = "fallback, pin", .pSetUpFunc = setup_pin, .pTearDownFunc = lt_teardown,
	  .pTests = pin_tests },
	{ .pName = "fallback", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
