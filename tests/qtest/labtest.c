/*
 * What the qtests of the device share, see labtest.h
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "labtest.h"

#include <libgen.h>
#include <sys/wait.h>

#include "hw/pci/pci_regs.h"

#include "labyrinth_crc32c.h"

#define LAB_CASE_SECONDS 60
#define LAB_WAIT_ROUNDS 20000

/* A failed assertion aborts the case, not the program */
static bool lab_run_case(const LabCase *c)
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (!pid) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        alarm(LAB_CASE_SECONDS);
        c->run();
        exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The emulator stands beside the test, unless the caller names another */
static void lab_find_emulator(void)
{
    char path[PATH_MAX] = "";
    char *binary;

    if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0) {
        perror("/proc/self/exe");
        exit(1);
    }
    binary = g_strdup_printf("%s/qemu-system-x86_64", dirname(path));
    setenv("QTEST_QEMU_BINARY", binary, 0);
    g_free(binary);
}

int lab_run_cases(const LabCase *cases, unsigned count)
{
    unsigned failed = 0;

    lab_find_emulator();
    printf("1..%u\n", count);
    for (unsigned i = 0; i < count; i++) {
        bool ok = lab_run_case(&cases[i]);

        printf("%sok %u - %s\n", ok ? "" : "not ", i + 1, cases[i].name);
        failed += !ok;
    }
    return failed != 0;
}

