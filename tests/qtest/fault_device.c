// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaviour on request: who may ask for it, and what the whole device does.
 */
#include "hw/pci/pci_regs.h"
#include "migration.h"
#include "queue.h"

#define BLOCK		4096
#define MS		1000000
#define ECAM		0xb0000000u	/* q35: configuration space of 4 KiB a function */
#define AER		(ECAM + (4 << 15) + 0x100)

static struct lt_queue q;

static void generate(uint64_t count)
{
	lt_q_generate(&q, (struct lt_burst) { .count = count, .size_min = 3000, .size_max = 3000 });
	lt_settle();
}

static void open_queue(void)
{
	lt_q_open(&q, 0, 6, BLOCK, 0);
	lt_q_post(&q, 64);
}

static void start(const char *properties)
{
	g_autofree char *device = g_strdup_printf(",id=lab%s", properties);

	lt_start(device, "");
	open_queue();
}

static void registers_need_the_capability(void)
{
	start("");
	EXPECT(!(lt_read(LAB_REG_CAPS) & LAB_CAP_FAULT));
	lt_write(LAB_REG_FAULT, LAB_FAULT_BAD_SLOT);
	lt_write(LAB_REG_FAULT_PERIOD, 1);
	lt_write64(LAB_REG_FAULT_SEED, 1);
	EXPECT_EQ(lt_complaints(), 3);
	EXPECT_EQ(lt_read(LAB_REG_FAULT), 0);
	EXPECT_EQ(lt_read(LAB_REG_FAULT_PERIOD), 16);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_SEED), 0);
	generate(10);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 0);
}

static void registers_read_without_the_capability(void)
{
	start(",fault=irq-lost+stall,fault-period=3,fault-seed=9");
	EXPECT_EQ(lt_read(LAB_REG_FAULT), LAB_FAULT_IRQ_LOST | LAB_FAULT_STALL);
	EXPECT_EQ(lt_read(LAB_REG_FAULT_PERIOD), 3);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_SEED), 9);
}

static void reset_brings_the_properties_back(void)
{
	start(",fault=bad-slot,fault-period=2,fault-seed=5,fault-register=on");
	EXPECT(lt_read(LAB_REG_CAPS) & LAB_CAP_FAULT);
	lt_write(LAB_REG_FAULT, ~0u);
	EXPECT_EQ(lt_read(LAB_REG_FAULT), 0x7ffff);
	lt_write(LAB_REG_FAULT, LAB_FAULT_IRQ_LOST);
	lt_write(LAB_REG_FAULT_PERIOD, 1);
	lt_write64(LAB_REG_FAULT_SEED, 0);
	generate(10);
	EXPECT(lt_read64(LAB_REG_FAULT_COUNT) > 0);
	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	EXPECT_EQ(lt_read(LAB_REG_FAULT), LAB_FAULT_BAD_SLOT);
	EXPECT_EQ(lt_read(LAB_REG_FAULT_PERIOD), 2);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_SEED), 5);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 0);
}

static void property_holds_at_once_and_counts_anew(void)
{
	start(",fault=bad-slot,fault-period=4");
	generate(3);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 0);
	lt_property("fault", "bad-length");
	EXPECT_EQ(lt_read(LAB_REG_FAULT), LAB_FAULT_BAD_LENGTH);
	generate(3);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 0);
	generate(1);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 1);
}

static void unknown_name_is_refused_with_those_there_are(void)
{
	QDict *answer;
	const char *text;

	start(",fault=stall");
	answer = qtest_qmp(lt.qts, "{ 'execute': 'qom-set', 'arguments': { 'path': "
			   "'/machine/peripheral/lab', 'property': 'fault', "
			   "'value': 'irq-lost+nonsense' } }");
	text = qdict_get_str(qdict_get_qdict(answer, "error"), "desc");
	EXPECT(strstr(text, "'nonsense'") && strstr(text, "irq-lost, irq-duplicate"));
	qobject_unref(answer);
	EXPECT_EQ(lt_read(LAB_REG_FAULT), LAB_FAULT_STALL);
}

