// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers: identity, 64-bit pairs, clock.  data_sheet.c goes through them all.
 */
#include "machine.h"
#include "hw/pci/pci_regs.h"

#define QUEUES	4

static void is_found_by_its_pci_identity(void)
{
	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_VENDOR_ID), LAB_PCI_VENDOR_ID);
	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_DEVICE_ID), LAB_PCI_DEVICE_ID);
	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_CLASS_DEVICE), LAB_PCI_CLASS);
	EXPECT_EQ(qpci_config_readb(lt.dev, PCI_REVISION_ID), LAB_PCI_REVISION);
}

static void has_its_capabilities(void)
{
	uint8_t pcie = qpci_find_capability(lt.dev, PCI_CAP_ID_EXP, 0);

	EXPECT(pcie);
	EXPECT(qpci_find_capability(lt.dev, PCI_CAP_ID_PM, 0));
	EXPECT(qpci_find_capability(lt.dev, PCI_CAP_ID_MSIX, 0));
	EXPECT_EQ(qpci_config_readl(lt.dev, pcie + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR,
		  PCI_EXP_DEVCAP_FLR);
	EXPECT_EQ(qpci_msix_table_size(lt.dev), QUEUES);
}

static void says_what_it_is(void)
{
	uint32_t limits = lt_read(LAB_REG_LIMITS);

	EXPECT_EQ(lt_read(LAB_REG_ID), LAB_ID_MAGIC);
	EXPECT_EQ(lt_read(LAB_REG_VERSION), LAB_VERSION);
	EXPECT_EQ(lt_read(LAB_REG_CAPS), LAB_CAP_GENERATOR | LAB_CAP_TRANSMIT);
	EXPECT_EQ(lt_read(LAB_REG_NUM_QUEUES), QUEUES);
	EXPECT_EQ(LAB_LIMIT_RING_LOG2(limits), LAB_MAX_RING_LOG2);
	EXPECT_EQ(1u << LAB_LIMIT_BLOCK_LOG2(limits), LAB_MAX_BLOCK_BYTES);
	EXPECT_EQ(limits >> 16, 0);
}

static void pairs_are_written_in_halves(void)
{
	uint32_t reg = LAB_QUEUE_PAGE(0) + LAB_Q_GEN_SEED;

	lt_write(reg, 0x11111111);
	EXPECT_EQ(lt_read64(reg), 0x11111111);
	lt_write(reg + 4, 0x22222222);
	EXPECT_EQ(lt_read64(reg), 0x2222222211111111u);
	lt_write(reg, 0x33333333);
	EXPECT_EQ(lt_read64(reg), 0x2222222233333333u);
	EXPECT_EQ(lt_read(reg), 0x33333333);
	EXPECT_EQ(lt_read(reg + 4), 0x22222222);
}

static void holes_read_as_zero(void)
{
	EXPECT_EQ(lt_read(0x03c), 0);
	EXPECT_EQ(lt_read(0x8000), 0);
	EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(0) + 0x030), 0);
	EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(QUEUES)), 0);
	lt_write(LAB_QUEUE_PAGE(QUEUES) + LAB_Q_CTRL, LAB_Q_CTRL_ENABLE);
	EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(QUEUES) + LAB_Q_STATUS), 0);
	EXPECT(lt_complaints() >= 6);
}

static void low_word_latches_the_high_word(void)
{
	uint64_t before;

	lt_step(0xfffffff0ll);
	before = lt_read64(LAB_REG_CLOCK);
	EXPECT_EQ(lt_read(LAB_REG_CLOCK), (uint32_t)before);
	lt_step(0x100000000ll);
	EXPECT_EQ(lt_read(LAB_REG_CLOCK + 4), before >> 32);
	EXPECT_EQ(lt_read(LAB_REG_CLOCK + 4), (before >> 32) + 1);
	EXPECT_EQ(lt_read64(LAB_REG_CLOCK), before + 0x100000000ull);
}

static void clock_counts_ns(void)
{
	uint64_t before = lt_read64(LAB_REG_CLOCK);

	lt_step(12345);
	EXPECT_EQ(lt_read64(LAB_REG_CLOCK) - before, 12345);
}

static void station_address_comes_from_the_property(void)
{
	lt_start(",mac=52:54:00:12:ab:cd,queues=16", "");
	EXPECT_EQ(lt_read64(LAB_REG_MAC), 0xcdab12005452u);
	EXPECT_EQ(lt_read(LAB_REG_NUM_QUEUES), 16);
	EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(15) + LAB_Q_VECTOR), 15);
	EXPECT_EQ(qpci_msix_table_size(lt.dev), 16);
	lt_stop();
}

static CU_TestInfo tests[] = {
	TAP_TEST(is_found_by_its_pci_identity),
	TAP_TEST(has_its_capabilities),
	TAP_TEST(says_what_it_is),
	TAP_TEST(pairs_are_written_in_halves),
	TAP_TEST(holes_read_as_zero),
	TAP_TEST(low_word_latches_the_high_word),
	TAP_TEST(clock_counts_ns),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo property_tests[] = {
	TAP_TEST(station_address_comes_from_the_property),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "registers", .pSetUpFunc = lt_setup, .pTearDownFunc = lt_teardown,
	  .pTests = tests },
	{ .pName = "properties", .pTests = property_tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