LabTest *lab_start(const char *device, const char *more)
{
    LabTest *t = g_new0(LabTest, 1);
    int fd = g_file_open_tmp("labyrinth-qtest-XXXXXX", &t->log, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    t->qts = qtest_initf("-machine q35 -nodefaults -m 256 "
                         "-d guest_errors -D %s %s "
                         "-device labyrinth,addr=04.0%s%s",
                         t->log, more ? more : "", device ? "," : "",
                         device ? device : "");
    t->bus = qpci_new_pc(t->qts, NULL);
    t->dev = qpci_device_find(t->bus, QPCI_DEVFN(4, 0));
    g_assert_nonnull(t->dev);
    qpci_device_enable(t->dev);
    t->regs = qpci_iomap(t->dev, LAB_BAR_REGS, NULL);
    t->msix = qpci_iomap(t->dev, LAB_BAR_MSIX, NULL);
    return t;
}

void lab_end(LabTest *t)
{
    g_free(t->dev);
    qpci_free_pc(t->bus);
    qtest_quit(t->qts);
    unlink(t->log);
    g_free(t->log);
    g_free(t);
}

bool lab_logged(LabTest *t, const char *text)
{
    g_autofree char *log = NULL;

    g_assert(g_file_get_contents(t->log, &log, NULL, NULL));
    return strstr(log, text) != NULL;
}

uint32_t lab_read(LabTest *t, uint32_t offset)
{
    return qpci_io_readl(t->dev, t->regs, offset);
}

uint64_t lab_read64(LabTest *t, uint32_t offset)
{
    return qpci_io_readq(t->dev, t->regs, offset);
}

void lab_write(LabTest *t, uint32_t offset, uint32_t value)
{
    qpci_io_writel(t->dev, t->regs, offset, value);
}

void lab_write64(LabTest *t, uint32_t offset, uint64_t value)
{
    qpci_io_writeq(t->dev, t->regs, offset, value);
}

/* The message of a vector goes to guest memory, where it can be read */
static void lab_msix_setup(LabTest *t, unsigned vector)
{
    uint8_t cap = qpci_find_capability(t->dev, PCI_CAP_ID_MSIX, 0);
    uint16_t flags = qpci_config_readw(t->dev, cap + PCI_MSIX_FLAGS);

    qpci_io_writel(t->dev, t->msix, vector * 16, LAB_MSI(vector));
    qpci_io_writel(t->dev, t->msix, vector * 16 + 4, 0);
    qpci_io_writel(t->dev, t->msix, vector * 16 + 8, LAB_MSI_DATA);
    qpci_io_writel(t->dev, t->msix, vector * 16 + 12, 0);
    qtest_writel(t->qts, LAB_MSI(vector), 0);
    qpci_config_writew(t->dev, cap + PCI_MSIX_FLAGS,
                       flags | PCI_MSIX_FLAGS_ENABLE);
}

LabRing lab_ring(LabTest *t, unsigned queue, uint32_t log2)
{
    LabRing r = { .t = t, .queue = queue, .log2 = log2 };

    qtest_memset(t->qts, LAB_FILL_RING(queue), 0, 16u << log2);
    qtest_memset(t->qts, LAB_CPL_RING(queue), 0, 16u << log2);
    lab_msix_setup(t, queue);
    lab_q_write64(&r, LAB_Q_FILL_BASE, LAB_FILL_RING(queue));
    lab_q_write64(&r, LAB_Q_CPL_BASE, LAB_CPL_RING(queue));
    lab_q_write(&r, LAB_Q_RING_LOG2, log2);
    return r;
}

void lab_enable(LabRing *r, uint32_t flags)
{
    r->fill_prod = r->cpl_cons = 0;
    lab_q_write(r, LAB_Q_CTRL, LAB_Q_CTRL_ENABLE | flags);
}

void lab_fill_write(LabRing *r, uint64_t addr, uint32_t len, uint16_t slot,
                    uint16_t flags)
{
    struct lab_fill d = {
        .addr = addr, .len = len, .slot = slot, .flags = flags,
    };
    uint32_t entry = lab_ring_entry(r->fill_prod++, r->log2);

    qtest_memwrite(r->t->qts, LAB_FILL_RING(r->queue) + entry * sizeof(d), &d,
                   sizeof(d));
}

void lab_fill_bell(LabRing *r)
{
    lab_q_write(r, LAB_Q_FILL_DB, r->fill_prod);
}

void lab_post(LabRing *r, uint16_t slot, uint32_t len)
{
    lab_fill_write(r, LAB_BLOCKS(r->queue) + (uint64_t)slot * len, len, slot, 0);
    lab_fill_bell(r);
}

bool lab_peek(LabRing *r, struct lab_cpl *cpl)
{
    uint32_t entry = lab_ring_entry(r->cpl_cons, r->log2);

    qtest_memread(r->t->qts, LAB_CPL_RING(r->queue) + entry * sizeof(*cpl),
                  cpl, sizeof(*cpl));
    return (cpl->phase & LAB_CPL_PHASE) == lab_ring_phase(r->cpl_cons, r->log2);
}

struct lab_cpl lab_take(LabRing *r)
{
    struct lab_cpl cpl;

    for (unsigned i = 0; !lab_peek(r, &cpl); i++) {
        g_assert_cmpuint(i, <, LAB_WAIT_ROUNDS);
    }
    r->cpl_cons++;
    return cpl;
}

void lab_generate_packets(LabRing *r, uint64_t count, uint32_t size,
                          uint64_t seed)
{
    lab_q_write(r, LAB_Q_GEN_SIZE_MIN, size);
    lab_q_write(r, LAB_Q_GEN_SIZE_MAX, size);
    lab_q_write64(r, LAB_Q_GEN_COUNT, count);
    lab_q_write64(r, LAB_Q_GEN_SEED, seed);
    lab_q_write(r, LAB_Q_GEN_CTRL, LAB_GEN_START);
}

bool lab_msi_came(LabRing *r)
{
    uint32_t data = qtest_readl(r->t->qts, LAB_MSI(r->queue));

    qtest_writel(r->t->qts, LAB_MSI(r->queue), 0);
    return data == LAB_MSI_DATA;
}

void lab_expect_msi(LabRing *r)
{
    for (unsigned i = 0; !lab_msi_came(r); i++) {
        g_assert_cmpuint(i, <, LAB_WAIT_ROUNDS);
    }
}

void lab_wait_counter(LabRing *r, uint32_t counter, uint64_t value)
{
    for (unsigned i = 0; lab_q_read64(r, counter) != value; i++) {
        g_assert_cmpuint(i, <, LAB_WAIT_ROUNDS);
    }
}

void lab_wait_error(LabRing *r, uint32_t error)
{
    unsigned i = 0;

    while (!LAB_Q_STATUS_ERROR(lab_q_read(r, LAB_Q_STATUS))) {
        g_assert_cmpuint(i++, <, LAB_WAIT_ROUNDS);
    }
    g_assert_cmpuint(LAB_Q_STATUS_ERROR(lab_q_read(r, LAB_Q_STATUS)), ==,
                     error);
}

/* Each round trip lets QEMU's main loop run its bottom halves */
void lab_settle(LabTest *t)
{
    for (unsigned i = 0; i < 50; i++) {
        lab_read(t, LAB_REG_ID);
    }
}

void lab_check_identity(LabRing *r)
{
    g_assert_cmpuint(lab_q_read64(r, LAB_Q_CNT_GENERATED), ==,
                     lab_q_read64(r, LAB_Q_CNT_DELIVERED) +
                     lab_q_read64(r, LAB_Q_CNT_DROP_FIFO) +
                     lab_q_read64(r, LAB_Q_CNT_DROP_SIZE) +
                     lab_q_read64(r, LAB_Q_CNT_DROP_STOP) +
                     lab_q_read64(r, LAB_Q_CNT_IN_FLIGHT));
}

void lab_expected_record(uint8_t *at, const struct lab_record *header,
                         const void *payload)
{
    struct lab_record h = *header;

    memset(at, 0, lab_record_stride(h.length));
    memcpy(at + sizeof(h), payload, h.length);
    h.crc32c = lab_crc32c(lab_crc32c(0, &h, LAB_RECORD_CRC_SKIP), payload,
                          h.length);
    memcpy(at, &h, sizeof(h));
}

void lab_expected_generated(uint8_t *at, LabRing *r, uint32_t size,
                            uint64_t seed, uint64_t seq, uint32_t burst,
                            uint64_t timestamp_ns)
{
    struct lab_record h = {
        .length = size,
        .flags = LAB_RECORD_GENERATED,
        .queue = r->queue,
        .seq = seq,
        .timestamp_ns = timestamp_ns,
        .burst = burst,
    };
    g_autofree uint8_t *payload = g_malloc(size + 8);
    uint64_t first = lab_gen_first(seed, seq);

    for (uint32_t i = 0; i < size; i++) {
        payload[i] = lab_gen_word(first, i / 8) >> (8 * (i % 8));
    }
    lab_expected_record(at, &h, payload);
}

void lab_compare(LabTest *t, uint64_t addr, const uint8_t *expected,
                 uint32_t bytes)
{
    g_autofree uint8_t *got = g_malloc(bytes);

    qtest_memread(t->qts, addr, got, bytes);
    g_assert_cmpmem(got, bytes, expected, bytes);
}
