// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device behind a hot-plug port is taken out, whatever it is doing, and
 * put in again.
 */
#include "frames.h"
#include "sender.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"

#define PORT_DEVFN	QPCI_DEVFN(3, 0)
#define CARD_DEVFN	(1 << 8 | QPCI_DEVFN(0, 0))	/* on bus 1 */
#define CARD		",bus=slot1,addr=00.0,id=lab,fault-register=on"
#define PORT		"-device pcie-root-port,id=slot1,addr=03.0,chassis=1,slot=1 " \
			"-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off "
#define ECAM		0xb0000000u	/* q35: configuration space of 4 KiB a function */
#define QUEUES		4
#define SOON_NS		500000000
#define PATTERN		0x5c
#define WATCHED		0x40000u	/* bytes of blocks that are looked at */

static struct lt_queue q;
static struct lt_sender t;
static QPCIDevice *port;

static const struct lt_burst endless = { .size_min = 500, .size_max = 1000, .seed = 7 };
static const struct lt_burst paced = {
	.size_min = 64, .size_max = 64, .burst = 1, .gap_ns = 10000,
};

/* Bus numbers and a window onto all that libqos hands out to BARs */
static void open_bridge(void)
{
	lt.bus = qpci_new_pc(lt.qts, NULL);
	port = qpci_device_find(lt.bus, PORT_DEVFN);
	qpci_device_enable(port);
	qpci_config_writeb(port, PCI_SECONDARY_BUS, 1);
	qpci_config_writeb(port, PCI_SUBORDINATE_BUS, 1);
	qpci_config_writew(port, PCI_MEMORY_BASE, 0xe000);
	qpci_config_writew(port, PCI_MEMORY_LIMIT, 0xeff0);
}

static void slot_power(bool on)
{
	uint8_t exp = qpci_find_capability(port, PCI_CAP_ID_EXP, 0);
	uint16_t control = qpci_config_readw(port, exp + PCI_EXP_SLTCTL);

	control &= ~(PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC);
	control |= on ? PCI_EXP_SLTCTL_PWR_IND_ON | PCI_EXP_SLTCTL_PWR_ON
		      : PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_PWR_OFF;
	qpci_config_writew(port, exp + PCI_EXP_SLTCTL, control);
}

static void start(const char *device, const char *more)
{
	g_autofree char *card = g_strdup_printf(CARD "%s", device);
	g_autofree char *machine = g_strdup_printf(PORT "%s", more);

	lt_boot(card, machine);
	open_bridge();
	slot_power(true);
	lt_open(CARD_DEVFN);
}

static void stop(void)
{
	g_free(port);
	lt_stop();
}

static void expect_pattern(uint64_t addr, size_t bytes)
{
	g_autofree uint8_t *memory = g_malloc(bytes);
	size_t i;

	qtest_memread(lt.qts, addr, memory, bytes);
	for (i = 0; i < bytes && memory[i] == PATTERN; i++)
		;
	EXPECT_EQ(i, bytes);
}

/* Power is switched off, asked for or not; no timer and no bottom half of it is left */
static void pull(void)
{
	static const struct { uint64_t addr; size_t bytes; } touched[] = {
		{ LT_CPL_BASE, 4096 }, { LT_IRQ_BASE, 4096 }, { LT_TX_BASE, 4096 },
		{ LT_BLOCK_BASE, WATCHED },
	};
	size_t i;

	slot_power(false);
	qtest_qmp_eventwait(lt.qts, "DEVICE_DELETED");
	for (i = 0; i < G_N_ELEMENTS(touched); i++)
		qtest_memset(lt.qts, touched[i].addr, PATTERN, touched[i].bytes);
	lt_step(2 * SOON_NS);
	lt_settle();
	for (i = 0; i < G_N_ELEMENTS(touched); i++)
		expect_pattern(touched[i].addr, touched[i].bytes);
	EXPECT(lt_read(LAB_REG_ID) != LAB_ID_MAGIC);
	EXPECT_EQ(qpci_config_readw(lt.dev, PCI_VENDOR_ID), 0xffff);
}

static void ask(void)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'device_del', "
				 "'arguments': { 'id': 'lab' } }");
	EXPECT_EQ(lt_read(LAB_REG_ID), LAB_ID_MAGIC);	/* until the guest lets go of it */
}

static void plug_again(void)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'device_add', 'arguments': { "
				 "'driver': 'labyrinth', 'bus': 'slot1', 'id': 'lab' } }");
	slot_power(true);
	lt_open(CARD_DEVFN);
}

static void expect_working(void)
{
	struct lt_burst ten = { .count = 10, .size_min = 64, .size_max = 64 };

	lt_q_open(&q, 0, 3, 4096, 0);
	lt_q_post(&q, 1);
	lt_q_generate(&q, ten);
	EXPECT(lt_q_wait_delivered(&q, 10));
}

/* All queues run; interrupts, open blocks and bursts wait for their time */
static void start_bursts(void)
{
	uint32_t n;

	for (n = 0; n < QUEUES; n++) {
		lt_q_prepare(&q, n, 4, 65536);
		lt_q_write(&q, LAB_Q_COAL_COUNT, 100);
		lt_q_write(&q, LAB_Q_COAL_NS, SOON_NS);
		lt_q_write(&q, LAB_Q_BLOCK_TIMEOUT, SOON_NS);
		lt_q_enable(&q, n % 2 ? LAB_Q_CTRL_LOSSY : 0);
		lt_q_post(&q, 8);
		lt_q_generate(&q, n ? paced : endless);
	}
	lt_step(1000000);
}