static void expect_gone(void)
{
	EXPECT_EQ(lt_read(LAB_REG_ID), ~0u);
	EXPECT_EQ(lt_read64(lt_q_reg(&q, LAB_Q_CNT_GENERATED)), ~0ull);
	EXPECT_EQ(lt_read(0x8000), ~0u);
	EXPECT_EQ(qpci_config_readl(lt.dev, PCI_VENDOR_ID), ~0u);
	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_COMMAND), 0xffff);
	EXPECT_EQ(qpci_config_readb(lt.dev, PCI_REVISION_ID), 0xff);
	lt_write(LAB_REG_CTRL, LAB_CTRL_RESET);
	qpci_config_writew(lt.dev, PCI_COMMAND, 0);
	EXPECT_EQ(lt_complaints(), 0);
}

/* As after a reset: nobody has given it addresses. Then it works. */
static void expect_back(void)
{
	struct lab_cpl cpl;

	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_VENDOR_ID), LAB_PCI_VENDOR_ID);
	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_COMMAND), 0);
	EXPECT_EQ(qpci_config_readl(lt.dev, PCI_BASE_ADDRESS_0), 0);
	qpci_config_writel(lt.dev, PCI_BASE_ADDRESS_0, (uint32_t)lt.regs.addr);
	qpci_device_enable(lt.dev);
	EXPECT_EQ(lt_read(LAB_REG_ID), LAB_ID_MAGIC);
	EXPECT_EQ(lt_q_read(&q, LAB_Q_STATUS), 0);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_GENERATED), 0);
	open_queue();
	generate(1);
	EXPECT(lt_q_pop(&q, &cpl, NULL));
}

static void reset_machine(void)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'system_reset' }");
	qtest_qmp_eventwait(lt.qts, "RESET");
}

static void all_ones_until_the_property_says_so(void)
{
	start(",fault=all-ones,fault-period=5");
	generate(20);
	expect_gone();
	lt_step(1000 * MS);
	expect_gone();
	lt_property("fault", "none");
	expect_back();
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 0);
}

static void no_pending_interrupt_of_a_gone_device_is_sent(void)
{
	struct lt_queue other;

	start(",fault=all-ones,fault-period=1");
	lt_irq_mask(1, true);
	lt_q_open(&other, 1, 3, BLOCK, 0);
	lt_q_write(&other, LAB_Q_KICK, 1);
	EXPECT(qpci_msix_pending(lt.dev, 1));
	generate(1);
	expect_gone();
	lt_irq_mask(1, false);
	EXPECT(!lt_irq_taken(1));
}

/* The ring's ninth entry is behind the end of the memory, and is a duplicate's */
static void a_duplicate_that_cannot_be_written_counts_once(void)
{
	lt_start(",fault=cpl-duplicate,fault-period=2", "");
	lt_q_prepare(&q, 0, 4, BLOCK);
	lt_q_write64(&q, LAB_Q_CPL_BASE, (128 << 20) - 8 * sizeof(struct lab_cpl));
	lt_q_enable(&q, 0);
	lt_q_post(&q, 16);
	generate(10);
	EXPECT_EQ(lt_q_error(&q), LAB_QERR_CPL_DMA);
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 6);
	EXPECT(lt_q_balanced(&q));
}

static void all_ones_until_the_machine_is_reset(void)
{
	start(",fault=all-ones,fault-period=5");
	generate(20);
	expect_gone();
	reset_machine();
	expect_back();
}

static void link_down_lasts_20_ms(void)
{
	start(",fault=link-down,fault-period=5");
	generate(20);
	expect_gone();
	lt_step(20 * MS - 1);
	expect_gone();
	lt_step(1);
	expect_back();
}

static void link_down_ends_with_a_reset_of_the_machine(void)
{
	start(",fault=link-down,fault-period=5");
	generate(20);
	expect_gone();
	reset_machine();
	expect_back();
	lt_step(20 * MS);
	EXPECT_EQ(lt_read(LAB_REG_ID), LAB_ID_MAGIC);
}

/* Every queue goes, the one that is not asked too */
static void gone_means_no_dma_and_no_interrupt(void)
{
	struct lt_queue other;
	struct lab_cpl cpl;

	start(",fault=all-ones,fault-period=5");
	lt_q_open(&other, 1, 6, BLOCK, 0);
	lt_q_post(&other, 64);
	lt_q_generate(&other, (struct lt_burst) { .size_min = 64, .size_max = 64, .burst = 1,
						  .gap_ns = 10 * MS });
	lt_settle();
	generate(5);
	while (lt_q_pop(&other, &cpl, NULL))
		;
	lt_irq_taken(0);
	lt_irq_taken(1);
	lt_step(100 * MS);
	lt_settle();
	EXPECT(!lt_q_pop(&other, &cpl, NULL));
	EXPECT(!lt_irq_taken(0) && !lt_irq_taken(1));
}

