// SPDX-License-Identifier: GPL-2.0-only
#include "machine.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"

#define LT_SLOT		4
#define LT_PATIENCE_MS	5000
#define LT_MSIX_ENTRY	16
#define LT_IRQ_DATA	0x1ab00000u

struct lt_machine lt;

/* In the place of GLib's: libqtest would tell the command line of each QEMU */
void g_test_message(const char *format, ...)
{
}

void lt_expect_eq(uint64_t got, uint64_t want, const char *what, const char *file,
		  unsigned int line)
{
	if (got != want)
		printf("# %s:%u: 0x%" PRIx64 ", not 0x%" PRIx64 "\n", file, line, got, want);
	CU_assertImplementation(got == want, line, what, file, "", CU_FALSE);
}

/*
 * The emulator lies beside the test program, unless the environment names
 * another; what the device complains of goes into a log there, too.
 */
static void lt_find_files(void)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = g_path_get_dirname(program);
	static unsigned int machines;
	g_autofree char *emulator = g_build_filename(directory, "qemu-system-x86_64", NULL);

	g_setenv("QTEST_QEMU_BINARY", emulator, false);
	lt.log = g_strdup_printf("%s.%d.%u.log", program, getpid(), machines++);
}

static uint64_t lt_msix_entry(unsigned int v)
{
	return lt.dev->msix_table_off + v * LT_MSIX_ENTRY;
}

static void lt_msix_setup(void)
{
	unsigned int v;

	if (!qpci_find_capability(lt.dev, PCI_CAP_ID_MSIX, 0))
		return;
	qpci_msix_enable(lt.dev);
	lt.msix = lt.dev->msix_table_bar;
	for (v = 0; v < qpci_msix_table_size(lt.dev); v++) {
		qpci_io_writel(lt.dev, lt.msix, lt_msix_entry(v), LT_IRQ_BASE + 4 * v);
		qpci_io_writel(lt.dev, lt.msix, lt_msix_entry(v) + 4, 0);
		qpci_io_writel(lt.dev, lt.msix, lt_msix_entry(v) + 8, LT_IRQ_DATA + v);
		lt_irq_mask(v, false);
	}
}

void lt_boot(const char *device, const char *more)
{
	lt_find_files();
	lt.now_ns = 0;
	lt.qts = qtest_initf("-M q35 -nodefaults -m 128 %s -device labyrinth,addr=%02x.0%s "
			     "-d guest_errors -D %s", more, LT_SLOT, device, lt.log);
}

void lt_open(int devfn)
{
	g_free(lt.dev);
	lt.dev = qpci_device_find(lt.bus, devfn);
	g_assert_nonnull(lt.dev);
	qpci_device_enable(lt.dev);
	lt.regs = qpci_iomap(lt.dev, LAB_BAR_REGS, NULL);
	lt_msix_setup();
}

void lt_start(const char *device, const char *more)
{
	lt_boot(device, more);
	lt.bus = qpci_new_pc(lt.qts, NULL);
	lt_open(QPCI_DEVFN(LT_SLOT, 0));
}

void lt_end(struct lt_machine *m)
{
	g_free(m->dev);
	qpci_free_pc(m->bus);
	qtest_quit(m->qts);
	unlink(m->log);
	g_free(m->log);
	if (m->wire)
		close(m->wire);
	memset(m, 0, sizeof(*m));
}

void lt_stop(void)
{
	lt_end(&lt);
}

void lt_setup(void)
{
	lt_start("", "");
}

void lt_teardown(void)
{
	lt_stop();
}

void lt_bus_master(bool on)
{
	uint16_t command = qpci_config_readw(lt.dev, PCI_COMMAND);

	command = on ? command | PCI_COMMAND_MASTER : command & ~PCI_COMMAND_MASTER;
	qpci_config_writew(lt.dev, PCI_COMMAND, command);
}

uint32_t lt_read(uint32_t reg)
{
	return qpci_io_readl(lt.dev, lt.regs, reg);
}

uint64_t lt_read64(uint32_t reg)
{
	return qpci_io_readq(lt.dev, lt.regs, reg);
}

void lt_write(uint32_t reg, uint32_t value)
{
	qpci_io_writel(lt.dev, lt.regs, reg, value);
}

void lt_write64(uint32_t reg, uint64_t value)
{
	qpci_io_writeq(lt.dev, lt.regs, reg, value);
}

void lt_step(int64_t ns)
{
	lt.now_ns = ns ? qtest_clock_step(lt.qts, ns) : qtest_clock_set(lt.qts, lt.now_ns);
}

void lt_settle(void)
{
	int turn;

	for (turn = 0; turn < 20; turn++)
		lt_step(0);
}