static void pulled_out_in_a_burst(void)
{
	start("", "");
	start_bursts();
	pull();
	stop();
}

static void asked_for_in_a_burst(void)
{
	start("", "");
	start_bursts();
	ask();
	pull();
	stop();
}

/* No interrupt is acknowledged, so the queues let go of QEMU's big lock now and then */
static void pulled_out_between_two_slices(void)
{
	static struct lt_queue queues[LAB_MAX_QUEUES];
	uint32_t n;

	start(",queues=16", "");
	for (n = 0; n < LAB_MAX_QUEUES; n++) {
		lt_q_open(&queues[n], n, 6, 65536, 0);
		lt_q_post(&queues[n], 64);
	}
	for (n = 0; n < LAB_MAX_QUEUES; n++)
		lt_q_generate(&queues[n], endless);
	pull();
	stop();
}

static void pulled_out_while_the_netdev_takes_no_more(void)
{
	uint8_t block[2000];
	g_autofree char *netdev = NULL;
	int far;

	netdev = lt_wire_open("dgram", &far);
	start(",netdev=wire", netdev);
	close(far);
	lt_q_prepare(&q, 0, 2, 4096);
	lt_tx_prepare(&t, 0, 10, 4096);
	lt_q_enable(&q, 0);
	lt_tx_series(&t, 1500, 0, 1000);
	lt_settle();
	EXPECT(lt_q_read64(&q, LAB_Q_CNT_TX_BLOCKS) < 1000);
	pull();
	while (recv(lt.wire, block, sizeof(block), MSG_DONTWAIT) > 0)
		lt_settle();	/* the netdev sends what it kept, and says so to nobody */
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'query-status' }");
	stop();
}

/* Return: how many frames there was room for, in the socket and behind it */
static unsigned int send_what_fits(void)
{
	static const uint8_t frame[9000];
	unsigned int n = 0;

	while (send(lt.wire, frame, sizeof(frame), MSG_DONTWAIT) > 0)
		n++;
	return n;
}

static void pulled_out_while_the_netdev_holds_frames(void)
{
	g_autofree char *netdev = NULL;
	int far;

	netdev = lt_wire_open("dgram", &far);
	start(",netdev=wire,fifo-bytes=256K", netdev);
	close(far);
	lt_q_open(&q, 0, 2, 4096, 0);	/* and no block */
	lt_write(LAB_REG_STEER, LAB_STEER_ENABLE);
	while (send_what_fits())
		lt_settle();
	pull();
	stop();
}

/* Each fault that does something later */
static void pulled_out_before_a_fault_is_over(void)
{
	static const uint32_t late[] = {
		LAB_FAULT_IRQ_SPURIOUS | LAB_FAULT_IRQ_LATE, LAB_FAULT_CPL_EARLY,
		LAB_FAULT_STALL, LAB_FAULT_LATE_WRITE, LAB_FAULT_LINK_DOWN, LAB_FAULT_AER_FATAL,
	};
	struct lab_cpl cpl;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(late); i++) {
		start("", "");
		lt_write(LAB_REG_FAULT_PERIOD, 1);
		lt_write(LAB_REG_FAULT, late[i]);
		lt_q_prepare(&q, 0, 1, 4096);
		lt_q_write(&q, LAB_Q_RECORDS_MAX, 1);
		lt_q_enable(&q, 0);
		lt_q_post(&q, 1);
		lt_q_generate(&q, paced);
		lt_settle();
		while (lt_q_pop(&q, &cpl, NULL))
			;
		lt_q_arm(&q);
		pull();
		stop();
	}
}

/* An MSI is a write to where the guest says: here it switches the slot off */
static void pulled_out_by_its_own_interrupt(void)
{
	static const char *const faults[] = { "none", "irq-duplicate", "irq-late" };
	QPCIDevice *host;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *fault = g_strdup_printf(",fault-period=1,fault=%s", faults[i]);

		start(fault, "");
		host = qpci_device_find(lt.bus, QPCI_DEVFN(0, 0));
		qpci_config_writel(host, 0x60, ECAM | 1);
		g_free(host);
		qpci_io_writel(lt.dev, lt.msix, lt.dev->msix_table_off, ECAM + (PORT_DEVFN << 12) +
			       qpci_find_capability(port, PCI_CAP_ID_EXP, 0) + PCI_EXP_SLTCTL);
		qpci_io_writel(lt.dev, lt.msix, lt.dev->msix_table_off + 8,
			       PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_PWR_OFF);
		lt_q_open(&q, 0, 4, 4096, 0);
		lt_q_post(&q, 8);
		lt_q_generate(&q, endless);
		lt_step(10000000);
		qtest_qmp_eventwait(lt.qts, "DEVICE_DELETED");
		lt_settle();
		stop();
	}
}

static void plugged_in_again_it_works(void)
{
	int times;

	start("", "");
	for (times = 0; times < 5; times++) {
		start_bursts();
		pull();
		plug_again();
		expect_working();
	}
	stop();
}

static CU_TestInfo tests[] = {
	TAP_TEST(pulled_out_in_a_burst),
	TAP_TEST(asked_for_in_a_burst),
	TAP_TEST(pulled_out_between_two_slices),
	TAP_TEST(pulled_out_while_the_netdev_takes_no_more),
	TAP_TEST(pulled_out_while_the_netdev_holds_frames),
	TAP_TEST(pulled_out_before_a_fault_is_over),
	TAP_TEST(pulled_out_by_its_own_interrupt),
	TAP_TEST(plugged_in_again_it_works),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "unplug", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