static void map_configuration(void)
{
	QPCIDevice *host = qpci_device_find(lt.bus, QPCI_DEVFN(0, 0));

	qpci_config_writel(host, 0x60, ECAM | 1);
	g_free(host);
}

static void errors_show_in_the_status_of_the_device(void)
{
	static const struct {
		const char *name;
		uint32_t reg, bit;
	} errors[] = {
		{ "aer-correctable", PCI_ERR_COR_STATUS, PCI_ERR_COR_RCVR },
		{ "aer-nonfatal", PCI_ERR_UNCOR_STATUS, PCI_ERR_UNC_COMP_TIME },
		{ "aer-fatal", PCI_ERR_UNCOR_STATUS, PCI_ERR_UNC_MALF_TLP },
	};
	size_t i;

	start(",fault-period=4");
	map_configuration();
	for (i = 0; i < G_N_ELEMENTS(errors); i++) {
		lt_property("fault", errors[i].name);
		generate(3);
		EXPECT_EQ(qtest_readl(lt.qts, AER + errors[i].reg), 0);
		generate(1);
		EXPECT_EQ(qtest_readl(lt.qts, AER + errors[i].reg), errors[i].bit);
		qtest_writel(lt.qts, AER + errors[i].reg, errors[i].bit);
		EXPECT_EQ(qtest_readl(lt.qts, AER + errors[i].reg), 0);
	}
	EXPECT_EQ(lt_q_read64(&q, LAB_Q_CNT_DELIVERED), 12);
	EXPECT(lt_q_balanced(&q));
}

static void schedule_goes_on_where_the_machine_moves(void)
{
	start(",fault-register=on");
	lt_write(LAB_REG_FAULT_PERIOD, 4);
	lt_write(LAB_REG_FAULT, LAB_FAULT_BAD_SLOT);
	generate(7);
	lt_migrate(",id=lab,fault-register=on", "");
	EXPECT_EQ(lt_read(LAB_REG_FAULT), LAB_FAULT_BAD_SLOT);
	EXPECT_EQ(lt_read(LAB_REG_FAULT_PERIOD), 4);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 1);
	generate(1);
	EXPECT_EQ(lt_read64(LAB_REG_FAULT_COUNT), 2);
}

static void what_is_late_comes_after_the_machine_moved(void)
{
	start(",fault=irq-late,fault-period=1");
	generate(1);
	lt_step(4 * MS);
	lt_migrate(",id=lab", "");
	EXPECT(!lt_irq_taken(0));
	lt_step(MS);
	EXPECT(lt_irq_taken(0));
}

static void gone_device_is_gone_where_the_machine_moves(void)
{
	start(",fault=link-down,fault-period=5");
	generate(5);
	lt_migrate(",id=lab", "");
	expect_gone();
	lt_step(20 * MS);
	expect_back();
}

static CU_TestInfo tests[] = {
	TAP_TEST(registers_need_the_capability),
	TAP_TEST(registers_read_without_the_capability),
	TAP_TEST(reset_brings_the_properties_back),
	TAP_TEST(property_holds_at_once_and_counts_anew),
	TAP_TEST(unknown_name_is_refused_with_those_there_are),
	TAP_TEST(all_ones_until_the_property_says_so),
	TAP_TEST(no_pending_interrupt_of_a_gone_device_is_sent),
	TAP_TEST(a_duplicate_that_cannot_be_written_counts_once),
	TAP_TEST(all_ones_until_the_machine_is_reset),
	TAP_TEST(link_down_lasts_20_ms),
	TAP_TEST(link_down_ends_with_a_reset_of_the_machine),
	TAP_TEST(gone_means_no_dma_and_no_interrupt),
	TAP_TEST(errors_show_in_the_status_of_the_device),
	TAP_TEST(schedule_goes_on_where_the_machine_moves),
	TAP_TEST(what_is_late_comes_after_the_machine_moved),
	TAP_TEST(gone_device_is_gone_where_the_machine_moves),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "fault, device", .pTearDownFunc = lt_teardown, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