/* Ticks of the processor that QEMU has had: fields 14 and 15 of stat, see proc(5) */
static uint64_t lt_ticks(void)
{
	g_autofree char *cpus = qtest_hmp(lt.qts, "info cpus");
	const char *thread = strstr(cpus, "thread_id=");
	g_autofree char *path = NULL, *text = NULL;
	unsigned long user = 0, system = 0;

	if (!thread)
		return 0;
	path = g_strdup_printf("/proc/%d/stat", atoi(thread + strlen("thread_id=")));
	if (g_file_get_contents(path, &text, NULL, NULL))
		sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		       &user, &system);
	return user + system;
}

bool lt_idle(void)
{
	uint64_t before = lt_ticks();

	g_usleep(200000);
	return before && lt_ticks() - before < 10;
}

bool lt_wait(uint32_t reg, uint32_t mask, uint32_t value)
{
	int64_t deadline_us = g_get_monotonic_time() + LT_PATIENCE_MS * 1000;

	while ((lt_read(reg) & mask) != value) {
		if (g_get_monotonic_time() > deadline_us)
			return false;
		lt_step(0);
	}
	return true;
}

bool lt_wait64(uint32_t reg, uint64_t value)
{
	int64_t deadline_us = g_get_monotonic_time() + LT_PATIENCE_MS * 1000;

	while (lt_read64(reg) != value) {
		if (g_get_monotonic_time() > deadline_us)
			return false;
		lt_step(0);
	}
	return true;
}

bool lt_irq_taken(unsigned int v)
{
	if (qtest_readl(lt.qts, LT_IRQ_BASE + 4 * v) != LT_IRQ_DATA + v)
		return false;
	qtest_writel(lt.qts, LT_IRQ_BASE + 4 * v, 0);
	return true;
}

void lt_irq_mask(unsigned int v, bool masked)
{
	qpci_io_writel(lt.dev, lt.msix, lt_msix_entry(v) + PCI_MSIX_ENTRY_VECTOR_CTRL, masked);
}

void lt_property(const char *name, const char *value)
{
	qtest_qmp_assert_success(lt.qts, "{ 'execute': 'qom-set', 'arguments': { "
				 "'path': '/machine/peripheral/lab', 'property': %s, "
				 "'value': %s } }", name, value);
}

unsigned int lt_complaints(void)
{
	g_autofree char *text = NULL;
	unsigned int lines = 0;
	size_t bytes, i;

	if (!g_file_get_contents(lt.log, &text, &bytes, NULL))
		return 0;
	for (i = 0; i < bytes; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Until then the netdev swallows what it is given */
static void lt_wait_connected(void)
{
	int64_t deadline_us = g_get_monotonic_time() + LT_PATIENCE_MS * 1000;
	bool connected = false;

	while (!connected && g_get_monotonic_time() < deadline_us) {
		g_autofree char *network = qtest_hmp(lt.qts, "info network");

		connected = strstr(network, "type=stream,unix") || strstr(network, "type=stream,fd");
	}
	g_assert_true(connected);
}

char *lt_wire_open(const char *kind, int *far)
{
	bool stream = !strcmp(kind, "stream");
	int ends[2];

	if (socketpair(AF_UNIX, stream ? SOCK_STREAM : SOCK_DGRAM, 0, ends))
		g_error("socketpair: %s", strerror(errno));
	if (lt.wire)
		close(lt.wire);
	lt.wire = ends[0];
	lt.stream = stream;
	*far = ends[1];
	return g_strdup_printf("-netdev %s,id=wire,%s=fd,%s=%d", kind,
			       stream ? "addr.type" : "local.type",
			       stream ? "addr.str" : "local.str", *far);
}

void lt_start_wired(const char *kind, const char *device)
{
	g_autofree char *with_netdev = g_strdup_printf(",netdev=wire%s", device);
	g_autofree char *netdev = NULL;
	int far;

	netdev = lt_wire_open(kind, &far);
	lt_start(with_netdev, netdev);
	close(far);
	if (lt.stream)
		lt_wait_connected();
}

static void lt_write_all(const void *data, size_t bytes)
{
	const uint8_t *at = data;
	ssize_t sent;

	for (; bytes; bytes -= (size_t)sent, at += sent) {
		sent = write(lt.wire, at, bytes);
		if (sent <= 0)
			g_error("wire: %s", strerror(errno));
	}
}

void lt_wire_send(const uint8_t *frame, uint32_t bytes)
{
	uint32_t length = htonl(bytes);

	if (lt.stream)
		lt_write_all(&length, sizeof(length));
	lt_write_all(frame, bytes);
}

void lt_frame(uint8_t *frame, uint32_t bytes, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		frame[i] = (uint8_t)(lab_mix64(((uint64_t)n << 32) + i / 8) >> (i % 8 * 8));
}

const char *lt_data_sheet(void)
{
	static char *text;

	if (!text && !g_file_get_contents(LT_DATA_SHEET, &text, NULL, NULL))
		g_error("%s cannot be read", LT_DATA_SHEET);
	return text;
}

uint32_t lt_crc32c(uint32_t crc, const uint8_t *data, size_t bytes)
{
	int bit;

	for (crc = ~crc; bytes; bytes--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}
