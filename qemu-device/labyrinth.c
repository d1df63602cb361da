/*
 * Labyrinth: PCIe data-acquisition device, the PCI function
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/range.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pci_bus.h"
#include "migration/vmstate.h"

#include "labyrinth.h"
#include "trace.h"

#define LAB_PCIE_OFFSET 0x80
#define LAB_PM_OFFSET 0xc0
#define LAB_MSI_OFFSET 0xd0
#define LAB_AER_OFFSET 0x100

/* Context: bottom half.  Return: whether the guest lets the device do DMA */
bool lab_may_dma(LabState *s)
{
    const uint8_t *config = PCI_DEVICE(s)->config;
    uint16_t pm = pci_get_word(config + LAB_PM_OFFSET + PCI_PM_CTRL);

    return (pci_get_word(config + PCI_COMMAND) & PCI_COMMAND_MASTER) &&
           !(pm & PCI_PM_CTRL_STATE_MASK) && runstate_is_running() &&
           lab_present(s);
}

/* After anything that lab_may_dma() looks at has changed */
static void lab_resume(LabState *s)
{
    if (!lab_may_dma(s)) {
        return;
    }
    for (uint32_t i = 0; i < s->num_queues; i++) {
        lab_queue_resume(&s->queues[i]);
        lab_transmit_resume(&s->queues[i]);
    }
}

static void lab_vm_change(void *opaque, bool running, RunState state)
{
    LabState *s = opaque;

    if (running && s->loading) {
        lab_registers_reset(s);     /* half a state is none */
    }
    if (running) {
        lab_resume(s);
    }
}

static uint32_t lab_config_read(PCIDevice *pdev, uint32_t address, int len)
{
    if (!lab_present(LABYRINTH(pdev))) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return pci_default_read_config(pdev, address, len);
}

static void lab_config_write(PCIDevice *pdev, uint32_t address, uint32_t val,
                             int len)
{
    if (!lab_present(LABYRINTH(pdev))) {
        return;
    }
    pci_default_write_config(pdev, address, val, len);
    pcie_cap_flr_write_config(pdev, address, val, len);
    pcie_aer_write_config(pdev, address, val, len);
    if (range_covers_byte(address, len, PCI_COMMAND) ||
        range_covers_byte(address, len, LAB_PM_OFFSET + PCI_PM_CTRL)) {
        lab_resume(LABYRINTH(pdev));
    }
}

