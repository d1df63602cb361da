/*
 * Labyrinth: what differs between the versions of QEMU (7.2 to 11)
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef LABYRINTH_COMPAT_H
#define LABYRINTH_COMPAT_H

#define LAB_QEMU_VERSION (QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR)

#if LAB_QEMU_VERSION >= 800
#include "hw/pci/pci_device.h"
#else
#include "hw/pci/pci.h"
#endif

#if LAB_QEMU_VERSION >= 1000
#include "system/dma.h"
#include "system/runstate.h"
#else
#include "sysemu/dma.h"
#include "sysemu/runstate.h"
#endif

#if LAB_QEMU_VERSION >= 1100
#include "hw/core/qdev-properties.h"
#else
#include "hw/qdev-properties.h"
#endif

/* Lists of properties end by themselves since 10.0 */
#if LAB_QEMU_VERSION >= 1000
#define LAB_PROPERTY static const Property
#define LAB_PROPERTIES_END
#else
#define LAB_PROPERTY static Property
#define LAB_PROPERTIES_END DEFINE_PROP_END_OF_LIST(),
#endif

#if LAB_QEMU_VERSION >= 902
#define lab_set_reset(dc, handler) device_class_set_legacy_reset(dc, handler)
#else
#define lab_set_reset(dc, handler) ((dc)->reset = (handler))
#endif

#if LAB_QEMU_VERSION >= 1001
#define LAB_CLASS_DATA const void
#define LAB_INTERFACES static const InterfaceInfo
#else
#define LAB_CLASS_DATA void
#define LAB_INTERFACES static InterfaceInfo
#endif

/* Upstream has the guards since 8.1, Debian's 7.2 has them as a security fix */
#ifdef qemu_bh_new_guarded
#define lab_bh_new(cb, opaque, dev) \
    qemu_bh_new_guarded(cb, opaque, &DEVICE(dev)->mem_reentrancy_guard)
#define lab_new_nic(info, conf, dev, opaque)                             \
    qemu_new_nic(info, conf, object_get_typename(OBJECT(dev)),           \
                 DEVICE(dev)->id, &DEVICE(dev)->mem_reentrancy_guard, opaque)
#else
#define lab_bh_new(cb, opaque, dev) qemu_bh_new(cb, opaque)
#define lab_new_nic(info, conf, dev, opaque)                   \
    qemu_new_nic(info, conf, object_get_typename(OBJECT(dev)), \
                 DEVICE(dev)->id, opaque)
#endif

/*
 * Report an error of @pdev upwards.  Before 8.0 only the monitor's command can;
 * it wants SERR# enabled beside the bits of the device control register, though
 * either is enough, and drops correctable errors on the way.
 */
#if LAB_QEMU_VERSION >= 800
#include "hw/pci/pcie_aer.h"

static inline void lab_aer_inject(PCIDevice *pdev, uint32_t status,
                                  bool correctable)
{
    PCIEAERErr error = {
        .status = status,
        .source_id = pci_requester_id(pdev),
        .flags = correctable ? PCIE_AER_ERR_IS_CORRECTABLE : 0,
    };

    pcie_aer_inject_error(pdev, &error);
}
#else
#include "sysemu/sysemu.h"
#include "qapi/qmp/qdict.h"

static inline void lab_aer_inject(PCIDevice *pdev, uint32_t status,
                                  bool correctable)
{
    DeviceState *dev = DEVICE(pdev);
    uint8_t *command = pdev->config + PCI_COMMAND;
    uint16_t before = pci_get_word(command);
    char *id = dev->id, name[] = "#labyrinth";
    QDict *args = qdict_new();
    g_autofree char *number = g_strdup_printf("%#x", status);

    dev->id = name;     /* it may have none, and it is looked up by that */
    qdict_put_str(args, "id", name);
    qdict_put_str(args, "error_status", number);
    qdict_put_bool(args, "correctable", correctable);
    pci_set_word(command, before | PCI_COMMAND_SERR);
    hmp_pcie_aer_inject_error(NULL, args);
    pci_set_word(command, before);
    qobject_unref(args);
    dev->id = id;
}
#endif

/* The core knows of power management since 10.0 */
static inline int lab_pm_init(PCIDevice *pdev, uint8_t offset, Error **errp)
{
#if LAB_QEMU_VERSION >= 1000
    return pci_pm_init(pdev, offset, errp);
#else
    int pos = pci_add_capability(pdev, PCI_CAP_ID_PM, offset, PCI_PM_SIZEOF,
                                 errp);

    if (pos >= 0) {
        pdev->exp.pm_cap = pos;
    }
    return pos;
#endif
}

#endif
