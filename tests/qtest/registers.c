// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers: identity, reset values, access, 64-bit pairs.
 */
#include "machine.h"
#include "hw/pci/pci_regs.h"

#define QUEUES	4

struct reg {
	uint32_t offset;
	uint32_t reset;
};

static const struct reg global_rw[] = {
	{ LAB_REG_SCRATCH, 0 }, { LAB_REG_STEER, 0 },
};

static const uint32_t global_ro[] = {
	LAB_REG_ID, LAB_REG_VERSION, LAB_REG_CAPS, LAB_REG_NUM_QUEUES, LAB_REG_LIMITS,
	LAB_REG_MAC, LAB_REG_MAC + 4,
};

static const struct reg queue_rw32[] = {
	{ LAB_Q_RING_LOG2, 0 }, { LAB_Q_RECORDS_MAX, 0 }, { LAB_Q_BLOCK_TIMEOUT, 50000 },
	{ LAB_Q_COAL_COUNT, 1 }, { LAB_Q_COAL_NS, 0 }, { LAB_Q_GEN_SIZE_MIN, 64 },
	{ LAB_Q_GEN_SIZE_MAX, 64 }, { LAB_Q_GEN_BURST, 0 },
};

static const struct reg queue_rw64[] = {
	{ LAB_Q_FILL_BASE, 0 }, { LAB_Q_CPL_BASE, 0 }, { LAB_Q_GEN_COUNT, 0 },
	{ LAB_Q_GEN_SEED, 0 }, { LAB_Q_GEN_GAP, 0 },
};

static const uint32_t queue_wo[] = {
	LAB_Q_GEN_CTRL, LAB_Q_FILL_DB, LAB_Q_CPL_DB, LAB_Q_ARM_DB, LAB_Q_KICK,
};

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
	EXPECT_EQ(lt_read(LAB_REG_CAPS), LAB_CAP_GENERATOR);
	EXPECT_EQ(lt_read(LAB_REG_NUM_QUEUES), QUEUES);
	EXPECT_EQ(LAB_LIMIT_RING_LOG2(limits), LAB_MAX_RING_LOG2);
	EXPECT_EQ(1u << LAB_LIMIT_BLOCK_LOG2(limits), LAB_MAX_BLOCK_BYTES);
	EXPECT_EQ(limits >> 16, 0);
}

static void expect_queue_reset(uint32_t page)
{
	uint32_t reg;
	size_t i;

	EXPECT_EQ(lt_read(page + LAB_Q_CTRL), 0);
	EXPECT_EQ(lt_read(page + LAB_Q_STATUS), 0);
	for (i = 0; i < G_N_ELEMENTS(queue_rw32); i++)
		EXPECT_EQ(lt_read(page + queue_rw32[i].offset), queue_rw32[i].reset);
	for (i = 0; i < G_N_ELEMENTS(queue_rw64); i++)
		EXPECT_EQ(lt_read64(page + queue_rw64[i].offset), queue_rw64[i].reset);
	for (reg = LAB_Q_CNT_GENERATED; reg <= LAB_Q_CNT_LAST; reg += 8)
		EXPECT_EQ(lt_read64(page + reg), 0);
}

static void start_with_reset_values(void)
{
	uint32_t q;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(global_rw); i++)
		EXPECT_EQ(lt_read(global_rw[i].offset), global_rw[i].reset);
	for (q = 0; q < QUEUES; q++) {
		EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(q) + LAB_Q_VECTOR), q);
		expect_queue_reset(LAB_QUEUE_PAGE(q));
	}
}

static void keep_what_is_written(void)
{
	uint32_t page = LAB_QUEUE_PAGE(1);
	size_t i;

	lt_write(LAB_REG_SCRATCH, 0xdeadbeef);
	EXPECT_EQ(lt_read(LAB_REG_SCRATCH), 0xdeadbeef);
	for (i = 0; i < G_N_ELEMENTS(queue_rw32); i++)
		lt_write(page + queue_rw32[i].offset, 0x01234567u + (uint32_t)i);
	for (i = 0; i < G_N_ELEMENTS(queue_rw64); i++)
		lt_write64(page + queue_rw64[i].offset, 0x89abcdef00112233u + i);
	for (i = 0; i < G_N_ELEMENTS(queue_rw32); i++)
		EXPECT_EQ(lt_read(page + queue_rw32[i].offset), 0x01234567u + i);
	for (i = 0; i < G_N_ELEMENTS(queue_rw64); i++)
		EXPECT_EQ(lt_read64(page + queue_rw64[i].offset), 0x89abcdef00112233u + i);
	expect_queue_reset(LAB_QUEUE_PAGE(0));
	expect_queue_reset(LAB_QUEUE_PAGE(2));
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

static void read_only_ones_ignore_writes(void)
{
	uint32_t page = LAB_QUEUE_PAGE(0), before, reg;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(global_ro); i++) {
		before = lt_read(global_ro[i]);
		lt_write(global_ro[i], ~before);
		EXPECT_EQ(lt_read(global_ro[i]), before);
	}
	lt_write(page + LAB_Q_STATUS, ~0u);
	for (reg = LAB_Q_CNT_GENERATED; reg <= LAB_Q_CNT_LAST; reg += 8)
		lt_write64(page + reg, ~0ull);
	expect_queue_reset(page);
	EXPECT_EQ(lt_complaints(), G_N_ELEMENTS(global_ro) + 1 +
		  (LAB_Q_CNT_LAST - LAB_Q_CNT_GENERATED) / 8 + 1);
}

static void write_only_ones_read_as_zero(void)
{
	size_t i;

	EXPECT_EQ(lt_read(LAB_REG_CTRL), 0);
	for (i = 0; i < G_N_ELEMENTS(queue_wo); i++)
		EXPECT_EQ(lt_read(LAB_QUEUE_PAGE(0) + queue_wo[i]), 0);
	EXPECT_EQ(lt_complaints(), G_N_ELEMENTS(queue_wo) + 1);
}

static void holes_read_as_zero(void)
{
	EXPECT_EQ(lt_read(0x030), 0);
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
	TAP_TEST(start_with_reset_values),
	TAP_TEST(keep_what_is_written),
	TAP_TEST(pairs_are_written_in_halves),
	TAP_TEST(read_only_ones_ignore_writes),
	TAP_TEST(write_only_ones_read_as_zero),
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
