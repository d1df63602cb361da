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

#endif