static void lab_reset(DeviceState *dev)
{
    LabState *s = LABYRINTH(dev);

    trace_labyrinth_reset();
    pcie_cap_deverr_reset(PCI_DEVICE(s));
    /* Before 10.0 the core leaves it asleep */
    pci_word_test_and_clear_mask(PCI_DEVICE(s)->config + LAB_PM_OFFSET +
                                 PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    lab_registers_reset(s);
}

static bool lab_check_properties(LabState *s, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(s);

    if (s->num_queues < 1 || s->num_queues > LAB_MAX_QUEUES) {
        error_setg(errp, "Parameter 'queues' expects a number from 1 to %d",
                   LAB_MAX_QUEUES);
        return false;
    }
    if (s->fifo_bytes < LAB_MIN_FIFO_BYTES ||
        s->fifo_bytes > LAB_MAX_FIFO_BYTES) {
        error_setg(errp, "Parameter 'fifo-bytes' expects a size from %u to %u",
                   LAB_MIN_FIFO_BYTES, LAB_MAX_FIFO_BYTES);
        return false;
    }
    if (s->dma_bits != 32 && s->dma_bits != 64) {
        error_setg(errp, "Parameter 'dma-bits' expects 32 or 64");
        return false;
    }
    if (!pci_bus_is_express(pci_get_bus(pdev))) {
        error_setg(errp, "labyrinth needs a PCI Express bus, as on -machine q35");
        return false;
    }
    return lab_generator_check_plan(s, errp);
}

static bool lab_init_pm(PCIDevice *pdev, Error **errp)
{
    int pos = lab_pm_init(pdev, LAB_PM_OFFSET, errp);

    if (pos < 0) {
        return false;
    }
    pci_set_word(pdev->config + pos + PCI_PM_PMC, 3);
    pci_set_word(pdev->config + pos + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pdev->wmask + pos + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

/* As many vectors as there are queues, rounded up: MSI wants a power of two */
static bool lab_init_msi(LabState *s, Error **errp)
{
    return !s->msi || msi_init(PCI_DEVICE(s), LAB_MSI_OFFSET,
                               pow2ceil(s->num_queues), true, true, errp) == 0;
}

static bool lab_init_msix(LabState *s, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(s);

    if (!s->msix) {
        return true;
    }
    if (msix_init_exclusive_bar(pdev, s->num_queues, LAB_BAR_MSIX, errp) < 0) {
        return false;
    }
    for (uint32_t i = 0; i < s->num_queues; i++) {
        msix_vector_use(pdev, i);
    }
    return true;
}

static bool lab_init_pci(LabState *s, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(s);

    memory_region_init_io(&s->regs, OBJECT(s), &lab_mmio_ops, s,
                          "labyrinth-regs", LAB_BAR_REGS_BYTES);
    pci_register_bar(pdev, LAB_BAR_REGS, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->regs);
    if (pcie_endpoint_cap_init(pdev, LAB_PCIE_OFFSET) < 0) {
        error_setg(errp, "labyrinth: no room for the PCI Express capability");
        return false;
    }
    pcie_cap_flr_init(pdev);
    pcie_cap_deverr_init(pdev);
    return lab_init_pm(pdev, errp) &&
           pcie_aer_init(pdev, PCI_ERR_VER, LAB_AER_OFFSET, PCI_ERR_SIZEOF,
                         errp) >= 0 &&
           lab_init_msi(s, errp) && lab_init_msix(s, errp);
}

static void lab_init_queue(LabState *s, uint32_t index)
{
    LabQueue *q = &s->queues[index];

    q->dev = s;
    q->index = index;
    q->fifo.size = ROUND_UP(s->fifo_bytes, LAB_RECORD_ALIGN);
    q->fifo.data = g_malloc(q->fifo.size);
    q->bh = lab_bh_new(lab_queue_run, q, s);
    timer_init_ns(&q->yield_timer, QEMU_CLOCK_REALTIME, lab_queue_run, q);
    q->tx_bh = lab_bh_new(lab_transmit_run, q, s);
    timer_init_ns(&q->gen_timer, QEMU_CLOCK_VIRTUAL, lab_queue_run, q);
    timer_init_ns(&q->block_timer, QEMU_CLOCK_VIRTUAL, lab_queue_run, q);
    timer_init_ns(&q->coal_timer, QEMU_CLOCK_VIRTUAL, lab_irq_timer, q);
    lab_fault_init_queue(q);
}

static void lab_free_queue(LabQueue *q)
{
    timer_del(&q->yield_timer);
    timer_del(&q->gen_timer);
    timer_del(&q->block_timer);
    timer_del(&q->coal_timer);
    lab_fault_clear_queue(q);
    qemu_bh_delete(q->bh);
    qemu_bh_delete(q->tx_bh);
    g_free(q->fifo.data);
}

static void lab_realize(PCIDevice *pdev, Error **errp)
{
    LabState *s = LABYRINTH(pdev);

    if (!lab_check_properties(s, errp) || !lab_init_pci(s, errp)) {
        return;
    }
    lab_fault_init_device(s);
    s->queues = g_new0(LabQueue, s->num_queues);
    for (uint32_t i = 0; i < s->num_queues; i++) {
        lab_init_queue(s, i);
    }
    s->tx_frame = g_malloc(LAB_TX_MAX);
    timer_init_ns(&s->wire_timer, QEMU_CLOCK_VIRTUAL, lab_transmit_check, s);
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    lab_wire_attach(s);
    lab_registers_reset(s);
    s->vm_change = qemu_add_vm_change_state_handler(lab_vm_change, s);
}

static void lab_exit(PCIDevice *pdev)
{
    LabState *s = LABYRINTH(pdev);

    /* A CPU may be waiting for the big lock with an access to the registers */
    s->faults.presence = LAB_AWAY;
    qemu_del_vm_change_state_handler(s->vm_change);
    if (s->nic) {
        lab_wire_give_up(s);    /* or the netdev would tell us, who are gone */
        qemu_del_nic(s->nic);
    }
    timer_del(&s->wire_timer);
    g_free(s->tx_frame);
    for (uint32_t i = 0; i < s->num_queues; i++) {
        lab_free_queue(&s->queues[i]);
    }
    g_free(s->queues);
    s->queues = NULL;
    lab_fault_free_device(s);
    msi_uninit(pdev);
    msix_unuse_all_vectors(pdev);
    msix_uninit_exclusive_bar(pdev);
    pcie_aer_exit(pdev);
    pcie_cap_exit(pdev);
}

LAB_PROPERTY lab_properties[] = {
    DEFINE_NIC_PROPERTIES(LabState, conf),
    DEFINE_PROP_UINT32("queues", LabState, num_queues, LAB_DEFAULT_QUEUES),
    DEFINE_PROP_SIZE32("fifo-bytes", LabState, fifo_bytes,
                       LAB_DEFAULT_FIFO_BYTES),
    DEFINE_PROP_BOOL("msi", LabState, msi, true),
    DEFINE_PROP_BOOL("msix", LabState, msix, true),
    DEFINE_PROP_UINT32("dma-bits", LabState, dma_bits, 64),
    DEFINE_PROP_BOOL("fault-register", LabState, faults.writable, false),
    { .name = "state", .info = &lab_state_info },
    LAB_PROPERTIES_END
};

static void lab_instance_init(Object *obj)
{
    lab_fault_instance_init(obj);
    lab_generator_init_plan(LABYRINTH(obj));
}

static void lab_class_init(ObjectClass *klass, LAB_CLASS_DATA *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    lab_mmio_init();
    k->realize = lab_realize;
    k->exit = lab_exit;
    k->config_read = lab_config_read;
    k->config_write = lab_config_write;
    k->vendor_id = LAB_PCI_VENDOR_ID;
    k->device_id = LAB_PCI_DEVICE_ID;
    k->revision = LAB_PCI_REVISION;
    k->class_id = LAB_PCI_CLASS;
    dc->desc = "Labyrinth data-acquisition device";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dc->vmsd = &lab_vmstate;
    lab_set_reset(dc, lab_reset);
    device_class_set_props(dc, lab_properties);
    lab_fault_class_init(klass);
    lab_generator_class_init(klass);
}

static void lab_register_types(void)
{
    LAB_INTERFACES interfaces[] = {
        { INTERFACE_PCIE_DEVICE },
        { },
    };
    static const TypeInfo info = {
        .name = TYPE_LABYRINTH,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(LabState),
        .instance_init = lab_instance_init,
        .class_init = lab_class_init,
        .interfaces = interfaces,
    };

    type_register_static(&info);
}
type_init(lab_register_types)
